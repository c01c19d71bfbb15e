"""Arguments that the schema allows and Keras or TensorFlow refuses: `check` refuses them, at their line.

tests/layers/test_every_argument.py looks for more of them.
"""

from __future__ import annotations

import pytest

from nnspec.frontend.diagnostics import Diagnostic, Source
from nnspec.frontend.pipeline import check

IMAGE, STEPS = "[8, 8, 3]", "[9, 2]"


def errors(inputs: str, kind: str, arguments: str, data: str = "") -> list[Diagnostic]:
    text = f"nnspec: 1\ninputs: {{x: {inputs}}}\nlayers:\n  - {kind}:\n      {arguments}\n{data}"
    return [
        one
        for one in check(Source.from_text(text, "net.yaml"), data=False).diagnostics
        if one.severity == "error" or one.code == "W0613"
    ]


@pytest.mark.parametrize(
    ("inputs", "kind", "arguments", "message"),
    [
        ("[4]", "Dense", "{units: 4, activation: glu}", "`glu` cannot stand in a spec: it halves the last axis"),
        ("[4]", "Activation", "threshold", "`threshold` cannot stand in a spec: it needs two numbers"),
        ("[null, 4]", "LSTM", "{units: 2, unroll: true}", "it is unrolled, and the number of steps, `x`, varies"),
        ("[null, 5, 5, 1]", "ConvLSTM2D", "{filters: 2, kernel_size: 3, unroll: true}", "it is unrolled"),
        ("[2, 6]", "EinsumDense", "{equation: '...x,xy->...y', output_shape: -1}", "output_shape holds sizes above 0"),
        (
            "[2, 6]",
            "EinsumDense",
            "{equation: '...x,xy->...y', output_shape: 2, bias_axes: y, bias_initializer: orthogonal}",
            "bias_initializer: orthogonal is for a matrix",
        ),
        (IMAGE, "AugMix", "{factor: [0, 255]}", "factor is a number from 0 to 1, or two"),
        ("[4]", "AlphaDropout", "{rate: 1}", "rate 1 drops everything"),
        ("[4]", "GaussianDropout", "{rate: 1}", "rate 1 drops everything"),
        (STEPS, "Dropout", "{rate: 0.5, noise_shape: [null, 2, 2]}", "noise_shape [None, 2, 2] does not stretch over"),
        (STEPS, "Dropout", "{rate: 0.5, noise_shape: [-1, 1]}", "noise_shape [-1, 1] does not stretch over"),
        (IMAGE, "RandomColorJitter", "{contrast_factor: -0.1}", "contrast_factor is a number from 0 to 1, not -0.1"),
        (IMAGE, "RandomTranslation", "{height_factor: [-2, 0.5], width_factor: 0}", "a number from -1 to 1, or two"),
        (IMAGE, "RandomRotation", "{factor: 2}", "factor is a number from -1 to 1, not 2"),
        (IMAGE, "RandomZoom", "{height_factor: -1}", "height_factor is a number above -1, up to 1, not -1"),
        (IMAGE, "RandomGrayscale", "{factor: [0, 1]}", "factor is one number from 0 to 1, not a list"),
        (IMAGE, "RandomPosterization", "{factor: [1.5, 2]}", "factor is a whole number from 1 to 8"),
        (IMAGE, "Solarization", "{addition_factor: 2}", "addition_factor is a number from 0 to 1"),
        (IMAGE, "MixUp", "{factor: 3}", "factor is a number from -1 to 1"),
        (IMAGE, "AutoContrast", "{value_range: [1, 1]}", "value_range [1, 1] holds one value alone"),
        (IMAGE, "RandomGaussianBlur", "{kernel_size: 2}", "kernel_size is odd, not 2"),
        (IMAGE, "RandomErasing", "{factor: 0.5, dtype: mixed_float16}", "it cannot compute in float16"),
        (IMAGE, "CutMix", "{dtype: bfloat16}", "it cannot compute in bfloat16: its dtype is float32, float64"),
        ("[8, 8, 1]", "RandomColorJitter", "{hue_factor: 0.1}", "images of 3 channels, and gets 1"),
        ("[8, 8, 4]", "RandomSaturation", "{factor: 0.1}", "images of 3 channels, and gets 4"),
        ("[null, 8, 3]", "RandomErasing", "{factor: 0.1}", "it needs a known height"),
        ("[null, null, 3]", "RandomCrop", "{height: 4, width: 4}", "it needs a known height"),
        ("[3, 9, 3]", "ContrastLimitedAdaptiveHistogramEqualization", "{}", "8 tiles do not fit an image of height 3"),
        (IMAGE, "Equalization", "{}", "Keras leaves it out of a network"),
        (IMAGE, "Resizing", "{height: 4, width: 4, fill_mode: reflect}", "Keras's Resizing cannot fill by reflect"),
        (
            IMAGE,
            "Resizing",
            "{height: 4, width: 4, crop_to_aspect_ratio: true, pad_to_aspect_ratio: true}",
            "crops to the aspect ratio or pads to it, not both",
        ),
        (IMAGE, "Rescaling", "{scale: 1.0, offset: [1, 2]}", "offset has sizes (2), and the input (batch, 8, 8, 3)"),
        (IMAGE, "Rescaling", "{scale: [a]}", "each item of `scale` of Rescaling should be a number"),
        (STEPS, "Masking", "{mask_value: a}", "mask_value is a number"),
        (STEPS, "AdaptiveMaxPooling1D", "{output_size: 1}", "output_size 1 needs windows of 10, and the length is 9"),
        ("[null, 2]", "AdaptiveAveragePooling1D", "{output_size: 2}", "it needs a known length, and `x` varies"),
        ("[4, 4, 4, 2]", "MaxPooling3D", "{dtype: float64}", "it cannot compute in float64"),
        ("[4, 4, 4, 2]", "MaxPooling3D", "{dtype: float16}", "with float16 runs on GPUs alone"),
        ("[4]", "Dense", "{units: 3, dtype: float64, kernel_regularizer: OrthogonalRegularizer}", "in float32 alone"),
        ("[4]", "Dense", "{units: 3, activity_regularizer: OrthogonalRegularizer}", "and the batch varies"),
        ("{shape: [4], dtype: int32}", "Identity", "{activity_regularizer: l2}", "the output is int32"),
        (STEPS, "Conv1D", "{filters: 3, kernel_size: 2, kernel_initializer: STFT}", "one input channel, and the input"),
        ("[20]", "MelSpectrogram", "{fft_length: 64, sequence_stride: 8}", "half of fft_length, 32, and there are 20"),
        ("[200]", "MelSpectrogram", "{window: boxcar}", "`window` of MelSpectrogram should be hann or hamming"),
        ("[200, 1]", "STFTSpectrogram", "{window: kaiser}", "should be a window of SciPy's that takes no parameters"),
        ("[null]", "CategoryEncoding", "{num_tokens: 3, output_mode: one_hot}", "needs to know the last size"),
        ("[3]", "CategoryEncoding", "{num_tokens: 3, sparse: true}", "Keras makes no sparse tensor of this"),
        ("[3]", "Hashing", "{num_bins: 3, sparse: true}", "Keras makes no sparse tensor of this"),
        (
            "{shape: [3], dtype: int64}",
            "IntegerLookup",
            "{vocabulary: [1], mask_token: a}",
            "mask_token is one of its whole numbers, not 'a'",
        ),
        ("{shape: [3], dtype: string}", "StringLookup", "{vocabulary: [1, 2]}", "vocabulary holds texts"),
        ("{shape: [3], dtype: int64}", "IntegerLookup", "{vocabulary_dtype: int32}", "IntegerLookup is int64, not int32"),
    ],
)  # fmt: skip
def test_what_keras_refuses_is_refused(inputs: str, kind: str, arguments: str, message: str) -> None:
    found = errors(inputs, kind, arguments)
    assert len(found) == 1 and message in found[0].message
    assert found[0].span is not None and found[0].span.line in (4, 5)


