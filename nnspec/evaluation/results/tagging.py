"""A tag for each word: scores by type, what sort of mistakes there are, and the sentences with most of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from nnspec.data.pipeline import Split
from nnspec.data.text import tags
from nnspec.training.scoring import Tags

SENTENCES = 30


class Tagging(Tags):
    """Gathers tags sentence by sentence.

    The summary holds ``accuracy`` over the words; ``types`` with precision, recall, f1 and support (of whole entities,
    or of tags where they mark none); ``errors``, how many entities are right, have another type, another boundary, are
    missed or invented; ``confused`` types; ``sentences`` with ``words``, ``true`` and ``predicted``, the worst first.
    """

    name = "tagging"

    def __init__(self, classes: Sequence[str], split: Split, *, entities: bool) -> None:
        super().__init__(classes)
        self.split, self.entities = split, entities

    def summary(self) -> dict[str, Any]:
        errors, confused = entity_errors(self.true, self.predicted)
        return {
            "accuracy": self.accuracy(),
            "types": self._types(),
            "errors": errors if self.entities else {},
            "confused": most_confused(confused),
            "sentences": self._sentences(self.wrong()),
        }

    def _types(self) -> list[dict[str, Any]]:
        def entities(rows: list[list[str]]) -> list[list[str]]:
            """Tags that mark no entities are one each."""
            return rows if self.entities else [[f"S-{tag}" for tag in row] for row in rows]

        scores = tags.entity_scores(entities(self.true), entities(self.predicted))
        return [{"label": kind, **score.as_dict()} for kind, score in scores.by_type.items()]

    def _sentences(self, wrong: list[int]) -> list[dict[str, Any]]:
        places = [place for place in sorted(range(len(wrong)), key=lambda place: -wrong[place]) if wrong[place]]
        places = places[:SENTENCES]
        texts = self.split.example_texts(places)
        return [
            {
                "words": text.split(" ")[: len(self.true[place])],
                "true": self.true[place],
                "predicted": self.predicted[place],
            }
            for place, text in zip(places, texts, strict=True)
        ]


def most_confused(counts: Counter[tuple[str, str]]) -> list[dict[str, Any]]:
    """The pairs of types that are mistaken most often: ``true``, ``predicted``, ``count``."""
    return [{"true": true, "predicted": found, "count": n} for (true, found), n in counts.most_common(20)]


def entity_errors(
    true: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]]
) -> tuple[dict[str, int], Counter[tuple[str, str]]]:
    """How predicted entities miss the true ones, each counted once, and which types are taken for which.

    ``right``; ``type``: the same words, another type; ``boundary``: the same type, words in common; ``both``: words in
    common alone; ``missed``: a true one that nothing touches; ``invented``: a predicted one that touches nothing.
    """
    sorts = dict.fromkeys(("right", "type", "boundary", "both", "missed", "invented"), 0)
    confused: Counter[tuple[str, str]] = Counter()
    for row, found in zip(true, predicted, strict=True):
        wanted, given = tags.spans(row), tags.spans(found)
        for entity in given:
            touching = [other for other in wanted if other.start < entity.end and entity.start < other.end]
            sorts[_sort(entity, touching)] += 1
            if touching and entity.type not in {other.type for other in touching}:
                confused[touching[0].type, entity.type] += 1
        sorts["missed"] += sum(
            all(other.end <= entity.start or entity.end <= other.start for other in given) for entity in wanted
        )
    return sorts, confused


def _sort(entity: tags.Entity, touching: list[tags.Entity]) -> str:
    if not touching:
        return "invented"
    if entity in touching:
        return "right"
    if any((other.start, other.end) == (entity.start, entity.end) for other in touching):
        return "type"
    return "boundary" if any(other.type == entity.type for other in touching) else "both"
