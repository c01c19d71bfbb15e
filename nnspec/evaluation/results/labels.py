"""One label for each example: scores by class, the confusion of classes, and examples, right and wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nnspec.data.names import names_of
from nnspec.data.pipeline import Split
from nnspec.evaluation.open_run import Trained
from nnspec.evaluation.predict import Decoder
from nnspec.evaluation.results import curves
from nnspec.evaluation.results.pictures import pictures
from nnspec.training.scoring import Example

MATRIX_CLASSES = 60  # the matrix of more classes could not be read: the pairs that are confused most stand for it
PAIRS = 40
MISTAKES = 24  # of each sort
RIGHT = 12


class Labels:
    """Gathers labels batch by batch.

    The summary holds ``accuracy``; ``classes`` with precision, recall, f1 and support of each; ``matrix`` by true and
    predicted class where there are few; ``confused``, the pairs by frequency; ``confident``, the mistakes that the
    network was surest of, and ``worst``, further examples whose true class it thought least likely; ``right``, some
    that it is right about, spread over the part; ``calibration``.
    With few classes each has ``roc_auc`` and ``average_precision`` against all others, where both occur; with two
    there is ``yes_or_no``, see ``curves``, of the second. An example whose target is no class does not count.
    """

    name = "labels"

    def __init__(self, classes: Sequence[str], split: Split, trained: Trained, output: str) -> None:
        self.split, self.hears = split, trained.dataset.assets.sample_rate is not None
        self.decoder = Decoder(
            "classification",
            trained.dataset.encoder,
            trained.model,
            output,
            is_probability=output in trained.by_probability,
        )
        self.classes = names_of(classes, max(2, self.decoder.units))  # of one unit yes and no, whatever the data have
        self.matrix = np.zeros((len(self.classes), len(self.classes)), np.int64)
        self.seen = 0  # examples, those without a class among them
        self.places: list[int] = []  # in the part, of those that have one
        self.true: list[int] = []
        self.predicted: list[int] = []
        self.of_predicted: list[float] = []  # probabilities
        self.of_true: list[float] = []
        self.chances: list[np.ndarray] = []  # of all classes, where they are few

    def add(self, example: Example) -> None:
        wanted = example.target
        if wanted.ndim > 1:
            wanted = wanted.argmax(-1) if wanted.shape[-1] > 1 else wanted[..., 0]
        counted = np.ones(len(wanted), bool) if example.mask is None else example.mask
        rows = zip(np.asarray(example.output, np.float64), wanted.astype(int).tolist(), counted, strict=True)
        for values, true, counts in rows:
            self.seen += 1
            if not counts or not 0 <= true < len(self.classes):  # a label that the loss ignores
                continue
            self.places.append(self.seen - 1)
            chances = self.decoder.chances(values)
            best = int(chances.argmax())
            self.matrix[true, best] += 1
            self.true.append(true)
            self.predicted.append(best)
            self.of_predicted.append(float(chances[best]))
            self.of_true.append(float(chances[true]))
            if len(self.classes) <= MATRIX_CLASSES:
                self.chances.append(chances.astype(np.float32))

    def summary(self) -> dict[str, Any]:
        right = np.diag(self.matrix)
        few = len(self.classes) <= MATRIX_CLASSES
        return {
            "accuracy": float(right.sum() / max(1, self.matrix.sum())),
            "classes": self._scores(),
            "matrix": self.matrix.tolist() if few else None,
            "confused": self._confused(),
            "calibration": curves.calibration(np.array(self.of_predicted), np.equal(self.predicted, self.true)),
            "yes_or_no": self._yes_or_no(1) if len(self.classes) == 2 else None,
            **self._examples(),
        }

    def _scores(self) -> list[dict[str, Any]]:
        right, true, predicted = np.diag(self.matrix), self.matrix.sum(1), self.matrix.sum(0)
        return [
            {
                "label": label,
                "precision": right[row] / predicted[row] if predicted[row] else 0.0,
                "recall": right[row] / true[row] if true[row] else 0.0,
                "f1": 2 * right[row] / (true[row] + predicted[row]) if true[row] + predicted[row] else 0.0,
                "support": int(true[row]),
                **self._areas(row),
            }
            for row, label in enumerate(self.classes)
        ]

    def _yes_or_no(self, row: int) -> dict[str, Any] | None:
        """A class against all others."""
        if not self.chances:
            return None
        return curves.yes_or_no(np.array([one[row] for one in self.chances]), np.equal(self.true, row))

    def _areas(self, row: int) -> dict[str, float]:
        found = self._yes_or_no(row)
        return {name: found[name] for name in ("roc_auc", "average_precision")} if found else {}

    def _confused(self) -> list[dict[str, Any]]:
        wrong = self.matrix - np.diag(np.diag(self.matrix))
        order = np.argsort(-wrong, axis=None, kind="stable")[:PAIRS]
        pairs = (divmod(int(place), len(self.classes)) for place in order)
        return [
            {"true": self.classes[row], "predicted": self.classes[column], "count": int(wrong[row, column])}
            for row, column in pairs
            if wrong[row, column]
        ]

    def _examples(self) -> dict[str, Any]:
        wrong = [place for place, true in enumerate(self.true) if true != self.predicted[place]]
        confident = sorted(wrong, key=lambda place: -self.of_predicted[place])[:MISTAKES]
        others = [place for place in wrong if place not in confident]
        right = [place for place, true in enumerate(self.true) if true == self.predicted[place]]
        chosen = {
            "confident": confident,
            "worst": sorted(others, key=lambda place: self.of_true[place])[:MISTAKES],
            "right": [right[at] for at in np.linspace(0, len(right) - 1, min(RIGHT, len(right))).astype(int)],
        }
        places = sorted({place for found in chosen.values() for place in found})
        theirs = [self.places[place] for place in places]
        pictured = pictures(self.split, theirs, hears=self.hears)
        shown = dict(zip(places, zip(self.split.example_texts(theirs), pictured, strict=True), strict=True))
        return {sort: [self._example(place, *shown[place]) for place in found] for sort, found in chosen.items()}

    def _example(self, place: int, text: str, picture: str | None) -> dict[str, Any]:
        return {
            "text": text[:400],
            "picture": picture,
            "true": self.classes[self.true[place]],
            "predicted": self.classes[self.predicted[place]],
            "of_true": self.of_true[place],
            "of_predicted": self.of_predicted[place],
        }
