"""Tables that are no plain text, as one: compressed, Parquet, Feather, JSON, or several files of one header.

They are written as delimited text into the cache folder, a batch at a time, and read from there as any other. The types
that a format knows are kept beside it, and where in the files the rows stand. Of large Parquet files the first rows
alone are copied, which tell how the table is written: see `arrow_rows`.
"""

from __future__ import annotations

import json
import lzma
import math
import os
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import IO, TYPE_CHECKING, Any

from nnspec.data import cache, glance
from nnspec.data.errors import DataError
from nnspec.data.files import identity, refuse_bomb, unpack
from nnspec.data.formats.json_lines import JsonLines
from nnspec.data.formats.json_records import as_lines
from nnspec.data.formats.origins import Origins, Part
from nnspec.data.formats.samples import some_of
from nnspec.data.formats.table_files import (
    ENDINGS,
    PACKED,
    PARQUET,
    RECORDS,
    TYPED,
    ending,
    files_of,
    is_plain,
    said_by_folders,
)
from nnspec.reading import MAX_DEPTH, open_regular

if TYPE_CHECKING:
    from nnspec.data.formats.cells import ColumnType

# What the readers of these formats raise; OverflowError, KeyError: times of no year, and of no place.
BROKEN = (OSError, EOFError, zlib.error, lzma.LZMAError, ValueError, OverflowError, KeyError)
VERSION = 5  # of how they are written
MIXED = "a key has values of one type in all rows, and so have the entries of a list: give each type a key of its own"
PER_SECOND = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}
PIECE = 1 << 18  # bytes of a column of Parquet that are read at a time
BATCH = 1 << 16  # rows at a time
LARGE_CELLS = 1 << 20  # of Parquet files from which on all but their head is read without a copy
HEAD_ROWS = 2048  # more than anybody looks at to know how a table is written
MOST_WRITTEN = 16 << 20  # bytes at a time: one long word may stand in all rows of a batch
# A cell takes longer than the bytes of a picture: what is unpacked to more than this, and a hundred times, is refused.
BOMB_BYTES = 64 << 20
NEW_LINE = b"\n"


def plain(path: Path, only_head: bool = False) -> Path:
    """The table as one file of text: itself, its sample where that will do (see `glance`), or a copy in the cache.

    Raises DataError on a file that cannot be read.

    Args:
        only_head: the first rows will do: of large Parquet files no others are copied.
    """
    if is_plain(path):
        return path if only_head else some_of([path])[0]
    return _copied(path, only_head)[0]


def types_of(path: Path) -> Mapping[str, ColumnType]:
    """The types that the format of a file tells, by column."""
    if is_plain(path):
        return {}
    found: dict[str, ColumnType] = json.loads(_copied(path, only_head=True)[1].read_bytes())["types"]
    return found


def origins_of(path: Path) -> Origins:
    """Which line of which file a row of the table is."""
    if is_plain(path):
        return Origins(str(path))
    return _origins(path, _copied(path, only_head=True)[1])


def rows_of_parquet(path: Path) -> int | None:
    """How many rows large Parquet files have, which need no copy; None of all other tables."""
    files = () if is_plain(path) else files_read(path)
    if not files or any(ending(Path(file)) not in PARQUET for file in files) or find_spec("pyarrow") is None:
        return None
    if len(files) > 1 and any(map(said_by_folders, map(Path, files))):
        return None  # columns that are in no file are made while these are copied
    try:
        heads = [_parquet_head(file, tuple(identity(file))) for file in files]
    except DataError:
        return None  # it is said where the file is read
    return sum(rows for rows, _ in heads) if sum(rows * columns for rows, columns in heads) >= LARGE_CELLS else None


def parquet_batches(path: Path, columns: Sequence[str]) -> Iterator[Any]:
    """These columns of all rows, a batch at a time, words by their numbers. Raises DataError."""
    import pyarrow as pa

    for file in map(Path, files_read(path)):
        with _readable(file, pa.ArrowException):
            yield from _Part(file).batches(columns)


@lru_cache(64)
def _parquet_head(file: str, _: tuple[int, ...]) -> tuple[int, int]:
    """How many rows and columns a file has, as long as its identity is the same.

    Of one with records within records no column counts: its columns are made while it is copied.
    """
    import pyarrow as pa
    import pyarrow.types as of
    from pyarrow import parquet

    with _readable(Path(file), pa.ArrowException), open_regular(file) as stream:
        found = parquet.read_metadata(stream)
        nested = any(of.is_struct(field.type) for field in found.schema.to_arrow_schema())
    return found.num_rows, 0 if nested else found.num_columns


