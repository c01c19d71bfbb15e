"""Noise while training: shape and weights stay as they are."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from nnspec.layers import operations
from nnspec.layers.core import same
from nnspec.layers.fields import pointwise
from nnspec.layers.geometry import split
from nnspec.layers.kind import LayerKind
from nnspec.layers.masks import same as keeps_mask
from nnspec.layers.rounding import SAME
from nnspec.layers.rule import Call, Facts, Rule, ShapeError, differ, show
from nnspec.layers.value_types import KEEPING, ON_OWN_FLOATS, ValueTypes


def _noise(call: Call, amount: str = "rate") -> Facts:
    call.fraction(amount)
    if call.get("noise_shape") is not None:
        _check_noise_shape(call)
    return same(call)


def _check_noise_shape(call: Call) -> None:
    """A mask stretches over axes where its size is 1; null is the size of the input."""
    shape, mask = call.input.shape, call.listed("noise_shape", int, type(None))
    whole = [size for size in mask if size is not None]
    fits = len(mask) == len(shape) or (len(mask) < len(shape) and len(whole) == len(mask))
    sizes = zip(shape[len(shape) - len(mask) :], mask, strict=True) if fits else ()
    if not fits or min(whole, default=1) < 1 or any(size not in (None, 1) and differ(dim, size) for dim, size in sizes):
        hint = "each axis has its own size, null or 1, the batch included, as in [null, 1, null]"
        raise ShapeError(f"noise_shape {mask} does not stretch over {show(shape)}", hint, "noise_shape")


def _less_than_all(call: Call) -> Facts:
    """Where everything is dropped, what makes up for it is infinite."""
    if call.get("rate") == 1:
        raise ShapeError("rate 1 drops everything, and no number is left", "a rate below 1", "rate")
    return _noise(call)


def _spatial(call: Call, rank: int) -> Facts:
    """Drops whole channels."""
    call.fraction("rate")
    split(call, rank)
    return same(call)


def _types(args: Mapping[str, Any], draws: tuple[str, ...]) -> ValueTypes:
    """Noise is of floats; where there is none, values are handed on."""
    return ON_OWN_FLOATS if any(args.get(name) for name in draws) else KEEPING


def _kind(says: str, rule: Rule, training: bool | None = False, draws: tuple[str, ...] = ("rate",)) -> LayerKind:
    return LayerKind(
        says=says,
        family="regularization",
        channels="keeps",
        rule=rule,
        mask=keeps_mask,
        field=pointwise,
        draws=draws,
        training=training,
        types=partial(_types, draws=draws),
        rounding=SAME,
        operations=operations.always(),
    )


REGULARIZATION: dict[str, LayerKind] = {
    "Dropout": _kind("Sets a share of the values to zero in training.", _noise),
    "AlphaDropout": _kind("Dropout that keeps mean and variance, for networks of SELU units.", _less_than_all),
    "GaussianDropout": _kind("Multiplies by Gaussian noise around 1 in training.", _less_than_all),
    "GaussianNoise": _kind("Adds Gaussian noise in training.", partial(_noise, amount="stddev"), draws=("stddev",)),
    "ActivityRegularization": _kind("Adds a penalty on its input's values to the loss.", same, None, ()),
    **{
        f"SpatialDropout{rank}D": _kind("Drops whole feature maps in training.", partial(_spatial, rank=rank))
        for rank in (1, 2, 3)
    },
}
