"""What part of the input one number of a layer's output depends on: size and stride along each axis.

Windows widen the field by (kernel - 1) * dilation * stride so far, and multiply the stride; Araujo, Norris and Sim,
Computing Receptive Fields of Convolutional Neural Networks, Distill 2019, equations 1 to 3.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import ceil
from typing import TYPE_CHECKING, Any, Literal

from nnspec.quick_classes import dataclass

if TYPE_CHECKING:
    from fractions import Fraction

ALL: Literal["all"] = "all"


@dataclass(frozen=True, slots=True)
class Field:
    """Positions of the input along each axis but the channels: how many are seen, and how far neighbours are apart."""

    sizes: tuple[int, ...]
    strides: tuple[Fraction, ...]


Reach = Field | Literal["all"] | None  # None: not known, or no axes to speak of
FieldRule = Callable[[Field, Mapping[str, Any]], Reach]  # the widest field of the inputs, every argument of the layer


def fraction(above: int, below: int = 1) -> Fraction:
    """Imported where a field is asked for: a check of a spec asks for none."""
    from fractions import Fraction

    return Fraction(above, below)


def unknown(field: Field, args: Mapping[str, Any]) -> Reach:
    return None


def pointwise(field: Field, args: Mapping[str, Any]) -> Reach:
    """Each position by itself; padding and cropping move no borders of a window."""
    return field


def everything(field: Field, args: Mapping[str, Any]) -> Reach:
    return ALL


def within(field: Field, args: Mapping[str, Any]) -> Reach:
    """That of the layer within, which the question is handed on to."""
    return None


def looked_up(field: Field, args: Mapping[str, Any]) -> Reach:
    """An embedding: the tokens' axis is one of positions, and the channels come after it."""
    return Field((*field.sizes, 1), (*field.strides, fraction(1)))


def convolved(field: Field, args: Mapping[str, Any]) -> Reach:
    return _window(field, args["kernel_size"], args.get("strides") or 1, args)


def pooled(field: Field, args: Mapping[str, Any]) -> Reach:
    return _window(field, args["pool_size"], args.get("strides") or args["pool_size"], args)


def transposed(field: Field, args: Mapping[str, Any]) -> Reach:
    windows, steps = _each(args["kernel_size"], field), _each(args.get("strides") or 1, field)
    dilations = _each(args.get("dilation_rate") or 1, field)
    if windows is None or steps is None or dilations is None or set(dilations) != {1}:
        return None
    reach = [ceil(size / step) - 1 for size, step in zip(windows, steps, strict=True)]
    return _moved(field, reach, [fraction(1, step) for step in steps])


def stretched(field: Field, args: Mapping[str, Any]) -> Reach:
    """Upsampling by repeating; other interpolations look at neighbours."""
    if args.get("interpolation", "nearest") != "nearest":
        return None
    sizes = _each(args["size"], field)
    return None if sizes is None else _moved(field, [0] * len(sizes), [fraction(1, step) for step in sizes])


def _window(field: Field, window: Any, steps: Any, args: Mapping[str, Any]) -> Field | None:
    windows, strides, dilations = (
        _each(window, field),
        _each(steps, field),
        _each(args.get("dilation_rate") or 1, field),
    )
    if windows is None or dilations is None or strides is None:
        return None
    reach = [(size - 1) * dilation for size, dilation in zip(windows, dilations, strict=True)]
    return _moved(field, reach, [fraction(step) for step in strides])


def _moved(field: Field, reach: Sequence[int], steps: Sequence[Fraction]) -> Field:
    sizes = [ceil(size + far * stride) for size, far, stride in zip(field.sizes, reach, field.strides, strict=True)]
    return Field(tuple(sizes), tuple(stride * step for stride, step in zip(field.strides, steps, strict=True)))


def _each(value: Any, field: Field) -> tuple[int, ...] | None:
    """A number for each axis of the field, or None where they do not go together."""
    values = tuple(value) if isinstance(value, list | tuple) else (value,) * len(field.sizes)
    return values if len(values) == len(field.sizes) and all(isinstance(item, int) for item in values) else None
