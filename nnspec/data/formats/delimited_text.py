"""Typed rows out of a delimited text file: eight bytes a cell, in a file where memory would not do."""

from __future__ import annotations

import csv
import io
import math
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from nnspec.data.errors import DataError
from nnspec.data.formats.cells import TEXTUAL, CellFormat, CellType, cell_of, is_number, parser, plain_numbers, written
from nnspec.data.formats.origins import Origins, Place
from nnspec.data.formats.plain_table import origins_of, plain
from nnspec.data.formats.times import UNITS, forms_of, looks_like_time
from nnspec.data.protocol import Task
from nnspec.data.scaling import Method
from nnspec.data.text.corpus import LONGEST_LINE, Numbering, Spool, read_lines
from nnspec.quick_classes import dataclass

if TYPE_CHECKING:
    import _csv

    import numpy as np

Encoding = Literal["one_hot", "index"]
Missing = Literal["fail", "skip", "mean", "zero"]
MOST_CATEGORIES = 256  # more distinct values than this are no category that nobody asked for
CELLS_AT_ONCE = 4096
LONGEST_CELL = LONGEST_LINE  # Python's own limit is 131,072
MOST_COLUMNS = 32_768


@dataclass(frozen=True, slots=True)
class Column:
    """How the cells of one column are read, and what becomes of them."""

    form: CellFormat
    missing: Missing = "fail"
    scale: Method = "none"
    encode: Encoding = "one_hot"
    most_categories: float = math.inf

    @property
    def type(self) -> CellType:
        return self.form.type


