"""A glance at a large table: its first lines, blocks that are evenly apart and its last lines, in place of all of it.

A check takes it, so that it is as quick at many rows as at few. A glance can say yes and no more: what looks odd in it
is looked up in the whole table, and what it has not read is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import IO

from nnspec.data import cache
from nnspec.data.cache import CacheError
from nnspec.reading import open_regular

LARGE = 32 << 20  # bytes of a table from which on a glance will do
HEAD = 1 << 20  # bytes at least
LINES = 2000  # of the head at least: the types of columns are told by half as many
MOST_HEAD = 16 << 20
BLOCK = 100 << 10
BLOCKS = 32  # the last one ends with the table
VERSION = 1  # of how samples are taken


@dataclass(slots=True)
class Glances:
    """Of one check: whether anything that it was told follows from samples."""

    taken: bool = False


@dataclass(slots=True)
class Samples:
    """Of one reading: of which tables a part was read, and how many bytes of how many that is."""

    read: dict[str, tuple[int, int]] = field(default_factory=dict)


_glances: ContextVar[Glances | None] = ContextVar("glances", default=None)
_samples: ContextVar[Samples | None] = ContextVar("samples", default=None)


@contextmanager
def glancing() -> Iterator[Glances]:
    """Within it a glance will do: facts of large tables may follow from samples."""
    found = Glances()
    token = _glances.set(found)
    try:
        yield found
    finally:
        _glances.reset(token)


def allowed() -> Glances | None:
    """Those of the check that is going on; None where all has to be read."""
    return _glances.get()


@contextmanager
def sampling() -> Iterator[Samples]:
    """Within it large tables are read by samples."""
    found = Samples()
    token = _samples.set(found)
    try:
        yield found
    finally:
        _samples.reset(token)


def sampled(path: Path) -> Path:
    """What is read of a table that is one file of text: a sample in the cache where that will do, or all of it."""
    samples = _samples.get()
    if samples is None or not worthwhile(path):
        return path
    try:
        with open_regular(path) as file:
            head = _head_of(file)
            if head is None:
                return path
            write = partial(_write, file, head)
            sample = cache.stored(f"samples/{cache.fingerprint([path], VERSION)}.csv", write)
    except (OSError, CacheError):
        return path  # the reader of the whole says what there is to say
    samples.read[str(path)] = sample.stat().st_size, path.stat().st_size
    return sample


def whole_count(count: int, files: Iterable[Path]) -> int:
    """How many examples some files have: of samples an estimate, by their size."""
    samples = _samples.get()
    sizes = () if samples is None else (samples.read.get(str(file)) for file in islice(files, 1))
    read, size = next(filter(None, sizes), (1, 1))
    return round(count * size / read)


def worthwhile(path: Path) -> bool:
    """Whether a table is so large that a glance saves time."""
    try:
        return path.stat().st_size >= LARGE
    except OSError:
        return False


def _head_of(table: IO[bytes]) -> bytes | None:
    """The first lines; None where rows do not seem to be lines, or are too long for a glance."""
    head = b""
    while head.count(b"\n") < LINES:
        more = table.read(HEAD)
        head += more
        if not more or len(head) > MOST_HEAD or b"\0" in more:
            return None
    head = head[: head.rfind(b"\n") + 1]
    return None if b'"' in head and any(line.count(b'"') % 2 for line in head.splitlines()) else head


def _write(table: IO[bytes], head: bytes, into: IO[bytes]) -> None:
    """Whole lines of the blocks behind the head; each ends with its line end."""
    into.write(head)
    size, begin = table.seek(0, 2), len(head) - 1
    for number in range(BLOCKS):
        start = begin + (size - BLOCK - begin) * number // (BLOCKS - 1)
        table.seek(start)
        block = table.read(BLOCK)
        end = len(block) if start + BLOCK >= size else block.rfind(b"\n") + 1
        lines = block[block.find(b"\n") + 1 : end]
        into.write(lines if lines.endswith(b"\n") or not lines else lines + b"\n")
