"""Compressed files without their compression, in the cache: one cannot be read at random."""

from __future__ import annotations

import bz2
import gzip
import lzma
import tempfile
import zlib
from collections.abc import Callable, Mapping
from functools import cache as cache_once
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any, Literal

from nnspec.data import cache
from nnspec.data.errors import DataError
from nnspec.data.files import refuse_bomb, unpack
from nnspec.reading import open_regular

Compression = Literal["GZIP", "ZLIB", "BZIP2", "XZ", "ZSTD"]
SIGNATURES: Mapping[bytes, Compression] = {
    b"\x1f\x8b": "GZIP",
    b"BZh": "BZIP2",
    b"\xfd7zXZ\0": "XZ",
    b"\x28\xb5\x2f\xfd": "ZSTD",
}


def compression_of(head: bytes) -> Compression | None:
    """How a file is compressed that begins so; None: not at all, or in a way that does not say itself."""
    return next((found for mark, found in SIGNATURES.items() if head.startswith(mark)), None)


def decompressed(file: Path, compression: Compression, problems: list[DataError], kind: str) -> Path:
    """The file without its compression, in the cache folder.

    Where the cache cannot be written it goes to a temporary folder that lasts as long as the process.

    Args:
        kind: the ending that it gets, and the folder of the cache.
    """

    def write(into: IO[bytes]) -> None:
        if compression == "ZSTD" and find_spec("pyarrow") is None:
            raise DataError("zstd is unpacked by pyarrow", file=str(file), hint="pip install pyarrow")
        try:
            if compression == "ZLIB":
                inflate(file, into)
            else:
                with open_regular(file) as packed, OPEN[compression](packed) as stream:
                    unpack(file, stream, into)
        except (EOFError, OSError, zlib.error, lzma.LZMAError, ValueError) as error:
            if isinstance(error, OSError) and error.errno is not None:  # the disk is full, or the file is gone
                raise
            raise DataError(f"the file is damaged, or not {compression}: {error}", file=str(file)) from error

    try:
        return cache.stored(f"{kind}/{cache.fingerprint([file], compression)}.{kind}", write, problems)
    except cache.CacheError as error:
        problems.append(DataError(f"{error.message}: {file} is decompressed for this time", file=error.file))
        temporary = Path(temporary_folder().name) / f"{len(problems)}-{file.name}"
        with open(temporary, "wb") as into:
            write(into)
        return temporary


@cache_once
def temporary_folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="nnspec-")


def inflate(file: Path, into: IO[bytes]) -> None:
    stream = zlib.decompressobj()
    size, done = file.stat().st_size, 0
    with open_regular(file) as packed:
        while not stream.eof and (chunk := stream.unconsumed_tail or packed.read(1 << 20)):
            found = stream.decompress(chunk, 1 << 20)
            done += len(found)
            refuse_bomb(file, size, done)
            into.write(found)
    if not stream.eof:
        raise EOFError("the stream ends early")


OPEN: Mapping[Compression, Callable[[IO[bytes]], Any]] = {
    "GZIP": gzip.open,
    "BZIP2": bz2.open,
    "XZ": lzma.open,
    "ZSTD": lambda packed: import_module("pyarrow").CompressedInputStream(packed, "zstd"),
}
