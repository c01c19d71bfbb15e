"""Where the members of a tar file lie, by its headers alone: what is in them is skipped, and nothing is unpacked.

The formats of POSIX 1988 (ustar), POSIX 2001 (pax) and GNU; see the GNU tar manual, "Basic Tar Format". Python's own
reader makes an object of 30 attributes for each member: a million of them take minutes.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from pathlib import Path

from nnspec.data.errors import DataError
from nnspec.data.files import require_file
from nnspec.reading import open_regular

BLOCK, AHEAD = 512, 4096
MOST_DIGITS = 19
DAMAGED = "a header with names is damaged"
MOST_NAME = 1 << 16  # bytes of a name that stands in a member of its own
REGULAR, LINKS = (b"0", b"\0", b"7"), (b"1", b"2")
LONG_NAME, SPARSE = b"L", b"S"
NAMES, OTHERS = (LONG_NAME, b"x", b"X"), (b"K", b"g")  # headers of the member that follows; what says nothing of it
ADLER = 65521
Member = tuple[str, int, int]  # name, where its content begins, bytes


def members(file: Path) -> Iterator[Member]:
    """The regular files of a tar file, in order.

    Raises DataError where it is no tar file, is damaged or cut off, or has a member that is kept in another way.
    """
    require_file(file)
    with open_regular(file) as stream:
        content = _Content(stream.fileno())
        if not content.size:
            raise DataError("the file is empty", file=str(file))
        try:
            yield from _members(content)
        except ValueError as error:
            raise DataError(str(error), file=str(file)) from None


class _Content:
    """An open file, read a little ahead: the files of a sample are often small, and their headers near each other."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor, self.size = descriptor, os.fstat(descriptor).st_size
        self.start, self.ahead = 0, b""

    def read(self, place: int, size: int) -> bytes:
        at = place - self.start
        if at < 0 or at + size > len(self.ahead):
            self.ahead, self.start, at = os.pread(self.descriptor, max(size, AHEAD), place), place, 0
        return self.ahead[at : at + size]


def _members(content: _Content) -> Iterator[Member]:
    place, end, told = 0, content.size, dict[str, str]()
    while place + BLOCK <= end:
        header = content.read(place, BLOCK)
        if header[0] == 0 and not header.strip(b"\0"):
            return
        if not _is_whole(header):
            raise ValueError(f"no header of a tar file at byte {place}" + ("" if place else ": this is no tar file"))
        size = _number(header[124:136])
        start, kind = place + BLOCK, header[156:157]
        if "size" in told and kind not in NAMES:
            size = _whole(told["size"])
        if size < 0 or start + size > end:
            raise ValueError(f"the file is cut off within the member at byte {place}")
        if "GNU.sparse.major" in told or kind == SPARSE:
            raise ValueError(f"{_name(header)} is kept sparse: write the tar file without `--sparse`")
        if kind in REGULAR:
            yield told.get("path") or _name(header), start, size
            told = {}
        elif kind in NAMES:
            if size > MOST_NAME:
                raise ValueError(f"a name of {size:,} bytes at byte {place}")
            text = content.read(start, size)
            told |= {"path": text.rstrip(b"\0").decode("utf-8", "surrogateescape")} if kind == LONG_NAME else _pax(text)
        elif kind in LINKS:
            raise ValueError(f"{_name(header)} is a link: write the tar file with `--dereference --hard-dereference`")
        elif kind not in OTHERS:
            told = {}  # a folder, a pipe or a device
        place = start + -(-size // BLOCK) * BLOCK
    if place < end or end % BLOCK:
        raise ValueError("the file is cut off within a header")


def _is_whole(header: bytes) -> bool:
    """Whether the checksum is right: the sum of all bytes, its own as spaces; Adler's is that, modulo a prime."""
    found = zlib.adler32(header[:148] + b"        " + header[156:]) & 0xFFFF
    try:
        return found == (int(header[148:156].strip(b" \0"), 8) + 1) % ADLER
    except ValueError:
        return False


def _whole(digits: str | bytes) -> int:
    if not digits.isdigit() or len(digits) > MOST_DIGITS:
        raise ValueError(DAMAGED)
    return int(digits)


def _number(text: bytes) -> int:
    """Octal, or of 2^33 on binary."""
    return int.from_bytes(text[1:], "big") if text[0] == 0x80 else int(text.strip(b" \0") or b"0", 8)


def _name(header: bytes) -> str:
    name = header[:100].split(b"\0", 1)[0]
    if header[257:263] == b"ustar\0" and header[345]:
        name = header[345:500].split(b"\0", 1)[0] + b"/" + name
    return name.decode("utf-8", "surrogateescape")


def _pax(text: bytes) -> dict[str, str]:
    """Records of the form `30 path=some/name`, whose number is the length of the record, and a line end each."""
    found, place = {}, 0
    while place < len(text):
        space = text.index(b" ", place)
        length = _whole(text[place:space])
        if length <= space - place:
            raise ValueError(DAMAGED)
        key, _, value = text[space + 1 : place + length - 1].partition(b"=")
        found[key.decode("utf-8", "replace")] = value.decode("utf-8", "surrogateescape")
        place += length
    return found
