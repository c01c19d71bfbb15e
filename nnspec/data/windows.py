"""Windows over a time series: the last steps as input, the next ones as target."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal

from nnspec.data import column_encoding, group_scaling, split
from nnspec.data.column_encoding import KNOWN
from nnspec.data.errors import DataError, Remark
from nnspec.data.formats.delimited_text import Plan, Rows
from nnspec.data.formats.table_files import parts_of
from nnspec.data.formats.table_head import Head
from nnspec.data.protocol import Assets, Columns, Examples, Range, Task, doc
from nnspec.data.remarks import of_columns
from nnspec.data.scaling import scaled_range
from nnspec.data.table import FeatureSpec, Table, Windows
from nnspec.data.timeline import Rules, Timeline, timeline
from nnspec.quick_classes import dataclass

if TYPE_CHECKING:
    import numpy as np

NO_PART = -1
Cut = Literal["time", "group"]


@dataclass(frozen=True, slots=True)
class Window:
    """Steps, each `sampling` rows of the file after the one before. ValueError where one of them is too small."""

    length: int = field(metadata=doc("How many steps the network sees."))
    horizon: int = field(default=1, metadata=doc("How many steps it predicts; 0: the target of the last step seen."))
    stride: int = field(default=1, metadata=doc("Rows from the start of one window to that of the next."))
    sampling: int = field(default=1, metadata=doc("Rows from one step to the next; those between are left out."))
    gap: int = field(default=0, metadata=doc("Steps between the last one seen and the first one predicted."))
    offsets: Sequence[int] | None = field(
        default=None,
        metadata=doc(
            "How many steps after the last one seen each predicted one is, [1, 6, 24], in place of `horizon`."
        ),
    )
    mixed: Literal["last", "skip"] = field(
        default="last",
        metadata=doc(
            "Of classes, a window within which the class changes: it has that of its last step, or is left out."
        ),
    )

    def __post_init__(self) -> None:
        if min(self.length, self.stride, self.sampling) < 1 or min(self.horizon, self.gap) < 0:
            raise ValueError("length, stride and sampling are at least 1, horizon and gap at least 0")
        if self.gap and not self.horizon:
            raise ValueError("with `horizon: 0` the target is that of the last step seen: there is no `gap`")
        if self.offsets is None:
            return
        found = list(self.offsets)
        rising = found == sorted(set(found)) and all(type(one) is int and one > 0 for one in found)
        if not found or not rising or self.horizon != 1 or self.gap:
            raise ValueError("`offsets` are whole numbers from 1 on that rise, [1, 6, 24], without `horizon` and `gap`")

    @property
    def ahead(self) -> Sequence[int]:
        """How many steps after the last one seen each target is."""
        if self.offsets is not None:
            return list(self.offsets)
        return range(self.gap + 1, self.gap + 1 + self.horizon) if self.horizon else (0,)

    @property
    def targets(self) -> int:
        """How many steps the target has."""
        return len(self.ahead)

    @property
    def inputs(self) -> range:
        """Rows from the first one of a window to each that the network sees."""
        return range(0, self.seen, self.sampling)

    @property
    def goals(self) -> Sequence[int]:
        """Rows from that of the first target to each of them."""
        return [(step - self.ahead[0]) * self.sampling for step in self.ahead]

    @property
    def lead(self) -> int:
        """Rows from the first one of a window to that of its first target."""
        return (self.length - 1 + self.ahead[0]) * self.sampling

    @property
    def reach(self) -> int:
        """Rows from that of the first target to that of the last one."""
        return (self.ahead[-1] - self.ahead[0]) * self.sampling

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
        self,
        rows: Rows,
        plan: Plan,
        head: Head,
        window: Window,
        rules: Rules,
        remarks: Sequence[DataError] = (),
        cut: Cut = "time",
    ) -> None:
        self.rows, self.plan, self.head, self.window, self.cut = rows, plan, head, window, cut
        self.files = tuple(parts_of(head.path))
        self.timeline: Timeline = timeline(rows, plan, rules)
        starts = array("q", chain.from_iterable(map(window.starts, self.timeline.stretches)))
        if not starts:
            at_gaps = rules.gaps == "split" and len(self.timeline.stretches) > len(self.timeline.groups)
            hint = "`gaps: ignore` lets windows run across gaps, as those of weekends" if at_gaps else None
            raise DataError(self.too_few(), file=rows.file, hint=hint)
        self.starts = self.with_targets(starts)
        left_out = []
        if len(self.starts) < len(starts):
            message = f"{len(starts) - len(self.starts)} of {len(starts)} windows left out: {self.why_left_out()}"
            left_out.append(Remark("W0914", message, file=rows.file))
        if not self.starts:
            raise DataError("no window has all its targets", file=rows.file)
        left_out += self.groups_without_windows()
        self.problems = (*remarks, *self.timeline.remarks, *left_out, *rows.skipped)

    def too_few(self) -> str:
        window, stretches = self.window, self.timeline.stretches
        steps = f"a window of {window.length} and {window.targets} steps"
        what = f"{len(self.rows)} rows are"
        if len(stretches) > 1:
            what = f"{len(stretches)} stretches without a gap, the longest of {max(map(len, stretches))} rows, are"
        return f"{what} too few for {steps}"

    def why_left_out(self) -> str:
        return "a target is missing"

    def groups_without_windows(self) -> Iterator[Remark]:
        """A remark on series that are too short for one window, or lack their targets."""
        used, groups = set(self.groups()), self.timeline.groups
        short = [number for number in range(len(groups)) if number not in used]
        if short:
            name = group_scaling.group_names(self.rows, self.plan, self.timeline)[short[0]]
            rows = f"{name!r} of {len(groups[short[0]])} rows"
            message = f"{len(short):,} of {len(groups):,} groups have no window, {rows} for one: a window takes "
            yield Remark("W0914", f"{message}{self.window.extent} rows without a gap", file=self.rows.file)

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
        steps = [lead + goal for goal in self.window.goals]
        return array("q", (start for start in starts if not any(order[start + step] in missing for step in steps)))

    def __len__(self) -> int:
        return len(self.starts)

    def split(self, fractions: Mapping[str, float], seed: int) -> dict[str, Sequence[int]]:
        """Parts one after the other in time, whatever the seed: train, validation, test; or whole groups by the seed.

        In time several groups are cut at the same times, or each at the same share of its rows where there are none.
        """
        if self.cut == "group":
            return split.grouped(self.groups(), fractions, seed)
        names, part_of = self.parts_of_places(fractions)
        parts: dict[str, Any] = {name: [] for name in names}
        first, last = self.bounds
        for index, start in enumerate(self.starts):
            part = part_of[start + first]
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

    @property
    def bounds(self) -> tuple[int, int]:
        """The first and the last row of a window that must be in one part: those of its targets."""
        return self.window.lead, self.window.lead + self.window.reach

    def groups(self) -> list[int]:
        """The number of the group of each window."""
        return group_scaling.groups_of(self.timeline, self.starts)

    def named_groups(self, indices: Sequence[int]) -> list[str]:
        """What the groups of these windows are called."""
        names = group_scaling.group_names(self.rows, self.plan, self.timeline)
        starts = [self.starts[index] for index in indices]
        return [names[number] for number in group_scaling.groups_of(self.timeline, starts)]

    def scalings(self, indices: Sequence[int], assets: Assets) -> list[Mapping[str, Any]] | None:
        if not self.plan.by_group or assets.scaling is None:
            return None
        return [group_scaling.scale_of(assets.scaling, name) for name in self.named_groups(indices)]

    def strange_groups(self, indices: Sequence[int], assets: Assets) -> Mapping[str, int]:
        return group_scaling.strange(self.named_groups(indices), assets) if self.plan.by_group else {}

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
        scales = group_scaling.fit(self.rows, self.plan, self.timeline, seen)
        return Assets(scaling=scales, extra=column_encoding.cells_of(self.plan))

    def columns(self, assets: Assets) -> Columns:
        column_encoding.check(self.rows, self.plan, assets)
        features, targets = len(assets.scales("features")), len(assets.scales("targets"))
        x = FeatureSpec((self.window.length, features), "float32")
        y = FeatureSpec((self.window.targets, *([] if targets == 1 else [targets])), "float32")
        known = {KNOWN: FeatureSpec((self.window.targets, len(self.plan.known)), "float32")} if self.plan.known else {}
        return Columns({"x": x, **known}, {"y": y}, ranges=self.ranges(assets))

    def ranges(self, assets: Assets) -> dict[str, Range]:
        """From where to where the scaled values go; nothing where each group has a scale of its own."""
        parts = {"x": "features", "y": "targets", **({KNOWN: KNOWN} if self.plan.known else {})}
        found = {}
        for name, part in parts.items() if not self.plan.by_group else ():
            spans = [scaled_range(self.rows.column(column), entry) for column, entry in assets.scales(part).items()]
            found[name] = min(low for low, _ in spans), max(high for _, high in spans)
        return found

    def known_ahead(self, assets: Assets, starts: np.ndarray) -> dict[str, Windows]:
        """What is known of the steps to predict, as the input `known`: float32 [n, targets, columns]."""
        if not self.plan.known:
            return {}
        series = self.scaled(assets, KNOWN)
        spec = FeatureSpec((self.window.targets, series.shape[1]), "float32")
        return {KNOWN: Windows(series, starts + self.window.lead, self.window.goals, spec)}

    @property
    def rolls(self) -> bool:
        return self.cut == "time" and self.task == "forecast"

    def scaled(self, assets: Assets, part: str) -> np.ndarray:
        """The columns of a part in the order of the series: float32 [rows, columns]."""
        names = group_scaling.group_names(self.rows, self.plan, self.timeline)
        return group_scaling.matrix(self.rows, self.timeline, names, assets.scaling or {}, part)

    def origins(self, indices: Sequence[int]) -> list[float]:
        """For each of these windows the time of its last step seen, or the number of that row in its group."""
        last, times, groups = self.window.seen - 1, self.timeline.times, self.timeline.groups
        starts = [self.starts[index] for index in indices]
        if times is not None:
            return [times[start + last] for start in starts]
        numbers = group_scaling.groups_of(self.timeline, starts)
        return [float(start + last - groups[number].start) for start, number in zip(starts, numbers, strict=True)]

    def table(self, assets: Assets) -> Table:
        """x, float32 [n, length, features]; y, float32 [n, horizon], or [n, horizon, targets] for several."""
        import numpy as np

        column_encoding.check(self.rows, self.plan, assets)
        inputs, targets = self.scaled(assets, "features"), self.scaled(assets, "targets")
        if targets.shape[1] == 1:
            targets = targets[:, 0]
        starts = np.asarray(self.starts, np.int64)
        window = self.window
        x = FeatureSpec((window.length, *inputs.shape[1:]), "float32")
        y = FeatureSpec((window.targets, *targets.shape[1:]), "float32")
        return Table(
            features={"x": Windows(inputs, starts, window.inputs, x), **self.known_ahead(assets, starts)},
            targets={"y": Windows(targets, starts + window.lead, window.goals, y)},
        )

    def row(self, place: int) -> int:
        return self.timeline.order[place]

    def texts(self, indices: Sequence[int]) -> list[str]:
        """The lines of a window's inputs."""
        spans = ((self.starts[index], self.starts[index] + self.window.seen - 1) for index in indices)
        number, named = self.rows.number, self.rows.origins.named
        return [named(number(self.row(first)), number(self.row(last))) for first, last in spans]

    def report(self, indices: Sequence[int], assets: Assets) -> dict[str, Any]:
        """The lines that hold the targets, and how many groups these windows are of."""
        first, last = (self.starts[edge(indices)] + self.window.lead for edge in (min, max))
        ends = (self.row(place) for place in (first, last + self.window.reach))
        groups = {"groups": len(set(self.named_groups(indices)))} if self.plan.group is not None else {}
        return {"target_lines": [self.rows.origins.count(self.rows.number(row)) for row in ends], **groups}

    def cells(self) -> list[dict[str, Any]]:
        return of_columns(self.rows, self.plan, self.head)


