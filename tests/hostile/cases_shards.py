"""TFRecord files of strangers: lengths and checksums that lie, messages without an end, features that are none."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from typing import Any

from cases_data import CLAIMS, GIB, RECORDS, Make, bomb, data, file, link, png, sparse
from harness import Case, Command, Place


def masked(content: bytes) -> bytes:
    """The checksum of TFRecord: CRC-32C, rotated."""
    found = 0xFFFFFFFF
    for byte in content:
        found ^= byte
        for _ in range(8):
            found = found >> 1 ^ (0x82F63B78 if found & 1 else 0)
    found ^= 0xFFFFFFFF
    return struct.pack("<I", ((found >> 15 | found << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def record(content: bytes, claimed: int | None = None) -> bytes:
    size = struct.pack("<Q", len(content) if claimed is None else claimed)
    return size + masked(size) + content + masked(content)


def varint(value: int) -> bytes:
    made = bytearray()
    while value > 127:
        made.append(value & 127 | 128)
        value >>= 7
    return bytes([*made, value])


def part(number: int, content: bytes, claimed: int | None = None) -> bytes:
    """A field of bytes in a message, which may claim to be longer than it is."""
    return varint(number << 3 | 2) + varint(len(content) if claimed is None else claimed) + content


def feature(name: bytes, kind: int, values: bytes) -> bytes:
    """An entry of the map; kinds are 1 for bytes, 2 for floats, 3 for whole numbers."""
    return part(1, part(1, name) + part(2, part(kind, part(1, values))))


def example(*features: bytes) -> bytes:
    return part(1, b"".join(features))


FLOATS = feature(b"x", 2, bytes(16))
LABEL = feature(b"y", 3, b"\1")
SOUND = record(example(FLOATS, LABEL)) + record(example(FLOATS, feature(b"y", 3, b"\0")))


def read(source: str, *makes: Make, given: str = "x", **bound: Any) -> Case:
    """The data are read, which TensorFlow does."""

    def make(place: Place) -> Sequence[Command]:
        return [*data(source, *makes, given=given).make(place), ["data", "spec.yaml"]]

    return Case(make, **{"codes": (0, 3, 4), "tf": True, "full": True, "megabytes": 700, **bound})


MESSAGES: dict[str, bytes] = {
    "nothing": b"",
    "noise": bytes(range(256)),
    "a number without an end": b"\xff" * 500,
    "a length of 2⁶³": part(1, b"", 2**63),
    "a length within that lies": example(part(1, part(1, b"x", 1 << 40))),
    "groups within groups": b"\x0b" * 5_000 + b"\x0c" * 5_000,
    "messages within messages": b"\x0a\x7f" * 2_000,
    "a field of number 0": varint(2) + b"\0" + example(FLOATS, LABEL),
    "a kind of wire that is none": b"\x0f" * 100,
    "half a float": example(feature(b"x", 2, bytes(15)), LABEL),
    "floats that are none": example(feature(b"x", 2, struct.pack("<4f", float("nan"), float("inf"), -0.0, 1e-45)), LABEL),
    "a number for floats": example(feature(b"x", 3, b"\1\1\1\1"), LABEL),
    "bytes for a label": example(FLOATS, feature(b"y", 1, b"1")),
    "a label of 2⁶³": example(FLOATS, feature(b"y", 3, varint(2**63 - 1))),
    "a label below 0": example(FLOATS, feature(b"y", 3, varint(2**64 - 1))),
    "many labels": example(FLOATS, feature(b"y", 3, b"\1" * 3_000)),
    "a feature twice": example(FLOATS, FLOATS, LABEL, feature(b"y", 3, b"\0")),
    "a feature of two kinds": example(part(1, part(1, b"x") + part(2, part(2, part(1, bytes(16))) + part(3, part(1, b"\1")))), LABEL),
    "a feature without a name": example(feature(b"", 2, bytes(16)), LABEL),
    "names of escapes": example(FLOATS, LABEL, feature(b"\x1b[2J\xe2\x80\xae", 2, bytes(4))),
    "names that are no UTF-8": example(FLOATS, LABEL, feature(b"\xff\xfe\0", 2, bytes(4))),
    "a name of 8 kB": example(FLOATS, LABEL, feature(b"n" * 8_000, 2, b"")),
    "1,000 features": example(FLOATS, LABEL, *(feature(b"f%d" % number, 3, b"\1") for number in range(1_000))),
}  # fmt: skip
FILES: dict[str, bytes] = {
    "a length beyond the file": record(example(FLOATS, LABEL), 1 << 40),
    "a length without a checksum": struct.pack("<Q", 10),
    "lengths whose checksums lie": struct.pack("<QI", 40, 1) + bytes(44),
    "records whose checksums lie": SOUND[:-4] + bytes(4),
    "half a record": SOUND[:-7],
    "100,000 records of nothing": record(b"") * 100_000,
    "gzip that is not said": zlib.compress(SOUND, wbits=31),
    "text": b"x,y\n1,0\n" * 100,
}
FEATURES: dict[str, str] = {
    "a shape of 10¹² numbers": "{x: {shape: [1000000, 1000000]}, y: {dtype: int64}}",
    "a size below 0": "{x: {shape: [-4]}, y: {dtype: int64}}",
    "a type of objects": "{x: {shape: [4], dtype: object}, y: {dtype: int64}}",
    "a type of raw bytes that is none": "{x: {shape: [4], dtype: '|O', decode: raw}, y: {dtype: int64}}",
    "a type of raw bytes of texts": "{x: {shape: [4], dtype: '<U1000000000', decode: raw}, y: {dtype: int64}}",
    "a type of records": "{x: {shape: [4], dtype: 'f4,f4,(1000000000,)f4', decode: raw}, y: {dtype: int64}}",
    "a key of escapes": '{x: {shape: [4], key: "\\e[2J\\u202e"}, y: {dtype: int64}}',
    "5,000 features": "{x: {shape: [4]}, y: {dtype: int64}, " + ", ".join(f"f{n}: {{}}" for n in range(5_000)) + "}",
    "a picture of a billion pixels": "{x: {decode: image, image_size: [1000000000, 1000000000]}, y: {dtype: int64}}",
}
LISTED = "{x: {shape: [4]}, y: {dtype: int64}}"
PACKED = RECORDS.replace("features:", "compression: GZIP, features:")
PICTURES = RECORDS.replace("{shape: [4]}", "{decode: image, image_size: [8, 8]}")
PICTURED = {
    "that claim to be larger": CLAIMS,
    "that are programs": b"%!PS-Adobe-3.0 EPSF-3.0\n",
    "that are too large": png(9_000),
}
CASES: dict[str, Case] = {
    "sound records": data(RECORDS, file("d.tfrecord", SOUND), codes=(0, 3)),
    **{f"a record of {name}": data(RECORDS, file("d.tfrecord", record(text) * 2), codes=(0, 3, 4)) for name, text in MESSAGES.items()},
    **{f"a file of {name}": data(RECORDS, file("d.tfrecord", content), codes=(0, 3, 4)) for name, content in FILES.items()},
    **{f"features of {name}": data(RECORDS.replace(LISTED, text), file("d.tfrecord", SOUND), codes=(0, 3, 4)) for name, text in FEATURES.items()},
    "records packed into a bomb": data(PACKED, file("d.tfrecord", bomb(512 << 20, SOUND)), codes=(0, 3, 4)),
    "records of 1 GiB that begin well": data(RECORDS, sparse("d.tfrecord", GIB, SOUND), codes=(0, 3, 4)),
    "records of the environment": data(RECORDS, link("d.tfrecord", "/proc/self/environ")),
    "shards in a circle": data(RECORDS.replace("d.tfrecord", "'d*.tfrecord'"), link("d1.tfrecord", "d2.tfrecord"), link("d2.tfrecord", "d1.tfrecord"), codes=(0, 3, 4)),
    **{f"read: a record of {name}": read(RECORDS, file("d.tfrecord", record(text) * 2)) for name, text in MESSAGES.items()},
    **{f"read: a file of {name}": read(RECORDS, file("d.tfrecord", content)) for name, content in FILES.items()},
    **{f"read: pictures {name}": read(PICTURES, file("d.tfrecord", record(example(feature(b"x", 1, content), LABEL)) * 2), given="image") for name, content in PICTURED.items()},
    "read: records packed into a bomb": read(PACKED, file("d.tfrecord", bomb(512 << 20, SOUND)), seconds=2.0),  # half a GB is unpacked
}  # fmt: skip
