"""Delimited text with typed columns: tables to classify or to fit, and windows over a time series."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, TypeVar

from nnspec.data import fitted
from nnspec.data.errors import DataError
from nnspec.data.given import check_names
from nnspec.data.protocol import Assets, Facts, doc
from nnspec.data.rows import (
    MOST_CATEGORIES,
    Column,
    ColumnType,
    Dialect,
    Encoding,
    Missing,
    Plan,
    body,
    column_names,
    infer_types,
    read_rows,
    rows_of,
)
from nnspec.data.scaling import Method
from nnspec.data.table import Dense
from nnspec.data.tabular import TableExamples
from nnspec.data.windows import Window, WindowExamples


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
class Csv:
    """Rows of typed columns. The features form one float32 vector `x` in their order, the target is `y`."""

    path: str = field(metadata=doc("The file, relative to the spec.", path=True))
    target: str | list[str] | None = field(
        default=None, metadata=doc("The column to predict, or several numbers; not needed for a series of one.")
    )
    features: list[str] | None = field(
        default=None,
        metadata=doc("The columns to predict from; null: all but the target, or all numbers of a series."),
    )
    weight: str | None = field(
        default=None, metadata=doc("The column of what each row counts in the loss; it is no feature.")
    )
    task: Literal["classification", "regression"] | None = field(
        default=None, metadata=doc("null: classification where the target is a category, else regression.")
    )
    window: Window | None = field(
        default=None,
        metadata=doc("Forecast: {length: steps seen, horizon: steps to predict, stride: between windows}."),
    )
    columns: Mapping[str, CsvColumn] | None = field(
        default=None, metadata=doc("Settings by column: {name: {type:, encode:, missing:, scale:}}.")
    )
    separator: str = field(default=",", metadata=doc("The character between columns."))
    header: bool = field(
        default=True, metadata=doc('Whether the first row names the columns; if not, they are "0", "1", ...')
    )
    missing: Missing = field(
        default="fail",
        metadata=doc("An empty cell of a feature ends the loading, its row is skipped, or it is mean or zero."),
    )
    scale: Method = field(
        default="none",
        metadata=doc("Scaling fitted on the training part, of feature numbers; in a series of targets, too."),
    )
    encoding: str = field(default="utf-8", metadata=doc("The encoding of the file, as Python names it."))
    on_error: Literal["fail", "skip"] = field(
        default="fail", metadata=doc("Whether a row that cannot be read ends the loading or is skipped and reported.")
    )

    def __post_init__(self) -> None:
        """Takes the mappings of a spec where it says `Window` and `CsvColumn`. Raises DataError on a wrong setting."""
        if self.window is not None:
            object.__setattr__(self, "window", settings(Window, self.window, "window"))
        given = {
            str(name): settings(CsvColumn, found, f"columns: {name}") for name, found in (self.columns or {}).items()
        }
        object.__setattr__(self, "columns", given)
        if self.weight is not None:
            object.__setattr__(self, "weight", str(self.weight))

    def facts(self, base: Path) -> Facts | None:
        """Nothing unless classes must be counted, which takes the whole file."""
        path = base / self.path
        names = column_names(path, self.dialect)
        plan = self.plan(names, infer_types(path, self.dialect, names), path)
        return None if plan.task == "classification" else Facts()

    def listing(self, base: Path) -> TableExamples | WindowExamples:
        return self.load(base)

    def load(self, base: Path) -> TableExamples | WindowExamples:
        path = base / self.path
        names = column_names(path, self.dialect)
        plan = self.plan(names, infer_types(path, self.dialect, names), path)
        rows = read_rows(path, self.dialect, names, plan.columns, self.on_error)
        if not len(rows):
            raise DataError("the file has no row to learn from", file=str(path))
        if self.window is not None:
            return WindowExamples(rows, plan, path, self.window)
        return TableExamples(rows, plan, path)

    def encode(self, raw: Sequence[Any], assets: Assets, base: Path) -> Mapping[str, Dense]:
        """New rows: mappings by column, or files, all of whose rows are meant.

        In a series each is a window: a list of mappings, as many as the window is long, or a file, whose last rows
        are meant.
        """
        assert assets.scaling is not None
        entries = assets.scaling["features"]
        asked = {name: self.asked(name, entry) for name, entry in entries.items()}
        groups = [self.mappings(item, base, tuple(entries)) for item in raw]
        for number, row in enumerate((row for group in groups for row in group), 1):
            check_names(row, entries, number, more=True, may_lack=entries)  # a missing value is read by its rule
        rows = rows_of([row for group in groups for row in group], asked)
        features = fitted.encode(rows, entries)
        if self.window is None:
            return features
        length = self.window.length
        for group in groups:
            if len(group) != length:
                raise DataError(f"{len(group)} rows, but the network sees {length} steps")
        x = features["x"].array
        return {"x": fitted.dense(x.reshape(len(groups), length, x.shape[1]))}

    def asked(self, name: str, entry: fitted.Entry) -> Column:
        """How a cell of a new row is read: a missing one cannot be skipped."""
        column = self.column(fitted.entry_type(entry), name)
        missing = "fail" if column.missing == "skip" else column.missing
        return replace(column, missing=missing, most_categories=math.inf)

    def mappings(self, item: Any, base: Path, wanted: Sequence[str]) -> list[Mapping[str, Any]]:
        if isinstance(item, Mapping):
            return [item]
        if not isinstance(item, str | Path):
            return list(item)
        names = column_names(base / item, self.dialect)
        check_names(dict.fromkeys(names), wanted, None, more=True, file=str(base / item))
        rows = (by_column(names, cells, base / item, line) for line, cells in body(base / item, self.dialect))
        return list(deque(rows, maxlen=self.window.length if self.window else None))

    @property
    def dialect(self) -> Dialect:
        return Dialect(self.separator, self.header, self.encoding)

    def plan(self, names: Sequence[str], inferred: Mapping[str, ColumnType], path: Path) -> Plan:
        """Which columns are used, and how. Raises DataError on a column that isn't there or cannot be used so."""
        targets = tuple(map(str, [self.target] if isinstance(self.target, str) else self.target or ()))
        features = None if self.features is None else tuple(map(str, self.features))
        weight = () if self.weight is None else (self.weight,)
        for name in (*self.given, *targets, *weight, *(features or ())):
            if name not in names:
                close = get_close_matches(name, names, 1)
                raise DataError(
                    f"no column {name!r}: there are {', '.join(names)}",
                    file=str(path),
                    line=1,
                    hint=f"did you mean {close[0]!r}?" if close else None,
                )
        types = {name: self.given.get(name, CsvColumn()).type or inferred[name] for name in names}
        try:
            if self.window is None:
                return self.table_plan(types, features, targets)
            return self.series_plan(types, features, targets)
        except ValueError as error:
            raise DataError(str(error), file=str(path)) from None

    def table_plan(
        self, types: Mapping[str, ColumnType], features: tuple[str, ...] | None, targets: tuple[str, ...]
    ) -> Plan:
        if not targets:
            raise ValueError(f"which column is the `target`? There are {', '.join(types)}")
        if features is None:
            features = tuple(name for name in types if name not in targets and name != self.weight)
        if not features:
            raise ValueError("there is no column left for the features")
        if both := set(features) & set(targets):
            raise ValueError(f"column {min(both)!r} is a feature and the target")
        task = self.task or ("classification" if types[targets[0]] == "category" else "regression")
        if task == "classification" and len(targets) > 1:
            raise ValueError(f"{len(targets)} targets, but a classification has one")
        columns = {name: self.column(types[name], name) for name in features}
        for name in targets:
            if task == "regression" and types[name] != "number":
                raise ValueError(f"column {name!r} is the target of a regression, but its values are not numbers")
            columns[name] = self.target_column("category" if task == "classification" else "number", name)
        if self.weight is not None:
            if types[self.weight] != "number" or self.weight in (*features, *targets):
                raise ValueError(f"column {self.weight!r} cannot be the weight: it needs numbers, and no other use")
            columns[self.weight] = Column("number", "skip" if self.missing == "skip" else "fail")
        return Plan(task, features, targets, columns, self.weight)

    def series_plan(
        self, types: Mapping[str, ColumnType], features: tuple[str, ...] | None, targets: tuple[str, ...]
    ) -> Plan:
        if self.weight is not None:
            raise ValueError("the windows of a series have no `weight`")
        if features is None:
            features = tuple(name for name, kind in types.items() if kind == "number")
        if not targets:
            if len(features) != 1:
                raise ValueError(f"which column is the `target` of the forecast? There are {', '.join(features)}")
            targets = features
        columns = {}
        for name in dict.fromkeys((*features, *targets)):
            if types[name] != "number":
                raise ValueError(f"column {name!r} of the series is not of numbers")
            columns[name] = self.column("number", name)
            if columns[name].missing == "skip":
                raise ValueError("`missing: skip` would tear the series: say `mean` or `zero`")
        return Plan("forecast", features, targets, columns)

    @property
    def given(self) -> Mapping[str, CsvColumn]:
        return self.columns or {}

    def column(self, kind: ColumnType, name: str) -> Column:
        given = self.given.get(name, CsvColumn())
        return Column(
            kind,
            given.missing or self.missing,
            given.scale or self.scale,
            given.encode,
            math.inf if given.type else MOST_CATEGORIES,
        )

    def target_column(self, kind: ColumnType, name: str) -> Column:
        """A target is never made up, and in a table it keeps its units unless its own column says otherwise."""
        scale = self.given.get(name, CsvColumn()).scale
        return Column(kind, "skip" if self.missing == "skip" else "fail", scale or "none")


def by_column(names: Sequence[str], cells: Sequence[str], path: Path, line: int) -> dict[str, str]:
    """A row as a mapping. Raises DataError where it has more or fewer cells than there are columns."""
    if len(cells) != len(names):
        raise DataError(f"{len(cells)} cells, but the file has {len(names)} columns", file=str(path), line=line)
    return dict(zip(names, cells, strict=True))


T = TypeVar("T")


def settings(kind: type[T], found: T | Mapping[str, Any], place: str) -> T:
    """A dataclass from a mapping of the spec. Raises DataError naming a setting that it does not have."""
    if isinstance(found, kind):
        return found
    if not isinstance(found, Mapping):
        raise DataError(f"`{place}` is a mapping of settings, not {found!r}")
    names = [entry.name for entry in fields(kind)]  # type: ignore[arg-type]
    for name in found:
        if name not in names:
            raise DataError(f"`{place}` has no setting {name!r}: there are {', '.join(names)}")
    try:
        return kind(**found)
    except (TypeError, ValueError) as error:
        raise DataError(f"`{place}`: {error}") from None
