"""Small data of every kind, and a cache folder of the test's own."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from functools import cache
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image


@pytest.fixture(autouse=True)
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NNSPEC_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(name="image")
def image_writer() -> Callable[..., Path]:
    return write_image


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


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three classes with 4, 6 and 10 images; the grey value of an image is 10 times its number in its class."""
    for name, count in (("ant", 4), ("bee", 6), ("cat", 10)):
        for number in range(count):
            write_image(tmp_path / "images" / name / f"{number}.png", 10 * number)
    return tmp_path / "images"


def idx_bytes(array: np.ndarray, code: int = 0x08) -> bytes:
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return bytes([0, 0, code, array.ndim]) + sizes + array.tobytes()


@pytest.fixture
def write_idx(tmp_path: Path) -> Callable[..., str]:
    """Writes an array as IDX and gives the file's name: gzip if the name says so, `code` is the type's."""

    def write(name: str, array: np.ndarray, code: int = 0x08) -> str:
        content = idx_bytes(array, code)
        (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        return name

    return write


@pytest.fixture
def idx(write_idx: Callable[..., str]) -> dict[str, str]:
    """20 images of 5x4 with the example's number in every pixel, and labels 0 to 3 in turn: arguments of IDX."""
    images = np.arange(20, dtype=np.uint8)[:, None, None] * np.ones((5, 4), np.uint8)
    labels = np.arange(20, dtype=np.uint8) % 4
    return {"images": write_idx("images.idx", images), "labels": write_idx("labels.idx.gz", labels)}
