"""A class for each place of an example: pixels of a mask, steps of a sequence, cells of a volume."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nnspec.data.formats.thumbnails import coloured, over, png
from nnspec.data.pipeline import Split
from nnspec.evaluation.results.pictures import arrays
from nnspec.evaluation.results.worst import Worst
from nnspec.training.map_scoring import Overlap
from nnspec.training.scoring import Example, labels

SHOWN = 12


class Masks:
    """Gathers classes by place, batch by batch.

    The summary holds ``accuracy`` over all places; ``mean_iou``, the mean over the classes that occur of intersection
    over union; ``classes`` with ``iou``, precision, recall, f1 and support (places) of each; ``matrix`` by true and
    predicted class where there are few; ``ignored``, places whose target is no class (below 0, or too large);
    ``examples``, those with most wrong places, with pictures where the places are height and width; ``note``, why there
    are none.
    """

    name = "masks"

    def __init__(self, classes: Sequence[str], split: Split, threshold: float) -> None:
        self.classes, self.split, self.threshold = list(classes), split, threshold
        self.overlap = Overlap(len(classes))
        self.rank = 0
        self.worst = Worst(SHOWN)

    def add(self, example: Example) -> None:
        found = labels(example.output, self.threshold)
        wanted, counted = self.overlap.add(found, example.target, example.mask)
        self.rank = found.ndim - 1
        wrong = (counted & (wanted != found)).reshape(len(found), -1).sum(1)
        places = np.maximum(1, counted.reshape(len(found), -1).sum(1))
        for row, share in enumerate((wrong / places).tolist()):
            self.worst.add(share, (wanted[row], found[row]))

    def summary(self) -> dict[str, Any]:
        overlap, matrix = self.overlap, self.overlap.matrix
        return {
            "accuracy": float(overlap.right.sum() / max(1, overlap.true.sum())),
            "mean_iou": self.overlap.mean(),
            "classes": self.scores(),
            "matrix": None if matrix is None else matrix.tolist(),
            "ignored": self.overlap.ignored,
            "examples": self._examples() if self.rank == 2 else [],
            "note": None if self.rank == 2 else f"there are no pictures of targets of rank {self.rank}",
        }

    def scores(self) -> list[dict[str, Any]]:
        """By class; what does not occur, neither true nor predicted, has no ``iou``. F1 of places is Dice."""
        shares = self.overlap.by_class()
        right, true, predicted = self.overlap.right, self.overlap.true, self.overlap.predicted
        return [
            {
                "label": label,
                "iou": shares[row],
                "precision": _share(right[row], predicted[row]) or 0.0,
                "recall": _share(right[row], true[row]) or 0.0,
                "f1": _share(2 * right[row], true[row] + predicted[row]) or 0.0,
                "support": int(true[row]),
            }
            for row, label in enumerate(self.classes)
        ]

    def _examples(self) -> list[dict[str, Any]]:
        places = [place for place, _, _ in self.worst.found]
        texts = self.split.example_texts(places)
        inputs = arrays(self.split, places)
        return [
            {
                "text": text[:400],
                "picture": None if image is None else png(image),
                "true": coloured(true, len(self.classes)),
                "predicted": coloured(predicted, len(self.classes)),
                "over": None if image is None else over(image, true, predicted, len(self.classes)),
                "right": 1 - share,
            }
            for (_, share, (true, predicted)), text, image in zip(self.worst.found, texts, inputs, strict=True)
        ]


def _share(part: Any, whole: Any) -> float | None:
    return float(part / whole) if whole else None
