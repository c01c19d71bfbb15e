"""Normalization: the shape stays; a scale and an offset for each place along the axis, and moving averages."""

from __future__ import annotations

from dataclasses import replace

from nnspec.layers.core import same
from nnspec.layers.rule import Call, Facts, Rule, ShapeError, weights
from nnspec.layers.types import Dim


def _batch(call: Call) -> Facts:
    size = weights(_channels(call))
    averages = 5 if call.flag("renorm") else 2
    return replace(same(call), weights=_affine(call) * size, frozen=averages * size)


def _layer(call: Call) -> Facts:
    sizes = _along(call)
    return replace(same(call), weights=_affine(call) * weights(*sizes) if _affine(call) else 0)


def _group(call: Call) -> Facts:
    size = _channels(call)
    groups = call.get("groups")
    groups = size if groups == -1 else call.size("groups")
    if isinstance(size, int) and isinstance(groups, int) and size % groups:
        raise ShapeError(f"{size} channels cannot be divided into {groups} groups", argument="groups")
    return replace(same(call), weights=_affine(call) * weights(size))


def _root_mean_square(call: Call) -> Facts:
    return replace(same(call), weights=weights(*_along(call)))


def _unit(call: Call) -> Facts:
    _along(call)
    return same(call)


def _local_response(call: Call) -> Facts:
    call.ranked(4)
    call.choice("data_format", "channels_last", "channels_first")
    maps = call.size("n")
    if isinstance(maps, int) and maps % 2 == 0:
        raise ShapeError(f"n is an odd number of feature maps, not {maps}", argument="n")
    return same(call)


def _affine(call: Call) -> int:
    return call.flag("scale") + call.flag("center")


def _along(call: Call) -> tuple[Dim, ...]:
    """The sizes along ``axis``, one axis or several."""
    shape = call.input.shape
    return tuple(shape[call.axis(shape, axis)] for axis in call.several("axis"))


def _channels(call: Call) -> Dim:
    """The size along the one ``axis``."""
    shape = call.input.shape
    return shape[call.axis(shape, call.get("axis"))]


NORMALIZATION: dict[str, Rule] = {
    "BatchNormalization": _batch,
    "LayerNormalization": _layer,
    "GroupNormalization": _group,
    "RMSNormalization": _root_mean_square,
    "UnitNormalization": _unit,
    "LocalResponseNormalization": _local_response,
}
