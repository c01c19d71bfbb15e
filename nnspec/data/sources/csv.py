"""Delimited text with typed columns: tables to classify or to fit, and windows over a time series."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from nnspec.data import column_encoding
from nnspec.data.column_encoding import KNOWN
from nnspec.data.errors import DataError
from nnspec.data.formats.cells import CellFormat, CellType, ColumnType
from nnspec.data.formats.delimited_text import MOST_CATEGORIES, Column, Encoding, Missing, Plan, Rows, read_rows
from nnspec.data.formats.table_head import Head
from nnspec.data.group_scaling import FILE, named_as, scale_of, tell_strange, with_files
from nnspec.data.protocol import Assets, Facts, Task, doc
from nnspec.data.remarks import Remarks
from nnspec.data.row_source import RowSource, refuse_idle, settings
from nnspec.data.scaling import Method
from nnspec.data.table import Dense
from nnspec.data.tabular import TableExamples
from nnspec.data.timeline import Duplicates, Gaps, Rules
from nnspec.data.window_classes import WindowClasses
from nnspec.data.windows import Cut, Window, WindowExamples, last_windows
from nnspec.quick_classes import dataclass

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class CsvColumn:
    """What the spec says of one column, under `columns`."""

    type: ColumnType | None = field(default=None, metadata=doc("Numbers or categories; null: told by the first rows."))
    encode: Encoding = field(
        default="one_hot",
        metadata=doc(
            "A category as one number for each value within x, or as an int32 input of its own, 0 if unknown."
        ),
    )
    missing: Missing | None = field(default=None, metadata=doc("As the source's `missing`, for this column."))
    scale: Method | None = field(default=None, metadata=doc("As the source's `scale`, for this column."))


@dataclass(frozen=True)
class Csv(RowSource):
    """Rows of typed columns. The features form one float32 vector `x` in their order, the target is `y`."""

    suffixes: ClassVar = (".csv", ".tsv")

    target: str | list[str] | None = field(
        default=None,
        metadata=doc("The column to predict, or several numbers; not needed for a series of one.", column=True),
    )
    features: list[str] | None = field(
        default=None,
        metadata=doc("The columns to predict from; null: all but the target, or all numbers of a series.", column=True),
    )
    weight: str | None = field(
        default=None, metadata=doc("The column of what each row counts in the loss; it is no feature.", column=True)
    )
    task: Literal["classification", "regression"] | None = field(
        default=None, metadata=doc("null: classification where the target is a category, else regression.")
    )
    window: Window | None = field(
        default=None,
        metadata=doc(
            "Of a series: {length: steps seen, horizon: steps to predict, or offsets: [1, 6, 24], gap: steps between, "
            "sampling: rows a step, stride: rows apart}."
        ),
    )
    known: list[str] | None = field(
        default=None,
        metadata=doc(
            "Columns of a series that are known of the steps to predict, such as the hour: the input `known`.",
            column=True,
        ),
    )
    cut: Cut = field(default="time", metadata=doc("What the shares of a series are: the last times, or whole groups."))
    time: str | None = field(
        default=None,
        metadata=doc(
            "The column of times: it puts a series in order, and cuts the parts of a table in that order.", column=True
        ),
    )
    group: str | None = field(
        default=None,
        metadata=doc(
            "The column of what rows belong to: no window crosses it; in a table no group is in two parts.", column=True
        ),
    )
    file_groups: bool = field(
        default=False,
        metadata=doc(
            "Of several files each is a group, called by its name without the ending: several series, or persons."
        ),
    )
    scale_by: Literal["all", "group"] = field(
        default="all",
        metadata=doc("Of a series, what a scale is fitted on: all of the training part, or each group's part of it."),
    )
    gaps: Gaps = field(
        default="split",
        metadata=doc(
            "Where `time` jumps: no window runs across, the loading ends, or windows run across as if nothing was."
        ),
    )
    sort: bool = field(
        default=False, metadata=doc("Put the rows in the order of `time`; false: rows out of order end the loading.")
    )
    duplicates: Duplicates = field(
        default="refuse", metadata=doc("A time that is there twice ends the loading, or its first or last row counts.")
    )
    columns: Mapping[str, CsvColumn] | None = field(
        default=None, metadata=doc("Settings by column: {name: {type:, encode:, missing:, scale:}}.", column=True)
    )

    def __post_init__(self) -> None:
        """Takes the mappings of a spec where it says `Window` and `CsvColumn`. Raises DataError on a wrong setting."""
        if self.window is not None:
            object.__setattr__(self, "window", settings(Window, self.window, "window"))
        given = {
            str(name): settings(CsvColumn, found, f"columns: {name}") for name, found in (self.columns or {}).items()
        }
        object.__setattr__(self, "columns", given)
        for name in ("weight", "time", "group"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, str(getattr(self, name)))

    def refuse_settings(self) -> None:
        targets = {self.target} if isinstance(self.target, str) else set(self.target or ())
        if self.file_groups and self.group is not None:
            raise DataError("`group` and `file_groups` each say what is a group: one of them is enough")
        if self.window is None and (both := targets & set(self.features or ())):
            raise DataError(f"column {min(both)!r} is a feature and the target")
        if self.window is None and self.time is not None and self.grouped:
            raise DataError("`time` and `group` each say how a table is split: one of them is enough")

    def facts(self, base: Path) -> Facts | None:
        """Nothing unless classes must be counted, which takes the whole file."""
        return None if self.plan(self.head(base)).task == "classification" else Facts()

    def load(self, base: Path) -> TableExamples | WindowExamples:
        path = self.place(base)
        head = self.head(base)
        plan = self.plan(head)
        rows = read_rows(path, head.dialect, head.names, plan.columns, self.on_error)
        if not len(rows):
            raise DataError("the file has no row to learn from", file=str(path))
        if self.file_groups:
            rows = with_files(rows)
        remarks = Remarks(rows, plan, head, task_told=self.task is not None).all()
        if self.window is not None:
            kind = WindowClasses if plan.task == "classification" else WindowExamples
            return kind(rows, plan, head, self.window, self.rules, remarks, self.cut)
        return TableExamples(rows, plan, head, remarks)

    def encode(self, raw: Sequence[Any], assets: Assets, base: Path) -> Mapping[str, Dense]:
        """New rows: mappings by column, or files, all of whose rows are meant.

        In a series each is a window: a list of mappings, as many as the window needs, or a file, whose last rows are
        meant, of each group. Values are read as those of the training part: a column that is not there is refused,
        columns in another order or too many do not matter.
        """
        entries = assets.scales("features")
        if self.window is not None:
            return self.encode_windows(raw, assets, base)
        tables: list[Rows] = []
        for is_row, items in groupby(raw, key=lambda item: isinstance(item, Mapping)):
            if is_row:
                tables.append(self.rows_by_name(list(items), self.asked(assets)))
            else:
                tables += [self.new_rows(item, self.asked(assets), base) for item in items]
        for rows in tables:
            column_encoding.tell_unseen(column_encoding.unseen_of(rows, entries))
        parts = [column_encoding.encode(rows, entries) for rows in tables]
        return {name: column_encoding.dense(concatenated([part[name].array for part in parts])) for name in parts[0]}

    def encode_windows(self, raw: Sequence[Any], assets: Assets, base: Path) -> Mapping[str, Dense]:
        windows = [found for found, _ in self.new_windows(raw, assets, base)]
        names = list(windows[0]) if windows else ["x"]
        return {name: column_encoding.dense(concatenated([one[name] for one in windows])) for name in names}

    def scalings(self, raw: Sequence[Any], assets: Assets, base: Path) -> list[tuple[str, Mapping[str, Any]]] | None:
        """Of new windows the group of each, and its scales. Says which groups training never saw."""
        if self.window is None or not self.grouped or assets.scaling is None:
            return None
        names = [name for _, group in self.new_windows(raw, assets, base) for name in group]
        tell_strange(names, assets)
        return [(name, scale_of(assets.scaling, name)) for name in names]

    def new_windows(
        self, raw: Sequence[Any], assets: Assets, base: Path
    ) -> Iterator[tuple[dict[str, np.ndarray], list[str]]]:
        """Of each item its windows, as `last_windows` gives them."""
        assert self.window is not None
        entries = assets.scales("features")
        wanted = self.window.extent if self.known_columns else self.window.seen
        for item in raw:
            is_file = isinstance(item, str | Path)
            if not is_file and not (isinstance(item, list | tuple) and all(isinstance(row, Mapping) for row in item)):
                raise DataError(f"a window is a list of mappings by column, or a file, not {type(item).__name__}")
            asked = self.asked(assets, ordered=is_file)
            rows = self.new_rows(item, asked, base) if is_file else self.rows_by_name(item, asked)
            if not is_file and len(rows) != wanted:
                more = ", and the rows to predict, with what is known of them" if self.known_columns else ""
                raise DataError(f"{len(rows)} rows, but the network sees {self.window.seen} steps{more}: {wanted}")
            if is_file and self.file_groups:
                rows = named_as(with_files(rows), assets)
            told = {**asked, **{name: self.column(asked[name].form, name) for name in (*entries, *self.known_columns)}}
            _, time, group = self.order
            plan = Plan(
                "forecast",
                tuple(entries),
                (),
                told,
                time=time if is_file else None,
                group=group if is_file else None,
                known=self.known_columns,
            )
            called = None if is_file else group_said(item, group)
            yield last_windows(rows, plan, self.window, self.rules, assets.scaling or {}, called)

    def asked(self, assets: Assets, ordered: bool = False) -> dict[str, Column]:
        """How cells of new rows are read: as those of training, but a missing one cannot be skipped.

        Args:
            ordered: with the columns that say the order of a series.
        """
        forms = {name: CellFormat.of(found) for name, found in assets.extra.get("cells", {}).items()}
        asked = {}
        known = assets.scales(KNOWN) if self.known_columns else {}
        for name, entry in {**assets.scales("features"), **known}.items():
            column = self.column(forms.get(name) or CellFormat(column_encoding.entry_type(entry)), name)
            missing: Missing = "fail" if column.missing == "skip" else column.missing
            if known and missing == "fail":
                missing = "zero"  # of the rows to predict the other columns are not there: see `refuse_missing`
            asked[name] = replace(column, missing=missing, most_categories=math.inf)
        if ordered:
            extra = [name for name in (self.time, self.group) if name is not None and name not in asked]
            asked |= {name: Column(forms[name]) for name in extra if name in forms}
        return asked

    def examples_in(self, lines: Iterable[str]) -> list[Any]:
        """Rows with their header; in a series they are one window. Raises DataError."""
        rows = self.mappings(lines)
        return rows if self.window is None else [rows]

    @property
    def of_times(self) -> dict[str, bool]:
        """The settings that say what is done with times, and whether the spec says one."""
        return {"sort": self.sort, "duplicates": self.duplicates != "refuse", "gaps": self.gaps != "split"}

    @property
    def rules(self) -> Rules:
        return Rules(self.sort, self.duplicates, self.gaps)

    def plan(self, head: Head) -> Plan:
        """Which columns are used, and how. Raises DataError on a column that isn't there or cannot be used so."""
        targets = tuple(map(str, [self.target] if isinstance(self.target, str) else self.target or ()))
        features = None if self.features is None else tuple(map(str, self.features))
        self.refuse_settings()
        if self.file_groups and FILE in head.names:
            raise DataError(f"`file_groups` makes a column {FILE!r}, and there is one", file=str(head.path))
        named = [name for name in (self.weight, self.time, self.group, *self.known_columns) if name is not None]
        for name in (*self.by_column, *targets, *named, *(features or ())):
            if name not in head.names:
                raise self.no_column(name, head.names, head.path)
        types = {name: self.of_column(name).type or head.forms[name].type for name in head.names}
        try:
            if self.window is None:
                return self.table_plan(head, types, features, targets)
            return self.series_plan(head, types, features, targets)
        except ValueError as error:
            raise DataError(str(error), file=str(head.path)) from None

    def table_plan(
        self, head: Head, types: Mapping[str, CellType], features: tuple[str, ...] | None, targets: tuple[str, ...]
    ) -> Plan:
        of_series = {"known": self.known_columns, "cut": self.cut == "group", "scale_by": self.scale_by == "group"}
        of_series |= self.of_times
        for setting, told in of_series.items():
            if told:
                raise ValueError(f"`{setting}` is for a series: say its `window`")
        if not targets:
            raise ValueError(f"which column is the `target`? There are {', '.join(types)}")
        other = (*targets, self.weight, self.time, self.group)
        if features is None:
            features = tuple(name for name in types if name not in other)
        if not features:
            raise ValueError("there is no column left for the features")
        classes = types[targets[0]] in ("category", "boolean")
        task = self.task or ("classification" if classes else "regression")
        if task == "classification" and len(targets) > 1:
            raise ValueError(
                f"{len(targets)} targets, but a classification has one; `Table` reads several, each by its kind"
            )
        columns = {name: self.column(head.form(name, types[name]), name) for name in features}
        for name in targets:
            if task == "regression" and types[name] == "category":
                raise ValueError(f"column {name!r} is the target of a regression, but its values are not numbers")
            kind: CellType = "category" if task == "classification" else types[name]
            columns[name] = self.target_column(head.form(name, kind), name)
        if self.weight is not None:
            if types[self.weight] != "number" or self.weight in (*features, *targets):
                raise ValueError(f"column {self.weight!r} cannot be the weight: it needs numbers, and no other use")
            columns[self.weight] = self.needed(head.form(self.weight))
        return Plan(task, features, targets, columns | self.order_columns(head, columns), *self.order)

    def series_plan(
        self, head: Head, types: Mapping[str, CellType], features: tuple[str, ...] | None, targets: tuple[str, ...]
    ) -> Plan:
        if self.weight is not None:
            raise ValueError("the windows of a series have no `weight`")
        if self.time is None and (told := next((name for name, said in self.of_times.items() if said), None)):
            raise ValueError(f"`{told}` goes by the column of times: say `time`")
        if self.cut == "group" and not self.grouped:
            raise ValueError("`cut: group` takes the `group` that is not to be in two parts")
        if self.scale_by == "group" and not self.grouped:
            raise ValueError("`scale_by: group` takes the `group`, or `file_groups: true`")
        classes = self.of_classes(types, targets)
        if features is None:
            other = (self.time, self.group)
            features = tuple(name for name, kind in types.items() if kind != "category" and name not in other)
            if classes or (self.window is not None and self.window.horizon == 0):
                features = tuple(name for name in features if name not in targets)
        if not targets:
            if len(features) != 1:
                raise ValueError(f"which column is the `target` of the forecast? There are {', '.join(features)}")
            targets = features
        if not features:
            raise ValueError("there is no column left for the features")
        if self.window is not None and self.window.horizon == 0 and (both := set(features) & set(targets)):
            raise ValueError(f"column {min(both)!r} is a feature, and with `horizon: 0` the target of the same step")
        if both := set(self.known_columns) & set(targets):
            raise ValueError(f"column {min(both)!r} is `known` of the steps to predict, and is what is to be predicted")
        columns = {}
        for name in dict.fromkeys((*features, *targets, *self.known_columns)):
            if classes and name in targets:
                if name in features:
                    raise ValueError(f"column {name!r} is the target, of classes, and no number among the `features`")
                columns[name] = self.needed(head.form(name, "category"))
                continue
            if types[name] == "category":
                text = next(iter(head.samples[name].texts), "")
                told = head.as_number(name) or f": {text!r} for one"
                raise ValueError(f"column {name!r} of the series is not of numbers{told}")
            columns[name] = self.column(head.form(name, types[name]), name)
        task: Task = "classification" if classes else "forecast"
        columns |= self.order_columns(head, columns)
        by_group = self.scale_by == "group"
        if by_group and all(columns[name].scale == "none" for name in (*features, *targets)):
            raise ValueError("`scale_by: group`, but nothing is scaled: say `scale: standard`")
        known = self.known_columns
        return Plan(task, features, targets, columns, *self.order, known=known, windows=True, by_group=by_group)

    @property
    def known_columns(self) -> tuple[str, ...]:
        return tuple(map(str, self.known or ()))

    def of_classes(self, types: Mapping[str, CellType], targets: tuple[str, ...]) -> bool:
        """Whether the windows of a series have classes. Raises ValueError where they cannot."""
        assert self.window is not None
        named = len(targets) == 1 and types[targets[0]] in ("category", "boolean")
        if self.task == "regression" or not (named or self.task == "classification"):
            return False
        if len(targets) != 1:
            raise ValueError(f"{len(targets)} targets, but a classification has one")
        if self.window.targets != 1:
            raise ValueError(
                f"a window has one class: say `horizon: 0`, that of its last step, not {self.window.targets}"
            )
        if self.known_columns:
            raise ValueError("`known` is for forecasts, and this target is a class")
        return True

    @property
    def order(self) -> tuple[str | None, str | None, str | None]:
        return self.weight, self.time, FILE if self.file_groups else self.group

    @property
    def grouped(self) -> bool:
        return self.group is not None or self.file_groups

    def order_columns(self, head: Head, columns: Mapping[str, Column]) -> dict[str, Column]:
        """The columns of time and group, where they have no other use. Their values are never made up."""
        found = {}
        if self.time is not None and self.time not in columns:
            kind = self.of_column(self.time).type or head.forms[self.time].type
            told = kind in ("time", "category") or self.time_format is not None or bool(head.samples[self.time].forms)
            found[self.time] = self.needed(head.form(self.time, "time" if told else "number", self.time_format))
        if self.group is not None:
            if self.group in columns:
                raise ValueError(f"column {self.group!r} is the group, and so no feature or target")
            found[self.group] = self.needed(head.form(self.group, "category"))
        return found

    @property
    def by_column(self) -> Mapping[str, CsvColumn]:
        return self.columns or {}

    def of_column(self, name: str) -> CsvColumn:
        return self.by_column.get(name, CsvColumn())

    def column(self, form: CellFormat, name: str) -> Column:
        told = self.of_column(name)
        refuse_idle(name, form.type, told.scale, told.encode, told.missing)
        most = math.inf if told.type else MOST_CATEGORIES
        return Column(form, told.missing or self.missing, told.scale or self.scale, told.encode, most)

    def target_column(self, form: CellFormat, name: str) -> Column:
        """A target is never made up, and in a table it keeps its units unless its own column says otherwise."""
        told = self.of_column(name)
        refuse_idle(name, form.type, told.scale, told.encode)
        return replace(self.needed(form), scale=told.scale or "none")


def group_said(rows: Sequence[Mapping[str, Any]], group: str | None) -> str:
    """The group that the rows of a window name, each the same. Raises DataError where they name several."""
    said = {str(row.get(group, "")) for row in rows} if group is not None else {""}
    if len(said) > 1:
        raise DataError(f"the rows of a window are of one {group!r}, not of {', '.join(sorted(said))}")
    return said.pop()


def concatenated(arrays: Sequence[np.ndarray]) -> np.ndarray:
    import numpy as np

    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)
