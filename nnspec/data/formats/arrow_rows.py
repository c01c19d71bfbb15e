"""Large delimited files by Apache Arrow: the same rows as the reader of `delimited_text` gives, many times faster.

Arrow cuts the file into columns, and turns plain numbers into doubles; every other distinct text goes once through the
parser that reads cells. Whatever Arrow might read in another way, and whatever is an error, is left to the reader that
goes line by line, whose messages name the line: `fast_rows` then gives None.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnspec.data.errors import DataError
from nnspec.data.formats.cells import LARGEST, TEXTUAL, Parse, parser
from nnspec.data.formats.delimited_text import BadRow, Column, Dialect, Rows, body, missing_value
from nnspec.data.formats.plain_table import origins_of, parquet_batches, plain, rows_of_parquet, written_out
from nnspec.data.memory import give_back
from nnspec.data.text.corpus import Numbering, allocate, is_utf8
from nnspec.reading import open_regular

if TYPE_CHECKING:
    import numpy as np

LARGE = 4 << 20  # bytes of a file from which on Arrow's start is worth its time
BLOCK = 2 << 20
LINE_ENDS = 1 << 20  # bytes that are looked at at a time: they stay in the processor's cache
SAMPLE_ROWS = 1000
NO_NUMBER = re.compile(r"In CSV column #(\d+): CSV conversion error to double")


class Otherwise(Exception):
    """Something that is left to the other reader."""


def fast_rows(path: Path, dialect: Dialect, names: Sequence[str], columns: Mapping[str, Column]) -> Rows | None:
    """The rows of a large file; None where it is small, Arrow is absent, or the file has anything unusual."""
    usual = dialect.separator != " " and not dialect.comment and dialect.quotes and is_utf8(dialect.encoding)
    if not usual or not columns or len(names) < 2:
        return None
    in_parquet = rows_of_parquet(path)
    if in_parquet is None and plain(path).stat().st_size < LARGE:
        return None
    if find_spec("pyarrow") is None or find_spec("numpy") is None:  # looked for last: it costs more than a small file
        return None
    try:
        if in_parquet is not None and dialect.header == 1 and dialect.names is None and not dialect.skip_lines:
            return _ParquetReader(path, dialect, names, columns, there=in_parquet).rows()
        return _Reader(path, dialect, names, columns).rows()
    except Otherwise:
        return None


@dataclass
class _Reader:
    path: Path
    dialect: Dialect
    names: Sequence[str]
    columns: Mapping[str, Column]
    numberings: dict[str, Numbering] = field(default_factory=dict)
    markers: dict[str, Counter[str]] = field(default_factory=dict)

    def counted(self) -> int:
        """How many rows there are."""
        count = count_lines(plain(self.path)) - self.skip
        # Each cell takes a byte at least, its separator or the end of the line: there are no more rows than that.
        if count * len(self.names) > plain(self.path).stat().st_size + 1:
            raise Otherwise
        return count

    def rows(self) -> Rows:
        # As `RowReader` has them: plain ones first.
        first = {name: column for name, column in self.columns.items() if column.form.is_plain}
        ordered = {**first, **self.columns}
        self.skip, sample = self.first_rows()
        self.count = self.counted()
        numbers = [name for name in first if not odd(sample, self.names.index(name))]
        while True:
            try:
                return self.read(ordered, numbers)
            except _NoNumber as error:  # that column comes as texts; after some of them all do
                numbers = [name for name in numbers if name != error.column] if len(numbers) > len(first) - 3 else []

    def first_rows(self) -> tuple[int, list[Sequence[str]]]:
        """How many lines stand before the first row, and some rows. Raises Otherwise where there is none, or it is over
        several lines."""
        try:
            rows = list(islice(body(self.path, replace(self.dialect, only_head=True)), SAMPLE_ROWS))
        except DataError:
            raise Otherwise from None
        if not rows or any("\n" in cell for cell in rows[0][1]):
            raise Otherwise
        return rows[0][0] - 1, [cells for _, cells in rows]

    def read(self, ordered: Mapping[str, Column], numbers: Sequence[str]) -> Rows:
        """
        Args:
            numbers: the columns that Arrow reads as doubles; the others come as texts, each distinct one once.
        """
        self.numberings = {name: Numbering() for name, column in ordered.items() if column.type in TEXTUAL}
        self.markers = {name: Counter() for name in ordered}
        self.parsers = {
            name: parser(column.form, self.numberings.get(name), column.most_categories, Counter())
            for name, column in ordered.items()
        }
        self.known: dict[str, dict[str, float]] = {name: {} for name in ordered}
        cells = allocate((len(ordered), self.count), "float64")
        lines, kept = _Lines(self.skip + 1), 0
        left_out: dict[tuple[str, str], list[int]] = {}
        for batch in self.batches(ordered, numbers):
            if lines.end - self.skip - 1 + batch.num_rows > self.count:
                raise Otherwise  # Arrow takes something for the end of a line that is none
            values, texts = {}, {}
            for name in ordered:
                column = batch.column(batch.schema.get_field_index(name))
                values[name], texts[name] = self.numbers(column, name, name in numbers)
            bad = self.missing(values, ordered, texts, lines.end, left_out)
            good = slice(None) if bad is None else ~bad
            lines.extend(batch.num_rows, bad)
            for place, name in enumerate(ordered):
                cells[place, kept : len(lines)] = values[name][good]
            kept = len(lines)
        release_memory()
        if lines.end - self.skip - 1 != self.count:  # blank lines, or rows over several: the count is not of rows
            raise Otherwise
        columns: dict[str, Any] = {name: cells[place, :kept].data for place, name in enumerate(ordered)}
        return Rows(
            origins_of(self.path),
            {name: column.type for name, column in ordered.items()},
            {name: tuple(numbering) for name, numbering in self.numberings.items()},
            lines.numbers(),
            columns,
            tuple(self.told(left_out, ordered)),
            tuple(lines.breaks),
            {name: dict(counted) for name, counted in self.markers.items() if counted},
        )

    def batches(self, ordered: Mapping[str, Column], numbers: Sequence[str]) -> Any:
        import pyarrow as pa
        from pyarrow import csv

        types = {name: pa.float64() if name in numbers else pa.dictionary(pa.int32(), pa.string()) for name in ordered}
        convert = csv.ConvertOptions(
            column_types=types,
            include_columns=list(ordered),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
        )
        parse = csv.ParseOptions(delimiter=self.dialect.separator, newlines_in_values=False, ignore_empty_lines=True)
        read = csv.ReadOptions(column_names=list(self.names), skip_rows=self.skip, block_size=BLOCK)
        try:
            with open_regular(plain(self.path)) as file, csv.open_csv(file, read, parse, convert) as stream:
                yield from stream
        except (pa.ArrowInvalid, pa.ArrowKeyError, UnicodeDecodeError) as error:
            place = NO_NUMBER.search(str(error))
            if place and int(place[1]) < len(self.names):
                raise _NoNumber(self.names[int(place[1])]) from error
            raise Otherwise from error

    def numbers(self, column: Any, name: str, is_double: bool) -> tuple[np.ndarray, Any]:
        """The numbers of a column's cells, and its texts where it came as such."""
        import numpy as np

        if is_double:
            found = column.to_numpy(zero_copy_only=False)
            known = found[~np.isnan(found)] if column.null_count else found
            if len(found) - len(known) != column.null_count or (
                len(known) and not (known.min() > -LARGEST and known.max() < LARGEST)  # nor is nan
            ):
                raise _NoNumber(name)  # nan, infinity, or too large: said with its line
            return found, None
        texts = column.dictionary.to_pylist()
        known = self.known[name]
        for text in texts:
            if text not in known:
                known[text] = self.parsed(text, self.parsers[name])
        values = np.array([*map(known.__getitem__, texts), math.nan])
        codes = column.indices.fill_null(len(texts)).to_numpy(zero_copy_only=False)
        if np.isnan(values[:-1]).any():
            counts = np.bincount(codes, minlength=len(values)).tolist()
            for text, value, count in zip(texts, values[:-1].tolist(), counts[:-1], strict=True):
                if value != value and text.strip():
                    marker = " ".join(text.split()) if name in self.numberings else text.strip()
                    self.markers[name][marker] += count
        return values[codes], (texts, codes)

    def parsed(self, text: str, parse: Parse) -> float:
        if text[:1] == '"' or text.lstrip()[:1] == '"':
            raise Otherwise  # a quote that Arrow took for a part of the cell, perhaps
        try:
            return parse(text)
        except ValueError:
            raise Otherwise from None

    def missing(
        self,
        values: Mapping[str, np.ndarray],
        ordered: Mapping[str, Column],
        texts: Mapping[str, Any],
        line: int,
        left_out: dict[tuple[str, str], list[int]],
    ) -> np.ndarray | None:
        """Which rows lack a value that they cannot do without; None: no row. Raises Otherwise where that is an error.

        Args:
            line: of the first of these rows.
            left_out: by column and marker the first line and the count, which are brought up to date.
        """
        import numpy as np

        bad: np.ndarray | None = None
        for name, column in ordered.items():
            if column.missing not in ("fail", "skip"):
                continue
            lacking = np.isnan(values[name])
            if bad is not None:
                lacking &= ~bad
            if not lacking.any():
                continue
            if column.missing == "fail":
                raise Otherwise
            rows = np.flatnonzero(lacking)
            dictionary, codes = texts[name] or ([], np.zeros(len(lacking), np.int64))
            for code, first, count in zip(
                *map(np.ndarray.tolist, np.unique(codes[rows], True, False, True)), strict=True
            ):
                marker = dictionary[code].strip() if code < len(dictionary) else ""
                found = left_out.setdefault((name, marker), [line + int(rows[first]), 0])
                found[:] = min(found[0], line + int(rows[first])), found[1] + count
            bad = lacking if bad is None else bad | lacking
        return bad

    def told(self, left_out: Mapping[tuple[str, str], list[int]], ordered: Mapping[str, Column]) -> list[DataError]:
        """The rows that were left out, those of one reason as one, in the order of the first of each."""
        found = []
        for (name, marker), (line, count) in sorted(left_out.items(), key=lambda item: item[1][0]):
            bad: BadRow = missing_value(name, marker, ordered[name])
            message = f"{bad}" if count == 1 else f"{count} rows left out, this one first: {bad}"
            found.append(DataError(message, **origins_of(self.path).place(line), hint=bad.hint))
        return found


