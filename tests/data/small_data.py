"""Small files that several tests read: images, a folder of them, arrays as IDX."""

from __future__ import annotations

import gzip
from functools import cache
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image


def write_image(path: Path, value: int = 0, size: tuple[int, int] = (8, 6), mode: str = "RGB") -> Path:
    """An image of one grey value; `size` is width and height, as Pillow has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encoded(path.suffix.lower(), value, size, mode))
    return path


@cache  # most tests ask for the same few
def encoded(suffix: str, value: int, size: tuple[int, int], mode: str) -> bytes:
    Image.init()
    file = BytesIO()
    Image.new("L", size, value).convert(mode).save(file, Image.EXTENSION[suffix])
    return file.getvalue()


def write_folder(folder: Path) -> Path:
    """Three classes with 4, 6 and 10 images; the grey value of an image is 10 times its number in its class."""
    for name, count in (("ant", 4), ("bee", 6), ("cat", 10)):
        (folder / name).mkdir(parents=True)
        for number in range(count):
            with open(f"{folder}/{name}/{number}.png", "wb") as file:
                file.write(encoded(".png", 10 * number, (8, 6), "RGB"))
    return folder


def write_idx(path: Path, array: np.ndarray, code: int = 0x08) -> str:
    """Writes an array as IDX and gives the file's name: gzip if the name says so, `code` is the type's."""
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    content = bytes([0, 0, code, array.ndim]) + sizes + array.tobytes()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path.name


def write_idx_pair(folder: Path) -> dict[str, str]:
    """20 images of 5x4 with the example's number in every pixel, and labels 0 to 3 in turn: arguments of IDX."""
    images = np.arange(20, dtype=np.uint8)[:, None, None] * np.ones((5, 4), np.uint8)
    labels = np.arange(20, dtype=np.uint8) % 4
    return {
        "images": write_idx(folder / "images.idx", images),
        "labels": write_idx(folder / "labels.idx.gz", labels),
    }
