"""Pooling: by windows, over everything, and to a given size. No weights, and nothing that counts as multiply-adds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from nnspec.layers.fields import FieldRule, everything, pooled, unknown
from nnspec.layers.geometry import join, slide, split
from nnspec.layers.kind import LayerKind
from nnspec.layers.masks import dropped, over_steps
from nnspec.layers.rule import Call, Facts
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
    _, channels = split(call, rank)
    return Facts((call.output(*join(call, call.sizes("output_size", rank), channels)),))


WINDOWED = "{} of each window."
OVERALL = "{} of each channel."
CHOSEN = "{} pooling whose windows are chosen so that the output has a given size."


def _types(largest: bool, rank: int, overall: bool) -> ValueTypes:
    """The mean of windows is made for floats alone, and so is all that TensorFlow has of three axes."""
    if overall:
        return KEEPING if largest else ON_NUMBERS
    return LARGEST if largest and rank < 3 else ON_FLOATS


def _kind(
    says: str, rule: Callable[..., Facts], rank: int, field: FieldRule, types: ValueTypes, *aliases: str
) -> LayerKind:
    return LayerKind(
        says=says,
        family="pooling",
        rule=partial(rule, rank=rank),
        mask=dropped,
        field=field,
        types=types,
        aliases=aliases,
    )


POOLING: dict[str, LayerKind] = {
    **{
        f"{name}{kind}{rank}D": _kind(
            says.format(word), rule, rank, field, _types(kind == "MaxPooling", rank, rule is _global), *aliases
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
    },
}
# The one that takes the mean of real steps alone.
POOLING["GlobalAveragePooling1D"] = replace(POOLING["GlobalAveragePooling1D"], uses_mask=over_steps)