@dataclass(frozen=True, slots=True)
class Plan:
    """The columns that are used, and what for.

    Attributes:
        known: those that are known at the steps that a series is predicted for.
        windows: whether rows are the steps of a series.
        by_group: whether each group has a scale of its own.
    """

    task: Task
    features: tuple[str, ...]
    targets: tuple[str, ...]
    columns: Mapping[str, Column]
    weight: str | None = None
    time: str | None = None
    group: str | None = None
    known: tuple[str, ...] = ()
    windows: bool = False
    by_group: bool = False


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the file is written.

    Attributes:
        separator: one character; a space stands for any run of spaces.
        header: how many rows name the columns.
        names: of the columns, instead of those of the header.
        only_head: whether the first rows will do, of a table that is copied to be read.
        comment: lines that start with it are left out.
        skip_lines: so many lines before the header are left out.
    """

    separator: str
    header: int
    encoding: str
    quotes: bool = True
    comment: str | None = None
    skip_lines: int = 0
    names: tuple[str, ...] | None = None
    only_head: bool = False

    def reader(self, lines: Iterable[str], strict: bool = False) -> _csv.Reader:
        """The cells of each row. Args: strict: whether it is an error where a cell goes on behind its closing quote."""
        if not self.quotes:
            return csv.reader(lines, delimiter=self.separator, quoting=csv.QUOTE_NONE)
        spaces = self.separator != "\t"
        return csv.reader(lines, delimiter=self.separator, skipinitialspace=spaces, strict=strict)


@dataclass(frozen=True)
class Rows:
    """Cells of the chosen columns as doubles: numbers (NaN where missing), or numbers into `categories`.

    Attributes:
        numbers: of each row in what it was read from.
        columns: by name the cells, float64 [rows], not to be written to; also columns that the file does not have.
        breaks: numbers of rows before which a row was left out.
        markers: by column the markers of missing values, and how often each is there.
    """

    origins: Origins
    types: Mapping[str, CellType]
    categories: Mapping[str, tuple[str, ...]]
    numbers: Sequence[float]
    columns: Mapping[str, memoryview[float]]
    skipped: tuple[DataError, ...]
    breaks: tuple[int, ...] = ()
    markers: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @property
    def file(self) -> str | None:
        return self.origins.file

    def __len__(self) -> int:
        return len(self.numbers)

    def number(self, row: int) -> int:
        """Of a row in what it was read from: `origins` tells the file and the line."""
        return int(self.numbers[row])

    def place(self, row: int) -> Place:
        return self.origins.place(self.number(row))

    def named(self, row: int) -> str:
        return self.origins.named(self.number(row))

    def column(self, name: str) -> memoryview[float]:
        return self.columns[name]

    def texts(self, name: str) -> list[str | None]:
        """The texts of a column of categories or texts; None where one is missing."""
        known = self.categories[name]
        return [None if math.isnan(cell) else known[int(cell)] for cell in self.column(name)]

    def only(self, kept: Sequence[int]) -> Rows:
        """The rows of these numbers."""
        cells = {name: array("d", map(column.__getitem__, kept)) for name, column in self.columns.items()}
        columns: dict[str, Any] = {name: memoryview(column) for name, column in cells.items()}
        return replace(self, numbers=array("q", map(self.number, kept)), columns=columns)

    def matrix(self, names: Sequence[str], start: int = 0, end: int | None = None) -> np.ndarray:
        """The columns, of all rows or of some: float64 [n, len(names)]."""
        import numpy as np

        return np.stack([np.asarray(self.columns[name][start:end]) for name in names], axis=1)


def records(path: Path, dialect: Dialect) -> Iterator[tuple[int, list[str]]]:
    """Every row that is not blank, with its number, those of the header first, if there are any.

    That is its (last) line in the file; of a copy of rows that were in no lines it counts these: see `origins_of`.

    Of a lone column a blank line between others is a missing value, as pandas writes it.
    """
    if len(dialect.separator) != 1:
        hint = f"replace each {dialect.separator!r} of the file by a tab, which no cell of it holds as a rule"
        raise DataError(f"`separator` is one character, not {dialect.separator!r}", hint=hint)
    lines = Lines(path, dialect)
    csv.field_size_limit(LONGEST_CELL)
    reader = dialect.reader(lines)
    width, blank = 0, list[int]()
    by_rows = origins_of(path).rows
    try:
        for count, cells in enumerate(reader, 1):
            line = count if by_rows else lines.number or reader.line_num
            if lines.ended:  # the reader looked for another line: the row did not end
                raise unended(path, line, cells)
            lines.refuse_odd_quotes(line)
            if cells:
                if blank:
                    yield from ((number, [""]) for number in blank)
                    blank = []
                yield line, cells
                width = len(cells)
            elif width == 1:
                blank.append(line)
    except csv.Error as error:
        raise unreadable(path, str(error), lines.number or reader.line_num, lines.count) from error


def unreadable(path: Path, said: str, line: int, before: int) -> DataError:
    """What Python's reader said, in words for who did not open the file. Args: before: lines of the row before this."""
    message, hint = f"not readable as rows: {said}", ""
    if "new-line" in said:
        message = "a carriage return within a line: the file mixes line ends"
        hint = "write it with one kind of them"
    elif "field limit" in said:
        line -= before
        message = f"a cell of the row that begins here has more than {LONGEST_CELL:,} characters"
        hint = "a quote may be opened in it that is never closed"
    return DataError(message, file=str(path), line=line, hint=hint)


def unended(path: Path, line: int, cells: Sequence[str]) -> DataError:
    first = line - sum(cell.count("\n") for cell in cells) + cells[-1].endswith("\n")
    message = "a quote is opened and never closed: the row that begins here runs to the end of the file"
    return DataError(message, file=str(path), line=first)


