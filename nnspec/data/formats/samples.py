"""Samples of large files, each a small file of the same form in the cache, for whoever is content with a glance.

Of text they are the first lines, blocks that are evenly apart, and the end; of Parquet and Arrow files the first rows
of groups that are evenly apart; of compressed texts the first lines; of many files some that are evenly apart. A file
that cannot be sampled is read whole.
"""

from __future__ import annotations

import json
import lzma
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import IO, Any, TypeVar

from nnspec.data import cache, glance
from nnspec.data.errors import DataError
from nnspec.data.formats.table_files import PACKED, PARQUET, RECORDS, TYPED, ending, said_by_folders
from nnspec.quick_classes import dataclass
from nnspec.reading import open_regular

HEAD = 1 << 20  # bytes at least
LINES = 2000  # of the head at least: the types of columns are told by half as many
MOST_HEAD = 16 << 20
BLOCK = 100 << 10  # of rows; of sentences, whose words are all counted, a fourth
BLOCKS = 32  # the last one ends with the file; also of groups of rows, and of files
UNPACKED = 2 << 20  # bytes of a compressed text
ROWS = 16_384  # of a file of groups
BATCHES = 8  # of an Arrow file, each of which is read whole
ROW_BYTES = 16 << 20  # of all rows of such a file, about
READ_AT_ONCE = 1 << 18
MOST_READ = 16 << 20  # bytes of several files, about
VERSION = 3  # of how samples are taken
LINE = re.compile(rb"\n")
BLANK = re.compile(rb"\n[ \t]*\r?\n")
# What readers of damaged files raise, and of files that hold what the others do not expect.
BROKEN = (OSError, EOFError, zlib.error, lzma.LZMAError, ValueError, TypeError, LookupError, NotImplementedError)
T = TypeVar("T")


class Whole(Exception):
    """A file that has to be read to the end."""


# Writes a sample of the first file into the second, and returns the share of the whole that it is.
Cut = Callable[[IO[bytes], IO[bytes]], float]


@dataclass(frozen=True, slots=True)
class Sampler:
    """How a file is sampled, and the ending of the sample, by which its reader knows it."""

    name: str
    ending: str
    cut: Cut


def some_of(files: Sequence[Path], sentences: bool = False) -> Sequence[Path]:
    """The files; within `glance.sampling` those that stand for them, where they are large.

    Args:
        sentences: whether these are texts that a blank line cuts into sentences; else they are tables.
    """
    samples = glance.taken()
    if samples is None or (len(files) > 1 and any(map(said_by_folders, files))):  # a sample lies in other folders
        return files
    sizes = dict(zip(files, map(_size, files), strict=True))
    chosen = _chosen(files, sizes)
    found = [_stand_in(file, sizes[file], sentences) for file in chosen]
    if [file for file, _ in found] == list(files):
        return files
    more = sum(sizes.values()) / max(1, sum(sizes[file] for file in chosen))
    for file, (sample, share) in zip(chosen, found, strict=True):
        samples.note(file, sample, share * sizes[file], more * sizes[file])
    return [file for file, _ in found]


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0  # its reader says that it is not there