def files_read(path: Path) -> list[str]:
    """The files of a table, or those that stand for them where samples will do."""
    files = files_of(path)
    return [*map(str, some_of(list(map(Path, files))))] if glance.taken() else files


@lru_cache(8)
def _origins(path: Path, kept_beside: Path) -> Origins:
    """The name of what is kept beside a copy changes with each of the files."""
    kept = json.loads(kept_beside.read_bytes())
    return Origins(str(path), tuple(Part(**part) for part in kept["parts"]), kept["rows"])


def _copied(path: Path, only_head: bool = False) -> tuple[Path, Path]:
    """The copy, or that of its head where this will do, and what is kept beside it."""
    files = files_read(path)
    if not files:
        raise DataError(
            "no file of a table is there", file=str(path), hint=f"files end in {', '.join(sorted(ENDINGS))}"
        )
    try:
        most = HEAD_ROWS if only_head and rows_of_parquet(path) is not None else None
        name = f"tables/{cache.fingerprint(files, VERSION, most)}"
    except OSError as error:
        raise DataError(f"cannot read the file: {error.strerror}", file=str(path)) from error

    def write(into: IO[bytes]) -> None:
        types: dict[str, str] = {}
        found = [_Part(Path(file)) for file in files]
        if len({one.is_typed for one in found}) > 1:
            raise DataError("files of texts beside files with types are no table", file=str(path))
        header: bytes | None = None
        first = 1
        for one in found:
            one.most = most
            one.said = said_by_folders(one.path) if len(found) > 1 else {}
            header = one.copy(into, header, types)
        for number, one in enumerate(found):
            one.first = first + (one.is_typed and not number)  # a header that stands in no file is a row of its own
            first = one.first + one.rows
        beside = {"types": types, "rows": found[0].is_typed, "parts": [one.origin() for one in found]}
        cache.stored(f"{name}.json", lambda file: file.write(json.dumps(beside).encode()))

    text = cache.stored(f"{name}.csv", write)
    kept = cache.kept(f"{name}.json")
    if kept is None:  # damaged: it is told by reading alone
        text.unlink()
        text = cache.stored(f"{name}.csv", write)
        kept = text.with_suffix(".json")
    return text, kept


