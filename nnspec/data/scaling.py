"""Scaling of number columns: fitted on the training part, saved with the run, undone on predictions."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import compress, repeat
from operator import eq, mul, sub
from typing import TYPE_CHECKING, Any, Literal

from nnspec.data import many_cells
from nnspec.quick_classes import dataclass

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
    if many_cells.are_many(values):
        return fit_many(many_cells.known(values), method, missing)
    known = values if isinstance(values, array) else array("d", values)  # a quarter of a list's room
    if math.isnan(sum(known)):
        known = array("d", compress(known, map(eq, known, known)))  # NaN differs from itself
    if not known:
        return Scale()
    mean = math.fsum(known) / len(known)
    if method == "standard":
        apart = array("d", map(sub, known, repeat(mean)))
        return standard(mean, math.fsum(map(mul, apart, apart)) / len(known), missing)
    ends = (min(known), max(known)) if method == "minmax" else None
    return ranged(mean, ends, missing)


def fit_many(known: np.ndarray, method: Method, missing: str) -> Scale:
    """As `fit`, and to the same bits, of numbers without missing ones."""
    if not len(known):
        return Scale()
    asked = method == "standard" or missing == "mean"
    mean = many_cells.exact_sum(known) / len(known) if asked else 0.0
    if method == "standard":
        return standard(mean, many_cells.exact_sum(known, partial(squares, mean)) / len(known), missing)
    ends = (float(known.min()), float(known.max())) if method == "minmax" else None
    return ranged(mean, ends, missing)


def squares(mean: float, values: np.ndarray) -> np.ndarray:
    apart = values - mean
    apart *= apart
    return apart


def standard(mean: float, variance: float, missing: str) -> Scale:
    return Scale(mean, math.sqrt(variance) or 1.0, mean if missing == "mean" else 0.0)


def ranged(mean: float, ends: tuple[float, float] | None, missing: str) -> Scale:
    fill = mean if missing == "mean" else 0.0
    return Scale(fill=fill) if ends is None else Scale(ends[0], (ends[1] - ends[0]) or 1.0, fill)


def apply(values: np.ndarray, scales: Sequence[Scale]) -> np.ndarray:
    """Scales the columns of values, float64 [n, columns], to float32 of that shape."""
    import numpy as np

    offsets, factors, fills = (
        np.array([getattr(scale, name) for scale in scales]) for name in ("offset", "factor", "fill")
    )
    apart = values - offsets
    missing = np.isnan(apart)
    if missing.any():
        apart = np.where(missing, fills - offsets, apart)
    apart /= factors
    scaled: np.ndarray = apart.astype(np.float32)
    return scaled


def scaled_range(values: Iterable[float], fitted: Mapping[str, Any]) -> tuple[float, float]:
    """The lowest and the highest value of a column once it is scaled; 0 and 0 where all are missing."""
    known: Any
    if many_cells.are_many(values):
        found = many_cells.known(values)
        known = (float(found.min()), float(found.max())) if len(found) else ()
    else:
        known = array("d", values)
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