def _chosen(files: Sequence[Path], sizes: dict[Path, int]) -> Sequence[Path]:
    """Some of many files, the first and the last among them; all where little is to be read of them."""
    cost = sum(min(_least(), glance.weight(file.name, sizes[file])) for file in files)
    return files if cost <= MOST_READ else evenly(files, max(2, len(files) * MOST_READ // cost))


def evenly(values: Sequence[T], most: int) -> Sequence[T]:
    """Some values that are evenly apart, from the first to the last; all where there are no more."""
    if len(values) <= most:
        return values
    return [values[(len(values) - 1) * number // (most - 1)] for number in range(most)]


def _least() -> int:
    """Bytes of a file from which on a sample is smaller."""
    return HEAD + 2 * BLOCKS * BLOCK


def _stand_in(file: Path, size: int, sentences: bool) -> tuple[Path, float]:
    """A sample of a file in the cache, and what share of it that is; the file itself where it is read whole."""
    sampler = _sampler(file, sentences)
    if sampler is None or glance.weight(file.name, size) < _least():
        return file, 1.0
    try:
        name = f"samples/{cache.fingerprint([file], VERSION, sampler.name)}"

        def write(into: IO[bytes]) -> None:
            with open_regular(file) as whole:
                share = sampler.cut(whole, into)
            cache.stored(f"{name}.json", lambda beside: beside.write(json.dumps(share).encode()))

        sample, beside = cache.stored(f"{name}{sampler.ending}", write), cache.kept(f"{name}.json")
    except (*BROKEN, DataError, Whole):
        return file, 1.0  # its reader says what there is to say
    return (file, 1.0) if beside is None else (sample, float(json.loads(beside.read_bytes())))


def _sampler(file: Path, sentences: bool) -> Sampler | None:
    kind = ending(file)
    if sentences:
        return Sampler("sentences", kind, partial(_of_text, BLANK, False, BLOCK // 4))
    if kind in PACKED:
        inner = ending(file.with_suffix(""))
        return None if inner in TYPED | RECORDS else Sampler("packed", inner, partial(_of_packed, PACKED[kind]))
    if kind in PARQUET:
        return Sampler("groups", kind, _of_parquet)
    if kind in (".jsonl", ".ndjson"):
        return Sampler("records", kind, partial(_of_text, LINE, False, BLOCK))
    if kind in RECORDS:
        return None
    if kind in TYPED:
        return Sampler("batches", kind, _of_arrow)
    return Sampler("rows", kind, partial(_of_text, LINE, True, BLOCK))


def _of_text(edge: re.Pattern[bytes], quotes: bool, block_size: int, whole: IO[bytes], into: IO[bytes]) -> float:
    """The first lines, and blocks behind them, from one edge to another."""
    head = _head_of(whole, edge, quotes)
    into.write(head)
    size, begin = whole.seek(0, 2), len(head) - 1
    for number in range(BLOCKS):
        start = begin + (size - block_size - begin) * number // (BLOCKS - 1)
        whole.seek(start)
        block = whole.read(block_size)
        edges = [found.end() for found in edge.finditer(block)]
        end = len(block) if start + block_size >= size else max(edges, default=0)
        lines = block[min(edges, default=len(block)) : end]
        into.write(lines if lines.endswith(b"\n") or not lines else lines + b"\n")
    return into.tell() / size


def _head_of(whole: IO[bytes], edge: re.Pattern[bytes], quotes: bool) -> bytes:
    """The first lines, up to an edge. Raises Whole where there are none, or they are too long for a glance."""
    head = b""
    while head.count(b"\n") < LINES:
        more = whole.read(HEAD)
        head += more
        if not more or len(head) > MOST_HEAD or b"\0" in more:
            raise Whole
    head = head[: max((found.end() for found in edge.finditer(head)), default=0)]
    _refuse_open_quotes(head, quotes)
    return head


def _refuse_open_quotes(head: bytes, quotes: bool) -> None:
    """Raises Whole where no line is to be found, or a row seems to be over several."""
    if not head or (quotes and b'"' in head and any(line.count(b'"') % 2 for line in head.splitlines())):
        raise Whole


def _of_packed(unpacked: Callable[[Any], Any], whole: IO[bytes], into: IO[bytes]) -> float:
    """The first lines: what is behind them cannot be had without them."""
    with unpacked(whole) as stream:
        head = stream.read(UNPACKED)
    if len(head) < UNPACKED or b"\0" in head:
        raise Whole
    head = head[: head.rfind(b"\n") + 1]
    _refuse_open_quotes(head, quotes=True)
    into.write(head)
    return whole.tell() / whole.seek(0, 2)


def _of_parquet(whole: IO[bytes], into: IO[bytes]) -> float:
    """The first rows of groups."""
    if find_spec("pyarrow") is None:
        raise Whole
    from pyarrow import parquet

    found = parquet.ParquetFile(whole, pre_buffer=False, buffer_size=READ_AT_ONCE)
    sizes = [found.metadata.row_group(number).total_byte_size for number in range(found.num_row_groups)]
    rows = _rows(sum(sizes), found.metadata.num_rows)
    chosen = evenly(range(len(sizes)), BLOCKS)

    def batches() -> Iterator[Any]:
        for place, group in enumerate(chosen):
            some = max(rows // len(chosen), min(rows, LINES) if not place else 1)
            yield from islice(
                found.iter_batches(some, row_groups=[group], use_threads=False), 1
            )  # a group may be empty

    return _written(batches(), found.schema_arrow, found.metadata.num_rows, into)


def _of_arrow(whole: IO[bytes], into: IO[bytes]) -> float:
    """The first rows of batches. How many rows there are follows from those: the others are not looked at."""
    if find_spec("pyarrow") is None:
        raise Whole
    from pyarrow import ipc

    size = whole.seek(0, 2)
    whole.seek(0)
    found = ipc.open_file(whole)
    chosen = evenly(range(found.num_record_batches), BATCHES)
    first = found.get_batch(0).num_rows
    count = first * found.num_record_batches  # all but the last have as many
    rows = max(LINES, _rows(size, count) // max(1, len(chosen)))

    def batches() -> Iterator[Any]:
        for number in chosen:
            batch = found.get_batch(number)
            batch.validate(full=True)  # nobody has looked at its offsets yet, and reading follows them anywhere
            yield batch.slice(0, rows)

    return _written(batches(), found.schema, count, into, as_parquet=False)


def _rows(size: int, count: int) -> int:
    """How many rows are read of a file of so many bytes. Raises Whole where that is all."""
    rows = min(ROWS, ROW_BYTES * count // max(1, size))
    if not 0 < rows < count:
        raise Whole
    return rows


def _written(batches: Iterator[Any], schema: Any, count: int, into: IO[bytes], as_parquet: bool = True) -> float:
    import pyarrow as pa
    from pyarrow import ipc, parquet

    table = pa.Table.from_batches(list(batches), schema).unify_dictionaries()
    if as_parquet:
        parquet.write_table(table, into)
    else:
        with ipc.new_file(into, schema) as writer:
            writer.write_table(table)
    return min(1.0, float(table.num_rows / count))
