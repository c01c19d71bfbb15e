"""Sounds of strangers: headers that lie, formats that claim more than they hold, files that are none, lists that lead out."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Sequence
from typing import Any

from cases_data import GIB, Make, file, link, pipe, sparse
from harness import Case, Command, Place

GOOD = "sample_rate: 8000, duration: 0.1"
OPEN = "sample_rate: 8000"


def samples(count: int = 800) -> bytes:
    return bytes(number % 251 for number in range(2 * count))


def chunk(name: bytes, content: bytes, length: int | None = None, mark: str = "<") -> bytes:
    """A part of a RIFF or AIFF file, which may claim another length than it has."""
    size = struct.pack(f"{mark}I", len(content) if length is None else length)
    return name + size + content + b"\0" * (len(content) % 2)


def told(rate: int = 8000, channels: int = 1, bits: int = 16, kind: int = 1, align: int | None = None) -> bytes:
    """What a WAV file says of its samples."""
    align = channels * bits // 8 if align is None else align
    return struct.pack("<HHIIHH", kind, channels, rate, min(rate * align, 2**32 - 1), align & 0xFFFF, bits)


def wav(*chunks: bytes, head: bytes = b"RIFF", length: int | None = None) -> bytes:
    return chunk(head, b"WAVE" + b"".join(chunks), length)


def of(**claims: int) -> bytes:
    return wav(chunk(b"fmt ", told(**claims)), chunk(b"data", samples()))


SOUND = of()


def folder(*makes: Make, settings: str = GOOD, shape: str = "[800]", **bound: Any) -> Case:
    """The check of a spec with a folder of sounds, and a look at all of them, decoded."""

    def make(place: Place) -> Sequence[Command]:
        for name in ("d/a/1.wav", "d/b/1.wav", "d/a/2.wav", "d/b/2.wav"):
            place.write(name, SOUND)
        for one in makes:
            one(place)
        place.write(
            "spec.yaml",
            f"nnspec: 1\ninputs: {{x: {shape}}}\nlayers: [{{Reshape: [-1, 1]}}, GlobalMaxPooling1D, {{Dense: {{units: 2, "
            f"activation: softmax}}}}]\ndata: {{source: {{AudioFolder: {{path: d, {settings}}}}}}}\n"
            "train: {loss: SparseCategoricalCrossentropy}\n",
        )
        return [["check", "spec.yaml"], ["data", "spec.yaml"]]

    return Case(make, **{"codes": (0, 3, 4), **bound})


def third(content: bytes | Callable[[], bytes], name: str = "d/a/3.wav", **bound: Any) -> Case:
    """Sound files and one that is not."""
    return folder(file(name, content), **{"codes": (4,), **bound})


def written(kind: str, coding: str | None = None, count: int = 800, channels: int = 1) -> bytes:
    """A sound in another format, as libsndfile writes it."""
    import numpy as np
    import soundfile

    made = io.BytesIO()
    soundfile.write(made, np.zeros((count, channels), np.float32), 8000, coding, format=kind)
    return made.getvalue()


def changed(kind: str, at: int, content: bytes, coding: str | None = None) -> Callable[[], bytes]:
    """A sound in another format in which some bytes are others."""

    def make() -> bytes:
        found = bytearray(written(kind, coding))
        found[at : at + len(content)] = content
        return bytes(found)

    return make


def silence(place: Place) -> None:
    """Hours of nothing, of which FLAC holds 4,096 samples in a dozen bytes."""
    import numpy as np
    import soundfile

    with soundfile.SoundFile(place.folder / "d/a/3.flac", "w", 8000, 1, format="FLAC") as into:
        for _ in range(60):
            into.write(np.zeros(1 << 20, np.int16))


def extended(rate: bytes) -> bytes:
    """An AIFF file whose rate, a number of 80 bits, is these bytes."""
    common = struct.pack(">hIh", 1, 800, 16) + rate
    parts = chunk(b"COMM", common, mark=">") + chunk(b"SSND", bytes(8) + samples(), mark=">")
    return chunk(b"FORM", b"AIFF" + parts, mark=">")


def au(offset: int = 24, size: int = 1600, coding: int = 3, rate: int = 8000, channels: int = 1) -> bytes:
    return b".snd" + struct.pack(">5I", offset, size, coding, rate, channels) + samples()


HEADS: dict[str, bytes] = {
    "no samples a second": of(rate=0),
    "999 samples a second": of(rate=999),
    "two billion samples a second": of(rate=2**31, align=0),
    "four billion samples a second": of(rate=2**32 - 1, align=0),
    "no channel": of(channels=0),
    "65,535 channels": of(channels=65_535),
    "no bits": of(bits=0),
    "65,535 bits": of(bits=65_535, align=2),
    "a coding that nobody knows": of(kind=0xFFFE),
    "numbers that are none": wav(chunk(b"fmt ", told(bits=32, kind=3)), chunk(b"data", struct.pack("<f", float("nan")) * 800)),
    "numbers without end": wav(chunk(b"fmt ", told(bits=32, kind=3)), chunk(b"data", struct.pack("<f", float("inf")) * 800)),
    "nothing said of its samples": wav(chunk(b"data", samples())),
    "half of what is said of its samples": wav(chunk(b"fmt ", told()[:4]), chunk(b"data", samples())),
    "nothing": b"",
    "a head alone": wav(),
    "chunks that end in their names": wav() + b"fm",
    "noise": bytes(range(256)) * 20,
    "a program": b"#!/bin/sh\ntouch pwned\n",
    "a pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
    "a RF64 file without its sizes": wav(chunk(b"fmt ", told()), chunk(b"data", samples(), 2**32 - 1), head=b"RF64"),
    "an AIFF file of a rate without end": extended(b"\x7f\xff\x80" + bytes(7)),
    "an AIFF file of no rate": extended(bytes(10)),
    "an AIFF file of a rate below nothing": extended(b"\xc0\x0b\xfa" + bytes(7)),
    "an AU file of four billion channels": au(channels=2**32 - 1),
    "an AU file of no channel": au(channels=0),
    "an AU file that begins beyond its end": au(offset=2**32 - 1),
    "an AU file of a coding that nobody knows": au(coding=2**31),
    "an OGG file of noise": b"OggS" + bytes(range(256)) * 20,
    "a FLAC file of noise": b"fLaC" + b"\xff" * 5_000,
    "a FLAC file of a long remark": b"fLaC\x04\xff\xff\xff" + bytes(50),
    "an MP3 file of noise": b"\xff\xfb" + bytes(range(256)) * 20,
    "tags of 256 MB": b"ID3\x04\0\0\x7f\x7f\x7f\x7f" + bytes(100),
    "tags within tags": b"ID3\x04\0\0\0\0\0\x0a" * 20_000,
    "a CAF file of no end": b"caff\0\1\0\0desc" + struct.pack(">Q", 2**64 - 1) + bytes(100),
    "a W64 file of no end": b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\0\0" + b"\xff" * 8 + bytes(200),
}  # fmt: skip

# Files that are sound, or as good as: what they claim must cost nothing.
CLAIMS: dict[str, bytes] = {
    "a length of 4 GB": wav(chunk(b"fmt ", told()), chunk(b"data", samples(), 2**32 - 1)),
    "a file of 4 GB": wav(chunk(b"fmt ", told()), chunk(b"data", samples()), length=2**32 - 1),
    "20,000 chunks of nothing": wav(*[chunk(b"junk", b"")] * 20_000, chunk(b"fmt ", told()), chunk(b"data", samples())),
    "a chunk of 4 GB before it": wav(chunk(b"junk", b"", 2**32 - 1), chunk(b"fmt ", told()), chunk(b"data", samples())),
    "a RF64 file of 2⁶³ bytes": wav(
        chunk(b"ds64", struct.pack("<QQQI", 2**63, 2**63, 2**63, 0)),
        chunk(b"fmt ", told()),
        chunk(b"data", samples(), 2**32 - 1),
        head=b"RF64",
    ),
    "two rates": wav(chunk(b"fmt ", told()), chunk(b"fmt ", told(rate=768_000)), chunk(b"data", samples())),
    "samples of no width": of(align=0),
    "the highest rate": of(rate=768_000),
    "a number of bits that is odd": of(bits=13),
    "a part of a sample": wav(chunk(b"fmt ", told(channels=2)), chunk(b"data", samples()[:1])),
}

PLACES: dict[str, Case] = {
    "a sound in a pipe": folder(pipe("d/a/3.wav")),
    "a sound that is a device": folder(link("d/a/3.wav", "/dev/zero")),
    "a sound that is random": folder(link("d/a/3.wav", "/dev/urandom")),
    "a sound that is the environment": folder(link("d/a/3.wav", "/proc/self/environ")),
    "a sound that is a password file": folder(link("d/a/3.wav", "/etc/passwd"), codes=(4,)),
    "a sound that is a link to itself": folder(link("d/a/3.wav", "3.wav")),
    "a sound that is a folder": folder(file("d/a/3.wav/x", b"")),
    "a folder within itself": folder(link("d/a/up", "..")),
    "a sound of 10 GB": folder(sparse("d/a/3.wav", 10 * GIB, SOUND)),
    "a sound of 10 GB without an end": folder(sparse("d/a/3.wav", 10 * GIB, wav(chunk(b"fmt ", told()), chunk(b"data", samples(), 2**32 - 1))), settings=OPEN, shape="[null]", codes=(4,)),
    "sounds with escapes in their names": folder(file("d/a\x1b[2J\u202e/\x1b]0;x\x07.wav", b"none"), codes=(4,)),
    "sounds with line ends in their names": folder(file("d/c\nd/e\r\nf.wav", b"none"), codes=(4,)),
    "sounds of other endings": folder(file("d/a/3.flac", SOUND), file("d/a/4.mp3", SOUND), file("d/a/5.ogg", SOUND)),
    "hours of silence": folder(silence),
    "hours of silence, all of them": folder(silence, settings=OPEN, shape="[null]", codes=(4,)),
    "a list in a pipe": folder(pipe("l.txt"), settings=f"{GOOD}, files: l.txt", codes=(4,)),
    "a list of files elsewhere": folder(file("l.txt", b"../../outside/kept.txt\n/etc/passwd\n/dev/zero\na/1.wav\nb/1.wav\n"), settings=f"{GOOD}, files: l.txt", codes=(4,)),
    "a list of 10 GB": folder(sparse("l.txt", 10 * GIB, b"a/1.wav\n"), settings=f"{GOOD}, files: l.txt", codes=(4,)),
    "a list of what has escapes": folder(file("l.txt", b"a/\x1b[2J.wav\n\0\n\xff\n"), settings=f"{GOOD}, files: l.txt", codes=(4,)),
    "a rate of billions": folder(settings="sample_rate: 2147483647, duration: 0.1", codes=(3, 4)),
    "a duration of billions of seconds": folder(settings="sample_rate: 8000, duration: 1.0e+300", codes=(3, 4)),
    "a duration that is no number": folder(settings="sample_rate: 8000, duration: .nan", codes=(3, 4)),
    "the machine's sounds": folder(settings=f"{GOOD}, files: null", codes=(0,)),
    "a rate of a FLAC file that is none": folder(file("d/a/3.flac", changed("FLAC", 18, b"\0\0\x02"))),
    "a length of a FLAC file that is a lie": folder(file("d/a/3.flac", changed("FLAC", 21, b"\x7f\xff\xff\xff\xff"))),
    "a block of a FLAC file of no length": folder(file("d/a/3.flac", changed("FLAC", 8, bytes(4)))),
    "channels of an OGG file that are a lie": folder(file("d/a/3.ogg", changed("OGG", 39, b"\xff", "VORBIS"))),
    "a rate of an OGG file that is a lie": folder(file("d/a/3.ogg", changed("OGG", 40, b"\xff" * 4, "VORBIS"))),
    "an end of an OGG file that is a lie": folder(file("d/a/3.ogg", changed("OGG", 6, b"\x7f" + b"\xff" * 7, "VORBIS"))),
}  # fmt: skip

CASES: dict[str, Case] = {
    **{f"a sound of {name}": third(content) for name, content in HEADS.items()},
    **{f"a sound that claims {name}": folder(file("d/a/3.wav", content)) for name, content in CLAIMS.items()},
    **PLACES,
}
