"""The heaps of an HDF5 file, in which its texts lie, looked through before the library of HDF5 reads them.

A heap is a row of objects, each with its length. The library goes from one to the next without an end where an object
of a damaged heap has no length (https://github.com/HDFGroup/hdf5/issues/1707), and no signal stops it.
"""

from __future__ import annotations

import struct
from typing import IO

SIGNATURE = b"\x89HDF\r\n\x1a\n"
HEAP = b"GCOL\x01"
HEAD = 16  # bytes before the objects of a heap, and before the content of each
BLOCK = 1 << 20  # bytes that are read at a time
LARGEST = 64 << 20  # bytes of a heap; Keras reads no text that is longer


def refuse_endless(file: IO[bytes]) -> None:
    """Raises ValueError on a file with a heap that the library would read without end; reads it from its start."""
    window = _Window(file)
    if not window.content.startswith(SIGNATURE):
        raise ValueError("it does not begin as HDF5 files do")
    if len(window.content) < HEAD or window.content[14 if window.content[8] < 2 else 10] != 8:
        raise ValueError("its lengths are not of 8 bytes, as Keras writes them")
    count = 0
    while window.has_next():
        count += window.objects()
        if count * HEAD > window.read:
            raise ValueError("its heaps lie within each other")


class _Window:
    """The part of a file that is looked at; it only moves on, so that a member of an archive can be one.

    Attributes:
        content: of the part; `at` is the place in it. `read`: bytes of the file that were read.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.content = file.read(BLOCK)
        self.at, self.read = 0, len(self.content)

    def has_next(self) -> bool:
        """Whether there is a heap from here on; moves to its mark."""
        while (place := self.content.find(HEAP, self.at)) < 0:
            self.at = max(self.at, len(self.content) - len(HEAP) + 1)
            if not self.grow(BLOCK):
                return False
        self.at = place
        return True

    def grow(self, size: int) -> bool:
        """Drops what lies before the place, and reads on; whether there was something to read."""
        more = self.file.read(max(size, BLOCK))
        self.content, self.at, self.read = self.content[self.at :] + more, 0, self.read + len(more)
        return bool(more)

    def objects(self) -> int:
        """How many objects the heap at this place has, as far as the file goes; moves behind its mark."""
        self.require(HEAD)
        size = struct.unpack_from("<Q", self.content.ljust(self.at + HEAD, b"\0"), self.at + 8)[0]
        self.require(min(size, LARGEST))
        place, count = HEAD, 0
        while place + HEAD <= min(size, len(self.content) - self.at):
            index, length = struct.unpack_from("<H6xQ", self.content, self.at + place)
            step = HEAD + (length + 7) // 8 * 8 if index else length  # number 0 is what is free, with its own head
            if not step or place + step > size:
                raise ValueError("a text in it has a length that is none")
            place, count = place + step, count + 1
        self.at += len(HEAP)
        return count

    def require(self, size: int) -> None:
        """Reads on where fewer bytes than that follow."""
        if (missing := size - (len(self.content) - self.at)) > 0:
            self.grow(missing)