class Lines:
    """The lines of a table without its comments.

    Attributes:
        number: of the line that was read last, 0 where none is left out and the reader's own number holds.
        ended: whether all were read.
        first: that which the row begins with that is being read; "" between rows.
        more: the others of that row, as one text, since each of very many short ones would take many times its length.
        count: how many these are.
    """

    def __init__(self, path: Path, dialect: Dialect) -> None:
        self.path, self.dialect = path, dialect
        self.number, self.ended = 0, False
        self.first, self.more, self.count = "", io.StringIO(), 0

    def __iter__(self) -> Iterator[str]:
        dialect = self.dialect
        lines = self.read()
        if dialect.comment or dialect.skip_lines or dialect.separator == " ":
            lines = self.without_comments(lines)
        return chain(self.kept(lines) if dialect.quotes else lines, self.mark_end())

    def kept(self, lines: Iterable[str]) -> Iterator[str]:
        for line in lines:
            if self.first:
                self.more.write(line)
                self.count += 1
            else:
                self.first = line
            yield line

    def refuse_odd_quotes(self, last: int) -> None:
        """Raises DataError where quotes within the row that was read are not doubled, but escaped, or as they are.

        Such a cell ends early, and swallows what comes behind it, lines among that. Args: last: the line of its end.
        """
        if self.count or '\\"' in self.first:
            row = self.first + self.more.getvalue()
            try:
                list(self.dialect.reader(io.StringIO(row, newline="\n"), strict=True))
            except csv.Error:
                hint = 'within quotes a quote is doubled: `""`'
                if '\\"' in row:
                    hint += '; a file with `\\"` becomes one by `pandas.read_csv(..., escapechar="\\\\").to_csv(...)`'
                where = origins_of(self.path).place(last - self.count)
                raise DataError("a cell goes on behind the quote that ends it", **where, hint=hint) from None
            self.more, self.count = io.StringIO(), 0
        self.first = ""

    def read(self) -> Iterator[str]:
        text = plain(self.path, self.dialect.only_head)
        try:
            yield from read_lines(text, self.dialect.encoding, is_table=True)
        except DataError as error:
            error.file = str(self.path) if error.file == str(text) else error.file
            raise

    def without_comments(self, lines: Iterable[str]) -> Iterator[str]:
        comment, skipped = self.dialect.comment, self.dialect.skip_lines
        spaces = self.dialect.separator == " "
        for number, line in enumerate(lines, 1):
            if number > skipped and not (comment and line.startswith(comment)):
                self.number = number
                yield without_tabs(line.strip()) + "\n" if spaces else line

    def mark_end(self) -> Iterator[str]:
        self.ended = True
        yield from ()


def without_tabs(line: str) -> str:
    """A line whose columns are apart by white space, with spaces alone; what is quoted stays as it is."""
    if "\t" not in line:
        return line
    parts = line.split('"')
    parts[::2] = [part.replace("\t", " ") for part in parts[::2]]
    return '"'.join(parts)


def column_names(path: Path, dialect: Dialect) -> tuple[str, ...]:
    """The header, or "0", "1", ... where there is none; so are columns without a name.

    Several rows of a header are joined: a cell of an upper row also names the empty ones after it, and empty ones at
    the end of the header are no columns.

    Raises DataError on an empty file and on a name twice.
    """
    rows = list(islice(records(path, replace(dialect, only_head=True)), max(1, dialect.header)))
    if not rows or len(rows) < dialect.header:
        raise DataError("the file has no rows", file=str(path))
    line, cells = rows[-1]
    where = origins_of(path).place(line)
    width = len(cells)
    if dialect.header:
        names = joined([row for _, row in rows])
        while names and not names[-1]:
            names.pop()
        width = len(names)
    else:
        names = [""] * width
    if dialect.names is not None:
        if len(dialect.names) != width:
            raise DataError(f"`names` has {len(dialect.names)} names, but the file has {width} columns", **where)
        names = list(dialect.names)
    found = tuple(name or str(number) for number, name in enumerate(names))
    if len(found) > MOST_COLUMNS:
        raise DataError(
            f"{len(found):,} columns; a table has at most {MOST_COLUMNS:,}",
            **where,
            hint="save the numbers as an array, and read it with the source `Arrays`",
        )
    for name, count in Counter(found).items():
        if count > 1:
            raise DataError(
                f"two columns are called {name!r}",
                **where,
                hint="name all columns by `names: [...]`; `header: 2` where two rows name them",
            )
    return found


def joined(rows: Sequence[Sequence[str]]) -> list[str]:
    """One name for each column out of the rows of a header."""
    names = [""] * max(map(len, rows))
    for depth, row in enumerate(rows):
        last = ""
        for number in range(len(names)):
            text = " ".join(row[number].split()) if number < len(row) else ""
            if depth < len(rows) - 1:  # what groups several columns stands above the first of them
                last = text = text or last
            names[number] = " / ".join(filter(None, (names[number], text)))
    return names


