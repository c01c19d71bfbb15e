"""Files that data come from: whether one can be read, and whether it is still the one that it was."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from nnspec.data.errors import DataError

BLOCK = 16 << 10  # bytes of a sample
CONTENT_BYTES = 256 << 20  # files up to this size together are hashed whole
LARGE = 4 << 20  # a file of more bytes than this has more samples
BLOCKS, LARGE_BLOCKS = 3, 64


def identity(path: Path) -> list[int]:
    """Size, times of modification and of change (nanoseconds), and inode.

    It changes with every write, and with what leaves the size and the time of modification as they were: another file
    that takes the name, an archive that is unpacked with the times of its files, a time that is set by hand.
    Raises OSError.
    """
    found = path.stat()
    return [found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino]


def sampled(path: Path) -> str:
    """A hash of the size of a file and of samples of its content: head, tail, and blocks at even distances between.

    It is the same for a copy, wherever that lies and whenever it was made. Of a file that is not larger than its
    samples it is a hash of the whole content. Raises OSError.
    """
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        count = LARGE_BLOCKS if size > LARGE else BLOCKS
        digest = hashlib.sha256(str(size).encode())
        if size <= count * BLOCK:
            digest.update(file.read())
        else:
            for number in range(count):
                file.seek((size - BLOCK) * number // (count - 1))
                digest.update(file.read(BLOCK))
    return digest.hexdigest()[:32]


@dataclass(frozen=True)
class Hashes:
    """
    Attributes:
        by_file: by path, a hash of the file.
        content: whether it is of the whole content; of files that are large together it is of samples (see `sampled`).
    """

    by_file: Mapping[Path, str]
    content: bool


def hashes_of(files: Iterable[Path]) -> Hashes:
    """A hash of each file. Raises OSError where one is gone."""
    sizes = {file: file.stat().st_size for file in sorted(set(files))}
    content = sum(sizes.values()) <= CONTENT_BYTES
    return Hashes({file: whole(file) if content else sampled(file) for file in sizes}, content)


def whole(path: Path) -> str:
    """A hash of the whole content of a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:32]


def require_file(path: Path) -> Path:
    """The path of a regular file. Raises DataError where there is none."""
    if not path.exists():
        raise DataError("no such file", file=str(path))
    if path.is_dir():
        raise DataError("this is a folder, not a file", file=str(path))
    refuse_device(path)
    return path


def refuse_device(path: Path) -> None:
    """Raises DataError where a path is of a device or a pipe, which would be read without end."""
    with suppress(OSError):
        mode = path.stat().st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            raise DataError("this is a device or a pipe, not a file", file=str(path))
