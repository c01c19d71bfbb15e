"""Files that data come from: whether one can be read, and whether it is still the one that it was."""

from __future__ import annotations

import stat
from contextlib import suppress
from pathlib import Path

from nnspec.data.errors import DataError


def identity(path: Path) -> list[int]:
    """Size, times of modification and of change (nanoseconds), and inode.

    It changes with every write, and with what leaves the size and the time of modification as they were: another file
    that takes the name, an archive that is unpacked with the times of its files, a time that is set by hand.
    Raises OSError.
    """
    found = path.stat()
    return [found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino]


def require_file(path: Path) -> Path:
    """The path of a regular file. Raises DataError where there is none."""
    if not path.exists():
        raise DataError("no such file", file=str(path))
    if path.is_dir():
        raise DataError("this is a folder, not a file", file=str(path))
    refuse_device(path)
    return path


def refuse_device(path: Path) -> None:
    """Raises DataError where a path is of a device or a pipe, which could be read for ever."""
    with suppress(OSError):
        mode = path.stat().st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            raise DataError("this is a device or a pipe, not a file", file=str(path))