def body(path: Path, dialect: Dialect) -> Iterator[tuple[int, list[str]]]:
    return islice(records(path, dialect), int(dialect.header), None)


def read_rows(path: Path, dialect: Dialect, names: Sequence[str], columns: Mapping[str, Column], on_error: str) -> Rows:
    """Reads the columns of `columns` out of those of the file, `names`.

    Raises DataError naming file, line and column of the first row that cannot be read, unless on_error is "skip".
    """
    from nnspec.data.formats.arrow_rows import fast_rows

    found = fast_rows(path, dialect, names, columns)
    return collect(body(path, dialect), origins_of(path), names, columns, on_error) if found is None else found


def rows_of(values: Sequence[Mapping[str, Any]], columns: Mapping[str, Column]) -> Rows:
    """Rows given as mappings by column. Raises DataError naming the row, counted from 1."""
    cells = (
        (line, [cell_of(row.get(name), column.form) for name, column in columns.items()])
        for line, row in enumerate(values, 1)
    )
    return collect(cells, Origins(None), tuple(columns), columns, "fail")


def collect(
    lines: Iterable[tuple[int, Sequence[str]]],
    origins: Origins,
    names: Sequence[str],
    columns: Mapping[str, Column],
    on_error: str,
) -> Rows:
    reader = RowReader(names, columns)
    spool = Spool("d")
    read: list[float] = []
    skipped: list[DataError] = []
    breaks: list[int] = []
    counts: Counter[str] = Counter()
    count = 0
    for line, cells in lines:
        try:
            read += reader.read(line, cells)
        except BadRow as bad:
            problem = DataError(f"{bad}", **origins.place(line), hint=bad.hint)
            if not (bad.skip or on_error == "skip"):
                raise problem from None
            skipped.append(problem)
            counts[str(bad)] += bad.skip
            breaks.append(count)
        else:
            count += 1
            if len(read) > CELLS_AT_ONCE:
                spool.extend(read)
                read.clear()
    spool.extend(read)
    view, width = spool.view(), len(reader.columns) + 1  # row by row, each with its line first
    return Rows(
        origins,
        {name: column.type for name, column in reader.columns.items()},
        {name: tuple(numbering) for name, numbering in reader.numberings.items()},
        view[::width],
        {name: view[place::width] for place, name in enumerate(reader.columns, 1)},
        tuple(summed_up(skipped, counts)),
        tuple(breaks),
        {name: dict(counted) for name, counted in reader.markers.items() if counted},
    )


class RowReader:
    """The cells of a row as numbers.

    Attributes:
        columns: those that are read, in the order of their numbers: plain ones first, as they are read all at once.
    """

    def __init__(self, names: Sequence[str], columns: Mapping[str, Column]) -> None:
        plain = {name: column for name, column in columns.items() if column.form.is_plain}
        self.columns: Mapping[str, Column] = {**plain, **columns}
        self.width, self.all_plain = len(names), len(plain) == len(columns)
        self.numberings = {name: Numbering() for name, column in columns.items() if column.type in TEXTUAL}
        self.markers: dict[str, Counter[str]] = {name: Counter() for name in columns}
        self.parsers = [
            parser(column.form, self.numberings.get(name), column.most_categories, self.markers[name])
            for name, column in self.columns.items()
        ]
        places = {name: place for place, name in enumerate(names)}
        self.places = [places[name] for name in self.columns]
        self.numbers = plain_numbers(self.places[: len(plain)])

    def read(self, line: int, cells: Sequence[str]) -> list[float]:
        """The line and the numbers of the columns, NaN for what is missing and may be. Raises BadRow."""
        if len(cells) != self.width:
            refuse_width(line, cells, self.width)
        row: list[float] = [line]
        found = self.numbers(cells)
        if found is not None:
            row += found
            if self.all_plain:
                return row
        self.parse(row, cells)
        if math.isnan(sum(row)):
            self.refuse_missing(row, cells)
        return row

    def parse(self, row: list[float], cells: Sequence[str]) -> None:
        """Appends the numbers of the columns that `row` lacks, cell by cell."""
        first = len(row) - 1
        place = 0
        try:
            for parse, place in zip(self.parsers[first:], self.places[first:], strict=True):
                row.append(parse(cells[place]))
        except ValueError as error:
            name, column = list(self.columns.items())[len(row) - 1]
            lines = ": the cell runs over several lines: is a quote left open?" if "\n" in cells[place] else ""
            raise BadRow(f"column {name!r}: {error}{lines}", unreadable_hint(name, cells[place], column)) from None

    def refuse_missing(self, row: Sequence[float], cells: Sequence[str]) -> None:
        """Raises BadRow on a missing value, NaN, in a column that cannot do without."""
        for (name, column), place, value in zip(self.columns.items(), self.places, row[1:], strict=True):
            if math.isnan(value) and column.missing in ("fail", "skip"):
                raise missing_value(name, cells[place].strip(), column)