class _Part:
    """One file of a table.

    Attributes:
        first: the number of its first row in the copy; rows: how many it has there, of a text lines.
        line: where that row stands in the file.
        blank: lines of JSON lines that hold no row; None where a line may hold several.
        most: so many rows of a Parquet file are copied; None: all.
        said: what its folders say of all its rows, by column.
    """

    most: int | None = None
    said: Mapping[str, str | None] = MappingProxyType({})

    def __init__(self, path: Path) -> None:
        self.path = path
        self.first, self.rows, self.line = 1, 0, 1
        self.blank: list[int] | None = None
        self.packed = PACKED.get(ending(path))
        inner = path.with_suffix("") if self.packed else path
        self.is_typed = ending(inner) in TYPED | RECORDS
        if self.is_typed and self.packed:
            hint = "JSON lines and the like are compressed within, or unpack them"
            raise DataError(f"{ending(inner)} in {ending(path)} is not read", file=str(path), hint=hint)

    def origin(self) -> dict[str, Any]:
        has_lines = not self.is_typed or self.blank is not None
        return asdict(
            Part(str(self.path), "line" if has_lines else "row", self.first, self.line, tuple(self.blank or ()))
        )

    def copy(self, into: IO[bytes], header: bytes | None, types: dict[str, str]) -> bytes:
        """Appends the rows, with the header where there is none yet. Raises DataError on other columns than its."""
        return self.of_types(into, header, types) if self.is_typed else self.of_text(into, header)

    def of_text(self, into: IO[bytes], header: bytes | None) -> bytes:
        with _readable(self.path):
            start = into.tell()
            with open_regular(self.path) as file:
                if self.packed:
                    unpack(self.path, self.packed(file), into, BOMB_BYTES, file.tell)
                else:
                    while chunk := file.read(1 << 20):
                        into.write(chunk)
        end = into.tell()
        into.flush()
        into.seek(start)
        first = into.readline().removeprefix(b"\xef\xbb\xbf")
        if header is not None and first.strip() != header.strip():
            raise self.other(first.decode("utf-8", "replace").strip(), header.decode("utf-8", "replace").strip())
        if header is not None:
            end = _removed(into, start, end)
            self.line = 2
        into.seek(end - 1)
        last = into.read(1)
        into.seek(end)
        if last != NEW_LINE:
            into.write(NEW_LINE)
        self.rows = _lines_from(into, start)
        return header or first

    def other(self, ours: str, theirs: str) -> DataError:
        return DataError(
            f"its first line is {ours[:80]!r}, that of the file before {theirs[:80]!r}", file=str(self.path)
        )

    def of_types(self, into: IO[bytes], header: bytes | None, types: dict[str, str]) -> bytes:
        if find_spec("pyarrow") is None:
            raise DataError(f"{ending(self.path)} is read by pyarrow", file=str(self.path), hint="pip install pyarrow")
        import pyarrow as pa
        from pyarrow import csv

        names, start, size = b"", into.tell(), self.path.stat().st_size
        with _readable(self.path, pa.ArrowException):
            for batch in map(self.with_folders, map(_flat, self.batches())):
                if not names:
                    names = json.dumps(batch.schema.names).encode()
                    if header is not None and names != header:
                        raise self.other(names.decode(), header.decode())
                    types |= {field.name: _type(field, self.path) for field in batch.schema}
                # Each cell, or the end of a row, is a byte at least; words are as long as they are.
                least = batch.num_rows * (batch.num_columns or 1) + sum(map(_length_of_words, batch.columns))
                refuse_bomb(self.path, size, into.tell() - start + least, BOMB_BYTES)
                self.rows += batch.num_rows
                for piece in _pieces(batch):
                    table = pa.table([written_out(column) for column in piece.columns], names=batch.schema.names)
                    csv.write_csv(table, into, csv.WriteOptions(include_header=header is None))
                    header = names
                    refuse_bomb(self.path, size, into.tell() - start, BOMB_BYTES)
        if self.most is not None:
            self.rows = _parquet_head(str(self.path), tuple(identity(self.path)))[0]
        return header or names

    def with_folders(self, batch: Any) -> Any:
        """A batch with what the folders of the file say of all its rows: of `year=2024/0.parquet` the year."""
        import pyarrow as pa

        for name, text in self.said.items():
            if name not in batch.schema.names:
                codes = pa.repeat(pa.scalar(0 if text is not None else None, pa.int32()), batch.num_rows)
                batch = batch.append_column(name, pa.DictionaryArray.from_arrays(codes, pa.array([text or ""])))
        return batch

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[Any]:
        kind = ending(self.path)
        if kind in PARQUET:
            from pyarrow import parquet

            with open_regular(self.path) as file:
                found = parquet.ParquetFile(file)
                size = os.fstat(file.fileno()).st_size
                refuse_bomb(self.path, size, found.metadata.num_rows * (found.metadata.num_columns or 1), BOMB_BYTES)
                words = [field.name for field in found.schema_arrow if _is_word(field.type)]
                # A word that stands in many rows is read once, until it is written.
                # Read piece by piece: a group of rows that is fetched at once takes half of the table's memory.
                opened = parquet.ParquetFile(file, read_dictionary=words, pre_buffer=False, buffer_size=PIECE)
                left = math.inf if self.most is None else self.most
                for batch in opened.iter_batches(min(BATCH, left), columns=columns, use_threads=False):
                    yield batch.slice(0, min(left, batch.num_rows))
                    left -= batch.num_rows
                    if left <= 0:
                        break
        elif kind in (".jsonl", ".ndjson"):
            with open_regular(self.path) as file:
                lines = JsonLines(self.path, file, BOMB_BYTES)
                yield from lines.batches()
                self.blank = lines.blank
        elif kind in RECORDS:
            with as_lines(self.path) as (records, has_lines):
                lines = JsonLines(self.path, records, BOMB_BYTES)
                yield from lines.batches()
                self.blank = lines.blank if has_lines else None
        else:
            from pyarrow import ipc

            with open_regular(self.path) as file, ipc.open_file(file) as batches:
                for number in range(batches.num_record_batches):
                    batch = batches.get_batch(number)
                    batch.validate(full=True)  # nobody has looked at its offsets yet, and reading follows them anywhere
                    yield batch


def _flat(batch: Any) -> Any:
    """A batch whose columns of records are a column for each of their entries, `size.width`; texts are no views."""
    import pyarrow as pa
    import pyarrow.types as of

    for number, field in enumerate(batch.schema):
        if of.is_string_view(field.type):
            batch = batch.set_column(number, field.name, batch.column(number).cast(pa.large_string()))
    for _ in range(MAX_DEPTH):
        if not any(of.is_struct(field.type) for field in batch.schema):
            break
        table = pa.Table.from_batches([batch]).flatten().combine_chunks()
        batch = next(iter(table.to_batches()), None) or table.schema.empty_table().to_batches()[0]
    return batch


