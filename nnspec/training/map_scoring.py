"""How well outputs that give a class for each place, a pixel above all, cover what they should."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nnspec.data.pipeline import Split
from nnspec.training.compile import output_tensor

if TYPE_CHECKING:
    from nnspec.evaluation.open_run import Trained


class Places(NamedTuple):
    """A batch by place: the class that is wanted, int64, and whether the place counts, bool; of one shape."""

    wanted: np.ndarray
    counted: np.ndarray


class Overlap:
    """Gathers, batch by batch, how many places of each true class have each predicted one.

    Attributes:
        matrix: int64 [true, predicted].
        ignored: how many places have a target that is no class, below 0 or too large: they do not count.
    """

    def __init__(self, classes: int) -> None:
        self.matrix = np.zeros((classes, classes), np.int64)
        self.ignored = 0

    def add(self, found: np.ndarray, wanted: np.ndarray, mask: np.ndarray | None) -> Places:
        """
        Args:
            found: the classes that were predicted, int64 [batch, *places].
            wanted: those of the targets, or a value for each class in a last axis of their own.
            mask: which places are no padding, bool; None: all.
        """
        if wanted.ndim == found.ndim + 1:
            wanted = wanted.argmax(-1) if wanted.shape[-1] > 1 else wanted[..., 0]
        wanted = wanted.astype(np.int64)
        counted = np.ones(found.shape, bool) if mask is None else mask.reshape(found.shape)
        known = (wanted >= 0) & (wanted < len(self.matrix))
        self.ignored += int((counted & ~known).sum())
        counted = counted & known
        pairs = wanted[counted] * len(self.matrix) + found[counted]
        self.matrix += np.bincount(pairs, minlength=self.matrix.size).reshape(self.matrix.shape)
        return Places(wanted, counted)

    def by_class(self) -> list[float | None]:
        """Intersection over union of each class; None where it is neither true nor predicted anywhere."""
        right, true, predicted = np.diag(self.matrix), self.matrix.sum(1), self.matrix.sum(0)
        unions = true + predicted - right
        return [float(one / union) if union else None for one, union in zip(right, unions, strict=True)]

    def mean(self) -> float:
        """The mean intersection over union of the classes that occur."""
        present = [share for share in self.by_class() if share is not None]
        return sum(present) / max(1, len(present))


def is_map(trained: Trained, split: Split, output: str) -> bool:
    """Whether an output gives a class for each place of height and width, or of more axes."""
    column = trained.binding.outputs[output]
    spec, shape = split.table.targets[column].spec, tuple(output_tensor(trained.model, output).shape[1:])
    ranks = len(spec.shape) >= 2 and len(shape) >= len(spec.shape)
    return spec.dtype == "int32" and ranks and output not in trained.by_ctc
