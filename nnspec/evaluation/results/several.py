"""Any number of labels for each example: each one a question of its own, answered with yes or no."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nnspec.data.pipeline import Split
from nnspec.evaluation.open_run import Trained
from nnspec.evaluation.results import curves
from nnspec.evaluation.results.pictures import pictures
from nnspec.training.scoring import Example, threshold

WRONG = 24  # examples that are shown


class SeveralLabels:
    """Gathers answers batch by batch.

    The summary holds ``accuracy`` of all answers, ``exact``, the share of examples of which all are right;
    ``classes``, by label with precision, recall, f1, support, and where both occur ``roc_auc``,
    ``average_precision`` and the ``threshold`` of the best F1; ``calibration``; ``mistakes``, the examples with most
    wrong answers.
    """

    name = "several"

    def __init__(self, classes: Sequence[str], split: Split, trained: Trained, output: str) -> None:
        self.classes, self.split = tuple(classes), split
        self.hears = trained.dataset.assets.sample_rate is not None
        self.is_probability = threshold(trained, output) > 0
        self.true: list[np.ndarray] = []
        self.chances: list[np.ndarray] = []

    def add(self, example: Example) -> None:
        values = np.asarray(example.output, np.float64)
        self.chances.append(values if self.is_probability else 1 / (1 + np.exp(-values)))
        self.true.append(np.asarray(example.target) > 0.5)

    def summary(self) -> dict[str, Any]:
        true, chances = np.concatenate(self.true), np.concatenate(self.chances)
        said = chances > 0.5
        sure = np.where(said, chances, 1 - chances)
        return {
            "accuracy": float((said == true).mean()),
            "exact": float((said == true).all(1).mean()),
            "classes": [self._scores(row, true[:, row], chances[:, row]) for row in range(len(self.classes))],
            "calibration": curves.calibration(sure.ravel(), (said == true).ravel()),
            "mistakes": self._mistakes(true, said),
        }

    def _scores(self, row: int, true: np.ndarray, chances: np.ndarray) -> dict[str, Any]:
        said = chances > 0.5
        right, support, positive = int((said & true).sum()), int(true.sum()), int(said.sum())
        question = curves.yes_or_no(chances, true)
        more = ("roc_auc", "average_precision", "threshold")
        return {
            "label": self.classes[row],
            "precision": right / positive if positive else 0.0,
            "recall": right / support if support else 0.0,
            "f1": 2 * right / (support + positive) if support + positive else 0.0,
            "support": support,
            **({name: question[name] for name in more} if question else {}),
        }

    def _mistakes(self, true: np.ndarray, said: np.ndarray) -> list[dict[str, Any]]:
        wrong = (true != said).sum(1)
        places = [int(at) for at in np.argsort(-wrong, kind="stable")[:WRONG] if wrong[at]]
        texts = self.split.example_texts(places)
        shown = zip(places, texts, pictures(self.split, places, hears=self.hears), strict=True)
        return [
            {
                "text": text[:400],
                "picture": picture,
                "true": self._names(true[at]),
                "predicted": self._names(said[at]),
                "wrong": int(wrong[at]),
            }
            for at, text, picture in shown
        ]

    def _names(self, row: np.ndarray) -> str:
        return ", ".join(np.array(self.classes, object)[row]) or "none"
