"""An HDF5 model is read in a process of its own first: on a damaged file the HDF5 library may end it.

What the fuzzer found are references of texts of variable length that lead anywhere: the library follows them before it
tells a length, and either reads where nothing is or reserves what they claim.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

from nnspec.console.own_python import own_environment, own_python
from nnspec.data.files import identity
from nnspec.importing import hdf5
from nnspec.importing.errors import ImportFailed

MEMORY = 2**31  # bytes of address space beside four times the file: what Python, NumPy and the library take
SECONDS = 60  # of the processor
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1"}  # of NumPy's library, which reserves memory for each
SURVIVED, TOO_LARGE = 0, 3


def survive(path: Path) -> None:
    """Raises ImportFailed where the HDF5 library crashes, hangs or takes all memory on a file; OSError."""
    _tried(path.absolute(), tuple(identity(path)))


@lru_cache(maxsize=16)
def _tried(path: Path, _identity: tuple[int, ...]) -> None:
    """Once for a file, as long as it is what it was."""
    done = subprocess.run(
        own_python(__name__, str(path)),
        env=own_environment(ONE_THREAD),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode == TOO_LARGE:
        raise ImportFailed("the HDF5 file is damaged: it claims more memory than it explains", hint=hdf5.AGAIN)
    if done.returncode < 0:
        how = signal.Signals(-done.returncode).name
        raise ImportFailed(f"the HDF5 file is damaged: the HDF5 library ends on it ({how})", hint=hdf5.AGAIN)


def main(path: Path) -> int:
    """What the process does: reads all that an import does. What it is told of is told again by who reads it next."""
    _limit(path)
    try:
        for read in (hdf5.read_model, hdf5.read_weights):
            try:
                read(path)
            except (ImportFailed, OSError):
                continue
    except MemoryError:
        return TOO_LARGE
    return SURVIVED


def _limit(path: Path) -> None:
    try:
        import resource
    except ModuleNotFoundError:  # no POSIX: the process alone protects
        return
    memory = MEMORY + 4 * path.stat().st_size
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