@dataclass
class _ParquetReader(_Reader):
    """Columns of Parquet files: the same numbers and texts as their copy would have, without it.

    Attributes:
        there: how many rows there are.
    """

    there: int = 0

    def counted(self) -> int:
        return self.there

    def batches(self, ordered: Mapping[str, Column], numbers: Sequence[str]) -> Any:
        import pyarrow as pa

        for batch in parquet_batches(self.path, list(ordered)):
            columns = {
                name: as_doubles(batch.column(name)) if name in numbers else as_words(batch.column(name))
                for name in ordered
            }
            for name, column in columns.items():
                if column is None:
                    raise _NoNumber(name)
            yield pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))

    def parsed(self, text: str, parse: Parse) -> float:
        if "\n" in text or "\r" in text:
            raise Otherwise  # a cell over several lines
        return super().parsed(text, parse)


def as_doubles(column: Any) -> Any:
    """The numbers of a column as they are written out; None where it has something else."""
    import pyarrow as pa
    import pyarrow.types as of

    if of.is_float64(column.type):
        return column
    if of.is_integer(column.type):
        return column.cast(pa.float64(), safe=False)  # to the nearest, as digits are read
    if of.is_float32(column.type):
        return column.cast(pa.string()).cast(pa.float64())  # 0.1 is written so, and is another number as a double
    return None


