"""Noise while training: shape and weights stay as they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from nnspec.layers.core import same
from nnspec.layers.fields import pointwise
from nnspec.layers.geometry import split
from nnspec.layers.kind import LayerKind
from nnspec.layers.masks import same as keeps_mask
from nnspec.layers.rule import FLOATS, Call, Facts, Rule
from nnspec.layers.value_types import KEEPING, ON_NUMBERS, ValueTypes


def _noise(call: Call, amount: str = "rate") -> Facts:
    call.fraction(amount)
    return same(call)


def _spatial(call: Call, rank: int) -> Facts:
    """Drops whole channels."""
    call.fraction("rate")
    split(call, rank)
    return same(call)


def _types(args: Mapping[str, Any], draws: tuple[str, ...]) -> ValueTypes:
    """Noise is of floats; where there is none, values are handed on."""
    return replace(ON_NUMBERS, takes=FLOATS) if any(args.get(name) for name in draws) else KEEPING


def _kind(says: str, rule: Rule, training: bool | None = False, draws: tuple[str, ...] = ("rate",)) -> LayerKind:
    return LayerKind(
        says=says,
        family="regularization",
        rule=rule,
        mask=keeps_mask,
        field=pointwise,
        draws=draws,
        training=training,
        types=partial(_types, draws=draws),
    )


REGULARIZATION: dict[str, LayerKind] = {
    "Dropout": _kind("Sets a share of the values to zero in training.", _noise),
    "AlphaDropout": _kind("Dropout that keeps mean and variance, for networks of SELU units.", _noise),
    "GaussianDropout": _kind("Multiplies by Gaussian noise around 1 in training.", _noise),
    "GaussianNoise": _kind("Adds Gaussian noise in training.", partial(_noise, amount="stddev"), draws=("stddev",)),
    "ActivityRegularization": _kind("Adds a penalty on its input's values to the loss.", same, None, ()),
    **{
        f"SpatialDropout{rank}D": _kind("Drops whole feature maps in training.", partial(_spatial, rank=rank))
        for rank in (1, 2, 3)
    },
}
