"""Parts of a data set by fraction: shuffled, with equal shares of each class, or in order of time.

The same seed gives the same parts on every machine: Python's own generator, whose shuffling is stable
across versions, and no NumPy.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from itertools import chain
from random import Random
from typing import TypeVar

from nnspec.data.errors import DataError

TRAIN = "train"
Label = TypeVar("Label", bound=Hashable)


def shuffled(count: int, fractions: Mapping[str, float], seed: int) -> dict[str, list[int]]:
    """Numbers below `count` dealt out at random; "train" is what is left. Each part is in file order."""
    return stratified([0] * count, fractions, seed)


def stratified(labels: Sequence[Label], fractions: Mapping[str, float], seed: int) -> dict[str, list[int]]:
    """As `shuffled`, with each label's share in each part: exact to one example, and so is the size of the part.

    Every label keeps at least one example in training.
    """
    check(fractions)
    by_label: dict[Label, list[int]] = {}
    for index, label in enumerate(labels):
        by_label.setdefault(label, []).append(index)
    random = Random(seed)
    parts: dict[str, list[int]] = {TRAIN: [], **{part: [] for part in fractions}}
    owed = dict.fromkeys(fractions, 0.0)  # what rounding has kept back from a part so far
    for members in by_label.values():
        random.shuffle(members)
        total = len(members)
        for part, fraction in fractions.items():
            owed[part] += fraction * total
            count = min(round(owed[part]), len(members) - 1)
            owed[part] -= count
            parts[part] += members[:count]
            del members[:count]
        parts[TRAIN] += members
    return not_empty({part: sorted(members) for part, members in parts.items()}, len(labels))


def grouped(groups: Sequence[Label], fractions: Mapping[str, float], seed: int) -> dict[str, list[int]]:
    """As `shuffled`, with all examples of a group in one part. The sizes of parts are as near as whole groups allow."""
    check(fractions)
    members: dict[Label, list[int]] = {}
    for index, group in enumerate(groups):
        members.setdefault(group, []).append(index)
    order = list(members.values())
    Random(seed).shuffle(order)
    dealt: dict[str, list[list[int]]] = {TRAIN: [], **{part: [] for part in fractions}}
    room = {part: fraction * len(groups) for part, fraction in fractions.items()}
    for found in order:
        part = next((part for part in fractions if 2 * room[part] >= len(found)), TRAIN)
        dealt[part].append(found)
        if part != TRAIN:
            room[part] -= len(found)
    for part in fractions:
        if not dealt[part] and len(dealt[TRAIN]) > 1:  # groups are large: the smallest is better than none
            dealt[part].append(min(dealt[TRAIN], key=len))
            dealt[TRAIN].remove(dealt[part][0])
    parts = {part: sorted(chain.from_iterable(found)) for part, found in dealt.items()}
    return not_empty(parts, len(groups))


def by_time(times: Sequence[float], fractions: Mapping[str, float]) -> dict[str, list[int]]:
    """As `chronological`, of examples in any order; each part is in file order."""
    order = sorted(range(len(times)), key=times.__getitem__)
    parts = chronological(len(times), fractions)
    return {name: sorted(order[place] for place in part) for name, part in parts.items()}


def chronological(
    count: int, fractions: Mapping[str, float], gap: int = 0, order: Sequence[str] = ("validation", "test")
) -> dict[str, list[int]]:
    """Training first, then the parts by `order`, others last; `gap` examples are left out between two parts."""
    check(fractions)
    later = sorted(fractions, key=lambda part: order.index(part) if part in order else len(order))
    parts: dict[str, list[int]] = {}
    end = count
    for part in reversed(later):
        start = end - round(fractions[part] * count)
        parts[part] = list(range(start, end))
        end = start - gap
    parts[TRAIN] = list(range(end))
    return not_empty({part: parts[part] for part in (TRAIN, *later)}, count)


def check(fractions: Mapping[str, float]) -> None:
    """Raises DataError where the fractions leave nothing for training."""
    for part, fraction in fractions.items():
        if not 0 < fraction < 1:
            raise DataError(f"the part {part!r} is {fraction:g} of the data", hint="give a fraction between 0 and 1")
    if sum(fractions.values()) >= 1:
        parts = " and ".join(f"{part} {fraction:g}" for part, fraction in fractions.items())
        raise DataError(f"nothing is left for training after {parts}", hint="fractions must add up to less than 1")


def not_empty(parts: dict[str, list[int]], count: int) -> dict[str, list[int]]:
    for part, members in parts.items():
        if not members:
            raise DataError(
                f"the part {part!r} is empty: {count} examples are too few for this split",
                hint="give a larger fraction, or more data",
            )
    return parts
