"""Parts of a data set by fraction: shuffled, with equal shares of each class, or in order of time.

The same seed gives the same parts on every machine: Python's own generator, whose shuffling is stable
across versions, and no NumPy.
"""

from __future__ import annotations

from array import array
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, chain, pairwise
from random import Random
from typing import TYPE_CHECKING, Any, TypeVar

from nnspec.data.errors import DataError
from nnspec.data.many_cells import MANY, are_many

if TYPE_CHECKING:
    import numpy as np

    from nnspec.data.formats.delimited_text import Plan, Rows

TRAIN = "train"
ORDER = ("validation", "test")
UNUSED = "unused"  # a share that is in no part: of a series what comes last
Label = TypeVar("Label", bound=Hashable)


def of_rows(
    rows: Rows, plan: Plan, category: str | None, fractions: Mapping[str, float], seed: int
) -> dict[str, Sequence[int]]:
    """By the order of the column `time`, by whole groups, by equal shares of each class, or at random."""
    if plan.time is not None:
        return by_time(rows.column(plan.time), fractions)
    if plan.group is not None:
        return grouped(rows.column(plan.group), fractions, seed)
    if category is not None:
        return stratified(rows.column(category), fractions, seed)
    return shuffled(len(rows), fractions, seed)


def shuffled(count: int, fractions: Mapping[str, float], seed: int) -> dict[str, Sequence[int]]:
    """Numbers below `count` dealt out at random; "train" is what is left. Each part is in file order."""
    return stratified(memoryview(bytes(count)), fractions, seed)


def stratified(labels: Sequence[Label], fractions: Mapping[str, float], seed: int) -> dict[str, Sequence[int]]:
    """As `shuffled`, with each label's share in each part: exact to one example, and so is the size of the part.

    Every label keeps at least one example in training.
    """
    check(fractions)
    groups, deal = (members_of, dealt_list) if len(labels) < MANY else (many_members_of, dealt_array)
    random = Random(seed)
    parts: dict[str, list[Any]] = {TRAIN: [], **{part: [] for part in fractions}}
    owed = dict.fromkeys(fractions, 0.0)  # what rounding has kept back from a part so far
    for members in groups(labels):
        total, sizes = len(members), list[int]()
        for part, fraction in fractions.items():
            owed[part] += fraction * total
            sizes.append(min(round(owed[part]), total - sum(sizes) - 1))
            owed[part] -= sizes[-1]
        for part, some in zip((*fractions, TRAIN), deal(members, sizes, random), strict=True):
            parts[part].append(some)
    alone = sum(len(dealt) for dealt in parts[TRAIN]) == len(labels) == len(parts[TRAIN]) > 1
    hint = "each example is a class of its own: is it what is to be learned?" if alone else None
    return not_empty({part: in_file_order(dealt) for part, dealt in parts.items()}, len(labels), hint)


def members_of(labels: Sequence[Label]) -> Iterable[Any]:
    """The numbers of the examples of each label, by its first one."""
    by_label: dict[Label, list[int]] = {}
    for index, label in enumerate(labels):
        by_label.setdefault(label, []).append(index)
    return by_label.values()


def many_members_of(labels: Sequence[Label]) -> Iterable[Any]:
    """As `members_of`, arrays of int64 where the labels are numbers."""
    import numpy as np

    if not are_many(labels):
        return map(np.asarray, members_of(labels))
    cells = np.asarray(labels)
    with np.errstate(invalid="ignore"):
        codes: np.ndarray = cells.astype(np.uint16)
    if not np.array_equal(codes, cells):
        codes = np.unique(cells, return_inverse=True, equal_nan=False)[1]
    codes = codes.astype(np.min_scalar_type(codes.max()))  # small numbers are sorted in one pass
    groups = np.split(np.argsort(codes, kind="stable"), np.cumsum(np.bincount(codes))[:-1])
    return sorted(filter(len, groups), key=lambda members: int(members[0]))


def dealt_list(members: list[int], sizes: Sequence[int], random: Random) -> Iterator[list[int]]:
    """Parts of these sizes, shuffled, and at last what is left."""
    random.shuffle(members)
    for start, end in pairwise((0, *accumulate(sizes), len(members))):
        yield members[start:end]


def dealt_array(members: np.ndarray, sizes: Sequence[int], random: Random) -> Iterator[np.ndarray]:
    """The same parts, of many in file order."""
    import numpy as np

    from nnspec.data.shuffling import shuffled_into

    if len(members) < MANY:
        yield from map(np.asarray, dealt_list(members.tolist(), sizes, random))
    else:
        part = shuffled_into(sizes, len(members), random)
        yield from (members[part == number] for number in range(len(sizes) + 1))


def in_file_order(dealt: Sequence[Any]) -> Sequence[int]:
    """Lists, or arrays, of numbers as one, sorted."""
    if not dealt or isinstance(dealt[0], list):
        return sorted(chain.from_iterable(dealt))
    import numpy as np

    there = np.zeros(max((int(some.max()) + 1 for some in dealt if len(some)), default=0), bool)
    for some in dealt:
        there[some] = True
    found = array("q")
    found.frombytes(np.flatnonzero(there).astype(np.int64, copy=False).data.cast("B"))
    return found


def grouped(groups: Sequence[Label], fractions: Mapping[str, float], seed: int) -> dict[str, Sequence[int]]:
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
    return not_empty({part: in_file_order(found) for part, found in dealt.items()}, len(groups))


def by_time(times: Sequence[float], fractions: Mapping[str, float]) -> dict[str, Sequence[int]]:
    """As `chronological`, of examples in any order; each part is in file order.

    A border that falls between examples of one time moves to before them: no part knows what others have of that time.
    """
    from bisect import bisect_left

    parts = chronological(len(times), fractions)
    order: Any
    if are_many(times):
        import numpy as np

        order = np.argsort(np.asarray(times), kind="stable")
        in_order: Sequence[float] = np.asarray(times)[order]
    else:
        order = sorted(range(len(times)), key=times.__getitem__)
        in_order = [times[place] for place in order]
    starts = [bisect_left(in_order, in_order[part[0]]) for part in parts.values()]
    dealt = {name: order[start:end] for name, start, end in zip(parts, starts, [*starts[1:], len(order)], strict=True)}
    found = {name: in_file_order([part]) for name, part in dealt.items() if len(part)}
    return not_empty(
        {name: found.get(name, ()) for name in parts}, len(times), "all examples of a time are in one part"
    )


def chronological(count: int, fractions: Mapping[str, float]) -> dict[str, Sequence[int]]:
    """Training first, then validation, test, and other parts."""
    check(fractions)
    later = sorted(fractions, key=lambda part: ORDER.index(part) if part in ORDER else len(ORDER))
    parts: dict[str, Sequence[int]] = {}
    end = count
    for part in reversed(later):
        start = end - round(fractions[part] * count)
        parts[part] = list(range(start, end))
        end = start
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


def not_empty(parts: Mapping[str, Sequence[int]], count: int, hint: str | None = None) -> dict[str, Sequence[int]]:
    for part, members in parts.items():
        if not members:
            raise DataError(
                f"the part {part!r} is empty: {count} examples are too few for this split",
                hint=hint or "give a larger fraction, or more data",
            )
    return dict(parts)
