"""Checkpoints on disk: whole or not there, verified by SHA-256, two kept. Data alone, so that loading runs no code.

A file is: a line that says what it is, the SHA-256 of all that follows, the length of the header, the header (JSON: a
tree of plain values in which arrays are numbered), and the arrays' bytes one after the other.
"""

from __future__ import annotations

import hashlib
import json
import math
import struct
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nnspec.console.atomic_files import replacing
from nnspec.reading import open_regular

MAGIC = b"nnspec checkpoint 1\n"
DIGEST_BYTES = hashlib.sha256().digest_size
LENGTH = struct.Struct("<Q")
KEPT = 2


class Damaged(Exception):
    """A file that is no whole checkpoint."""


# What a file leads to whose checksum matches, but which no training wrote.
DAMAGED = (Damaged, OSError, ValueError, KeyError, TypeError, IndexError, OverflowError, RecursionError, struct.error)


def encode(tree: Any) -> list[bytes | memoryview]:
    """A tree of dicts with text keys, lists, tuples, plain values and arrays as the parts of a file, in order."""
    arrays: list[np.ndarray] = []
    body = json.dumps({"tree": _pack(tree, arrays), "arrays": [[a.dtype.name, list(a.shape)] for a in arrays]}).encode()
    parts: list[bytes | memoryview] = [LENGTH.pack(len(body)), body, *(_bytes(array) for array in arrays)]
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return [MAGIC, digest.digest(), *parts]


def _bytes(array: np.ndarray) -> memoryview:
    """The bytes of an array, without copying them."""
    flat: Any = array.reshape(-1).view(np.uint8)
    return memoryview(flat)


def decode(content: bytes) -> Any:
    """The tree of a file's bytes. Raises Damaged where they are not exactly what was written."""
    start = len(MAGIC) + DIGEST_BYTES
    body = memoryview(content)[start:]
    if content[: len(MAGIC)] != MAGIC or hashlib.sha256(body).digest() != content[len(MAGIC) : start]:
        raise Damaged("its checksum does not match")
    (length,) = LENGTH.unpack(body[: LENGTH.size])
    header = json.loads(bytes(body[LENGTH.size : LENGTH.size + length]))
    arrays, at = [], LENGTH.size + length
    for name, shape in header["arrays"]:
        dtype, count = np.dtype(name), math.prod(shape)
        arrays.append(np.frombuffer(body, dtype, count, at).reshape(shape).copy())
        at += dtype.itemsize * count
    return _unpack(header["tree"], arrays)


def _pack(value: Any, arrays: list[np.ndarray]) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        arrays.append(np.require(value, requirements="C"))  # keeps a scalar's shape, unlike ascontiguousarray
        return {"array": len(arrays) - 1}
    if isinstance(value, dict):
        return {"dict": {name: _pack(item, arrays) for name, item in value.items()}}
    if isinstance(value, tuple):
        return {"tuple": [_pack(item, arrays) for item in value]}
    return [_pack(item, arrays) for item in value] if isinstance(value, list) else value


def _unpack(value: Any, arrays: Sequence[np.ndarray]) -> Any:
    if isinstance(value, list):
        return [_unpack(item, arrays) for item in value]
    if not isinstance(value, dict):
        return value
    ((kind, inside),) = value.items()
    if kind == "array":
        found = arrays[inside]
        return found if found.ndim else found[()]
    if kind == "tuple":
        return tuple(_unpack(item, arrays) for item in inside)
    return {name: _unpack(item, arrays) for name, item in inside.items()}


def write_file(path: Path, parts: Sequence[bytes | memoryview]) -> None:
    """Writes a file whole or not at all, and onto the disk before it returns. Raises OSError."""
    with replacing(path, durable=True) as scratch, open(scratch, "wb") as file:
        for part in parts:
            file.write(part)


@dataclass(frozen=True, slots=True)
class Found:
    """What a folder of checkpoints has to offer: the newest whole one, and the damaged ones that are newer."""

    tree: Any | None
    path: Path | None
    damaged: tuple[Path, ...]


class Checkpoints:
    """The checkpoints of a run, numbered by training step. Writing goes on in the background, one at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._pool = ThreadPoolExecutor(1, "checkpoint")
        self._writing: Future[None] | None = None

    def save(self, step: int, tree: Any) -> None:
        """Begins to write a checkpoint; ``tree`` must not change any more. Waits for the one before.

        Raises:
            OSError: the one before could not be written.
        """
        self.wait()
        self._writing = self._pool.submit(self._write, step, tree)

    def wait(self) -> None:
        """Returns when what was saved is on the disk. Raises OSError if it cannot be written."""
        if self._writing is not None:
            writing, self._writing = self._writing, None
            writing.result()

    def close(self) -> None:
        """Waits, and ends the background thread. Raises OSError as ``wait``."""
        try:
            self.wait()
        finally:
            self._pool.shutdown()

    def newest(self) -> Found:
        """The newest checkpoint that is whole."""
        damaged: list[Path] = []
        for path in reversed(list(self._paths())):
            try:
                with open_regular(path) as file:
                    return Found(decode(file.read()), path, tuple(damaged))
            except DAMAGED:
                damaged.append(path)
        return Found(None, None, tuple(damaged))

    def _write(self, step: int, tree: Any) -> None:
        write_file(self.folder / f"step-{step:012d}", encode(tree))
        for old in [path for path in self._paths() if path.is_file()][:-KEPT]:  # a folder is not ours
            old.unlink(missing_ok=True)

    def _paths(self) -> Iterator[Path]:
        yield from sorted(self.folder.glob("step-*"))
