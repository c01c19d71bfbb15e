"""Files that anybody may have made: opened where they are regular files, read up to a size, JSON up to a depth.

Whoever opens a file that a user, a spec or a folder names does it here. A device would be read without end, and a pipe
waits for a writer when it is opened, which is why a path is looked at before.
"""

from __future__ import annotations

import errno
import json
import math
import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from io import BufferedReader
from pathlib import Path
from typing import Any

MAX_JSON = 64 << 20  # bytes
MAX_DEPTH = 64  # lists and mappings within each other
MAX_DIGITS = 19  # of a whole number
NOT_REGULAR = "this is a device or a pipe, not a file"

StrPath = str | os.PathLike[str]


def require_regular(path: StrPath) -> os.stat_result:
    """What the system knows of a regular file. Raises OSError where there is none, with what there is instead."""
    try:
        found = os.stat(path)
    except ValueError as error:  # a NUL in the path
        raise OSError(errno.EINVAL, "this is not a usable path", str(path)) from error
    return _regular(found, path)


def _regular(found: os.stat_result, path: StrPath) -> os.stat_result:
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, "this is a folder, not a file", str(path))
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, NOT_REGULAR, str(path))
    if found.st_dev in _of_the_system():
        raise OSError(errno.EINVAL, "this is no file, but what the system says of itself", str(path))
    return found


@cache
def _of_the_system() -> frozenset[int]:
    """The numbers of the file systems that hold no files: the environment of a process, with its secrets, is in one."""
    found = set()
    for folder in ("/proc", "/sys"):
        with suppress(OSError):
            found.add(os.stat(folder).st_dev)
    return frozenset(found - {os.stat("/").st_dev})


def open_regular(path: StrPath) -> BufferedReader:
    """Opens a regular file to read bytes. Raises OSError, also where it is something else."""
    handle, _ = _opened(path)
    try:
        return open(handle, "rb")
    except BaseException:
        os.close(handle)
        raise


def _opened(path: StrPath) -> tuple[int, int]:
    """The descriptor of a regular file, and its bytes. Raises OSError, also where it is something else."""
    require_regular(path)
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        return handle, _regular(os.fstat(handle), path).st_size  # it may be another one by now
    except BaseException:
        os.close(handle)
        raise


def read_small(path: StrPath, most: int) -> bytes | None:
    """The content of a regular file; None where it has more than ``most`` bytes.

    For very many files: without a stream it takes two thirds of the time. Raises OSError, also where it is something
    else, or a read gives less than the whole.
    """
    handle, size = _opened(path)
    try:
        if size > most:
            return None
        found = os.read(handle, size)
    finally:
        os.close(handle)
    if len(found) != size:
        raise OSError(errno.EIO, "it was not read whole", str(path))
    return found


def read_bytes(path: StrPath, most: int) -> bytes:
    """The content of a regular file. Raises OSError, also where it has more than ``most`` bytes."""
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        found = file.read(most + 1) if size <= most else b""
    if max(size, len(found)) > most:
        raise OSError(errno.EFBIG, f"it has more than {most:,} bytes", str(path))
    return found


def read_text(path: StrPath, most: int) -> str:
    """The content of a regular file in UTF-8. Raises OSError as `read_bytes`, and ValueError."""
    return read_bytes(path, most).decode("utf-8")


def read_json(path: StrPath, most: int = MAX_JSON) -> Any:
    """The value of a JSON file, by `parse_json`. Raises OSError as `read_bytes`, and ValueError."""
    return parse_json(read_text(path, most))


def parse_json(text: str) -> Any:
    """The value of a JSON text. A number that no float64 or int64 holds is None, as nan and infinity are.

    Raises:
        ValueError: it is not JSON, or nested deeper than ``MAX_DEPTH``.
    """
    try:
        found = _DECODER.decode(text)
    except RecursionError:
        raise ValueError(f"nested deeper than {MAX_DEPTH} levels") from None
    level = [found]
    for _ in range(MAX_DEPTH):
        level = [item for value in level for item in _inside(value)]
        if not level:
            return whole_characters(found) if "\\u" in text else found
    raise ValueError(f"nested deeper than {MAX_DEPTH} levels")


def whole_characters(value: Any) -> Any:
    """Halves of characters, which JSON can write and no file can hold, replaced."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {whole_characters(key): whole_characters(item) for key, item in value.items()}
    return [whole_characters(item) for item in value] if isinstance(value, list) else value


def _inside(value: Any) -> list[Any]:
    items = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return [item for item in items if isinstance(item, Mapping | list)]


def _whole(digits: str) -> int | None:
    return int(digits) if len(digits) <= MAX_DIGITS else None


def _finite(text: str) -> float | None:
    value = float(text)
    return value if math.isfinite(value) else None


def is_name(text: str) -> bool:
    """Whether a text names a file of a folder, and leads nowhere else."""
    return bool(text) and text not in (".", "..") and Path(text).name == text and "\\" not in text and "\0" not in text


_DECODER = json.JSONDecoder(parse_int=_whole, parse_float=_finite, parse_constant=lambda _: None)
