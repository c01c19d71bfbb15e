"""Arrays in memory that TensorFlow takes as they lie, without a copy, and mapped files read into such."""

from __future__ import annotations

import math
import os
from contextlib import suppress
from typing import TYPE_CHECKING

from nnspec.reading import open_regular

if TYPE_CHECKING:
    import numpy as np

ALIGNED = 64  # bytes: TensorFlow's tensors begin at multiples of them
RESIDENT_BYTES = 1 << 30  # a column up to this size is kept in memory


def aligned(shape: tuple[int, ...], dtype: str | np.dtype) -> np.ndarray:
    """An array to fill: what is in it is anything."""
    import numpy as np

    size = math.prod(shape) * np.dtype(dtype).itemsize
    room = np.empty(size + ALIGNED, np.uint8)
    start = -room.ctypes.data % ALIGNED
    return room[start : start + size].view(dtype).reshape(shape)


def whole_map(array: np.ndarray) -> np.ndarray | None:
    """A mapped file, read: touching each page of the map takes ten times as long. None where it is no map, or a part.

    What has the size of all that follows the head of the file, in order, can be no part of it.
    """
    import numpy as np

    if not isinstance(array, np.memmap) or not array.flags.c_contiguous or array.filename is None:
        return None
    offset = int(array.offset)
    try:
        with open_regular(array.filename) as file:
            if os.fstat(file.fileno()).st_size != offset + array.nbytes:
                return None
            found = aligned(array.shape, array.dtype)
            file.seek(offset)
            return found if file.readinto(found.reshape(-1).view(np.uint8).data) == array.nbytes else None
    except OSError:
        return None


def give_back() -> None:
    """Gives memory that is free back to the system, where that is glibc: it keeps what had arrays below 32 MB."""
    import ctypes

    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)
