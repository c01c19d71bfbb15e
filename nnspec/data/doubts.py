"""What is likely to spoil a training, or what it measures, of data that can be read: `data` and `train` say it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from nnspec.data.column_encoding import said_of_unseen
from nnspec.data.copies import copies
from nnspec.data.dataset import Dataset
from nnspec.data.split import TRAIN
from nnspec.data.table import Dense

SHOWN = 12


def doubts(dataset: Dataset) -> list[str]:
    """Classes without examples, categories that training never saw, parts that share files or examples, weights of 0,
    features that are always the same."""
    shared = dict(leaks(dataset))
    alike = (text for part, text in copies(dataset.splits) if part not in shared)
    return [
        *absent_classes(dataset),
        *unseen_categories(dataset),
        *shared.values(),
        *alike,
        *no_weight(dataset),
        *one_value(dataset),
    ]


def absent_classes(dataset: Dataset) -> Iterator[str]:
    for target, counts in dataset.splits[TRAIN].class_counts().items():
        known = dataset.assets.classes_of(target)
        if known is None and dataset.task not in ("classification", "tagging"):
            continue
        names = known or [str(number) for number in range(len(counts))]
        missing = [name for number, name in enumerate(names) if number >= len(counts) or not counts[number]]
        if missing:
            more = ", ..." if len(missing) > SHOWN else ""
            yield f"{TRAIN} has no example of {target} {', '.join(missing[:SHOWN])}{more}"


def unseen_categories(dataset: Dataset) -> Iterator[str]:
    """Categories of the inputs that other parts have and training never saw: the network gets them as none at all."""
    for part, held in dataset.loaded.parts.items():
        by_column = held.examples.unseen_categories(held.indices, dataset.assets) if part != TRAIN else {}
        for column, found in by_column.items():
            if found:
                yield f"{part}: {said_of_unseen(column, found)}"


def leaks(dataset: Dataset) -> Iterator[tuple[str, str]]:
    """Parts that have a file in common with another, which makes their scores worthless: name, and what to say.

    Only parts given by a path: one file may well hold several arrays, or several columns, that are told by arguments.
    """
    parts = dataset.loaded.parts
    given = [name for name, value in dataset.section.split.items() if isinstance(value, str)]
    for first, second in combinations(parts, 2):
        common = set(parts[first].examples.files) & set(parts[second].examples.files)
        if second in given and common and parts[first].examples is not parts[second].examples:
            yield second, f"{first} and {second} have {len(common)} files in common, {min(common)} for one"


def no_weight(dataset: Dataset) -> Iterator[str]:
    for name, split in dataset.splits.items():
        column = split.table.weight
        if isinstance(column, Dense) and not column.take(split.indices).any():
            yield f"every example of {name} has the weight 0" + (": nothing is learnt" if name == TRAIN else "")


def one_value(dataset: Dataset) -> Iterator[str]:
    for name, column in dataset.splits[TRAIN].table.features.items():
        if isinstance(column, Dense) and column.limits and column.limits.low == column.limits.high:
            yield f"{name} is {column.limits.low:g} in every example: nothing can be learnt from it"