@pytest.mark.parametrize(
    ("inputs", "kind", "arguments"),
    [
        (STEPS, "Dropout", "{rate: 1, noise_shape: [null, 1, 2]}"),
        (STEPS, "AlphaDropout", "{rate: 0.5, noise_shape: [1, 2]}"),
        (IMAGE, "RandomRotation", "{factor: [0.5, 3]}"),
        (IMAGE, "RandomZoom", "{height_factor: [-0.9, 1.0]}"),
        (IMAGE, "Pipeline", "{layers: [Equalization]}"),
        ("[4, 5, 3]", "ContrastLimitedAdaptiveHistogramEqualization", "{}"),
        (IMAGE, "Rescaling", "{scale: [1, 2, 3], offset: [[1, 2, 3]]}"),
        (STEPS, "AdaptiveMaxPooling1D", "{output_size: 5}"),
        ("[4, 4, 4, 2]", "AveragePooling3D", "{pool_size: 2, dtype: float64}"),
        ("[4]", "Dense", "{units: 3, dtype: mixed_bfloat16, kernel_regularizer: OrthogonalRegularizer}"),
        ("[4]", "Dense", "{units: 3, activity_regularizer: {OrthogonalRegularizer: {mode: columns}}}"),
        ("[4]", "Dense", "{units: 3, use_bias: false, bias_initializer: Identity}"),
        ("[5]", "MelSpectrogram", "{fft_length: 8, sequence_stride: 4}"),
        ("[400, 1]", "STFTSpectrogram", "{window: tukey}"),
        ("[9, 1]", "Conv1D", "{filters: 3, kernel_size: 4, kernel_initializer: STFT}"),
        ("[null]", "CategoryEncoding", "{num_tokens: 3}"),
    ],
)
def test_what_keras_takes_is_taken(inputs: str, kind: str, arguments: str) -> None:
    assert not errors(inputs, kind, arguments)


