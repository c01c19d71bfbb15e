"""How well outputs that give a class for each place, a pixel above all, cover what they should."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nnspec.data.pipeline import Split
from nnspec.training.compile import output_tensor

if TYPE_CHECKING:
    from nnspec.evaluation.open_run import Trained

MATRIX_CLASSES = 60  # of more, who is taken for whom is not kept


class Places(NamedTuple):
    """A batch by place: the class that is wanted, int64, and whether the place counts, bool; of one shape."""

    wanted: np.ndarray
    counted: np.ndarray


class Overlap:
    """Gathers, batch by batch, how many places of each true class have each predicted one.

    Attributes:
        right, true, predicted: int64 [classes], how many places have each and are right, should have it, and have it.
        matrix: int64 [true, predicted]; None of more than `MATRIX_CLASSES`.
        ignored: how many places have a target that is no class, below 0 or too large: they do not count.
    """

    def __init__(self, classes: int) -> None:
        self.right, self.true, self.predicted = (np.zeros(classes, np.int64) for _ in range(3))
        self.matrix = np.zeros((classes, classes), np.int64) if classes <= MATRIX_CLASSES else None
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
        classes = len(self.right)
        known = (wanted >= 0) & (wanted < classes)
        self.ignored += int((counted & ~known).sum())
        counted = counted & known
        ours, theirs = found[counted], wanted[counted]
        for sums, labels in ((self.right, ours[ours == theirs]), (self.true, theirs), (self.predicted, ours)):
            sums += np.bincount(labels, minlength=classes)
        if self.matrix is not None:
            self.matrix += np.bincount(theirs * classes + ours, minlength=classes**2).reshape(classes, classes)
        return Places(wanted, counted)

    def by_class(self) -> list[float | None]:
        """Intersection over union of each class; None where it is neither true nor predicted anywhere."""
        unions = self.true + self.predicted - self.right
        return [float(one / union) if union else None for one, union in zip(self.right, unions, strict=True)]

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
