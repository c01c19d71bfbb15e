"""Tables of times: rows that are points in time, of one series or of several, and rows that are series of their own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import combinations, islice
from typing import TYPE_CHECKING, Any

from nnspec.data.formats.delimited_text import body
from nnspec.data.formats.table_head import Head
from nnspec.starting.guess import PARTS, Guess, Unknown

if TYPE_CHECKING:
    from nnspec.starting.columns import Look

TWICE = 0.02  # of the times of a series that may be there twice
FEWEST = 50  # times of a series
LOOKED_AT = 20_000  # rows
WIDE = 8  # columns in a row that are times
FULL = 0.9  # of the times that each of several series has, where two columns tell them apart
A_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}([-/.]\d{1,4})?")


def groups_of(head: Head, time: Look, looks: Mapping[str, Look], goal: str) -> tuple[str, ...] | None:
    """The column that tells several series apart; none: it is one; None: rows are no points in time.

    Raises Unknown where two columns do so together, which no source takes.
    """
    if time.count <= FEWEST:
        return None
    if 0 <= time.count - time.distinct <= TWICE * time.count:
        return ()
    most = time.count // FEWEST
    tell = [one for one in looks.values() if _may_tell(one, most) and one.name not in (time.name, goal)]
    rows = list(islice(body(head.path, head.dialect), LOOKED_AT))
    places = {name: place for place, name in enumerate(head.names)}

    def cells(*names: str) -> set[tuple[str, ...]]:
        return {tuple(row[places[name]] if places[name] < len(row) else "" for name in names) for _, row in rows}

    for one in sorted(tell, key=lambda one: one.distinct):
        if len(cells(one.name, time.name)) >= (1 - TWICE) * len(rows):
            return (one.name,)
    for one, two in combinations(tell, 2):
        several = len(cells(one.name, two.name))
        together = len(cells(one.name, two.name, time.name))
        if together >= (1 - TWICE) * len(rows) and together >= FULL * several * len(cells(time.name)):
            message = f"the times of `{time.name}` are there for each `{one.name}` and `{two.name}`"
            hint = f"write both into one column, `{one.name} {two.name}`: `group` names that"
            raise Unknown(message, file=str(head.path), hint=hint)
    return None


def _may_tell(one: Look, most: int) -> bool:
    whole = all(re.fullmatch(r"\d+|.*[A-Za-z].*", text) for text in one.texts)
    return one.kind in ("number", "category", "id") and not one.missing and 1 < one.distinct <= most and whole


def refuse_two_times(times: Sequence[Look], rest: int, looks: Mapping[str, Look], head: Head) -> None:
    """Raises Unknown where the day stands in one column and its time in another, beside numbers alone.

    Args:
        rest: how many columns are numbers.
    """
    clocks = [one for one in times if all(re.fullmatch(r"\d{1,2}[:.]\d{2}([:.]\d{2})?", text) for text in one.texts)]
    days = [one for one in times if one not in clocks]
    if len(clocks) == len(days) == 1 and rest >= len(looks) - 3 and times[0].count > FEWEST:
        day, clock = days[0].name, clocks[0].name
        message = f"the time of a row stands in two columns, `{day}` and `{clock}`"
        hint = f"write both into one column, `{day} {clock}`, which `time` names"
        raise Unknown(message, file=str(head.path), hint=hint)


def refuse_wide(head: Head, looks: Mapping[str, Look]) -> None:
    """Raises Unknown where each row is a series: its columns are times, or rows end sooner and later."""
    numbers = [one for one in looks.values() if one.kind in ("number", "id", "time")]
    dates = [one for one in numbers if A_DATE.fullmatch(one.name)]
    missing = [one.missing for one in numbers[-WIDE:]]
    counted = [re.sub(r"\d+$", "", one.name) for one in numbers[-WIDE:]]
    ends = len(missing) == WIDE and missing == sorted(missing) and missing[0] < missing[-1] and len(set(counted)) == 1
    if len(dates) >= WIDE or (ends and _end_early(head)):
        what = f"its columns are times, such as `{dates[-1].name}`" if dates else "some end sooner than others"
        hint = (
            "`frame.melt(...)` writes a row for each time: name, time and value, which `group`, `time` and `target` of "
        )
        hint += "the source Csv name; --target learns a column of the table as it is"
        raise Unknown(f"each row is a series: {what}", file=str(head.path), hint=hint)


def _end_early(head: Head) -> bool:
    """Whether all that is missing of the first rows stands at their ends."""
    rows = [row for _, row in islice(body(head.path, head.dialect), LOOKED_AT // 100)]
    return all(all(cell.strip() for cell in row[: len(row) - _empty_behind(row)]) for row in rows)


def _empty_behind(row: Sequence[str]) -> int:
    return next((place for place, cell in enumerate(reversed(row)) if cell.strip()), len(row))


def series(
    arguments: dict[str, Any],
    time: Look,
    goal: str,
    looks: Mapping[str, Look],
    group: str | None,
    unused: Sequence[str],
    instead: Guess | None,
) -> Guess:
    """A forecast: a table whose rows are points in time, and numbers.

    Args:
        group: the column that tells several series apart.
        unused: a note on columns that are left out.
        instead: the guess where no windows can be made.
    """
    numbers = [one for one in looks.values() if one.kind == "number" and one.name != group]
    others = [f"`{one.name}`" for one in numbers if one.name != goal]
    several = looks[group].distinct if group else 1
    horizon = max(1, min(12, int(PARTS["test"] * time.count / several) // 2))  # the smallest part has to hold one
    window = {"length": 4 * horizon, "horizon": horizon}
    told = {"time": time.name, **({"group": group} if group else {}), "target": goal}
    found = {**arguments, **told, "scale": "standard", "window": window}
    follow = f"{horizon} values of `{goal}` are to follow from {4 * horizon} rows"
    notes = [f"rows are points in time (`{time.name}`): {follow}"]
    notes += [f"`{group}` tells {several:,} series apart"] if group else []
    notes += [f"--target names another column to predict: {', '.join(others)}"] if others else []
    tries = [{**found, "sort": True}, {**found, "missing": "mean"}, {**found, "sort": True, "missing": "mean"}]
    tries += [{**one, "gaps": "ignore"} for one in (found, *tries)]
    if time.distinct < time.count:
        tries = [{**one, "duplicates": "first"} for one in (found, *tries)]
    return Guess("Csv", found, dict(PARTS), [*notes, *unused], tries, instead=instead)
