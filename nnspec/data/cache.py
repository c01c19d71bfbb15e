"""Files that are costly to make, kept between runs: decoded images, decompressed arrays, indices.

They lie under NNSPEC_CACHE, else in the user's cache folder, and may be deleted at any time. A name is a hash of what
went in, so nothing in it is ever stale; a file is written beside its place and renamed, so it is whole or absent.
A seal beside it has its length and checksum: a file that was damaged since is made again. The content is read for that
once, and again only if the file has been written to since (its identity is another one).
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import time
import zlib
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from nnspec.console.atomic_files import replacing, synchronize
from nnspec.data.errors import DataError
from nnspec.data.files import identity

if TYPE_CHECKING:
    import numpy as np

NO_SPACE = (errno.ENOSPC, errno.EDQUOT)
VERSION = 2  # of what is kept; another one begins the cache again
SETTLED_NS = 2_000_000_000  # a file written to longer ago shows by its times that it was written to again
TICK_NS = 20_000_000  # of the clock by which a file system notes times, at most
HINT = "set NNSPEC_CACHE to a folder that can be written and has room"


class CacheError(DataError):
    """The cache folder cannot be written, or is full."""


def root() -> Path:
    given = os.environ.get("NNSPEC_CACHE")
    try:
        if given:
            return Path(given).expanduser()
        return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "nnspec"
    except RuntimeError:  # a user without a home
        import tempfile

        return Path(tempfile.gettempdir()) / f"nnspec-{os.getuid()}"


def fingerprint(files: Iterable[str | Path], *options: object) -> str:
    """A hash that changes when a file's name or identity does, or an option."""
    digest = hashlib.sha256(repr((VERSION, *options)).encode())
    newest = 0
    for file in map(str, files):  # there may be millions: texts are looked up in a third of the time of paths
        found = identity(file)
        newest = max(newest, found[2])
        digest.update(f"\0{file}\0{found}".encode("utf-8", "surrogateescape"))
    # What is written from now on has another time: the clock of the file system may have gone on no tick since.
    if 0 <= time.time_ns() - newest < TICK_NS:
        time.sleep(TICK_NS / 1e9)
    return digest.hexdigest()[:32]


def stored(name: str, write: Callable[[IO[bytes]], object], problems: list[DataError] | None = None) -> Path:
    """The file of this name in the cache; `write` makes it where it is absent or damaged.

    Args:
        problems: gets a remark on a file that was damaged.

    Raises CacheError.
    """
    path = root() / name
    if _whole(path, name):
        return path
    if path.exists() and problems is not None:
        problems.append(DataError("a damaged file of the cache was made again", file=str(path)))
    try:
        _write(path, write, name)
    except OSError as error:
        if error.errno in NO_SPACE:
            raise CacheError("the cache folder is full", file=str(root()), hint=HINT) from error
        raise CacheError(
            f"the cache folder cannot be written: {error.strerror}", file=str(root()), hint=HINT
        ) from error
    return path


def kept(name: str) -> Path | None:
    """The file of this name in the cache; None where it is absent or damaged."""
    path = root() / name
    return path if _whole(path, name) else None


def remembered(kind: str, files: Sequence[str | Path], options: Sequence[object], find: Callable[[], Any]) -> Any:
    """What `find` says of some files, a plain value, kept as long as these do not change.

    Where the cache cannot be written it is found each time.
    """
    name = f"{kind}/{fingerprint(files, *options)}.json"
    path = root() / name
    if _whole(path, name):
        return json.loads(path.read_text(encoding="utf-8"))
    found = find()
    with suppress(CacheError):
        stored(name, lambda file: file.write(json.dumps(found).encode()))
    return found


def _write(path: Path, write: Callable[[IO[bytes]], object], name: str | None = None) -> None:
    """Writes a file whole or not at all; one with a name gets its seal first, so that none is found without.

    It need not reach the disk at once: what a loss of power leaves of it does not agree with the seal.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as scratch:
        with open(scratch, "w+b") as file:
            write(file)
        if name is not None:
            _seal(name, scratch.stat().st_size, _checksum(scratch), None)


def _seal(name: str, size: int, checksum: int, seen: list[int] | None) -> None:
    """Notes what a file must be, and the identity that it had when its content was last seen to be that."""
    text = json.dumps({"bytes": size, "crc32": checksum, "seen": seen})
    _write(_seal_path(name), lambda file: file.write(text.encode()))


def _seal_path(name: str) -> Path:
    return root() / "seals" / f"{name}.json"


def _whole(path: Path, name: str) -> bool:
    """Whether a file is there, and is what was written."""
    try:
        seal = json.loads(_seal_path(name).read_bytes())
        found = identity(path)
        if found[0] != seal["bytes"]:
            return False
        if found == seal["seen"]:
            return True
        if _checksum(path) != seal["crc32"]:
            return False
    except (OSError, ValueError, KeyError, TypeError):
        return False
    if time.time_ns() - found[2] > SETTLED_NS:
        with suppress(OSError):
            synchronize(path)  # its content will not be read again: it has to be on the disk, too
            _seal(name, found[0], seal["crc32"], found)
    return True


def _checksum(path: Path) -> int:
    found = 0
    with open(path, "rb") as file:
        while chunk := file.read(1 << 20):
            found = zlib.crc32(chunk, found)
    return found


def allocate(file: IO[bytes], shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """Makes `file` an .npy file of this shape and maps it for writing; its room is reserved at once.

    Without that a full disk would end the process with a signal, at some later page of the map.
    """
    import numpy as np

    header = {"descr": np.lib.format.dtype_to_descr(np.dtype(dtype)), "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
    file.flush()
    start = file.tell()
    size = max(1, int(np.prod(shape)) * np.dtype(dtype).itemsize)
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file.fileno(), start, size)
    else:
        file.truncate(start + size)
    return np.memmap(file.name, dtype, "r+", start, shape)
