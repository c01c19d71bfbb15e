"""Windows over a time series: the last steps as input, the next ones as target."""

from __future__ import annotations

import math
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, compress
from typing import TYPE_CHECKING, Any

from nnspec.data import column_encoding, split
from nnspec.data.errors import DataError, Remark
from nnspec.data.formats.delimited_text import Plan, Rows
from nnspec.data.formats.plain_table import parts_of
from nnspec.data.formats.table_head import Head
from nnspec.data.protocol import Assets, Columns, Examples, Task, doc
from nnspec.data.remarks import of_columns
from nnspec.data.table import FeatureSpec, Table, Windows
from nnspec.data.timeline import Rules, Timeline, timeline

if TYPE_CHECKING:
    import numpy as np

NO_PART = -1


@dataclass(frozen=True, slots=True)
class Window:
    """Steps, each `sampling` rows of the file after the one before. ValueError where one of them is too small."""

    length: int = field(metadata=doc("How many steps the network sees."))
    horizon: int = field(default=1, metadata=doc("How many steps it predicts; 0: the target of the last step seen."))
    stride: int = field(default=1, metadata=doc("Rows from the start of one window to that of the next."))
    sampling: int = field(default=1, metadata=doc("Rows from one step to the next; those between are left out."))

    def __post_init__(self) -> None:
        if min(self.length, self.stride, self.sampling) < 1 or self.horizon < 0:
            raise ValueError("length, stride and sampling are at least 1, horizon at least 0")

    @property
    def targets(self) -> int:
        """How many steps the target has."""
        return max(self.horizon, 1)

    @property
    def lead(self) -> int:
        """Rows from the first one of a window to that of its first target."""
        return (self.length if self.horizon else self.length - 1) * self.sampling

    @property
    def reach(self) -> int:
        """Rows from that of the first target to that of the last one."""
        return (self.targets - 1) * self.sampling

    @property
    def seen(self) -> int:
        """Rows from the first to the last one that the network sees, both counted."""
        return (self.length - 1) * self.sampling + 1

    @property
    def extent(self) -> int:
        return self.lead + self.reach + 1

    def starts(self, stretch: range) -> range:
        """The first places of all windows that end within a stretch."""
        return range(stretch.start, stretch.stop - self.extent + 1, self.stride)


