"""What ``training`` is where a layer is called without it. Keras writes it into every call, so it says nothing there.

Off the signatures of Keras's layers; a test compares. For kinds that are not here it is None: as the model is called.
"""

from __future__ import annotations

_INFERENCE = (
    "AdditiveAttention AlphaDropout Attention ConvLSTM1D ConvLSTM2D ConvLSTM3D Dropout GRU GRUCell GaussianDropout "
    "GaussianNoise LSTM LSTMCell RNN SimpleRNN SimpleRNNCell SpatialDropout1D SpatialDropout2D SpatialDropout3D "
    "SpectralNormalization StackedRNNCells"
)
_TRAINING = (
    "AugMix AutoContrast CenterCrop ContrastLimitedAdaptiveHistogramEqualization CutMix Equalization "
    "MaxNumBoundingBoxes MixUp Pipeline RandAugment RandomBrightness RandomColorDegeneration RandomColorJitter "
    "RandomContrast RandomCrop RandomElasticTransform RandomErasing RandomFlip RandomGaussianBlur RandomGrayscale "
    "RandomHue RandomInvert RandomPerspective RandomPosterization RandomRotation RandomSaturation RandomSharpness "
    "RandomShear RandomTranslation RandomZoom Resizing Solarization"
)
TRAINING = dict.fromkeys(_INFERENCE.split(), False) | dict.fromkeys(_TRAINING.split(), True)


def is_default(kind: str, flag: str, value: bool) -> bool:
    """Whether a call says with this flag what it would be anyway."""
    if flag == "training":
        return TRAINING.get(kind) is value
    return value is False  # return_attention_scores, use_causal_mask, reverse
