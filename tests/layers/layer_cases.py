"""Random calls of every layer kind, legal and not, as plain data: what the oracle and the formula tests draw from."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from random import Random

from layer_cases_core import (
    along,
    anything,
    blocks,
    concatenate,
    crf,
    dense,
    dot,
    einsum_dense,
    embedding,
    input_layer,
    largest,
    local_response,
    matmul,
    merging,
    normalizing,
    permute,
    positions,
    reduced,
    repeat_vector,
    required,
    reshape,
    sliced,
)
from layer_cases_preprocessing import (
    category_encoding,
    discretization,
    hashed_crossing,
    hashing,
    log_mel,
    lookup,
    mel_spectrogram,
    normalization,
    sound_change,
    text_vectorization,
)
from layer_cases_sequence import attention, bidirectional, grouped_query, multi_head, recurrent, walked
from layer_cases_spatial import (
    bordered,
    conv_lstm,
    convolution,
    image,
    pooling,
    spatial_dropout,
    stft_spectrogram,
    upsampling,
)
from layer_draws import Case, Draw, common, dim, some

from nnspec.layers.types import KindValue


def inner_case(r: Random) -> Case:
    kinds = (
        "Dense",
        "Dense",
        "Conv1D",
        "Conv2D",
        "Flatten",
        "Dropout",
        "MaxPooling2D",
        "BatchNormalization",
        "GRU",
        "Embedding",
    )
    return CASES[r.choice(kinds)](r)


def time_distributed(r: Random) -> Case:
    inner = inner_case(r)
    shape, kind_of = inner.inputs[0]
    args = {"layer": KindValue(inner.kind, inner.args), **common(r)}
    return Case("TimeDistributed", args, [((dim(r, unknown=0.3), *shape), kind_of)])


def spectral_normalization(r: Random) -> Case:
    kinds = (
        "Dense",
        "Conv2D",
        "Conv1DTranspose",
        "Embedding",
        "EinsumDense",
        "DepthwiseConv2D",
        "SeparableConv1D",
        "Flatten",
    )
    inner = CASES[r.choice(kinds)](r)
    args = {"layer": KindValue(inner.kind, inner.args), **some(r, power_iterations=(1, 2, 0)), **common(r)}
    return Case("SpectralNormalization", args, inner.inputs[:1])


def pipeline(r: Random) -> Case:
    layers = [
        KindValue("Rescaling", {"scale": 0.5}),
        KindValue("RandomFlip", {"mode": "horizontal"}),
        KindValue("Resizing", {"height": 5, "width": 6}),
        KindValue("CenterCrop", {"height": 3, "width": 2}),
    ]
    return Case("Pipeline", {"layers": r.sample(layers, r.randint(1, 3))}, [((8, 7, 3), "float32")])


RATES = {"rate": (0, 0.2, 1, 1.5, -0.1)}


FACTOR = {"factor": (0.1, 0.2)}


SIZED = {"height": (3, 4, 7), "width": (3, 5)}


CASES: dict[str, Draw] = {
    **{
        kind: partial(convolution, kind=kind)
        for kind in (
            *(f"Conv{rank}D{suffix}" for rank in (1, 2, 3) for suffix in ("", "Transpose")),
            *(f"{name}Conv{rank}D" for rank in (1, 2) for name in ("Separable", "Depthwise")),
        )
    },
    **{
        kind: partial(pooling, kind=kind)
        for rank in (1, 2, 3)
        for prefix in ("", "Global", "Adaptive")
        for kind in (f"{prefix}MaxPooling{rank}D", f"{prefix}AveragePooling{rank}D")
    },
    **{kind: partial(recurrent, kind=kind) for kind in ("SimpleRNN", "GRU", "LSTM", "JordanRNN")},
    **{kind: partial(conv_lstm, kind=kind) for kind in ("ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D")},
    "RNN": walked,
    "Bidirectional": bidirectional,
    "CRF": crf,
    "Dense": dense,
    "EinsumDense": einsum_dense,
    **{kind: partial(embedding, kind=kind) for kind in ("Embedding", "ReversibleEmbedding")},
    "InputLayer": input_layer,
    **{
        kind: partial(anything, kind=kind)
        for kind in ("Identity", "Flatten", "ELU", "ActivityRegularization", "Masking")
    },
    "Clip": partial(anything, kind="Clip", low=(-1.0, 0.0, 2), high=(0.5, 1.0, 6)),
    "ReLU": partial(anything, kind="ReLU", negative_slope=(0.0, 0.1, -1.0), threshold=(0.0, -1.0)),
    "LeakyReLU": partial(anything, kind="LeakyReLU", negative_slope=(0.0, 0.1, -1.0)),
    "Softmax": partial(anything, kind="Softmax", axis=(-1, 1, [1, -1])),
    "PReLU": partial(anything, kind="PReLU", shared_axes=(None, [1], [1, 2], 1, [5])),
    "Activation": lambda r: required(r, "Activation", activation=("relu", "softmax")),
    "Rescaling": lambda r: required(r, "Rescaling", scale=(2, 0.5)),
    **{
        kind: partial(lambda r, kind: required(r, kind, **RATES), kind=kind)
        for kind in ("Dropout", "AlphaDropout", "GaussianDropout")
    },
    "GaussianNoise": lambda r: required(r, "GaussianNoise", stddev=(0, 0.5, 2)),
    **{
        kind: partial(spatial_dropout, kind=kind)
        for kind in ("SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D")
    },
    **{kind: partial(merging, kind=kind) for kind in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum")},
    "Concatenate": concatenate,
    "Dot": dot,
    "MatMul": matmul,
    "Reshape": reshape,
    "Permute": permute,
    "RepeatVector": repeat_vector,
    "Slice": sliced,
    "Reduce": reduced,
    **{kind: partial(along, kind=kind) for kind in ("ArgMax", "CumulativeSum")},
    "TopK": largest,
    **{kind: partial(blocks, kind=kind) for kind in ("DepthToSpace", "SpaceToDepth")},
    "PositionEmbedding": positions,
    **{f"Cropping{rank}D": partial(bordered, kind=f"Cropping{rank}D", name="cropping") for rank in (1, 2, 3)},
    **{f"ZeroPadding{rank}D": partial(bordered, kind=f"ZeroPadding{rank}D", name="padding") for rank in (1, 2, 3)},
    **{f"UpSampling{rank}D": partial(upsampling, kind=f"UpSampling{rank}D") for rank in (1, 2, 3)},
    **{kind: partial(normalizing, kind=kind) for kind in ("BatchNormalization", "GroupNormalization")},
    **{
        kind: partial(normalizing, kind=kind, several=True)
        for kind in ("LayerNormalization", "RMSNormalization", "UnitNormalization")
    },
    "LocalResponseNormalization": local_response,
    **{kind: partial(attention, kind=kind) for kind in ("Attention", "AdditiveAttention")},
    "MultiHeadAttention": multi_head,
    "GroupQueryAttention": grouped_query,
    "Normalization": normalization,
    "CategoryEncoding": category_encoding,
    "Discretization": discretization,
    "Hashing": hashing,
    "HashedCrossing": hashed_crossing,
    **{kind: partial(lookup, kind=kind) for kind in ("StringLookup", "IntegerLookup")},
    "TextVectorization": text_vectorization,
    "STFTSpectrogram": stft_spectrogram,
    "MelSpectrogram": mel_spectrogram,
    **{kind: partial(log_mel, kind=kind) for kind in ("LogMelSpectrogram", "MFCC")},
    **{
        kind: partial(sound_change, kind=kind)
        for kind in (
            *("RandomEqualizer", "RandomGain", "RandomLowPass", "RandomNoise", "RandomSpeed", "RandomTimeShift"),
            "SpecAugment",
        )
    },
    **{
        kind: partial(lambda r, kind: image(r, kind, **FACTOR), kind=kind)
        for kind in (
            "RandomBrightness",
            "RandomColorDegeneration",
            "RandomContrast",
            "RandomElasticTransform",
            "RandomErasing",
            "RandomGaussianBlur",
            "RandomGrayscale",
            "RandomHue",
            "RandomInvert",
            "RandomPerspective",
            "RandomRotation",
            "RandomSaturation",
            "RandomSharpness",
            "CutMix",
        )
    },
    **{
        kind: partial(lambda r, kind: image(r, kind), kind=kind)
        for kind in (
            "AugMix",
            "AutoContrast",
            "ContrastLimitedAdaptiveHistogramEqualization",
            "Equalization",
            "MixUp",
            "RandAugment",
            "RandomColorJitter",
            "RandomFlip",
            "RandomShear",
            "Solarization",
        )
    },
    "RandomPosterization": lambda r: image(r, "RandomPosterization", factor=(2, 5)),
    "RandomTranslation": lambda r: image(r, "RandomTranslation", height_factor=(0.1,), width_factor=(0.2,)),
    "RandomZoom": lambda r: image(r, "RandomZoom", height_factor=(0.1,)),
    **{kind: partial(lambda r, kind: image(r, kind, **SIZED), kind=kind) for kind in ("Resizing", "CenterCrop")},
    "RandomCrop": lambda r: replace(image(r, "RandomCrop", **SIZED), call={"training": True}),
    "TimeDistributed": time_distributed,
    "SpectralNormalization": spectral_normalization,
    "Pipeline": pipeline,
}


def draw(kind: str, index: int) -> Case:
    """The ``index``-th case of a kind, the same each time."""
    return CASES[kind](Random(f"{kind} {index}"))
