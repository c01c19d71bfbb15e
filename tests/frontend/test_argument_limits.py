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
        (STEPS, "LSTM", "{units: 2, stateful: true}", "a stateful layer needs a fixed batch size, and the batch varies"),
        (STEPS, "Bidirectional", "{layer: {GRU: {units: 2, stateful: true}}}", "a stateful layer needs a fixed batch"),
        (STEPS, "RNN", "{cell: {LSTMCell: 2}, stateful: true}", "a stateful layer needs a fixed batch size"),
        (STEPS, "JordanRNN", "{units: 2, output_units: 2, stateful: true}", "a stateful layer needs a fixed batch size"),
        ("[2, 5, 5, 1]", "ConvLSTM2D", "{filters: 2, kernel_size: 3, stateful: true}", "a stateful layer needs a fixed"),
        (
            STEPS,
            "Bidirectional",
            "{layer: {LSTM: 3}, backward_layer: {GRU: {units: 2, go_backwards: true}}}",
            "Keras takes both directions to be as wide as the first, 3, and the other is 2",
        ),
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
        ("{shape: [3], dtype: int64}", "IntegerLookup", "{oov_token: 1.5}", "oov_token is one of its whole numbers"),
        ("{shape: [3], dtype: int64}", "IntegerLookup", "{salt: 3}", "salt goes with oov_method farmhash"),
        ("{shape: [3], dtype: int64}", "IntegerLookup", "{invert: true}", "invert needs a vocabulary"),
        ("{shape: [3], dtype: string}", "StringLookup", "{idf_weights: [1]}", "go with output_mode tf_idf alone"),
        (
            "{shape: [3], dtype: string}",
            "TextVectorization",
            "{vocabulary: [a, b], output_mode: tf_idf, idf_weights: [1]}",
            "idf_weights has 1 numbers, and vocabulary 2 tokens",
        ),
        ("{shape: [3], dtype: int32}", "Hashing", "{num_bins: 4, mask_value: a}", "mask_value 'a' is no value of its"),
        ("{shape: [3], dtype: int32}", "Hashing", "{num_bins: 4, mask_value: 1.5}", "mask_value 1.5 is no value of its"),
        (
            "{shape: [3], dtype: int32}",
            "Hashing",
            "{num_bins: 4, output_mode: count, dtype: float16}",
            "it cannot compute in float16: its dtype is float32, float64, int32, int64",
        ),
        ("[3]", "Discretization", "{bin_boundaries: [1.0], output_mode: count, dtype: mixed_float16}", "in float16"),
        ("{shape: [3], dtype: uint8}", "CategoryEncoding", "{num_tokens: 4}", "takes floats or int32 or int64"),
        ("[4]", "GaussianNoise", "{stddev: 0.1, dtype: int32}", "cannot compute in int32: its dtype is a float type"),
        ("[4]", "Rescaling", "{scale: 2.0, dtype: bool}", "it cannot compute in bool"),
        ("[4, 2]", "Conv1D", "{filters: 2, kernel_size: 2, dtype: float16, autocast: false}", "its input stays float32"),
        (STEPS, "LayerNormalization", "{axis: [1, 1]}", "axis [1, 1] names an axis twice"),
        (STEPS, "Softmax", "{axis: []}", "axis names one axis or more"),
        (STEPS, "CRF", "{units: 3, transition_initializer: stft}", "stft is for a kernel of 3 axes"),
        (STEPS, "PositionEmbedding", "{sequence_length: 9, initializer: STFT}", "and its table has 2 axes"),
        (STEPS, "JordanRNN", "{units: 2, output_initializer: STFT}", "and its output has 2 axes"),
        ("[9, 1]", "GRU", "{units: 2, kernel_regularizer: OrthogonalRegularizer}", "and there is one alone"),
        (STEPS, "LSTM", "{units: 2, use_cudnn: true}", "with `use_cudnn: true` runs on GPUs alone"),
        (STEPS, "LSTM", "{units: 2, use_cudnn: true, activation: relu}", "cuDNN has activation 'tanh' alone"),
        (IMAGE, "RandAugment", "{factor: [0.0, 255.0]}", "factor is a number from 0 to 1, or two"),
        (IMAGE.replace("[", "{shape: [").replace("]", "], dtype: uint8}"), "RandomContrast", "{factor: 0.1}", "floats"),
        ("[40]", "MelSpectrogram", "{fft_length: 8, sampling_rate: 40}", "the bands go from 20.0 to 20.0 Hz"),
        ("[40]", "MelSpectrogram", "{fft_length: 8, mag_exp: 300.0}", "mag_exp is a number above 0, up to 10"),
        ("[400, 1]", "STFTSpectrogram", "{dtype: bfloat16}", "it cannot compute in bfloat16"),
        ("[4, 4, 4, 2]", "AveragePooling3D", "{pool_size: 2, dtype: float64}", "it cannot compute in float64"),
        ("[4]", "BatchNormalization", "{moving_variance_initializer: random_normal}", "may give a variance below 0"),
        ("{shape: [3], dtype: int64}", "IntegerLookup", "{vocabulary: [-1]}", "each token once, and at least one"),
        ("{shape: [1], dtype: string}", "TextVectorization", "{vocabulary: [1, 2]}", "vocabulary holds texts"),
        ("[3]", "Discretization", "{num_bins: 4, epsilon: 0.0}", "epsilon is above 0"),
        ("[1, 400]", "STFTSpectrogram", "{data_format: channels_first}", "with channels_first runs on GPUs, and on x86 processors by oneDNN"),
        ("[400, 1]", "STFTSpectrogram", "{frame_length: 1}", "frame_length is a whole number, 3 or more"),
        ("[4]", "Dense", "{units: 2, dtype: int8_from_mixed_float16}", "int8 does not go with float16"),
        ("[3, 4]", "EinsumDense", "{equation: '...x,xy->...y', output_shape: 2, dtype: int8_from_float32}", "ellipsis"),
        ("[4]", "ReLU", "{max_value: -0.5}", "max_value is 0 or more"),
        (IMAGE, "RandomElasticTransform", "{factor: 0.1, fill_mode: mirror}", "fill_mode"),
        (STEPS, "SimpleRNN", "{units: 3, activity_regularizer: l2}", "Keras's SimpleRNN leaves its activity_regularizer out"),
        (STEPS, "Bidirectional", "{layer: {SimpleRNN: {units: 3, activity_regularizer: l2}}}", "leaves its activity"),
        (STEPS, "RNN", "{cell: {LSTMCell: {units: 3, activity_regularizer: l2}}}", "of a cell over the steps of a loop"),
        (STEPS, "TimeDistributed", "{layer: {Dense: {units: 3, activity_regularizer: l2}}}", "loses the penalty on the"),
        (STEPS, "TimeDistributed", "{layer: {ActivityRegularization: {l2: 0.1}}}", "loses the penalty on the output"),
        ("[4]", "SpectralNormalization", "{layer: {Dense: 3}, dtype: uint8}", "it cannot compute in uint8"),
        (STEPS, "UpSampling1D", "{size: [2]}", "size is one whole number, not [2]"),
        ("{shape: [3], dtype: string}", "StringLookup", "{max_tokens: 2, num_oov_indices: 2}", "3 or more, not 2"),
        ("{shape: [1], dtype: string}", "TextVectorization", "{ngrams: [1, 2]}", "takes no list of ngrams"),
        ("{shape: [1], dtype: string}", "TextVectorization", "{sparse: true}", "makes no sparse tensor"),
        ("{shape: [1], dtype: string}", "TextVectorization", "{output_mode: count, ragged: true}", "output_mode int alone"),
        ("{shape: [2], dtype: string}", "TextVectorization", "{}", "it splits one text an example"),
        (IMAGE, "RandomPerspective", "{factor: 0.1, scale: [0.1, 0.2]}", "scale is one number from 0 to 1, not a list"),
        ("{shape: [3], dtype: int32}", "ReversibleEmbedding", "{input_dim: 4, output_dim: 2, reverse_dtype: string}", "type"),
        (
            "{shape: [3], dtype: int32}",
            "ReversibleEmbedding",
            "{input_dim: 4, output_dim: 2, tie_weights: false, lora_rank: 1}",
            "lora_rank goes with tied weights alone",
        ),
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
        ("[4, 4, 4, 2]", "AveragePooling3D", "{pool_size: 2, dtype: bfloat16}"),
        ("[4]", "BatchNormalization", "{moving_variance_initializer: one}"),
        ("[null, 4, 2]", "UpSampling2D", "{interpolation: bicubic}"),  # data of one size train, and varying ones fail
        ("[4]", "BatchNormalization", "{moving_variance_initializer: {RandomUniform: {minval: 0.1, maxval: 1}}}"),
        ("[9, 2]", "GRU", "{units: 2, kernel_regularizer: OrthogonalRegularizer}"),
        ("[4, 1]", "Dense", "{units: 2, kernel_regularizer: {OrthogonalRegularizer: {mode: columns}}}"),
        ("{shape: [3], dtype: int32}", "Hashing", "{num_bins: 4, output_mode: count, dtype: mixed_float16}"),
        ("{shape: [3], dtype: string}", "StringLookup", "{vocabulary: [a], output_mode: tf_idf, idf_weights: [0.5]}"),
        ("{shape: [3], dtype: int64}", "StringLookup", "{vocabulary: [a], invert: true}"),
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


