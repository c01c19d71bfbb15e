"""What part of the input one number of a layer's output depends on: size and stride along each axis.

Windows widen the field by (kernel - 1) * dilation * stride so far, and multiply the stride; Araujo, Norris and Sim,
Computing Receptive Fields of Convolutional Neural Networks, Distill 2019, equations 1 to 3. Where branches meet, the
largest counts: their windows are taken to have one middle, as padding `same` makes them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Any, Literal

from nnspec.layers.attention import ATTENTION
from nnspec.layers.images import IMAGES
from nnspec.layers.merging import MERGING
from nnspec.layers.recurrent import RECURRENT
from nnspec.layers.regularization import REGULARIZATION
from nnspec.layers.types import KindValue

ALL: Literal["all"] = "all"


@dataclass(frozen=True, slots=True)
class Field:
    """Positions of the input along each axis but the channels: how many are seen, and how far neighbours are apart."""

    sizes: tuple[int, ...]
    strides: tuple[Fraction, ...]


Reach = Field | Literal["all"] | None  # None: not known, or no axes to speak of

WINDOWS = {
    f"{kind}{rank}D": window
    for rank in (1, 2, 3)
    for kind, window in {
        "Conv": "kernel_size",
        "DepthwiseConv": "kernel_size",
        "SeparableConv": "kernel_size",
        "MaxPooling": "pool_size",
        "AveragePooling": "pool_size",
    }.items()
}
POINTWISE = {
    *MERGING,
    *REGULARIZATION,
    *("Activation", "ReLU", "LeakyReLU", "ELU", "PReLU", "Softmax", "Identity", "Masking"),
    *(
        "BatchNormalization",
        "LayerNormalization",
        "RMSNormalization",
        "UnitNormalization",
        "LocalResponseNormalization",
    ),
    *("Rescaling", "Normalization", "Dense", "EinsumDense", "CRF"),
    *(f"{kind}{rank}D" for kind in ("ZeroPadding", "Cropping", "SpatialDropout") for rank in (1, 2, 3)),
    *(kind for kind in IMAGES if kind.startswith("Random")),
} - {"Dot"}
EVERYTHING = {
    *RECURRENT,
    *ATTENTION,
    *("Flatten", "GroupNormalization"),
    *(f"Global{kind}Pooling{rank}D" for kind in ("Max", "Average") for rank in (1, 2, 3)),
}


def start(rank: int) -> Reach:
    """Of an input with `rank` dimensions besides the batch, the last of them the channels: it sees itself."""
    return Field((1,) * (rank - 1), (Fraction(1),) * (rank - 1))


def receptive_field(kind: str, args: Mapping[str, Any], inputs: Sequence[Reach]) -> Reach:
    """The field of a layer's output.

    Args:
        args: every argument, defaults filled in.
        inputs: the fields of what it is called with.

    Returns:
        `ALL` where the whole input is seen, None where it is not known.
    """
    inner = args.get("layer")
    if kind == "Bidirectional" and isinstance(inner, KindValue):
        kind, args = inner.kind, inner.args
    if kind in EVERYTHING or ALL in inputs:
        return ALL
    widest = _widest(inputs)
    if widest is None:
        return None
    if kind == "Embedding":  # the tokens' axis is one of positions, and the channels come after it
        return Field((*widest.sizes, 1), (*widest.strides, Fraction(1)))
    if kind in POINTWISE:
        return widest
    if kind in WINDOWS:
        return _window(widest, args[WINDOWS[kind]], args)
    if kind.endswith("Transpose") and kind.startswith("Conv"):
        return _transposed(widest, args)
    if kind.startswith("UpSampling") and args.get("interpolation", "nearest") == "nearest":
        return _stretched(widest, args["size"])
    return None


def _widest(inputs: Sequence[Reach]) -> Field | None:
    fields = [reach for reach in inputs if isinstance(reach, Field)]
    if len(fields) < len(inputs) or len({len(field.sizes) for field in fields}) != 1:
        return None
    pairs = zip(*(field.sizes for field in fields), strict=True)
    return Field(tuple(max(pair) for pair in pairs), max(field.strides for field in fields))


def _window(field: Field, window: Any, args: Mapping[str, Any]) -> Field | None:
    windows, dilations = _each(window, field), _each(args.get("dilation_rate") or 1, field)
    steps = _each(args.get("strides") or (window if "pool_size" in args else 1), field)
    if windows is None or dilations is None or steps is None:
        return None
    reach = [(size - 1) * dilation for size, dilation in zip(windows, dilations, strict=True)]
    return _moved(field, reach, [Fraction(step) for step in steps])


def _transposed(field: Field, args: Mapping[str, Any]) -> Field | None:
    windows, steps = _each(args["kernel_size"], field), _each(args.get("strides") or 1, field)
    dilations = _each(args.get("dilation_rate") or 1, field)
    if windows is None or steps is None or dilations is None or set(dilations) != {1}:
        return None
    reach = [ceil(size / step) - 1 for size, step in zip(windows, steps, strict=True)]
    return _moved(field, reach, [Fraction(1, step) for step in steps])


def _stretched(field: Field, size: Any) -> Field | None:
    sizes = _each(size, field)
    return None if sizes is None else _moved(field, [0] * len(sizes), [Fraction(1, step) for step in sizes])


def _moved(field: Field, reach: Sequence[int], steps: Sequence[Fraction]) -> Field:
    sizes = [ceil(size + far * stride) for size, far, stride in zip(field.sizes, reach, field.strides, strict=True)]
    return Field(tuple(sizes), tuple(stride * step for stride, step in zip(field.strides, steps, strict=True)))


def _each(value: Any, field: Field) -> tuple[int, ...] | None:
    """A number for each axis of the field, or None where they do not go together."""
    values = tuple(value) if isinstance(value, list | tuple) else (value,) * len(field.sizes)
    return values if len(values) == len(field.sizes) and all(isinstance(item, int) for item in values) else None
