"""Typed rows out of a delimited text file: eight bytes a cell, in a file where memory would not do."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from nnspec.data.corpus import Numbering, Spool, read_lines
from nnspec.data.errors import DataError
from nnspec.data.protocol import Task
from nnspec.data.scaling import Method

if TYPE_CHECKING:
    import numpy as np

ColumnType = Literal["number", "category"]
Encoding = Literal["one_hot", "index"]
Missing = Literal["fail", "skip", "mean", "zero"]
EMPTY = frozenset({"", "na", "n/a", "nan", "null", "none", "?"})
SAMPLE_ROWS = 1000  # types are inferred from these
MOST_CATEGORIES = 256  # more distinct values than this are no category that nobody asked for


@dataclass(frozen=True, slots=True)
class Column:
    """How the cells of one column are read, and what becomes of them."""

    type: ColumnType
    missing: Missing = "fail"
    scale: Method = "none"
    encode: Encoding = "one_hot"
    most_categories: float = math.inf


@dataclass(frozen=True, slots=True)
class Plan:
    """The columns that are used, and what for."""

    task: Task
    features: tuple[str, ...]
    targets: tuple[str, ...]
    columns: Mapping[str, Column]
    weight: str | None = None


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the file is written."""

    separator: str
    header: bool
    encoding: str
    quotes: bool = True


@dataclass(frozen=True)
class Rows:
    """Cells of the chosen columns, row by row as doubles: numbers (NaN where missing), or numbers into `categories`."""

    file: str | None
    types: Mapping[str, ColumnType]
    categories: Mapping[str, tuple[str, ...]]
    cells: memoryview[float]  # float64, row-major; the first cell of a row is its line in the file
    skipped: tuple[DataError, ...]

    @property
    def width(self) -> int:
        return len(self.types) + 1

    def __len__(self) -> int:
        return len(self.cells) // self.width

    def line(self, row: int) -> int:
        return int(self.cells[row * self.width])

    def column(self, name: str) -> memoryview[float]:
        return self.cells[self.position(name) :: self.width]

    def position(self, name: str) -> int:
        return 1 + list(self.types).index(name)

    def matrix(self, names: Sequence[str], start: int = 0, end: int | None = None) -> np.ndarray:
        """The columns, of all rows or of some: float64 [n, len(names)]."""
        import numpy as np

        rows = np.asarray(self.cells).reshape(-1, self.width)[start:end]
        return rows[:, [self.position(name) for name in names]]


def records(path: Path, dialect: Dialect) -> Iterator[tuple[int, list[str]]]:
    """Every row that is not blank, with its (last) line in the file; the header first, if there is one."""
    if len(dialect.separator) != 1:
        raise DataError(f"`separator` is one character, not {dialect.separator!r}")
    lines = read_lines(path, dialect.encoding)
    if dialect.quotes:
        reader = csv.reader(lines, delimiter=dialect.separator)
    else:
        reader = csv.reader(lines, delimiter=dialect.separator, quoting=csv.QUOTE_NONE)
    try:
        for cells in reader:
            if cells:
                yield reader.line_num, cells
    except csv.Error as error:
        raise DataError(f"not readable as rows: {error}", file=str(path), line=reader.line_num) from error


def column_names(path: Path, dialect: Dialect) -> tuple[str, ...]:
    """The header, or "0", "1", ... where there is none. Raises DataError on an empty file and on a name twice."""
    line, cells = next(records(path, dialect), (0, []))
    if not cells:
        raise DataError("the file has no rows", file=str(path))
    names = tuple(cell.strip() for cell in cells) if dialect.header else tuple(map(str, range(len(cells))))
    for name in names:
        if names.count(name) > 1:
            raise DataError(f"two columns are called {name!r}", file=str(path), line=line)
    return names


def body(path: Path, dialect: Dialect) -> Iterator[tuple[int, list[str]]]:
    return islice(records(path, dialect), 1 if dialect.header else 0, None)


