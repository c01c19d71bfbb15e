"""Which weights stay: the largest, or two of each four, chosen again as training goes on, and held at zero otherwise.

Zhu and Gupta, To prune, or not to prune, 2017: the share of zeros grows by a cubic curve, fast while much is to spare.
The pattern of two in four is that of sparse matrix units (Mishra et al., Accelerating sparse networks, 2021).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from nnspec.frontend.pruning import GROUP


def share_at(progress: float, final: float) -> float:
    """The share of zeros when so much of the pruning is done, both from 0 to 1."""
    return float(final * (1 - (1 - min(max(progress, 0.0), 1.0)) ** 3))


def largest(weight: np.ndarray, share: float) -> np.ndarray:
    """Which weights stay where a share becomes zero: booleans of the same shape. Of equal ones the last stay."""
    flat = np.abs(weight).reshape(-1)
    kept = np.ones(flat.size, bool)
    kept[np.argsort(flat, kind="stable")[: round(share * flat.size)]] = False
    return kept.reshape(weight.shape)


def within_fours(weight: np.ndarray, axis: int, share: float) -> np.ndarray:
    """Which weights stay of each four along an axis: all, three or two, as the share of zeros grows up to a half.

    Args:
        axis: its size is a multiple of 4.
    """
    moved = np.moveaxis(np.abs(weight), axis, -1)
    fours = moved.reshape(*moved.shape[:-1], -1, GROUP)
    order = np.argsort(np.argsort(fours, axis=-1, kind="stable"), axis=-1, kind="stable")
    kept = order >= int(GROUP * share + 1e-9)
    return np.ascontiguousarray(np.moveaxis(kept.reshape(moved.shape), -1, axis))


class Masked:
    """A weight that is held at zero where its mask says so: after each step, by the constraint that Keras applies then.

    Attributes:
        axis: along which fours are taken; None: weights are compared over the whole layer.
    """

    def __init__(self, name: str, variable: Any, axis: int | None) -> None:
        self.name, self.variable, self.axis = name, variable, axis
        self.mask = keras.Variable(np.ones(variable.shape, "float32"), trainable=False, name="mask")
        variable.constraint = self._held(variable.constraint)

    def _held(self, before: Callable[[Any], Any] | None) -> Callable[[Any], Any]:
        """What a constraint of the layer's own makes, with zeros in it."""
        return lambda value: (value if before is None else before(value)) * self.mask

    def chosen(self, share: float) -> np.ndarray:
        """Which weights stay now, booleans."""
        value = np.asarray(self.variable.numpy())
        return largest(value, share) if self.axis is None else within_fours(value, self.axis, share)

    def hold(self, kept: np.ndarray) -> None:
        """Makes weights zero, from now on."""
        self.mask.assign(kept.astype("float32"))
        self.variable.assign(np.where(kept, self.variable.numpy(), 0))
