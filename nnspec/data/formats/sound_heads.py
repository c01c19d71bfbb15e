"""What the head of a sound file says, without NumPy: `check` asks for no more."""

from __future__ import annotations

import os
import struct
from typing import BinaryIO, NamedTuple

from nnspec.data.errors import DataError
from nnspec.quick_classes import dataclass
from nnspec.reading import open_regular

HEAD = 1 << 16  # bytes of a file that are looked at
LOWEST_RATE, HIGHEST_RATE = 1_000, 768_000  # Hz; no recording has another one
MOST_SAMPLES = 50_000_000  # of a sound, all channels, before or after resampling
# How files begin that are read, whatever their ending: by libsndfile, which is told to take no others.
SIGNATURES = (b"fLaC", b"OggS", b"FORM", b".snd", b"caff", b"riff\x2e\x91\xcf\x11", b"ID3")
MOST_CHUNKS = 4096  # of a WAV file that are looked through
OPEN_END = 0x7FFF0000  # from this length on a program did not know it while it wrote the file
WAVES = (b"RIFF", b"RIFX", b"RF64")
PCM = 1  # the format of plain numbers


class Pcm(NamedTuple):
    """Where the samples of a WAV file lie that are whole numbers of 16 bits, little end first: frames of channels.

    Attributes:
        head: how the file begins.
    """

    place: int
    frames: int
    channels: int
    head: bytes

    def content(self, path: str, frames: int) -> bytes:
        """The first frames. Raises OSError."""
        size = 2 * frames * self.channels
        if self.place + size <= len(self.head):
            return self.head[self.place : self.place + size]
        with open_regular(path) as file:
            file.seek(self.place)
            return file.read(size)


@dataclass(frozen=True, slots=True)
class SoundHead:
    """
    Attributes:
        rate: samples a second; None: it takes decoding to tell.
        is_cut_off: whether the file ends before its head says; only WAV is asked.
        pcm: of a WAV file of 16 bits that ends with its samples; None: of any other.
    """

    rate: int | None
    is_cut_off: bool = False
    pcm: Pcm | None = None


def look_at_head(path: str) -> SoundHead:
    """Raises DataError on a file that is no sound, or whose sample rate no sound has."""
    try:
        with open_regular(path) as file:
            head = file.read(HEAD)
            found = _read(head, file)
    except FileNotFoundError as error:
        raise DataError("no such file", file=path) from error
    except (OSError, struct.error) as error:
        reason = getattr(error, "strerror", None) or "its head is cut off"
        raise DataError(f"the sound cannot be read: {reason}", file=path) from error
    except ValueError as error:
        raise DataError(str(error), file=path) from None
    if found.rate is not None:
        require_rate(found.rate, path)
    return found


def require_rate(rate: int, path: str) -> None:
    """Raises DataError on a sample rate that no sound has: resampling it would fill the memory."""
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise DataError(f"the file says that it has {rate:,} samples a second, which no sound has", file=path)


def _read(head: bytes, file: BinaryIO) -> SoundHead:
    """What WAV, FLAC and Ogg Vorbis say of themselves. Raises ValueError on what is no sound."""
    if not head:
        raise ValueError("the file is empty")
    if head[:4] in WAVES and head[8:12] == b"WAVE":
        return _wave(head, file)
    if head[:4] == b"fLaC":
        return SoundHead(int.from_bytes(head[18:21], "big") >> 4)
    if head[:4] == b"OggS" and head[29:35] == b"vorbis":
        return SoundHead(int(struct.unpack_from("<I", head, 40)[0]))
    if head.startswith(b"version https://git-lfs"):
        raise ValueError("the file is a pointer of Git LFS, not the sound: `git lfs pull` brings it")
    is_mpeg = len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0
    if not is_mpeg and not head.startswith(SIGNATURES):
        raise ValueError("the file is no sound of a known format (WAV, FLAC, OGG, MP3, AIFF, AU, CAF, W64)")
    return SoundHead(None)


def _wave(head: bytes, file: BinaryIO) -> SoundHead:
    """What the chunk `fmt ` says, which others may stand before. Raises ValueError where there is none."""
    size = os.fstat(file.fileno()).st_size
    mark = ">" if head[:4] == b"RIFX" else "<"
    place, found = 12, None
    for _ in range(MOST_CHUNKS):
        name, length = struct.unpack(f"{mark}4sI", _bytes(head, file, place, 8).ljust(8, b"\0"))
        if name == b"fmt ":
            found = struct.unpack(f"{mark}HHIIHH", _bytes(head, file, place + 8, 16).ljust(16, b"\0"))
        elif name == b"data" and found is not None:
            is_cut_off = place + 8 + length > size and length < OPEN_END
            is_last = place + 8 + length + length % 2 == size and head[:4] == b"RIFF"
            return SoundHead(found[2], is_cut_off, _pcm(found, place + 8, length, head) if is_last else None)
        place += 8 + length + length % 2
        if place >= size or name == b"\0\0\0\0":
            break
    if found is None:
        raise ValueError("the WAV file does not say what its samples are: it has no chunk `fmt `")
    return SoundHead(found[2])


def _bytes(head: bytes, file: BinaryIO, place: int, count: int) -> bytes:
    if place + count <= len(head):
        return head[place : place + count]
    file.seek(place)
    return file.read(count)


def _pcm(told: tuple[int, ...], place: int, length: int, head: bytes) -> Pcm | None:
    """The samples, where they are such; `told` is format, channels, rate, bytes a second, bytes a frame and bits."""
    kind, channels, _, _, frame, bits = told
    if (kind, bits) != (PCM, 16) or not channels or frame != 2 * channels or not length or length % frame:
        return None
    return Pcm(place, length // frame, channels, head)
