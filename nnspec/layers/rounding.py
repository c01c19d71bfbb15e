"""How kinds of layers and functions compute in whole numbers: in an int8 TFLite file, and in a training that rounds.

What a file can have was tried with TensorFlow 2.21 and LiteRT 2.3. The rules for values are those of TFLite's own
specification of 8 bits: `value = (number - zero point) * scale`, weights symmetric (Jacob et al. 2018).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any, Literal

from nnspec.quick_classes import dataclass

Form = Literal["kernel", "affine", "same", "within", "joined", "own", "function", "float"]
PROBABILITY = (0.0, 255 / 256)  # steps of 1/256, which the kernels of sigmoid and softmax ask for
SIGNED_UNIT = (-1.0, 127 / 128)  # of tanh
WIDE_UNIT = (-1.0, 32767 / 32768)  # of the 16-bit kernels of sigmoid, softmax and tanh
UNIT, SIXTH = (0.0, 1.0), (0.0, 6.0)  # of a hard sigmoid, after and before its division by six


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounding:
    """What a kind is in whole numbers.

    Attributes:
        form: ``kernel``: linear with weights that are rounded, a bias and perhaps a function behind it; ``affine``:
            scales and shifts each channel, and can be folded into a kernel before it; ``same``: hands its input's
            values on, or some of them; ``within``: makes other values in the range of its input; ``joined``: its
            inputs and output have one range in common; ``own``: its output has a range of its own; ``function``: a
            function of each value; ``float``: no whole numbers, the file computes it in float.
        weights: of a kernel, the names of the weights that are rounded, with the axes along which each place has a
            scale of its own.
        four_bits: whether the weights may have 4 bits.
        function: the function of a kind of that form; None where its argument `activation` says. ``halves``: the
            kernel rounds halves away from zero, in numbers from -128 to 127.
        carries: functions that need no range before them may follow it, as a part of the same operation.
    """

    form: Form = "float"
    weights: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    four_bits: bool = True
    function: str | None = None
    carries: bool = False


RoundingOf = Rounding | Callable[[Mapping[str, Any]], Rounding]

IN_FLOAT = Rounding()
SAME = Rounding(form="same")
WITHIN = Rounding(form="within")
MEAN_OF_WINDOWS = Rounding(form="within", function="halves")
JOINED = Rounding(form="joined")
OWN = Rounding(form="own")
SUM = Rounding(form="own", carries=True)
MEAN_OF_INPUTS = Rounding(form="own", function="average")


def kernel(*, four_bits: bool = True, **weights: tuple[int, ...]) -> RoundingOf:
    """Of a convolution or a matrix product. Those that have the channels first run on some CPUs alone."""
    made = Rounding(form="kernel", weights=weights, four_bits=four_bits, carries=True)
    return lambda args: IN_FLOAT if args.get("data_format") == "channels_first" else made


@dataclass(frozen=True, slots=True)
class Function:
    """What a function of each value is in whole numbers.

    Attributes:
        fused: it is a part of the operation before it, whose result needs no range.
        fixed: the range of its values that the kernel asks for; None: one of its own.
        between: it is made of two operations, with a range of its own between them.
    """

    fused: bool = False
    fixed: tuple[float, float] | None = None
    between: bool = False


FUNCTIONS: dict[str, Function] = {
    "linear": Function(fused=True),
    "relu": Function(fused=True),
    "relu6": Function(fused=True),
    "sigmoid": Function(fixed=PROBABILITY),
    "softmax": Function(fixed=PROBABILITY),
    "tanh": Function(fixed=SIGNED_UNIT),
    "hard_sigmoid": Function(fixed=UNIT),
    "average": Function(between=True),
    "prelu": Function(),
    "leaky_relu": Function(),
    "gelu": Function(),
    "silu": Function(),
    "swish": Function(),
    "hard_silu": Function(),
    "hard_swish": Function(),
}


def function_named(value: Any) -> str | None:
    """The name of an argument `activation`; None for a function that has none here."""
    if value is None:
        return "linear"
    name = value if isinstance(value, str) else None
    return name if name in FUNCTIONS else None


def rectifier(args: Mapping[str, Any]) -> Rounding:
    """ReLU with its bound, slope and threshold."""
    if args.get("threshold"):
        return IN_FLOAT
    bound, slope = args.get("max_value"), args.get("negative_slope") or 0
    if bound in (None, 6) and not slope:
        return Rounding(form="function", function="relu" if bound is None else "relu6")
    return Rounding(form="function", function="leaky_relu") if bound is None else IN_FLOAT


def by_argument(args: Mapping[str, Any]) -> Rounding:
    """The layer Activation."""
    name = function_named(args.get("activation"))
    if name == "linear":
        return SAME
    return IN_FLOAT if name is None else Rounding(form="function", function=name)


def softmax(args: Mapping[str, Any]) -> Rounding:
    return Rounding(form="function", function="softmax") if args.get("axis", -1) == -1 else IN_FLOAT


def per_channel(args: Mapping[str, Any]) -> Rounding:
    """BatchNormalization over the last axis, and what scales all values alike."""
    return Rounding(form="affine", carries=True) if args.get("axis", -1) == -1 else IN_FLOAT


def nearest(args: Mapping[str, Any]) -> Rounding:
    """UpSampling2D: repeated values are the same ones."""
    if args.get("data_format") == "channels_first":
        return IN_FLOAT
    return {"nearest": SAME, "bilinear": WITHIN}.get(str(args.get("interpolation", "nearest")), IN_FLOAT)


def resizing(args: Mapping[str, Any]) -> Rounding:
    """Resizing: the converter rounds what goes in, in the range of what comes out, so that training has to."""
    if args.get("antialias") or args.get("pad_to_aspect_ratio"):
        return IN_FLOAT
    return nearest({**args, "interpolation": args.get("interpolation", "bilinear")})
