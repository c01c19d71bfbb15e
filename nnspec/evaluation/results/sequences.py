"""A sequence of labels for each example, trained by CTC: how far it is from the true one, and the worst of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nnspec.data.pipeline import Split
from nnspec.evaluation.results.pictures import pictures
from nnspec.training.scoring import Example
from nnspec.training.sequences import distance, greedy, spelled, without_padding

SHOWN = 30


class Sequences:
    """Gathers sequences batch by batch.

    The summary holds ``label_error_rate``, the labels to be changed for each true one; ``right``, the share of
    sequences without a fault; ``examples``, those furthest off, with ``true``, ``predicted`` and ``distance``.
    """

    name = "sequences"

    def __init__(self, classes: Sequence[str] | None, split: Split) -> None:
        self.classes, self.split = classes, split
        self.pairs: list[tuple[list[int], list[int]]] = []

    def add(self, example: Example) -> None:
        self.pairs += zip(without_padding(example.target), greedy(example.output), strict=True)

    def summary(self) -> dict[str, Any]:
        far = [distance(true, found) for true, found in self.pairs]
        places = [place for place in sorted(range(len(far)), key=lambda place: -far[place]) if far[place]][:SHOWN]
        texts = self.split.example_texts(places)
        return {
            "label_error_rate": sum(far) / max(1, sum(len(true) for true, _ in self.pairs)),
            "right": far.count(0) / max(1, len(far)),
            "examples": [
                {
                    "text": text[:400],
                    "picture": picture,
                    "true": self._said(self.pairs[place][0]),
                    "predicted": self._said(self.pairs[place][1]),
                    "distance": far[place],
                }
                for place, text, picture in zip(places, texts, pictures(self.split, places), strict=True)
            ],
        }

    def _said(self, labels: list[int]) -> str:
        found = spelled(labels, self.classes)
        return str(found["text"]) if "text" in found else " ".join(map(str, labels))
