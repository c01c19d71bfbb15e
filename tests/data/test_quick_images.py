"""Small images are decoded many at a time, to the pixels that Pillow gives; what is more than an image is Pillow's."""

from __future__ import annotations

import io
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow  # noqa: F401  # it is used where it is loaded already
from PIL import Image

from nnspec.data.errors import DataError
from nnspec.data.formats import quick_images
from nnspec.data.formats.images import Decoder

pytestmark = pytest.mark.tf

SIZE = (20, 24)
PICTURE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (5, 6, 3), np.uint8)).resize(SIZE[::-1])


def encoded(kind: str, mode: str = "RGB", picture: Image.Image = PICTURE, **how: Any) -> bytes:
    file = io.BytesIO()
    picture.convert(mode).save(file, kind, **how)
    return file.getvalue()


UPRIGHT, TURNED, SILENT = Image.Exif(), Image.Exif(), Image.Exif()
UPRIGHT[0x0112], TURNED[0x0112], SILENT[0x010F] = 1, 6, "somebody"
PLAIN = {
    "JPEG": encoded("JPEG"),
    "every colour for itself": encoded("JPEG", subsampling=0, quality=95),
    "restarts": encoded("JPEG", optimize=True, restart_marker_blocks=2),
    "a comment": encoded("JPEG", comment=b"of somebody"),
    "as a camera writes it": encoded("JPEG", exif=UPRIGHT, xmp=b"<x/>", icc_profile=b"of somebody"),
    "grey JPEG": encoded("JPEG", "L"),
    "PNG": encoded("PNG"),
    "PNG of a resolution": encoded("PNG", dpi=(72, 72)),
    "grey PNG": encoded("PNG", "L"),
}
NOT_PLAIN = {
    "of a camera that does not say how it was held": encoded("JPEG", exif=SILENT, xmp=b"<x/>"),
    "turned by another note alone": encoded("JPEG", xmp=b'<x tiff:Orientation="6"/>'),
    "turned": encoded("JPEG", exif=TURNED),
    "turned PNG": encoded("PNG", exif=TURNED),
    "progressive": encoded("JPEG", progressive=True),
    "four colours": encoded("JPEG", "CMYK"),
    "transparent": encoded("PNG", "RGBA"),
    "one colour is transparent": encoded("PNG", transparency=(1, 2, 3)),
    "palette": encoded("PNG", "P"),
    "16 bits": encoded("PNG", "I;16"),
    "of another size": encoded("JPEG", picture=PICTURE.resize((30, 24))),
    "GIF": encoded("GIF"),
    "nothing": b"",
    "only the beginning": PLAIN["JPEG"][:30],
    "cut off": PLAIN["JPEG"][:-40],
}


def quick(content: bytes, color: str = "rgb") -> quick_images.Pixels | None:
    channels = 3 if color == "rgb" else 1
    return quick_images.decoded([content] * quick_images.FEW, SIZE, channels)[-1]


@pytest.mark.parametrize("name", PLAIN)
@pytest.mark.parametrize("color", ["rgb", "grey"])
def test_the_pixels_are_those_of_pillow(name: str, color: Any) -> None:
    found = quick(PLAIN[name], color)
    if name in ("PNG", "PNG of a resolution") and color == "grey":
        assert found is None  # each decoder has its own weights
        return
    assert found is not None
    np.testing.assert_array_equal(found.array, Decoder(SIZE, color).content(PLAIN[name], name))


@pytest.mark.parametrize("name", NOT_PLAIN)
def test_what_is_more_than_an_image_is_for_pillow(name: str) -> None:
    assert quick(NOT_PLAIN[name]) is None


@pytest.mark.parametrize("name", ["JPEG", "as a camera writes it", "grey PNG"])
def test_a_damaged_image_is_never_read_otherwise_than_by_pillow(name: str) -> None:
    draw, read = random.Random(name), 0
    for _ in range(60):
        content = bytearray(PLAIN[name])
        content[draw.randrange(len(content))] = draw.randrange(256)
        found = quick(bytes(content))
        if found is not None:
            np.testing.assert_array_equal(found.array, Decoder(SIZE).content(bytes(content), name))
            read += 1
    assert read if name != "grey PNG" else read < 3  # a checksum finds what is wrong with PNG


def test_files_are_read_with_what_is_to_be_told_of_each(tmp_path: Path) -> None:
    contents = [*PLAIN.values(), *NOT_PLAIN.values()]
    for number, content in enumerate(contents):
        (tmp_path / str(number)).write_bytes(content)
    paths = [str(tmp_path / str(number)) for number in range(len(contents))] + [str(tmp_path / "absent")]
    decoder, broken = Decoder(SIZE), 0
    for path, found in zip(paths, decoder.several(paths), strict=True):
        try:
            array, traits = decoder.looked(path)
        except DataError as error:
            assert isinstance(found, DataError) and found.message == error.message
            broken += 1
        else:
            assert not isinstance(found, DataError) and found[1] == traits
            np.testing.assert_array_equal(found[0], array)
    assert broken == 4
