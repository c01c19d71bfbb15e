"""Several series, each brought to a scale of its own: fitted on its rows of the training part, undone on predictions.

`scaling.json` of a run holds the scales of all groups together, and under `groups` those of each: a group that has no
row in the training part is scaled as all together, and this is said.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import compress, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnspec.data import column_encoding, scaling
from nnspec.data.column_encoding import Entry
from nnspec.data.formats.delimited_text import Plan, Rows
from nnspec.data.new_examples import remark
from nnspec.data.protocol import Assets
from nnspec.data.scaling import Scale
from nnspec.data.timeline import Timeline

if TYPE_CHECKING:
    import numpy as np

GROUPS = "groups"  # of the scaling
FILE = "file"  # the column of the file that a row stands in
Scaling = Mapping[str, Any]


def with_files(rows: Rows) -> Rows:
    """The rows with a column more, FILE: the name of the file that each stands in."""
    numbers, parts = rows.numbers, rows.origins.parts
    files = [part.file for part in parts] or [str(rows.file)]
    firsts = [0, *(bisect_left(numbers, part.first) for part in parts[1:]), len(numbers)]
    codes = array("d")
    for code, (first, last) in enumerate(pairwise(firsts)):
        codes.extend(array("d", [code]) * (last - first))
    categories = {**rows.categories, FILE: tuple(names_of(files))}
    columns: dict[str, Any] = {**rows.columns, FILE: memoryview(codes)}
    return replace(rows, categories=categories, columns=columns)


def names_of(files: Sequence[str]) -> list[str]:
    """What files are called: without folder and ending where that tells them apart, else with the folders that do."""
    paths = [without_endings(Path(file)) for file in files]
    for count in range(1, max((len(path.parts) for path in paths), default=0) + 1):
        names = ["/".join(path.parts[-count:]) for path in paths]
        if len(set(names)) == len(names):
            return names
    return [str(file) for file in files]


def named_as(rows: Rows, assets: Assets) -> Rows:
    """Rows of new files, which are called as in training where a file of that name was there."""
    known = (assets.scaling or {}).get(GROUPS, {})
    files = [part.file for part in rows.origins.parts] or [str(rows.file)]
    names = list(rows.categories[FILE])
    for number, file in enumerate(files):
        parts = without_endings(Path(file)).parts
        ends = ("/".join(parts[-count:]) for count in range(1, len(parts) + 1))
        names[number] = next((end for end in ends if end in known), names[number])
    return replace(rows, categories={**rows.categories, FILE: tuple(names)})


def without_endings(path: Path) -> Path:
    """`sales/a.csv.gz` as `sales/a`."""
    from nnspec.data.formats.table_files import ENDINGS

    while path.suffix.lower() in ENDINGS:
        path = path.with_suffix("")
    return path


def fit(rows: Rows, plan: Plan, line: Timeline, seen: bytearray) -> Scaling:
    """The scales of all groups together and, where the plan says so, of each.

    Args:
        seen: for each place of the timeline whether a window of the training part has it.
    """
    found: dict[str, Any] = column_encoding.fit(rows, plan, array("q", compress(line.order, seen)))
    if plan.by_group:
        names = group_names(rows, plan, line)
        found[GROUPS] = {
            name: column_encoding.fit(rows, plan, array("q", own))
            for name, places in zip(names, line.groups, strict=True)
            if len(own := list(compress(line.order[places.start : places.stop], seen[places.start : places.stop])))
        }
    return found


def group_names(rows: Rows, plan: Plan, line: Timeline) -> list[str]:
    """What each group of a timeline is called; one without groups has one, of no name."""
    if plan.group is None:
        return [""]
    codes, texts = rows.column(plan.group), rows.categories[plan.group]
    return [texts[int(codes[line.order[places.start]])] for places in line.groups]


def matrix(rows: Rows, line: Timeline, names: Sequence[str], scales: Scaling, part: str) -> np.ndarray:
    """The columns of `features`, `targets` or `known`, scaled and in the order of the series: float32 [rows, columns].

    Args:
        names: what the groups are called.
    """
    import numpy as np

    entries: Mapping[str, Entry] = scales[part]
    if not scales.get(GROUPS):
        found = column_encoding.matrix(rows, entries)
        return found[np.asarray(line.order)] if line.moved else found
    values = rows.matrix(list(entries))[np.asarray(line.order)]
    scaled = np.empty(values.shape, np.float32)
    for name, places in zip(names, line.groups, strict=True):
        own = [Scale(**entry) for entry in scale_of(scales, name)[part].values()]
        scaled[places.start : places.stop] = scaling.apply(values[places.start : places.stop], own)
    return scaled


def scale_of(scales: Scaling, name: str) -> Scaling:
    """The scales of a group; one that training never saw, or without one of its own, has those of all together."""
    found: Scaling = scales.get(GROUPS, {}).get(name, scales)
    return found


def groups_of(line: Timeline, starts: Sequence[int]) -> list[int]:
    """The number of the group that each place is in."""
    ends = [group.stop for group in line.groups]
    return [bisect_right(ends, start) for start in starts]


def strange(names: Sequence[str], assets: Assets) -> dict[str, int]:
    """Of the groups of some windows those that training never saw, and how many windows each has."""
    known = (assets.scaling or {}).get(GROUPS)
    return {} if not known else dict(Counter(name for name in names if name not in known))


def said_of_strange(name: str, others: int) -> str:
    """Which groups have no scale of their own, as a sentence."""
    more = f" and {others:,} more" if others else ""
    why = "training never saw it" if name else "a window does not say its group"
    return f"{f'group {name!r}{more}: ' if name else ''}{why}, and it is scaled as all of training together"


def tell_strange(names: Sequence[str], assets: Assets) -> None:
    """Says of new windows which groups training never saw."""
    found = list(strange(names, assets))
    if found:
        remark(said_of_strange(found[0], len(found) - 1))
