"""Scaling of number columns: fitted on the training part, saved with the run, undone on predictions."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress, repeat
from operator import eq, sub
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import numpy as np

Method = Literal["none", "standard", "minmax"]


@dataclass(frozen=True, slots=True)
class Scale:
    """scaled = (value - offset) / factor, where a missing value is `fill`, in the column's own units."""

    offset: float = 0.0
    factor: float = 1.0
    fill: float = 0.0


def fit(values: Iterable[float], method: Method, missing: str) -> Scale:
    """The scale of a column from its training values; NaN is a missing one. A constant column is only shifted.

    Args:
        method: `standard` has mean 0 and (population) standard deviation 1, `minmax` goes from 0 to 1.
        missing: `mean` fills with the mean, anything else with 0.
    """
    known = values if isinstance(values, array) else array("d", values)  # a quarter of a list's room
    if math.isnan(sum(known)):
        known = array("d", compress(known, map(eq, known, known)))  # NaN differs from itself
    if not known:
        return Scale()
    mean = math.fsum(known) / len(known)
    fill = mean if missing == "mean" else 0.0
    if method == "standard":
        squares = map(pow, map(sub, known, repeat(mean)), repeat(2))
        deviation = math.sqrt(math.fsum(squares) / len(known))
        return Scale(mean, deviation or 1.0, fill)
    if method == "minmax":
        low = min(known)
        return Scale(low, (max(known) - low) or 1.0, fill)
    return Scale(fill=fill)


def apply(values: np.ndarray, scales: Sequence[Scale]) -> np.ndarray:
    """Scales the columns of values, float64 [n, columns], to float32 of that shape."""
    import numpy as np

    offsets, factors, fills = (
        np.array([getattr(scale, name) for scale in scales]) for name in ("offset", "factor", "fill")
    )
    filled = np.where(np.isnan(values), fills, values)
    scaled: np.ndarray = ((filled - offsets) / factors).astype(np.float32)
    return scaled


def scaled_range(values: Iterable[float], fitted: Mapping[str, Any]) -> tuple[float, float]:
    """The lowest and the highest value of a column once it is scaled; 0 and 0 where all are missing."""
    known = array("d")
    if isinstance(values, memoryview):
        known.frombytes(values.tobytes())
    else:
        known.extend(values)
    if math.isnan(sum(known)):
        known = array("d", compress(known, map(eq, known, known)))
    scale = Scale(**fitted)
    ends = (min(known), max(known)) if known else (scale.offset, scale.offset)
    return (ends[0] - scale.offset) / scale.factor, (ends[1] - scale.offset) / scale.factor


def invert(values: np.ndarray, scales: Sequence[Scale]) -> np.ndarray:
    """Back to the columns' own units: float64 of the shape of values.

    One scale is that of every value, whatever the shape; with more of them the last axis is the columns.
    """
    import numpy as np

    offsets, factors = (np.array([getattr(scale, name) for scale in scales]) for name in ("offset", "factor"))
    restored: np.ndarray = np.asarray(values, np.float64) * factors + offsets
    return restored


def original_units(values: np.ndarray, fitted: Mapping[str, Any]) -> np.ndarray:
    """Predictions, or targets, in the units of their columns.

    Args:
        values: float [..., targets], or of any shape where there is one target.
        fitted: the `scaling` of the run's assets.
    """
    return invert(values, [Scale(**entry) for entry in fitted["targets"].values()])
