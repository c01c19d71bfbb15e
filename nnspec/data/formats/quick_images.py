"""Small images, many at a time, by TensorFlow's decoder: the pixels are those that Pillow gives, in half the time.

Of an image of 32 x 32 Pillow's decoding is a tenth of what opening it costs. Taken are JPEG and PNG files that have the
wanted size and need nothing but decoding; all others, and what TensorFlow cannot decode, are for Pillow to read or to
refuse. Both decode JPEG by libjpeg-turbo, and are asked for its exact transform.
"""

from __future__ import annotations

import struct
import sys
import zlib
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from nnspec.reading import read_small

if TYPE_CHECKING:
    import numpy as np

MOST_PIXELS = 128 * 128  # of larger images decoding is what costs
MOST_BYTES_A_PIXEL, MOST_HEAD = 4, 1 << 16  # a file of more bytes is read by Pillow
AT_ONCE, FEW = 256, 8  # images for one call; of fewer it costs more than it saves
JPEG, START_OF_SCAN, END_OF_IMAGE = b"\xff\xd8", 0xDA, b"\xff\xd9"
FRAME = 0xC0  # baseline; of a progressive file that is damaged releases of libjpeg-turbo make different pixels
SAYS_NOTHING = (0xC4, 0xDB, 0xDD, 0xE0, 0xED, 0xFE)  # tables, restart intervals, JFIF, Photoshop's notes, comments
CAMERA, EXIF = 0xE1, b"Exif\0\0"
PROFILE, ICC = 0xE2, b"ICC_PROFILE\0"  # which no reader here applies
ORDERS = {b"II*\0": "<", b"MM\0*": ">"}
ORIENTATION, SHORT, UPRIGHT = 0x0112, 3, 1
PNG, PNG_HEAD = b"\x89PNG\r\n\x1a\n", b"\0\0\0\rIHDR"
PNG_CHANNELS = {(8, 0, 0, 0, 0): 1, (8, 2, 0, 0, 0): 3}  # by bits, colours, compression, filter and interlace
OF_PICTURE = (b"IDAT", b"IEND")
OF_DISPLAY = (b"gAMA", b"cHRM", b"sRGB", b"pHYs", b"tIME", b"sBIT")  # which no reader applies to the numbers


class Pixels(NamedTuple):
    """A decoded image, uint8 [height, width, channels], and whether the file is grey."""

    array: np.ndarray
    is_grey: bool


def are_small(size: tuple[int, int]) -> bool:
    """Whether images are small enough, and TensorFlow is there already: a look at the data does not load it."""
    return size[0] * size[1] <= MOST_PIXELS and "tensorflow" in sys.modules


def content(path: str, size: tuple[int, int]) -> bytes | None:
    """The bytes of a file that may be a small image; None where it is not, or cannot be read."""
    if not are_small(size):
        return None
    try:
        return read_small(path, MOST_BYTES_A_PIXEL * size[0] * size[1] + MOST_HEAD)
    except OSError:
        return None


def decoded(contents: Sequence[bytes | None], size: tuple[int, int], channels: int) -> list[Pixels | None]:
    """The images in their order; None: this one is for Pillow.

    Args:
        channels: 3 or 1, whatever the files have.
    """
    found: list[Pixels | None] = [None] * len(contents)
    if not are_small(size):
        return found
    own = [0 if content is None else channels_of(content, size) for content in contents]
    # Of a PNG file in colour each decoder has its own weights for grey; of JPEG both take the stored brightness.
    taken = [
        number
        for number, content in enumerate(contents)
        if own[number] == channels or (own[number] and content is not None and (channels == 3 or content[:2] == JPEG))
    ]
    if len(taken) < FEW:
        return found
    import tensorflow as tf

    try:
        with tf.device("CPU:0"):
            arrays = _decoder(size, channels)(tf.constant([contents[number] for number in taken])).numpy()
    except tf.errors.InvalidArgumentError:  # one of them is damaged: Pillow says which
        return found
    for number, array in zip(taken, arrays, strict=True):
        found[number] = Pixels(array, own[number] == 1)
    return found


@cache
def _decoder(size: tuple[int, int], channels: int) -> Any:
    """A function from images in a row, as they stand in files, to their pixels."""
    import tensorflow as tf

    shape = tf.TensorSpec((*size, channels), tf.uint8)

    def one(content: Any) -> Any:
        return tf.io.decode_jpeg(content, channels, dct_method="INTEGER_ACCURATE")  # of PNG, too, by its first bytes

    def all_of(contents: Any) -> Any:
        # One after the other: whoever calls has several threads already.
        return tf.map_fn(one, contents, parallel_iterations=1, fn_output_signature=shape)

    with tf.init_scope(), tf.device("CPU:0"):
        return tf.function(all_of, input_signature=[tf.TensorSpec((None,), tf.string)], autograph=False)


def channels_of(content: bytes, size: tuple[int, int]) -> int:
    """How many channels a file has that is no more than an image of this height and width; 0: it is more, or less."""
    try:
        if content[:2] == JPEG:
            return _jpeg_channels(content, size)
        return _png_channels(content, size) if content.startswith(PNG) else 0
    except struct.error:
        return 0


def _jpeg_channels(content: bytes, size: tuple[int, int]) -> int:
    place, found, notes, upright = 2, 0, 0, 0
    while place + 4 <= len(content):
        mark, kind, length = struct.unpack_from(">BBH", content, place)
        if mark != 0xFF:
            return 0
        if kind == START_OF_SCAN:
            return 0 if notes and upright != 1 else found  # another note than the camera's may turn the image, too
        if kind == FRAME:
            bits, height, width, channels = struct.unpack_from(">BHHB", content, place + 4)
            if found or bits != 8 or (height, width) != size or channels not in (1, 3):
                return 0
            found = channels
        elif kind == CAMERA:
            notes += 1
            if content.startswith(EXIF, place + 4):
                upright += 1 if _is_upright(content[place + 4 + len(EXIF) : place + 2 + length]) else 2
        elif kind not in SAYS_NOTHING and not (kind == PROFILE and content.startswith(ICC, place + 4)):
            return 0  # Adobe's note may change the colours
        place += 2 + length
    return 0


def _is_upright(note: bytes) -> bool:
    """Whether a camera's note says that the image is to be shown as it lies."""
    order = ORDERS.get(note[:4])
    if order is None:
        return False
    (place,) = struct.unpack_from(f"{order}I", note, 4)
    (count,) = struct.unpack_from(f"{order}H", note, place)
    entries = (struct.unpack_from(f"{order}HHIH", note, place + 2 + 12 * number) for number in range(count))
    return [entry[1:] for entry in entries if entry[0] == ORIENTATION] == [(SHORT, 1, UPRIGHT)]


def _png_channels(content: bytes, size: tuple[int, int]) -> int:
    if content[8:16] != PNG_HEAD:
        return 0
    width, height, *how = struct.unpack_from(">II5B", content, 16)
    found, place = PNG_CHANNELS.get(tuple(how), 0), 33
    if (height, width) != size or not found:
        return 0
    while place + 12 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, place)
        end = place + 12 + length
        if kind in OF_DISPLAY:  # Pillow refuses a damaged one
            if content[end - 4 : end] != zlib.crc32(content[place + 4 : end - 4]).to_bytes(4, "big"):
                return 0
        elif kind not in OF_PICTURE:
            return 0
        if kind == b"IEND":
            return found
        place = end
    return 0