def same_part_at_same_time(part_of: array[int], by_time: Sequence[int], times: Sequence[float]) -> None:
    """Moves a border that falls between rows of one time to before them, so that no group knows what others do not."""
    for before, after in zip(reversed(by_time[:-1]), reversed(by_time[1:]), strict=True):
        if times[before] == times[after]:
            part_of[before] = part_of[after]


def last_windows(
    rows: Rows, plan: Plan, window: Window, rules: Rules, scales: Mapping[str, Any], called: str | None = None
) -> tuple[dict[str, np.ndarray], list[str]]:
    """The last window of each group, and what the groups are called: `called` says it of rows without one.

    They are `x`, float32 [groups, length, features], and `known`, [groups, targets, columns]. Where something is known
    of the steps to predict, the last rows of each group are those steps.

    Raises DataError where a group has too few rows after its last gap, or lacks a value that is needed.
    """
    import numpy as np

    line = timeline(rows, plan, rules)
    groups = group_scaling.group_names(rows, plan, line) if called is None else [called]
    sides: dict[str, tuple[Sequence[str], str, Sequence[int]]] = {"x": (plan.features, "features", window.inputs)}
    needed = window.seen
    if plan.known:
        needed = window.extent
        sides[KNOWN] = (plan.known, KNOWN, [window.lead + goal for goal in window.goals])
    starts = []
    for group in line.groups:
        last = next(stretch for stretch in line.stretches if stretch.stop == group.stop)
        if len(last) < needed:
            since = " since its last gap" if len(last) < len(group) else ""
            what = f"the network sees {window.seen}"
            if plan.known:
                what += f", and takes {', '.join(plan.known)} of the rows up to the last one that it predicts: {needed}"
            raise DataError(f"{len(last)} rows{since}, but {what}", file=rows.file)
        starts.append(last.stop - needed)
    found = {}
    for feature, (names, part, steps) in sides.items():
        places = np.asarray(starts)[:, None] + np.asarray(steps)
        refuse_missing(rows, plan, names, line, places)
        found[feature] = group_scaling.matrix(rows, line, groups, scales, part)[places]
    return found, groups


def refuse_missing(rows: Rows, plan: Plan, names: Sequence[str], line: Timeline, places: np.ndarray) -> None:
    """Raises DataError where a cell is missing that nothing is put in the place of."""
    import numpy as np

    for name in names:
        if plan.columns[name].missing in ("mean", "zero"):
            continue
        cells = rows.matrix([name])[np.asarray(line.order)[places], 0]
        if np.isnan(cells).any():
            place = int(places[tuple(np.argwhere(np.isnan(cells))[0])])
            raise DataError(f"column {name!r}: a missing value", **rows.place(int(line.order[place])))
