"""Files that are costly to make, kept between runs: decoded images, decompressed arrays, indices.

They lie under NNSPEC_CACHE, else in the user's cache folder, and may be deleted at any time. A name is a hash of what
went in, so nothing in it is ever stale; a file is written beside its place and renamed, so it is whole or absent.
"""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, TYPE_CHECKING

from nnspec.data.errors import DataError

if TYPE_CHECKING:
    import numpy as np

NO_SPACE = (errno.ENOSPC, errno.EDQUOT)
HINT = "set NNSPEC_CACHE to a folder that can be written and has room"


class CacheError(DataError):
    """The cache folder cannot be written, or is full."""


def root() -> Path:
    given = os.environ.get("NNSPEC_CACHE")
    if given:
        return Path(given).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "nnspec"


def fingerprint(files: Iterable[Path], *options: object) -> str:
    """A hash that changes when a file's name, size or time of change does, or an option."""
    digest = hashlib.sha256(repr(options).encode())
    for file in files:
        found = file.stat()
        digest.update(f"\0{file}\0{found.st_size}\0{found.st_mtime_ns}".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()[:32]


def stored(name: str, write: Callable[[IO[bytes]], object]) -> Path:
    """The file of this name in the cache; `write` makes it where it is absent. Raises CacheError."""
    path = root() / name
    if path.exists():
        return path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            temporary = Path(file.name)
            try:
                write(file)
                file.flush()
                os.fsync(file.fileno())
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
        temporary.replace(path)
    except OSError as error:
        if error.errno in NO_SPACE:
            raise CacheError("the cache folder is full", file=str(root()), hint=HINT) from error
        raise CacheError(
            f"the cache folder cannot be written: {error.strerror}", file=str(root()), hint=HINT
        ) from error
    return path


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
