"""The file formats that the makers write: IDX and PNG, in as few lines as they take."""

from __future__ import annotations

import gzip
import struct
import zlib
from pathlib import Path

import numpy as np


def write_idx(path: Path, array: np.ndarray) -> None:
    """uint8 of any rank as a gzipped IDX file. No time of writing is stored, so equal arrays make equal files."""
    header = struct.pack(f">HBB{array.ndim}I", 0, 0x08, array.ndim, *array.shape)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(header + array.astype(np.uint8).tobytes(), mtime=0))


def write_png(path: Path, image: np.ndarray) -> None:
    """uint8 [height, width] or [height, width, 3] as a PNG file."""
    height, width = image.shape[:2]
    color_type = 0 if image.ndim == 2 else 2
    rows = np.zeros((height, 1 + image[0].size), np.uint8)  # each row begins with its filter: 0, none
    rows[:, 1:] = image.reshape(height, -1)
    header = struct.pack(">IIBBBBB", width, height, 8, color_type, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes(), 9)), (b"IEND", b"")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks))


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
