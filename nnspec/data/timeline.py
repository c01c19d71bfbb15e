"""The order of a series: rows by group and time, and the stretches without a gap that windows run within."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from itertools import islice, pairwise
from statistics import median_low
from typing import Literal

from nnspec.data.errors import DataError, Remark
from nnspec.data.formats.delimited_text import Plan, Rows
from nnspec.data.formats.times import shown
from nnspec.quick_classes import dataclass

Gaps = Literal["split", "refuse", "ignore"]
Duplicates = Literal["refuse", "first", "last"]
LONG = 1.5  # a step this many times as long as the usual one is a gap: months differ by less
STEPS_LOOKED_AT = 100_000


@dataclass(frozen=True, slots=True)
class Rules:
    """What is done where times are not in order, twice, or far apart."""

    sort: bool = False
    duplicates: Duplicates = "refuse"
    gaps: Gaps = "split"


@dataclass(frozen=True)
class Timeline:
    """
    Attributes:
        order: numbers of rows, group after group, each in the order of time.
        stretches: places in `order` without a gap between them; groups: those of each group.
        times: of the places in `order`, None without a column of times.
    """

    order: Sequence[int]
    stretches: tuple[range, ...]
    groups: tuple[range, ...]
    times: Sequence[float] | None
    remarks: tuple[DataError, ...] = ()

    @property
    def moved(self) -> bool:
        """Whether the order is another one than that of the file."""
        return not isinstance(self.order, range)


def timeline(rows: Rows, plan: Plan, rules: Rules) -> Timeline:
    """Raises DataError, with its line, on times out of order, twice, or far apart, unless a rule allows them."""
    members = groups_of(rows, plan.group)
    if plan.time is None:
        return untimed(rows, members)
    cells = rows.column(plan.time)
    groups = [in_time(rows, plan, group, cells, rules) for group in members]
    order = array("q", (row for group in groups for row in group))
    times = array("d", (cells[row] for row in order))
    ranges = laid_out(groups)
    stretches, gaps = split_at_gaps(times, ranges)
    remarks = []
    if gaps:
        place = gaps[0]
        message = (
            f"column {plan.time!r}: gaps in time: {len(gaps)}, the first from {_shown(rows, plan, times[place - 1])} "
            f"to {_shown(rows, plan, times[place])}"
        )
        where = rows.place(order[place])
        if rules.gaps == "refuse":
            raise DataError(message, **where, hint="`gaps: split` or `ignore`")
        what = "no window runs across one" if rules.gaps == "split" else "windows run across them, as `gaps` says"
        remarks.append(Remark("W0914", f"{message}; {what}", **where))
    if len(order) < len(rows):
        message = f"column {plan.time!r}: rows left out, whose time is there twice: {len(rows) - len(order)}"
        remarks.append(Remark("W0914", message, file=rows.file))
    return Timeline(order, stretches if rules.gaps == "split" else ranges, ranges, times, tuple(remarks))


def groups_of(rows: Rows, group: str | None) -> list[Sequence[int]]:
    """The rows of each group, groups by their first row."""
    if group is None:
        return [range(len(rows))]
    members: dict[float, array[int]] = {}
    for row, code in enumerate(rows.column(group)):
        members.setdefault(code, array("q")).append(row)
    return list(members.values())


def laid_out(groups: Sequence[Sequence[int]]) -> tuple[range, ...]:
    """The places of groups that come one after the other."""
    ends = [0]
    for group in groups:
        ends.append(ends[-1] + len(group))
    return tuple(range(start, end) for start, end in pairwise(ends))


def untimed(rows: Rows, members: Sequence[Sequence[int]]) -> Timeline:
    """Rows in the order of the file, with a break wherever one was left out."""
    order = range(len(rows)) if len(members) == 1 else array("q", (row for group in members for row in group))
    groups = laid_out(members)
    stretches = []
    for group in groups:
        starts = [group.start]
        breaks = iter(sorted(set(rows.breaks)))
        border = next(breaks, None)
        for place in group if border is not None else ():
            while border is not None and order[place] >= border:
                if place > starts[-1]:
                    starts.append(place)
                border = next(breaks, None)
        stretches += [range(start, end) for start, end in pairwise([*starts, group.stop])]
    remarks = []
    if rows.breaks:
        message = f"places where rows were left out: {len(set(rows.breaks))}; no window runs across one"
        remarks.append(Remark("W0914", message, file=rows.file))
    return Timeline(order, tuple(stretches), groups, None, tuple(remarks))


def in_time(rows: Rows, plan: Plan, group: Sequence[int], cells: memoryview[float], rules: Rules) -> Sequence[int]:
    """The rows of a group in the order of time, each time once."""
    if rules.sort:
        group = array("q", sorted(group, key=lambda row: cells[row]))
    kept = array("q")
    for row in group:
        if kept and cells[row] < cells[kept[-1]]:
            raise DataError(
                f"column {plan.time!r}: {_shown(rows, plan, cells[row])} comes after "
                f"{_shown(rows, plan, cells[kept[-1]])}{_of_group(rows, plan, row)}",
                **rows.place(row),
                hint="`sort: true` puts the rows in order"
                + ("" if plan.group else "; `group: ...` if the file holds several series"),
            )
        if kept and cells[row] == cells[kept[-1]]:
            if rules.duplicates == "refuse":
                raise DataError(
                    f"column {plan.time!r}: {_shown(rows, plan, cells[row])} is there twice, first on "
                    f"{rows.named(kept[-1])}{_of_group(rows, plan, row)}",
                    **rows.place(row),
                    hint="`duplicates: first` or `last` keeps one"
                    + ("" if plan.group else "; `group: ...` if the file holds several series")
                    + "; a day and an hour in two columns become one first",
                )
            if rules.duplicates == "last":
                kept[-1] = row
            continue
        kept.append(row)
    return kept


def split_at_gaps(times: Sequence[float], groups: Sequence[range]) -> tuple[tuple[range, ...], list[int]]:
    """Stretches without a gap, and the places after one. The usual step is the median of the file."""
    steps = (times[place] - times[place - 1] for group in groups for place in group[1:])
    looked_at = list(islice(steps, STEPS_LOOKED_AT))
    if not looked_at:
        return tuple(groups), []
    longest = LONG * median_low(looked_at)
    stretches, gaps = [], []
    for group in groups:
        after = [place for place in group[1:] if times[place] - times[place - 1] > longest]
        gaps += after
        stretches += [range(start, end) for start, end in pairwise([group.start, *after, group.stop])]
    return tuple(stretches), gaps


def _shown(rows: Rows, plan: Plan, time: float) -> str:
    return shown(time) if rows.types[plan.time or ""] == "time" else f"{time:g}"


def _of_group(rows: Rows, plan: Plan, row: int) -> str:
    if plan.group is None:
        return ""
    return f" in group {rows.categories[plan.group][int(rows.column(plan.group)[row])]!r}"
