"""Where the examples of some files are, so that any of them can be read without those before it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING

from nnspec.data import cache
from nnspec.data.errors import DataError
from nnspec.data.files import require_file

if TYPE_CHECKING:
    import numpy as np

Arrays = dict[str, "np.ndarray"]


@dataclass(frozen=True)
class FileIndex:
    """Example i lies in file `numbers[i]`.

    Attributes:
        labels: the integer target that classes are taken from, int64 [n], if there is one.
    """

    files: Sequence[Path]
    numbers: np.ndarray
    labels: np.ndarray | None

    def __len__(self) -> int:
        return len(self.numbers)

    @cached_property
    def descriptors(self) -> list[int]:
        # Open as long as the process: reading at a place needs no seek, so that threads share them.
        return [os.open(require_file(file), os.O_RDONLY) for file in self.files]


def kept_arrays(
    kind: str, files: Sequence[Path], options: Sequence[object], build: Callable[[], Arrays], problems: list[DataError]
) -> Arrays:
    """What `build` finds in some files, kept in the cache; where that cannot be written, found each time."""
    import numpy as np

    def write(file: IO[bytes]) -> None:
        np.savez(file, **build())  # type: ignore[arg-type]

    try:
        path = cache.stored(f"{kind}/{cache.fingerprint(files, *options)}.npz", write, problems)
        with np.load(path) as archive:
            return dict(archive)
    except cache.CacheError as error:
        problems.append(DataError(f"{error.message}: the files are indexed each time", file=error.file))
        return build()