def test_values_behind_an_inverted_lookup_are_texts() -> None:
    text = "nnspec: 1\ninputs: {x: {shape: [3], dtype: int64}}\nlayers:\n  - StringLookup: {vocabulary: [a], invert: true}\n"
    (found,) = check(Source.from_text(text + "  - Dense: 2\n", "net.yaml"), data=False).diagnostics
    assert "it takes numbers and gets texts" in found.message


@pytest.mark.parametrize(
    ("layer", "query", "value", "message"),
    [
        ("AdditiveAttention: {}", "[2, 3, 4]", "[3, 4]", "query has 4 dimensions, (batch, 2, 3, 4), and value 3"),
        ("AdditiveAttention: {}", "[2, 3, 4]", "[3, 3, 4]", "do not go together: 2 against 3"),
        ("AdditiveAttention: {}", "[2, 3, 4]", "[1, 3, 4]", ""),
        ("MultiHeadAttention: {num_heads: 2, key_dim: 2}", "[2, 3, 4]", "[3, 4]", "query has 4 dimensions"),
        ("MultiHeadAttention: {num_heads: 2, key_dim: 2}", "[2, 3, 4]", "[2, 5, 4]", ""),
    ],
)
def test_ranks_of_query_and_value(layer: str, query: str, value: str, message: str) -> None:
    inputs = f"inputs: {{q: {query}, v: {value}}}"
    text = f"nnspec: 1\n{inputs}\nlayers:\n  - {{{layer}, from: [q, v]}}\n"
    found = check(Source.from_text(text, "net.yaml"), data=False).diagnostics
    assert message in found[0].message if message else not found


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("attention_axes: -1", "axis 2 is the features: Keras takes its heads for it"),
        ("attention_axes: [0, 1]", "axis 0 is the batch: examples would see each other"),
        ("attention_axes: [1, 1]", "attention_axes [1, 1] names an axis twice"),
        ("attention_axes: 1", ""),
    ],
)
def test_attention_is_over_places(arguments: str, message: str) -> None:
    layer = f"{{MultiHeadAttention: {{num_heads: 2, key_dim: 2, {arguments}}}, from: [x, x]}}"
    text = f"nnspec: 1\ninputs: {{x: [5, 4]}}\nlayers:\n  - {layer}\n"
    found = check(Source.from_text(text, "net.yaml"), data=False).diagnostics
    assert message in found[0].message if message else not found


