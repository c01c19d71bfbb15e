"""Normalization: the shape stays; a scale and an offset for each place along the axis, and moving averages."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from nnspec.layers import operations
from nnspec.layers.core import same
from nnspec.layers.fields import FieldRule, everything, pointwise
from nnspec.layers.kind import LayerKind
from nnspec.layers.masks import Gives, dropped, over_all_but_last
from nnspec.layers.masks import same as keeps_mask
from nnspec.layers.rounding import per_channel
from nnspec.layers.rule import Call, Facts, Rule, ShapeError, weights
from nnspec.layers.types import Dim, KindValue
from nnspec.layers.value_types import KEEPING, ON_FLOATS


def _batch(call: Call) -> Facts:
    size = weights(_channels(call))
    _check_variance(call)
    averages = 5 if call.flag("renorm") else 2
    return replace(same(call), weights=_affine(call) * size, frozen=averages * size)


def _check_variance(call: Call) -> None:
    """The variance begins at 0 or more: until enough batches are seen, its root is what inference divides by."""
    name = "moving_variance_initializer"
    given = call.get(name)
    kind, args = (given.kind, given.args) if isinstance(given, KindValue) else (given, {})
    least = {"zero": 0, "one": 1, "constant": args.get("value", 0), "randomuniform": args.get("minval", -0.05)}
    low = least.get(str(kind).replace("_", "").lower().removesuffix("initializer").removesuffix("s"), -1)
    if given is not None and isinstance(low, int | float) and low < 0:
        message = f"{name}: {kind} may give a variance below 0, of which there is no root"
        raise ShapeError(message, "ones, zeros or Constant", name)


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
    shape = call.input.shape
    axes = call.axes(shape)
    if axes != tuple(range(len(shape) - len(axes), len(shape))):  # Keras multiplies by the scale as it is
        raise ShapeError(f"axis is the last one, or the last ones in order, not {call.get('axis')!r}", argument="axis")
    return replace(same(call), weights=weights(*_along(call)))


def _unit(call: Call) -> Facts:
    _along(call)
    if 0 in call.axes(call.input.shape):
        raise ShapeError("axis 0 is the batch: each example has a length of its own", argument="axis")
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
    return tuple(shape[axis] for axis in call.axes(shape))


def _channels(call: Call) -> Dim:
    """The size along the one ``axis``."""
    shape = call.input.shape
    return shape[call.axis(shape, call.get("axis"))]


def _ranks(call: Call) -> dict[str, int]:
    axes = len(call.several("axis"))
    made = {"beta": call.get("center") is not False, "gamma": call.get("scale") is not False}
    return {name: axes for name in ("beta", "gamma", "moving_mean", "moving_variance") if made.get(name, True)}


def _kind(says: str, rule: Rule, mask: Gives = keeps_mask, field: FieldRule = pointwise, **rest: Any) -> LayerKind:
    return LayerKind(says=says, family="normalization", rule=rule, mask=mask, field=field, ranks=_ranks, **rest)


NORMALIZATION: dict[str, LayerKind] = {
    "BatchNormalization": _kind(
        "Scales each channel by its mean and variance over the batch; running values at inference.",
        _batch,
        uses_mask=over_all_but_last,
        subtracts_mean=True,
        operations=operations.by_channel,
        rounding=per_channel,
        channels="keeps",
    ),
    "LayerNormalization": _kind(
        "Scales each example by its own mean and variance over the features.",
        _layer,
        subtracts_own_mean=True,
        operations=operations.by_moments,
    ),
    "GroupNormalization": _kind(
        "Scales groups of channels by their mean and variance within each example.",
        _group,
        field=everything,
        operations=operations.by_groups,
    ),
    "RMSNormalization": _kind(
        "Scales each example by the root mean square of its features; nothing is centred.",
        _root_mean_square,
        dropped,
        types=KEEPING,
        operations=operations.by_root_mean_square,
    ),
    "UnitNormalization": _kind(
        "Scales vectors to length 1.", _unit, types=ON_FLOATS, operations=operations.unit_length
    ),
    "LocalResponseNormalization": _kind(
        "AlexNet's: divides each value by the activity of its neighbouring feature maps.",
        _local_response,
        dropped,
        types=KEEPING,
        operations=operations.by_neighbours,
    ),
}