class WindowExamples(Examples):
    """Windows as examples: `x` in, `y` out.

    A window runs within one group and across no gap. It belongs to the part in which all its targets lie; one whose
    targets cross a border belongs to none. So no part sees a target of a later one. Its inputs may reach back over the
    border, as they do in use. A window with a missing target is left out.
    """

    task: Task = "forecast"

    def __init__(
        self, rows: Rows, plan: Plan, head: Head, window: Window, rules: Rules, remarks: Sequence[DataError] = ()
    ) -> None:
        self.rows, self.plan, self.head, self.window = rows, plan, head, window
        self.files = tuple(parts_of(head.path))
        self.timeline: Timeline = timeline(rows, plan, rules)
        starts = array("q", chain.from_iterable(map(window.starts, self.timeline.stretches)))
        if not starts:
            raise DataError(self.too_few(), file=rows.file)
        self.starts = self.with_targets(starts)
        left_out = []
        if len(self.starts) < len(starts):
            message = f"{len(starts) - len(self.starts)} of {len(starts)} windows left out: a target is missing"
            left_out.append(Remark(message, file=rows.file))
        if not self.starts:
            raise DataError("no window has all its targets", file=rows.file)
        self.problems = (*remarks, *self.timeline.remarks, *left_out, *rows.skipped)

    def too_few(self) -> str:
        window, stretches = self.window, self.timeline.stretches
        what = f"{len(self.rows)} rows are"
        if len(stretches) > 1:
            what = f"{len(stretches)} stretches without a gap, the longest of {max(map(len, stretches))} rows, are"
        return f"{what} too few for a window of {window.length} and {window.horizon} steps"

    def with_targets(self, starts: array[int]) -> array[int]:
        """The windows none of whose targets is missing."""
        missing: set[int] = set()
        for name in self.plan.targets:
            cells = self.rows.column(name)
            if math.isnan(sum(cells)):
                missing |= {row for row, value in enumerate(cells) if value != value}
        if not missing:
            return starts
        order, lead = self.timeline.order, self.window.lead
        steps = range(lead, lead + self.window.reach + 1, self.window.sampling)
        return array("q", (start for start in starts if not any(order[start + step] in missing for step in steps)))

    def __len__(self) -> int:
        return len(self.starts)

    def split(self, fractions: Mapping[str, float], seed: int) -> dict[str, list[int]]:
        """Parts one after the other in time, whatever the seed: train, validation, test.

        Several groups are cut at the same times, or each at the same share of its rows where there are no times.
        """
        names, part_of = self.parts_of_places(fractions)
        parts: dict[str, list[int]] = {name: [] for name in names}
        lead, last = self.window.lead, self.window.lead + self.window.reach
        for index, start in enumerate(self.starts):
            part = part_of[start + lead]
            if part != NO_PART and part == part_of[start + last]:
                parts[names[part]].append(index)
        for number, name in enumerate(names):
            if not parts[name]:
                places = [place for place, part in enumerate(part_of) if part == number]
                where = (
                    f"rows {places[0]} to {places[-1]}" if len(self.timeline.groups) == 1 else f"its {len(places)} rows"
                )
                raise DataError(
                    f"the part {name!r} is empty: no window has its {self.window.targets} targets in {where}",
                    file=self.rows.file,
                )
        return parts

    def parts_of_places(self, fractions: Mapping[str, float]) -> tuple[list[str], array[int]]:
        """The names of the parts in their order, and the number of the part that each place belongs to."""
        times, count = self.timeline.times, len(self.timeline.order)
        part_of = array("b", [NO_PART]) * count
        names: list[str] = []
        if times is not None and len(self.timeline.groups) > 1:
            by_time = sorted(range(count), key=times.__getitem__)
            blocks: list[Sequence[int]] = [by_time]
        else:
            blocks = list(self.timeline.groups)
        for block in blocks:
            if len(blocks) > 1 and len(block) * min((*fractions.values(), 1)) < 1:
                found = {split.TRAIN: range(len(block))}  # too short for a part of its own
            else:
                found = {
                    name: range(part[0], part[-1] + 1)
                    for name, part in split.chronological(len(block), fractions).items()
                }
            names += [name for name in found if name not in names]
            for name, part in found.items():
                number = names.index(name)
                for place in block[part.start : part.stop]:
                    part_of[place] = number
        if times is not None and len(blocks) < len(self.timeline.groups):
            same_part_at_same_time(part_of, by_time, times)
        return names, part_of

    def fit(self, train: Sequence[int], classes: Sequence[str] | None) -> Assets:
        """Scales from the rows that windows of the training part see."""
        seen, window = bytearray(len(self.timeline.order)), b"\1" * self.window.extent
        for index in train:
            start = self.starts[index]
            seen[start : start + len(window)] = window
        rows = array("q", compress(self.timeline.order, seen))
        return Assets(
            scaling=column_encoding.fit(self.rows, self.plan, rows), extra=column_encoding.cells_of(self.plan)
        )

    def columns(self, assets: Assets) -> Columns:
        column_encoding.check(self.rows, self.plan, assets.scales("features"))
        column_encoding.check_cells(self.plan, assets, self.rows.file)
        features, targets = len(assets.scales("features")), len(assets.scales("targets"))
        x = FeatureSpec((self.window.length, features), "float32")
        y = FeatureSpec((self.window.targets, *([] if targets == 1 else [targets])), "float32")
        return Columns({"x": x}, {"y": y})

    def table(self, assets: Assets) -> Table:
        """x, float32 [n, length, features]; y, float32 [n, horizon], or [n, horizon, targets] for several."""
        import numpy as np

        column_encoding.check(self.rows, self.plan, assets.scales("features"))
        column_encoding.check_cells(self.plan, assets, self.rows.file)
        inputs = in_order(column_encoding.matrix(self.rows, assets.scales("features")), self.timeline)
        targets = in_order(column_encoding.matrix(self.rows, assets.scales("targets")), self.timeline)
        if targets.shape[1] == 1:
            targets = targets[:, 0]
        starts = np.asarray(self.starts, np.int64)
        window = self.window
        x = FeatureSpec((window.length, *inputs.shape[1:]), "float32")
        y = FeatureSpec((window.targets, *targets.shape[1:]), "float32")
        return Table(
            features={"x": Windows(inputs, starts, window.length, x, window.sampling)},
            targets={"y": Windows(targets, starts + window.lead, window.targets, y, window.sampling)},
        )

    def line(self, place: int) -> int:
        return self.rows.line(self.timeline.order[place])

    def texts(self, indices: Sequence[int]) -> list[str]:
        """The lines of a window's inputs."""
        spans = ((self.starts[index], self.starts[index] + self.window.seen - 1) for index in indices)
        return [f"lines {self.line(first)} to {self.line(last)}" for first, last in spans]

    def report(self, indices: Sequence[int], assets: Assets) -> dict[str, Any]:
        """The lines that hold the targets."""
        first, last = (self.starts[edge(indices)] + self.window.lead for edge in (min, max))
        return {"target_lines": [self.line(first), self.line(last + self.window.reach)]}

    def cells(self) -> list[dict[str, Any]]:
        return of_columns(self.rows, self.plan, self.head)


def same_part_at_same_time(part_of: array[int], by_time: Sequence[int], times: Sequence[float]) -> None:
    """Moves a border that falls between rows of one time to before them, so that no group knows what others do not."""
    for before, after in zip(reversed(by_time[:-1]), reversed(by_time[1:]), strict=True):
        if times[before] == times[after]:
            part_of[before] = part_of[after]


def in_order(matrix: np.ndarray, line: Timeline) -> np.ndarray:
    """The rows of a file in the order of a series."""
    import numpy as np

    return matrix[np.asarray(line.order)] if line.moved else matrix


def last_windows(
    rows: Rows, plan: Plan, window: Window, rules: Rules, entries: Mapping[str, column_encoding.Entry]
) -> np.ndarray:
    """The last window of each group: float32 [groups, length, features].

    Raises DataError where a group has too few rows after its last gap.
    """
    import numpy as np

    line = timeline(rows, plan, rules)
    features = in_order(column_encoding.encode(rows, entries)["x"].array, line)
    windows = []
    for group in line.groups:
        last = next(stretch for stretch in line.stretches if stretch.stop == group.stop)
        if len(last) < window.seen:
            since = " since its last gap" if len(last) < len(group) else ""
            raise DataError(f"{len(last)} rows{since}, but the network sees {window.seen}", file=rows.file)
        windows.append(features[last.stop - window.seen : last.stop : window.sampling])
    found: np.ndarray = np.stack(windows)
    return found
