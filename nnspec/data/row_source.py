"""What the sources of tables, Csv and Table, share: how a file of rows is written, and reading it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, fields, replace
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeVar

from nnspec.data.errors import DataError
from nnspec.data.files import new_file
from nnspec.data.formats.cells import TEXTUAL, CellFormat, CellType
from nnspec.data.formats.delimited_text import (
    Column,
    Dialect,
    Encoding,
    Missing,
    Rows,
    column_names,
    joined,
    read_rows,
    rows_of,
)
from nnspec.data.formats.plain_table import origins_of
from nnspec.data.formats.table_files import is_plain, parts_of, place_of
from nnspec.data.formats.table_head import Head, Writing, guess_separator, look
from nnspec.data.given import check_names
from nnspec.data.nearest import nearest
from nnspec.data.protocol import Source, doc
from nnspec.data.scaling import Method
from nnspec.quick_classes import dataclass


@dataclass(frozen=True)
class RowSource(Source):
    """A file of rows, with its first ones looked at to tell how it is written."""

    written_as: ClassVar = "path"
    takes_several: ClassVar = True

    path: str | list[str] = field(
        metadata=doc(
            "The file, relative to the spec: delimited text (.gz, .bz2, .xz), Parquet, Feather or JSON lines; "
            "a folder or a pattern of several, or a list of them.",
            path=True,
        )
    )
    separator: str | None = field(
        default=None,
        metadata=doc(
            "The character between columns, a space for any run of spaces; null: the one of , ; tab and | that fits."
        ),
    )
    header: bool | int | None = field(
        default=None,
        metadata=doc(
            'Whether the first row names the columns, or how many rows do; false: they are "0", "1", ...; '
            "null: one row, refused where it seems to be data."
        ),
    )
    names: list[str] | None = field(default=None, metadata=doc("Names of all columns, instead of those of the header."))
    skip_lines: int = field(default=0, metadata=doc("Lines before the header that are left out, titles for one."))
    comment: str | None = field(default=None, metadata=doc("Lines that start with this are left out."))
    decimal: str | None = field(
        default=None, metadata=doc("The mark before decimals; null: a point, or a comma where the numbers say so.")
    )
    thousands: str | None = field(
        default=None,
        metadata=doc('The mark between groups of digits, "" for none; null: as the numbers say where it is clear.'),
    )
    time_format: str | None = field(
        default=None,
        metadata=doc(
            "How times are written: %d/%m/%Y %H:%M and so on, ISO, quarters (1995-Q1), or seconds, milliseconds, "
            "microseconds or nanoseconds since 1970; null: told by the first rows."
        ),
    )
    missing_values: list[str | float] | None = field(
        default=None,
        metadata=doc("What means missing, beside an empty cell; null: NA, N/A, #N/A, nan, null, ?, -, -- and ."),
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

    def place(self, base: Path) -> Path:
        """The table, of one file or of several."""
        return place_of(base, self.path)

    def head(self, base: Path) -> Head:
        """Names and types, as the first rows of the file tell them. Raises DataError."""
        path = self.place(base)
        return look(path, self.dialect(path), self.writing, asked_header=self.header is not None)

    def columns_there(self, base: Path) -> Sequence[str]:
        path = self.place(base)
        first = next(iter(parts_of(path)), path)
        return column_names(first, self.dialect(first)) if is_plain(first) else ()

    def mappings(self, lines: Iterable[str]) -> list[Mapping[str, str]]:
        """Rows of text, written as a file of the source is, as mappings by column. Raises DataError."""
        import csv

        text = list(islice(lines, self.skip_lines, None))
        if self.comment:
            text = [line for line in text if not line.startswith(self.comment)]
        separator = self.separator or max(",;\t|", key=lambda mark: text[0].count(mark) if text else 0)
        rows = [row for row in csv.reader(text, delimiter=separator, skipinitialspace=True) if row]
        if not rows:
            return []
        header = 1 if self.header is None else int(self.header)
        names = list(map(str, self.names or (joined(rows[:header]) if header else range(len(rows[0])))))
        rows = rows[header:]
        for number, row in enumerate(rows, 1):
            if len(row) != len(names):
                raise DataError(f"row {number}: {len(row)} cells, but there are {len(names)} columns")
        return [dict(zip(names, row, strict=True)) for row in rows]

    def new_rows(self, item: Any, asked: Mapping[str, Column], base: Path) -> Rows:
        """The rows of a file. Raises DataError where it lacks a column, with the file and the line."""
        if not isinstance(item, str | Path):
            raise DataError(f"a row is a mapping of values by column, or the path of a file, not {item!r}")
        path = new_file(base, item)
        dialect = self.dialect(path)
        names = column_names(path, dialect)
        check_names(dict.fromkeys(names), asked, None, more=True, file=str(path))
        return read_rows(path, dialect, names, asked, "fail")

    def rows_by_name(self, rows: Sequence[Mapping[str, Any]], asked: Mapping[str, Column]) -> Rows:
        """Rows given as mappings. A value that is not there is read by the rule for missing ones."""
        flat = [flattened(row) for row in rows]
        for number, row in enumerate(flat, 1):
            check_names(row, asked, number, more=True, may_lack=asked)
        return rows_of(flat, asked)

    def dialect(self, path: Path) -> Dialect:
        """How the file is written; the separator is looked for where the spec does not say it."""
        names = None if self.names is None else tuple(map(str, self.names))
        header = 1 if self.header is None else int(self.header)
        if header < 0 or self.skip_lines < 0:
            raise DataError("`header` and `skip_lines` are at least 0")
        if (header != 1 or self.skip_lines) and not is_plain(path) and len(parts_of(path)) > 1:
            message = "several files have one line each as a header: `skip_lines` and another `header` are for one file"
            raise DataError(message, file=str(path))
        found = Dialect(
            self.separator or ",", header, self.encoding, comment=self.comment, skip_lines=self.skip_lines, names=names
        )
        return found if self.separator else replace(found, separator=guess_separator(path, found))

    @property
    def writing(self) -> Writing:
        markers = self.missing_values
        told = None if markers is None else tuple(" ".join(str(marker).split()).casefold() for marker in markers)
        if self.decimal is not None and self.decimal == self.thousands:
            raise DataError(f"`decimal` and `thousands` are both {self.decimal!r}")
        thousands = " " if self.thousands and self.thousands.isspace() else self.thousands
        return Writing(self.decimal, thousands, told, self.time_format)

    def no_column(self, name: str, names: Sequence[str], path: Path) -> DataError:
        close = nearest(name, names)
        return DataError(
            f"no column {name!r}: there are {', '.join(names)}",
            **origins_of(path).place(1),
            hint=f"did you mean {close!r}?" if close else None,
        )

    def needed(self, form: CellFormat) -> Column:
        """A column that no row can do without."""
        return Column(form, "skip" if self.missing == "skip" else "fail")


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


def flattened(row: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """A row by column: a record within it is a column for each of its entries, `size.width`, as in a file of JSON."""
    found: dict[str, Any] = {}
    for name, value in row.items():
        found |= flattened(value, f"{before}{name}.") if isinstance(value, Mapping) else {f"{before}{name}": value}
    return found


def refuse_idle(
    name: str, kind: CellType, scale: Method | None, encode: Encoding = "one_hot", missing: Missing | None = None
) -> None:
    """Raises ValueError where a column is told what its type has no use for: it would be passed over."""
    if kind in TEXTUAL:
        if scale not in (None, "none"):
            raise ValueError(f"column {name!r} is of categories, which have no `scale`")
        if missing == "mean":
            raise ValueError(f"column {name!r} is of categories, which have no mean: say `missing: zero` or `skip`")
    elif encode == "index":
        raise ValueError(f"`encode: index` is for categories, and column {name!r} is not: say `type: category`")
