"""HDF5 is read in a process of its own first: on a damaged file the HDF5 library may end it.

What the fuzzer found are references of texts of variable length that lead anywhere: the library follows them before it
tells a length, and either reads where nothing is or reserves what they claim.
"""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

from nnspec.backend.hdf5_heaps import refuse_endless
from nnspec.console.own_python import own_environment, own_python
from nnspec.data.cache import remembered
from nnspec.data.files import identity
from nnspec.reading import open_regular

WEIGHTS = "model.weights.h5"  # the member of a `.keras` file
MEMORY = 2**31  # bytes of address space beside four times the file: what Python, NumPy and the library take
SECONDS, BYTES_A_SECOND = 5, 10 << 20  # of the processor, for any file and for what it holds
ALWAYS_ALLOWED = 2**26  # bytes of all weights; above that so many times the size of the file
MOST_UNPACKED = 100
MAX_ITEMS = 200_000  # groups, arrays and attributes
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1"}  # of NumPy's library, which reserves memory for each
SURVIVED, TOO_LARGE = 0, 3
# What is read by name, even where the list of names is damaged.
ATTRIBUTES = ("model_config", "training_config", "keras_version", "backend", "layer_names", "weight_names")
# What the HDF5 library makes of damage, and the reader of archives; what reads the file next tells it.
DAMAGED: tuple[type[Exception], ...] = (OSError, KeyError, ValueError, TypeError, RuntimeError, IndexError)
DAMAGED += (OverflowError, AttributeError, EOFError, zipfile.BadZipFile, NotImplementedError)
_own: set[tuple[Path, tuple[int, ...]]] = set()


class LibraryEnds(Exception):
    """The HDF5 library crashes, hangs or takes all memory on a file."""


def survive(path: Path) -> None:
    """Raises LibraryEnds on an HDF5 file, or a `.keras` archive with one, that cannot be read; OSError.

    A file that was read once is not read again as long as it is what it was, nor is one that this process wrote.
    """
    path = path.absolute()
    if _known(path) not in _own:
        remembered("hdf5", [path], (version("h5py"),), lambda: _tried(path))


def written_here(path: Path) -> None:
    """Notes that this process wrote a file, as it is now. Raises OSError."""
    _own.add(_known(path.absolute()))


def _known(path: Path) -> tuple[Path, tuple[int, ...]]:
    return path, tuple(identity(path))


def _tried(path: Path) -> bool:
    done = subprocess.run(
        own_python(__name__, str(path)),
        env=own_environment(ONE_THREAD),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    return judged(done.returncode)


def judged(code: int) -> bool:
    """Raises LibraryEnds where the process did not survive; a code below 0 is the signal that ended it."""
    if code == TOO_LARGE:
        raise LibraryEnds("it claims more memory than it explains")
    if code < 0:
        raise LibraryEnds(f"the HDF5 library ends on it ({signal.Signals(-code).name})")
    return True


def most(size: int) -> int:
    """Bytes that the weights in a file of a size may have."""
    return max(ALWAYS_ALLOWED, MOST_UNPACKED * size)


def main(path: Path) -> int:
    """What the process does: reads all that there is, as far as that can be read."""
    try:
        with aside(), open_regular(path) as raw:
            size = os.fstat(raw.fileno()).st_size
            _limit(size)
            _read(raw, most(size))
    except MemoryError:
        return TOO_LARGE
    return SURVIVED


@contextmanager
def aside() -> Iterator[None]:
    """Within it, damage is no matter. Raises MemoryError where the library had too little, which it tells as damage."""
    try:
        yield
    except DAMAGED as error:
        if "alloc" in str(error):
            raise MemoryError from error


def _read(raw: IO[bytes], left: int) -> None:
    if zipfile.is_zipfile(raw):
        with zipfile.ZipFile(raw) as archive:
            with archive.open(WEIGHTS) as content:
                refuse_endless(content)
            with archive.open(WEIGHTS) as content:
                read_all(content, left)
        return
    raw.seek(0)
    refuse_endless(raw)
    read_all(raw, left)


def read_all(content: IO[bytes], left: int) -> None:
    """Reads every attribute, and the arrays that the file holds itself up to so many bytes.

    It goes on behind what cannot be read.
    """
    import h5py

    with h5py.File(content, "r") as file:
        for item in _items(file):
            for name in (*_listed(item.attrs), *ATTRIBUTES):
                with aside():
                    if name in item.attrs:
                        item.attrs[name]
            with aside():
                if isinstance(item, h5py.Dataset) and not item.is_virtual and not item.external:
                    size = math.prod(item.shape or ()) * item.dtype.itemsize
                    if size <= left:
                        left -= size
                        item[()]


def _listed(names: Iterable[str]) -> Iterator[str]:
    """The names as far as they can be told: a damaged one does not keep the others from being tried."""
    with aside():
        yield from names


def _items(file: Any) -> Iterator[Any]:
    """All groups and arrays, each once."""
    import h5py

    waiting = [file["/"]]
    known: set[int] = set()
    while waiting and len(known) < MAX_ITEMS:
        item = waiting.pop()
        place = -len(known)  # of what is too damaged to say where it is; it is read all the same
        with aside():
            place = h5py.h5o.get_info(item.id).addr
        if place in known:
            continue
        known.add(place)
        yield item
        if isinstance(item, h5py.Group):
            for name in _listed(item):
                with aside():
                    if isinstance(item.get(name, getlink=True), h5py.HardLink):
                        waiting.append(item[name])


def _limit(size: int) -> None:
    try:
        import resource
    except ModuleNotFoundError:  # no POSIX: the process alone protects
        return
    memory, seconds = MEMORY + 4 * size, SECONDS + size // BYTES_A_SECOND
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
