"""tf.train.Example read without TensorFlow: the wire format of protocol buffers, as far as these messages have it.

See protobuf.dev/programming-guides/encoding, and tensorflow/core/example/feature.proto.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5  # how a field is written
Kind = Literal["bytes", "float32", "int64"]
KINDS: dict[int, Kind] = {1: "bytes", 2: "float32", 3: "int64"}  # of a feature, by the number of its field


class Values(NamedTuple):
    """The values of a feature in one record."""

    kind: Kind
    values: Sequence[bytes] | Sequence[float]


def features_of(record: bytes) -> dict[str, Values]:
    """The features of an Example by name, but for those of no type. Raises ValueError on another message."""
    found = {}
    for number, content in fields(record):
        for inner, entry in fields(_message(content)) if number == 1 else ():
            if inner == 1:
                pair = dict(fields(_message(entry)))
                values = _values(_message(pair.get(2, b"")))
                if values is not None:
                    found[_message(pair.get(1, b"")).decode()] = values
    return found


def _values(feature: bytes) -> Values | None:
    for number, content in fields(feature):
        if number in KINDS:
            kind, listed = KINDS[number], [value for place, value in fields(_message(content)) if place == 1]
            if kind == "bytes":
                return Values(kind, [_message(value) for value in listed])
            read = _floats if kind == "float32" else _integers
            return Values(kind, [number for value in listed for number in read(value)])
    return None


def fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a message: number and content, an integer of a varint, else bytes. Raises ValueError."""
    place = 0
    while place < len(message):
        key, place = _varint(message, place)
        wire = key & 7
        if wire == VARINT:
            value, place = _varint(message, place)
            yield key >> 3, value
            continue
        if wire == LENGTH:
            size, place = _varint(message, place)
        elif wire in (FIXED32, FIXED64):
            size = 4 if wire == FIXED32 else 8
        else:
            raise ValueError(f"no field is written as {wire}")
        if place + size > len(message):
            raise ValueError("a field ends beyond its message")
        yield key >> 3, message[place : place + size]
        place += size


def _varint(message: bytes, place: int) -> tuple[int, int]:
    """A number of seven bits a byte, the lowest first, and the place behind it."""
    value = shift = 0
    while place < len(message) and shift < 70:
        byte = message[place]
        value |= (byte & 127) << shift
        place, shift = place + 1, shift + 7
        if byte < 128:
            return value, place
    raise ValueError("a number does not end")


def _message(content: int | bytes) -> bytes:
    if isinstance(content, int):
        raise ValueError("a number where a message is due")
    return content


def _floats(content: int | bytes) -> Sequence[float]:
    found = array("f", _message(content))
    if sys.byteorder == "big":
        found.byteswap()
    return found


def _integers(content: int | bytes) -> Sequence[int]:
    """One integer, or several that are packed; the upper half of 64 bits is below 0."""
    found, place = [content] if isinstance(content, int) else [], 0
    while not isinstance(content, int) and place < len(content):
        value, place = _varint(content, place)
        found.append(value)
    return [value - (1 << 64) if value >> 63 else value for value in found]