def infer_types(path: Path, dialect: Dialect, names: Sequence[str]) -> dict[str, ColumnType]:
    """A column is of numbers if most of its first values are: one that isn't is a mistake, not a category."""
    numbers, others = dict.fromkeys(names, 0), dict.fromkeys(names, 0)
    for _, cells in islice(body(path, dialect), SAMPLE_ROWS):
        for name, cell in zip(names, cells, strict=False):
            if cell.strip().lower() not in EMPTY:
                counter = numbers if is_number(cell) else others
                counter[name] += 1
    return {name: "number" if numbers[name] >= others[name] else "category" for name in names}


def is_number(cell: str) -> bool:
    try:
        return math.isfinite(float(cell))
    except ValueError:
        return False


def parse_number(cell: str) -> float:
    """NaN is a missing value. Raises ValueError."""
    try:
        value = float(cell)
    except ValueError:
        if cell.strip().lower() in EMPTY:
            return math.nan
        raise ValueError(f"{cell!r} is not a number") from None
    if math.isinf(value):
        raise ValueError(f"{cell!r} is not a finite number")
    return value


def category_parser(numbering: Numbering, limit: float) -> Callable[[str], float]:
    def parse(cell: str) -> float:
        text = " ".join(cell.split())  # in one line: classes are kept one a line
        if not text:
            return math.nan
        number = numbering[text]
        if number >= limit:
            raise ValueError(f"over {limit} different values that are not numbers")
        return number

    return parse


def read_rows(path: Path, dialect: Dialect, names: Sequence[str], columns: Mapping[str, Column], on_error: str) -> Rows:
    """Reads the columns of `columns` out of those of the file, `names`.

    Raises DataError naming file, line and column of the first row that cannot be read, unless on_error is "skip".
    """
    return collect(body(path, dialect), str(path), names, columns, on_error)


def rows_of(values: Sequence[Mapping[str, Any]], columns: Mapping[str, Column]) -> Rows:
    """Rows given as mappings by column. Raises DataError naming the row, counted from 1."""
    cells = ((line, [as_cell(row.get(name)) for name in columns]) for line, row in enumerate(values, 1))
    return collect(cells, None, tuple(columns), columns, "fail")


def as_cell(value: Any) -> str:
    return "" if value is None else str(value)


def collect(
    lines: Iterable[tuple[int, Sequence[str]]],
    file: str | None,
    names: Sequence[str],
    columns: Mapping[str, Column],
    on_error: str,
) -> Rows:
    numberings = {name: Numbering() for name, column in columns.items() if column.type == "category"}
    readers = [
        CellReader(
            name,
            names.index(name),
            category_parser(numberings[name], column.most_categories) if name in numberings else parse_number,
            column.missing,
        )
        for name, column in columns.items()
    ]
    spool = Spool("d")
    skipped: list[DataError] = []
    for line, cells in lines:
        try:
            spool.extend(parse_row(line, cells, readers, len(names)))
        except BadRow as bad:
            problem = DataError(str(bad), file=file, line=line, hint=bad.hint)
            if not (bad.skip or on_error == "skip"):
                raise problem from None
            skipped.append(problem)
    categories = {name: tuple(numbering) for name, numbering in numberings.items()}
    types = {name: column.type for name, column in columns.items()}
    return Rows(file, types, categories, spool.view(), tuple(skipped))


class CellReader(NamedTuple):
    name: str
    position: int
    parse: Callable[[str], float]
    missing: str


class BadRow(ValueError):
    """A row that cannot be used; `skip` where the rule for missing values is to leave it out."""

    def __init__(self, message: str, hint: str | None = None, skip: bool = False) -> None:
        super().__init__(message)
        self.hint = hint
        self.skip = skip


def parse_row(line: int, cells: Sequence[str], readers: Sequence[CellReader], width: int) -> list[float]:
    if len(cells) != width:
        raise BadRow(f"{len(cells)} cells, but the file has {width} columns")
    row: list[float] = [line]
    for name, position, parse, missing in readers:
        try:
            value = parse(cells[position])
        except ValueError as error:
            hint = f"`columns: {{{name}: {{type: category}}}}` if its values are names, or leave it out of `features`"
            raise BadRow(f"column {name!r}: {error}", hint) from None
        if value != value and missing in ("fail", "skip"):  # NaN alone differs from itself
            hint = "say `missing: skip`, `mean` or `zero` if that is meant"
            raise BadRow(f"column {name!r}: the value is missing", hint, skip=missing == "skip")
        row.append(value)
    return row