def summed_up(skipped: Sequence[DataError], counts: Mapping[str, int]) -> Iterator[DataError]:
    """The rows that were left out, those of one missing value as one."""
    told = set()
    for problem in skipped:
        count = counts[problem.message]
        if count <= 1:
            yield problem
        elif problem.message not in told:
            told.add(problem.message)
            message = f"{count} rows left out, this one first: {problem.message}"
            yield DataError(message, file=problem.file, line=problem.line, row=problem.row, hint=problem.hint)


class BadRow(ValueError):
    """A row that cannot be used; `skip` where the rule for missing values is to leave it out."""

    def __init__(self, message: str, hint: str | None = None, skip: bool = False) -> None:
        super().__init__(message)
        self.hint = hint
        self.skip = skip


def refuse_width(line: int, cells: Sequence[str], width: int) -> None:
    """Raises BadRow, unless all that the row has too much is empty cells at its end."""
    if len(cells) > width and not any(cell.strip() for cell in cells[width:]):
        return
    first = line - sum(cell.count("\n") for cell in cells)
    begins = f"; the row begins on line {first}: is a quote left open there?" if first < line else ""
    raise BadRow(f"{len(cells)} cells, but the file has {width} columns{begins}")


def unreadable_hint(name: str, cell: str, column: Column) -> str:
    quoted = yaml_name(name)
    names = f"`columns: {{{quoted}: {{type: category}}}}` if its values are names, or leave it out of `features`"
    if column.type == "category":
        return other_type(quoted, cell) + names
    if column.type == "time":
        forms = forms_of([cell.strip()])
        if not forms and is_number(cell):
            units = ", ".join(f"`time_format: {unit}`" for unit in UNITS)
            return f"{units} since 1970; other numbers, such as Excel's days, are in order as they are: `type: number`"
        return f'say how times are written: `time_format: "{forms[0] if forms else "..."}"`'
    return (
        f"{names}; `missing_values: [{cell.strip()!r}, ...]` if that means missing; "
        "`decimal`, `thousands` or `type: number` for other ways of writing numbers"
    )


def other_type(name: str, cell: str) -> str:
    """What a value that is no category of few values looks like, and the option that reads it."""
    if looks_like_time(cell.strip()):
        return f"`columns: {{{name}: {{type: time}}}}` if it is a time; "
    if written(cell.strip()):
        return f"`decimal`, `thousands` or `columns: {{{name}: {{type: number}}}}` if it is a number; "
    return ""


def missing_value(name: str, marker: str, column: Column) -> BadRow:
    skip = column.missing == "skip"
    hint = "" if skip else "say `missing: skip`, `mean` or `zero` if that is meant"
    if marker:
        hint += ("; " if hint else "") + f"`missing_values: []` where {marker!r} is a value"
    message = f"column {name!r}: the value is missing" + (f" ({marker!r})" if marker else "")
    return BadRow(message, hint or None, skip=skip)


def yaml_name(name: str) -> str:
    """A column's name as it can stand in YAML."""
    return name if name.replace("_", "a").isalnum() and not name[0].isdigit() else repr(name)
