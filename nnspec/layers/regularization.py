"""Noise while training: shape and weights stay as they are."""

from __future__ import annotations

from functools import partial

from nnspec.layers.core import same
from nnspec.layers.geometry import split
from nnspec.layers.rule import Call, Facts, Rule


def _noise(call: Call, amount: str = "rate") -> Facts:
    call.fraction(amount)
    return same(call)


def _spatial(call: Call, rank: int) -> Facts:
    """Drops whole channels."""
    call.fraction("rate")
    split(call, rank)
    return same(call)


REGULARIZATION: dict[str, Rule] = {
    "Dropout": _noise,
    "AlphaDropout": _noise,
    "GaussianDropout": _noise,
    "GaussianNoise": partial(_noise, amount="stddev"),
    "ActivityRegularization": same,
    **{f"SpatialDropout{rank}D": partial(_spatial, rank=rank) for rank in (1, 2, 3)},
}
