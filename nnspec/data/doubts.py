"""What is likely to spoil a training, or what it measures, of data that can be read: `data` and `train` say it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, partial
from itertools import combinations
from typing import TYPE_CHECKING

from nnspec.data.column_encoding import said_of_unseen
from nnspec.data.copies import contradictions, copies, hashes_of
from nnspec.data.dataset import Dataset
from nnspec.data.errors import Remark
from nnspec.data.group_scaling import said_of_strange
from nnspec.data.split import TRAIN
from nnspec.data.table import Dense
from nnspec.data.text.vocabulary import PADDING, UNKNOWN

if TYPE_CHECKING:
    import numpy as np

    from nnspec.data.pipeline import Split

SHOWN = 12
LOOKED_AT = 2000  # examples of a part whose values are compared in size
FEW = 5  # of fewer values nothing is said
OTHER_SCALE = 20.0
COLUMNS = 64  # of wider rows, such as the samples of a sound, one differs by chance: their values are taken together


def doubts(dataset: Dataset) -> list[Remark]:
    """Classes without examples, categories that training never saw, parts that share files or examples, weights of 0,
    features that are always the same."""
    shared = dict(leaks(dataset))
    hashes = cache(partial(hashes_of, dataset.splits[TRAIN]))
    alike = (text for part, text in copies(dataset.splits, hashes) if part not in shared)
    return [
        *absent_classes(dataset),
        *unseen_categories(dataset),
        *strange_groups(dataset),
        *shared.values(),
        *alike,
        *contradictions(dataset.splits[TRAIN], hashes),
        *other_scales(dataset),
        *no_weight(dataset),
        *one_value(dataset),
    ]


def absent_classes(dataset: Dataset) -> Iterator[Remark]:
    """Classes that training has no example of, or that it has some of and another part none."""
    words = dataset.loaded.source.goes_on() is not None  # the classes are a vocabulary, not all of which is in a part
    if continues_by_subwords(dataset):
        return
    absent: dict[str, list[str]] = {}  # of training, by target
    for part, split in dataset.splits.items() if not words else [(TRAIN, dataset.splits[TRAIN])]:
        for target, counts in split.class_counts().items():
            known = dataset.assets.classes_of(target)
            if known is None and (part != TRAIN or dataset.task not in ("classification", "tagging")):
                continue
            names = known or [str(number) for number in range(len(counts))]
            missing = [name for number, name in enumerate(names) if number >= len(counts) or not counts[number]]
            missing = [name for name in missing if name not in absent.get(target, ())]
            if part == TRAIN:
                absent[target] = missing
            if words:
                missing = [name for name in missing if name not in (PADDING, UNKNOWN)]
            if missing:
                more = ", ..." if len(missing) > SHOWN else ""
                why = "" if part == TRAIN else ": its scores tell nothing of that"
                yield Remark("W0915", f"{part} has no example of {target} {', '.join(missing[:SHOWN])}{more}{why}")


def continues_by_subwords(dataset: Dataset) -> bool:
    """Whether the classes are pieces of words: single letters and bytes are among them, whatever the text has."""
    words = dataset.vocabulary
    return dataset.loaded.source.goes_on() is not None and words is not None and words.subwords is not None


def unseen_categories(dataset: Dataset) -> Iterator[Remark]:
    """Categories of the inputs that other parts have and training never saw: the network gets them as none at all."""
    for part, held in dataset.loaded.parts.items():
        by_column = held.examples.unseen_categories(held.indices, dataset.assets) if part != TRAIN else {}
        for column, found in by_column.items():
            if found:
                yield Remark("W0916", f"{part}: {said_of_unseen(column, found)}")


def strange_groups(dataset: Dataset) -> Iterator[Remark]:
    """Series of other parts that have no scale of their own."""
    for part, held in dataset.loaded.parts.items():
        found = list(held.examples.strange_groups(held.indices, dataset.assets)) if part != TRAIN else []
        if found:
            yield Remark("W0916", f"{part}: {said_of_strange(found[0], len(found) - 1)}")


def leaks(dataset: Dataset) -> Iterator[tuple[str, Remark]]:
    """Parts that have a file in common with another, which makes their scores worthless: name, and what to say.

    Only parts given by paths: one file may well hold several arrays, or several columns, that are told by arguments.
    """
    parts = dataset.loaded.parts
    given = [name for name, value in dataset.section.split.items() if isinstance(value, str | list | tuple)]
    for first, second in combinations(parts, 2):
        common = set(parts[first].examples.files) & set(parts[second].examples.files)
        if second in given and common and parts[first].examples is not parts[second].examples:
            message = f"{first} and {second} have {len(common)} files in common, {min(common)} for one"
            yield second, Remark("W0917", message)


def other_scales(dataset: Dataset) -> Iterator[Remark]:
    """Features whose values are of another size in another part: scaled there and not here, or in other units."""
    import numpy as np

    train = dataset.splits[TRAIN]
    for part, split in dataset.splits.items():
        for name, column in train.table.features.items() if part != TRAIN else ():
            other = split.table.features[name]
            if not (isinstance(column, Dense) and isinstance(other, Dense)) or column.stored in ("string", "object"):
                continue
            ours, theirs = (sizes_of(one, some) for one, some in ((column, train), (other, split)))
            known = (ours > 0) & (theirs > 0)
            ratio = np.where(known, ours / np.where(known, theirs, 1), 1)
            worst = int(np.abs(np.log(ratio)).argmax())
            by = max(ratio[worst], 1 / ratio[worst])
            if by > OTHER_SCALE:
                where = f"column {worst} of {name}" if len(ratio) > 1 else name
                how = "smaller" if ratio[worst] > 1 else "larger"
                message = f"{part}: the values of {where} are about {by:,.0f} times {how} than those of {TRAIN}"
                yield Remark("W0919", message)


def sizes_of(column: Dense, split: Split) -> np.ndarray:
    """How large the values are, of each column of rows or of all together: 0 where nobody can tell, [columns or 1]."""
    import numpy as np

    rows = split.indices[:: max(1, split.size // LOOKED_AT)]
    values = np.abs(column.take(rows).astype(np.float64)).reshape(len(rows), -1)
    one_by_one = len(column.spec.shape) == 1 and values.shape[1] <= COLUMNS
    values = values if one_by_one else values.reshape(-1, 1)
    counts = (values > 0).sum(axis=0)
    told = (counts >= FEW) & (2 * counts >= len(values))
    return np.where(told, np.median(values, axis=0), 0.0)


def no_weight(dataset: Dataset) -> Iterator[Remark]:
    for name, split in dataset.splits.items():
        column = split.table.weight
        if isinstance(column, Dense) and not column.take(split.indices).any():
            message = f"every example of {name} has the weight 0" + (": nothing is learnt" if name == TRAIN else "")
            yield Remark("W0921", message)


def one_value(dataset: Dataset) -> Iterator[Remark]:
    for name, column in dataset.splits[TRAIN].table.features.items():
        if isinstance(column, Dense) and column.limits and column.limits.low == column.limits.high:
            message = f"{name} is {column.limits.low:g} in every example: nothing can be learnt from it"
            yield Remark("W0907", message)
    for name, target in dataset.splits[TRAIN].table.targets.items():
        limits = target.limits if isinstance(target, Dense) and target.spec.dtype.startswith("float") else None
        if limits is not None and limits.low == limits.high and len(target) > 1:
            yield Remark("W0907", f"the target {name} is {limits.low:g} in every example: there is nothing to learn")