def as_words(column: Any) -> Any:
    """A column of texts as they are written out, each distinct one once. Raises Otherwise where they cannot be told."""
    import pyarrow as pa

    try:
        found = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
        texts = written_out(found.dictionary).cast(pa.string())
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid) as error:
        raise Otherwise from error
    return pa.DictionaryArray.from_arrays(found.indices.cast(pa.int32()), texts)


class _NoNumber(Exception):
    """A column that was to be of plain numbers has something else."""

    def __init__(self, column: str) -> None:
        super().__init__(column)
        self.column = column


class _Lines:
    """The lines of the rows that are kept.

    Attributes:
        end: the line after those that were read.
        breaks: numbers of rows before which one was left out.
    """

    def __init__(self, first: int) -> None:
        self.first = self.end = first
        self.kept: list[range | np.ndarray] = []
        self.count = 0
        self.breaks: list[int] = []

    def __len__(self) -> int:
        return self.count

    def extend(self, rows: int, bad: np.ndarray | None) -> None:
        import numpy as np

        lines: range | np.ndarray = range(self.end, self.end + rows)  # no array yet: most files have all their rows
        if bad is not None:
            self.breaks += (self.count + np.cumsum(~bad)[bad]).tolist()
            lines = np.asarray(lines)[~bad]
        self.kept.append(lines)
        self.count += len(lines)
        self.end += rows

    def numbers(self) -> Sequence[int]:
        import numpy as np

        if not self.breaks:
            return range(self.first, self.end)
        return np.concatenate(self.kept).data


def release_memory() -> None:
    """Gives back what Arrow and the system's allocator keep for the next time: a third of the table."""
    import pyarrow as pa

    pa.default_memory_pool().release_unused()
    give_back()


def odd(rows: Sequence[Sequence[str]], place: int) -> bool:
    """Whether some rows already have something else than plain numbers in a column."""
    for cells in rows:
        text = cells[place].strip() if place < len(cells) else ""
        if text:
            try:
                float(text)
            except ValueError:
                return True
    return False


def count_lines(path: Path) -> int:
    """How many lines a file has. Raises Otherwise where it is not UTF-8, or may have quotes escaped by backslashes."""
    import codecs

    decoder = codecs.getincrementaldecoder("utf-8")()
    count, last = 0, b"\n"
    try:
        with open_regular(path) as file:
            while chunk := file.read(LINE_ENDS):
                if b"\0" in chunk or b'\\"' in last + chunk:
                    raise Otherwise
                if not chunk.isascii() or decoder.getstate()[0]:
                    decoder.decode(chunk)
                count += chunk.count(b"\n")
                last = chunk[-1:]
            decoder.decode(b"", True)
    except UnicodeDecodeError:
        raise Otherwise from None
    return count + (last != b"\n")