def _pieces(batch: Any) -> Iterator[Any]:
    """A batch in pieces of so few rows that, written, each is of a bounded size."""
    import pyarrow.compute as pc
    import pyarrow.types as of

    longest = 1
    for column in batch.columns:
        if of.is_dictionary(column.type) and _is_word(column.type.value_type) and len(column.dictionary):
            longest += pc.max(pc.binary_length(column.dictionary)).as_py() or 0
    rows = max(1, min(BATCH, MOST_WRITTEN // longest))
    for start in range(0, max(batch.num_rows, 1), rows):
        yield batch.slice(start, rows)


def _length_of_words(column: Any) -> int:
    """Bytes of all cells of a column that says its words by their numbers; 0 of others."""
    import pyarrow.compute as pc
    import pyarrow.types as of

    if not of.is_dictionary(column.type) or not _is_word(column.type.value_type):
        return 0
    return pc.sum(pc.binary_length(column.dictionary).cast("int64").take(column.indices)).as_py() or 0


def _is_word(kind: Any) -> bool:
    import pyarrow.types as of

    return bool(of.is_string(kind) or of.is_large_string(kind))


def _removed(into: IO[bytes], start: int, end: int) -> int:
    """Takes the first line after `start` away. Returns where the file ends then."""
    place, size = into.tell(), end - into.tell()
    done = 0
    while done < size:
        into.seek(place + done)
        chunk = into.read(min(1 << 20, size - done))
        into.seek(start + done)
        into.write(chunk)
        done += len(chunk)
    into.truncate(start + size)
    return start + size


def _lines_from(into: IO[bytes], start: int) -> int:
    """How many lines there are from a place on; the file stays at its end."""
    into.seek(start)
    count = 0
    while chunk := into.read(1 << 20):
        count += chunk.count(NEW_LINE)
    return count


def _type(field: Any, path: Path) -> str:
    """What the cells of a column are. Raises DataError on what no cell can hold."""
    import pyarrow.types as of

    kind = field.type.value_type if of.is_dictionary(field.type) else field.type
    if of.is_boolean(kind):
        return "boolean"
    counts = of.is_integer(kind) or of.is_duration(kind) or of.is_time(kind)
    if counts or of.is_floating(kind) or of.is_decimal(kind) or of.is_null(kind):
        return "number"
    if of.is_date(kind) or of.is_timestamp(kind):
        return "time"
    if _is_word(kind) or (_is_list(kind) and _is_told_by_json(kind.value_type)):
        return "category"
    pictures = f"features: {{{field.name.partition('.')[0]}: {{decode: image, image_size: [64, 64]}}, ...}}"
    hint = (
        f"pictures within cells are read by the source `Parquet: {{path: ..., {pictures}, inputs: ..., targets: ...}}`"
    )
    raise DataError(
        f"column {field.name!r} is {field.type}, which no cell can hold",
        file=str(path),
        hint=hint if of.is_binary(kind) or of.is_large_binary(kind) else "write the table again without it",
    )


def _is_list(kind: Any) -> bool:
    import pyarrow.types as of

    return bool(of.is_list(kind) or of.is_large_list(kind) or of.is_fixed_size_list(kind))


def _is_told_by_json(kind: Any) -> bool:
    """Whether the values of a list are numbers, texts, or lists and records of these."""
    import pyarrow.types as of

    if of.is_struct(kind):
        return all(_is_told_by_json(kind.field(place).type) for place in range(kind.num_fields))
    if _is_list(kind):
        return _is_told_by_json(kind.value_type)
    return bool(
        _is_word(kind) or of.is_integer(kind) or of.is_floating(kind) or of.is_boolean(kind) or of.is_null(kind)
    )


def written_out(column: Any) -> Any:
    """A column as it can be written: lists as JSON, times as ISO, those of a day in seconds, as durations are."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.types as of

    if of.is_dictionary(column.type):
        column = column.dictionary_decode()
    if _is_list(column.type):
        return pa.array([None if value is None else json.dumps(value) for value in column.to_pylist()], pa.string())
    if of.is_timestamp(column.type):
        return pa.array([None if value is None else value.isoformat() for value in column.to_pylist()], pa.string())
    if of.is_duration(column.type) or of.is_time(column.type):
        counts = column.cast(pa.int32()) if of.is_time32(column.type) else column
        return pc.divide(counts.cast(pa.int64()).cast(pa.float64()), PER_SECOND[column.type.unit])
    return column


@contextmanager
def _readable(path: Path, *more: type[Exception]) -> Iterator[None]:
    try:
        yield
    except DataError:
        raise
    except Exception as error:
        if not isinstance(error, (*BROKEN, *more)):
            raise
        if isinstance(error, OSError) and error.errno in cache.NO_SPACE:
            raise
        reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else error
        hint = MIXED if " changed from " in str(error) else None
        raise DataError(f"the table cannot be read: {reason}", file=str(path), hint=hint) from error
