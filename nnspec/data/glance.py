"""A glance at large data: samples of the files in place of all of them.

A check takes it, so that it is as quick at many rows as at few. A glance can say yes and no more: what looks odd in it
is looked up in all of the data, and what it has not read is told. How files are sampled: `nnspec.data.formats.samples`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path

LARGE = 32 << 20  # bytes of text, of all files together, from which on a glance will do
COMPRESSED = frozenset({".gz", ".bz2", ".xz", ".parquet", ".pq"})
DENSER = 4  # so many times as much is in the bytes of these


@dataclass(slots=True)
class Glances:
    """Of one check: whether anything that it was told follows from samples."""

    taken: bool = False


@dataclass(slots=True)
class Samples:
    """Of one reading.

    Attributes:
        read: by file how many bytes were read, of how many: its own, and its share of those of files that were not.
        stood_for: by sample, and by each file that has one, the file.
    """

    read: dict[str, tuple[float, float]] = field(default_factory=dict)
    stood_for: dict[str, str] = field(default_factory=dict)

    def note(self, file: Path, sample: Path, read: float, size: float) -> None:
        self.read[str(file)] = read, size
        self.stood_for |= {str(sample): str(file), str(file): str(file)}

    def sizes(self, files: Iterable[str | Path]) -> tuple[float, float]:
        """Bytes read of these files, or of those that their samples stand for, and of how many."""
        known = {self.stood_for[name] for name in map(str, files) if name in self.stood_for}
        found = [self.read[name] for name in known]
        return sum(read for read, _ in found), sum(size for _, size in found)


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
    """Within it large files are read by samples."""
    found = Samples()
    token = _samples.set(found)
    try:
        yield found
    finally:
        _samples.reset(token)


def taken() -> Samples | None:
    """Those of the reading that is going on; None where all is read."""
    return _samples.get()


def whole_count(count: int, files: Iterable[Path]) -> int:
    """How many examples some files have: of samples an estimate, by their size."""
    samples = _samples.get()
    read, size = (0.0, 0.0) if samples is None or not samples.read else samples.sizes(files)
    return round(count * size / read) if read else count


def worthwhile(paths: Iterable[Path]) -> bool:
    """Whether some files, or those that lie in some folders, are so large together that a glance saves time."""
    left = LARGE
    for path in paths:
        for size in _sizes(path):
            left -= size
            if left <= 0:
                return True
    return False


def _sizes(path: Path) -> Iterator[int]:
    """Of a file, or of the tables in a folder, as if they were text."""
    with suppress(OSError):
        if path.is_dir():
            from nnspec.data.formats.table_files import ENDINGS

            with os.scandir(path) as entries:
                found = (entry for entry in entries if os.path.splitext(entry.name)[1].lower() in ENDINGS)
                yield from (weight(entry.name, entry.stat().st_size) for entry in found)
        else:
            yield weight(path.name, path.stat().st_size)


def weight(name: str, size: int) -> int:
    """How many bytes of text a file is."""
    return size * DENSER if os.path.splitext(name)[1].lower() in COMPRESSED else size
