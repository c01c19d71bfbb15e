"""Pooling: by windows, over everything, and to a given size. No weights, and nothing that counts as multiply-adds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from nnspec.layers import operations
from nnspec.layers.fields import FieldRule, everything, pooled, unknown
from nnspec.layers.geometry import AXES, join, slide, split
from nnspec.layers.kind import LayerKind, Mobile, Refusal, half_floats, never
from nnspec.layers.masks import dropped, over_steps
from nnspec.layers.operations import OperationsOf
from nnspec.layers.rounding import IN_FLOAT, MEAN_OF_WINDOWS, OWN, SAME, Rounding
from nnspec.layers.rule import FLOATS, Call, Facts, ShapeError
from nnspec.layers.value_types import KEEPING, LARGEST, ON_FLOATS, ON_NUMBERS, ValueTypes


def _window(call: Call, rank: int) -> Facts:
    pool = call.sizes("pool_size", rank)
    strides = call.sizes("strides", rank) if call.get("strides") is not None else pool
    spatial, channels = split(call, rank)
    places = slide(spatial, pool, strides, (1,) * rank, call.choice("padding", "valid", "same"), "pool")
    return Facts((call.output(*join(call, places, channels)),))


def _global(call: Call, rank: int) -> Facts:
    _, channels = split(call, rank)
    if call.flag("keepdims"):
        return Facts((call.output(*join(call, (1,) * rank, channels)),))
    return Facts((call.output(call.input.shape[0], channels),))


def _adaptive(call: Call, rank: int) -> Facts:
    """Windows of two widths, the smaller and the larger by one, slide over the input; each output takes one of both."""
    spatial, channels = split(call, rank)
    sizes = call.sizes("output_size", rank)
    for axis, size, wanted in zip(AXES[rank], spatial, sizes, strict=True):
        if not isinstance(size, int):
            raise ShapeError(f"it needs a known {axis}, and `{size}` varies")
        if -(-size // wanted) + 1 > size:
            one = f"Global{call.kind.removeprefix('Adaptive')} gives one value of each channel"
            message = f"output_size {wanted} needs windows of {-(-size // wanted) + 1}, and the {axis} is {size}"
            raise ShapeError(f"{message}: Keras cannot compute that", one if wanted == 1 else None, "output_size")
    return Facts((call.output(*join(call, sizes, channels)),))


WINDOWED = "{} of each window."
IN_SINGLE = ValueTypes(takes=FLOATS, own=FLOATS - {"float64"})
MAXIMA = ("Keeps the largest", "Max")
OVERALL = "{} of each channel."
CHOSEN = "{} pooling whose windows are chosen so that the output has a given size."


NO_WINDOWS = "Global pooling of three axes; or Reshape, and pooling of two axes"


def _types(largest: bool, rank: int, rule: Callable[..., Facts]) -> ValueTypes:
    """The mean of windows is made for floats alone, and so is all that TensorFlow has of three axes."""
    if rule is _global:
        return KEEPING if largest else ON_NUMBERS
    if rank < 3:
        return LARGEST if largest else ON_FLOATS
    return IN_SINGLE


def _kind(
    says: str, rule: Callable[..., Facts], rank: int, field: FieldRule, types: ValueTypes, *aliases: str
) -> LayerKind:
    return LayerKind(
        says=says,
        family="pooling",
        channels="keeps",
        rule=partial(rule, rank=rank),
        mask=dropped,
        field=field,
        types=types,
        aliases=aliases,
        gpu_only=half_floats if types is IN_SINGLE else never,
        operations=_operations(rule, says.startswith(MAXIMA)),
        mobile=_mobile(rank, rule, types),
        rounding=partial(_rounding, rule=rule, rank=rank, largest=says.startswith(MAXIMA)),
    )


NO_WHOLE_NUMBERS = Refusal(
    "windows over whole numbers have no builtin operation", "floats: `Rescaling: {scale: 1}` before it"
)


def _mobile(rank: int, rule: Callable[..., Facts], types: ValueTypes) -> Mobile:
    if rule is _global:
        return Mobile()
    if rank == 3:
        return Mobile(instead=NO_WINDOWS)
    return Mobile(whole=NO_WHOLE_NUMBERS) if types is LARGEST else Mobile()


def _operations(rule: Callable[..., Facts], largest: bool) -> OperationsOf:
    made = {_window: operations.pooled, _global: operations.overall, _adaptive: operations.adaptive}[rule]
    return partial(made, largest=largest)


def _rounding(args: Mapping[str, Any], rule: Callable[..., Facts], rank: int, largest: bool) -> Rounding:
    """A mean over everything has a range of its own; TFLite has no pooling windows of three axes."""
    if args.get("data_format") == "channels_first" or rule is _adaptive or (rank == 3 and rule is _window):
        return IN_FLOAT
    if largest:
        return SAME
    return OWN if rule is _global else MEAN_OF_WINDOWS


POOLING: dict[str, LayerKind] = {
    **{
        f"{name}{kind}{rank}D": _kind(
            says.format(word), rule, rank, field, _types(kind == "MaxPooling", rank, rule), *aliases
        )
        for rank in (1, 2, 3)
        for kind, short, keeps, adapts in (
            ("MaxPooling", "MaxPool", "Keeps the largest value", "Max"),
            ("AveragePooling", "AvgPool", "Keeps the mean", "Average"),
        )
        for name, says, word, rule, field, aliases in (
            ("", WINDOWED, keeps, _window, pooled, (f"{short}{rank}D",)),
            ("Global", OVERALL, keeps, _global, everything, (f"Global{short}{rank}D",)),
            ("Adaptive", CHOSEN, adapts, _adaptive, unknown, ()),
        )
    }
}
# The one that takes the mean of real steps alone.
POOLING["GlobalAveragePooling1D"] = replace(POOLING["GlobalAveragePooling1D"], uses_mask=over_steps)
