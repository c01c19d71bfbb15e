"""Pooling: by windows, over everything, and to a given size. No weights, and nothing that counts as multiply-adds."""

from __future__ import annotations

from functools import partial

from nnspec.layers.geometry import join, slide, split
from nnspec.layers.rule import Call, Facts, Rule


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


POOLING: dict[str, Rule] = {
    f"{name}{rank}D": partial(rule, rank=rank)
    for rank in (1, 2, 3)
    for name, rule in {
        "MaxPooling": _window,
        "AveragePooling": _window,
        "GlobalMaxPooling": _global,
        "GlobalAveragePooling": _global,
        "AdaptiveMaxPooling": _adaptive,
        "AdaptiveAveragePooling": _adaptive,
    }.items()
}