def test_steps_of_augment_are_held_against_the_images() -> None:
    data = "data: {source: {ImageFolder: {path: x, image_size: [8, 8]}}, augment: [{RandomRotation: 5}]}\n"
    (found,) = (one for one in errors(IMAGE, "Flatten", "{}", data) if one.code == "E0722")
    assert "RandomRotation: factor is a number from -1 to 1, not 5" in found.message and found.span.line == 6


@pytest.mark.parametrize(
    ("setting", "code", "message"),
    [
        ("optimizer: {SGD: {learning_rate: {PolynomialDecay: {initial_learning_rate: 1, decay_steps: 2, power: -1}}}}", "E0207", "`power`"),
        ("optimizer: {SGD: {learning_rate: {PiecewiseConstantDecay: {boundaries: [3], values: [0.1]}}}}", "E0703", "1 boundaries part 2 values, and there are 1"),
        ("loss: {CategoricalGeneralizedCrossEntropy: {q: 1}}", "E0207", "`q` of CategoricalGeneralizedCrossEntropy should be a number above 0 and below 1"),
        ("loss: {CategoricalFocalCrossentropy: {alpha: [0.1, 0.2]}}", "E0703", "alpha of CategoricalFocalCrossentropy has 2 numbers, and `dense` has 3 units"),
        ("loss: {CategoricalCrossentropy: {axis: 2}}", "E0703", "axis 2 of CategoricalCrossentropy does not exist"),
        ("loss: {MeanSquaredError: {dtype: int32}}", "E0206", "`dtype` of MeanSquaredError should be a type of floats"),
        ("optimizer: {Adam: {gradient_accumulation_steps: 1}}", "E0207", "a whole number, 2 or more"),
        ("optimizer: {Adam: {beta_1: 1}}", "E0207", "a number from 0 to below 1"),
        ("optimizer: {Ftrl: {learning_rate_power: 1}}", "E0207", "a number, 0 or less"),
        ("metrics: [{AUC: {num_thresholds: 1}}]", "E0207", "a whole number, 2 or more"),
        ("metrics: [{AUC: {thresholds: 0.5}}]", "E0205", "a list of numbers from 0 to 1"),
        ("metrics: [{Precision: {thresholds: 2}}]", "E0207", "a number from 0 to 1, or a list of them"),
        ("metrics: [{F1Score: {threshold: 0}}]", "E0207", "a number above 0, up to 1"),
        ("metrics: [{IoU: {num_classes: 3, target_class_ids: []}}]", "E0205", "a list of class numbers"),
        ("metrics: [{OneHotIoU: {num_classes: 2, target_class_ids: [2]}}]", "E0703", "there is no class 2 of 2 in OneHotIoU"),
        ("metrics: [{Precision: {top_k: 4}}]", "E0703", "Precision takes the best 4 of `dense`, which has 3 units"),
        ("metrics: [{Recall: {class_id: 3}}]", "E0703", "there is no class 3 in the 3 units of `dense`"),
        ("metrics: [{AUC: {num_labels: 3}}]", "E0703", "`num_labels` of AUC is for several labels at once"),
        ("metrics: [{PearsonCorrelation: {axis: 2}}]", "E0703", "axis 2 of PearsonCorrelation does not exist"),
        ("metrics: [{SparseCategoricalCrossentropy: {axis: 0}}]", "E0703", "takes the classes along the last axis alone"),
        ("callbacks: [{CSVLogger: {filename: log.csv, separator: ''}}]", "E0205", "one character"),
        ("callbacks: [SwapEMAWeights]", "E0703", "the optimizer keeps none"),
        ("optimizer: {Nadam: {beta_2: 1}}", "E0207", "a number from 0 to below 1"),
        ("optimizer: {Lion: {beta_1: 0}}", "E0207", "a number above 0, up to 1"),
        ("optimizer: {LossScaleOptimizer: {inner_optimizer: SGD, clipnorm: 1}}", "E0203", "no argument `clipnorm`"),
        ("metrics: [{AUC: {dtype: string}}]", "E0206", "`dtype` of AUC should be a type of floats"),
    ],
)  # fmt: skip
def test_settings_of_a_training(setting: str, code: str, message: str) -> None:
    data = f"data: {{source: {{Arrays: {{path: d.npz, inputs: x, targets: y}}}}}}\ntrain:\n  {setting}\n"
    (found,) = errors("[4]", "Dense", "{units: 3, activation: softmax}", data)
    assert found.code == code and message in found.message and found.span is not None and found.span.line == 8