def test_bool_values_alone_have_no_arithmetic() -> None:
    inputs = "inputs: {x: {shape: [3], dtype: bool}, y: {shape: [3], dtype: bool}}"
    text = f"nnspec: 1\n{inputs}\nlayers:\n  - {{Maximum: {{}}, from: [x, y]}}\n"
    (found,) = check(Source.from_text(text, "net.yaml"), data=False).diagnostics
    assert "no arithmetic of bool values alone" in found.message


HALVES = """\
nnspec: 1
inputs: {sound: [800, 1]}
layers:
  - STFTSpectrogram: {frame_length: 16%s}
  - GlobalAveragePooling1D
train: {precision: %s}
"""


@pytest.mark.parametrize(
    ("policy", "own", "refused"),
    [("mixed_bfloat16", "", True), ("mixed_float16", "", False), ("mixed_bfloat16", ", dtype: float32", False)],
)
def test_layers_without_the_halves_of_a_mixed_precision(policy: str, own: str, refused: bool) -> None:
    found = [
        one
        for one in check(Source.from_text(HALVES % (own, policy), "net.yaml"), data=False).diagnostics
        if one.code == "E0601"
    ]
    assert len(found) == refused
    if refused:
        assert "it cannot compute in bfloat16" in found[0].message and found[0].span and found[0].span.line == 4
        assert "`precision: mixed_bfloat16` stands here" in found[0].notes[0].message


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
        ("metrics: [{AUC: {dtype: string}}]", "E0206", "`dtype` of AUC should be float32 or float64"),
        ("metrics: [{MeanSquaredError: {dtype: float16}}]", "E0206", "halves count to 256 or 2,048 and no further"),
        ("metrics: [{BinaryIoU: {target_class_ids: [0, 2]}}]", "E0703", "there is no class 2 of 2 in BinaryIoU"),
        ("loss: {MeanAbsolutePercentageError: {dtype: float16}}", "E0703", "no less than 1e-7, which is 0 in float16"),
        ("optimizer: {Adafactor: {beta_2_decay: 0.8}}", "E0207", "a number, 0 or less"),
        ("optimizer: {Muon: {muon_a: 9.0}}", "E0703", "larger from step to step, without a bound"),
    ],
)  # fmt: skip
def test_settings_of_a_training(setting: str, code: str, message: str) -> None:
    data = f"data: {{source: {{Arrays: {{path: d.npz, inputs: x, targets: y}}}}}}\ntrain:\n  {setting}\n"
    (found,) = errors("[4]", "Dense", "{units: 3, activation: softmax}", data)
    assert found.code == code and message in found.message and found.span is not None and found.span.line == 8
