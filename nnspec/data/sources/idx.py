"""IDX, the file format of MNIST: a header with the type and the sizes, then the numbers, big-endian.

The format: LeCun, Cortes and Burges, The MNIST database of handwritten digits (yann.lecun.com/exdb/mnist).
"""

from __future__ import annotations

import gzip
import math
import shutil
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, ClassVar, cast

from nnspec.data import cache
from nnspec.data.array_examples import ArrayExamples, encode_arrays, feature, native, target
from nnspec.data.errors import DataError
from nnspec.data.files import require_file
from nnspec.data.formats.array_headers import (
    ArrayHeader,
    ArrayListing,
    at_hand,
    feature_spec,
    read_integers,
    same_length,
    target_spec,
)
from nnspec.data.formats.images import BYTES
from nnspec.data.protocol import Assets, Facts, Source, doc, labels_alone
from nnspec.data.table import Column

if TYPE_CHECKING:
    import numpy as np

TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
GZIP = b"\x1f\x8b"
IN_MEMORY = 256 << 20  # a compressed file with more bytes than this is decompressed to the cache folder, and mapped


@dataclass(frozen=True)
class IDX(Source):
    """Images and labels in the format of MNIST, gzip or not."""

    written_as: ClassVar = "path"

    images: str = field(metadata=doc("The file of the images, or of other arrays.", path=True))
    labels: str = field(metadata=doc("The file of the labels.", path=True))

    def without_files(self) -> Facts:
        return labels_alone()

    def facts(self, base: Path) -> Facts:
        """Reads the labels."""
        path = base / self.labels
        header = read_header(path)
        if header.dtype != "u1":
            return Facts()
        with header.open() as file:
            file.seek(header.start)
            return Facts(classes=max(file.read(), default=-1) + 1)

    def listing(self, base: Path) -> ArrayListing:
        images, labels = base / self.images, base / self.labels
        image, label = read_header(images), read_header(labels)
        for header in (image, label):
            refuse_cut(header)
        if len(label.shape) != 1:
            raise DataError(f"labels have one axis, not {list(label.shape)}", file=str(labels))
        same_length({"image": image.shape, "label": label.shape}, str(labels))
        image_array, label_array = (ArrayHeader(header.dtype, header.shape) for header in (image, label))
        if at_hand([image_array, label_array]):
            return self.load(base)
        target = target_spec(label_array, "label", str(labels))
        numbers = None
        if target.dtype == "int32":
            with label.open() as file:
                file.seek(label.start)
                numbers = read_integers(file, label_array)
        return ArrayListing(
            {"image": feature_spec(image_array, "image", str(images))},
            {"label": target},
            len(numbers) if numbers is not None else label.shape[0],
            numbers,
            [images, labels],
            str(labels),
            {"image": BYTES} if image_array.is_bytes else {},
        )

    def load(self, base: Path) -> ArrayExamples:
        images, labels = base / self.images, base / self.labels
        problems: list[DataError] = []
        image, label = read_idx(images, problems), read_idx(labels, problems)
        if len(label.shape) != 1:
            raise DataError(f"labels have one axis, not {list(label.shape)}", file=str(labels))
        columns = {"image": feature(image, "image", str(images))}
        targets = {"label": target(label, "label", str(labels))}
        return ArrayExamples(columns, targets, [images, labels], str(labels), problems=problems)

    def encode(self, raw: Sequence[Any], assets: Assets, base: Path) -> Mapping[str, Column]:
        """Paths of images, which are resized, or arrays of the shape of the data set's."""
        return encode_arrays(raw, assets)


@dataclass(frozen=True, slots=True)
class Header:
    """What the first bytes of an IDX file say. `start` is where the numbers begin."""

    path: Path
    compressed: bool
    dtype: str
    shape: tuple[int, ...]

    @property
    def start(self) -> int:
        return 4 + 4 * len(self.shape)

    @property
    def size(self) -> int:
        """Of the numbers, in bytes."""
        return math.prod(self.shape) * int(self.dtype[-1])

    def open(self) -> IO[bytes]:
        return cast(IO[bytes], gzip.open(self.path)) if self.compressed else open(self.path, "rb")


def read_header(path: Path) -> Header:
    """Raises DataError where the file is not IDX."""
    require_file(path)
    try:
        with open(path, "rb") as raw:
            compressed = raw.read(2) == GZIP
        with gzip.open(path) if compressed else open(path, "rb") as file:
            magic = file.read(4)
            if len(magic) < 4:
                raise DataError("the file is empty" if not magic else "the file ends in its header", file=str(path))
            if magic[:2] != b"\0\0" or magic[2] not in TYPES or magic[3] == 0:
                raise DataError(f"not an IDX file: it starts with {magic.hex(' ')}", file=str(path))
            sizes = file.read(4 * magic[3])
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"the file cannot be read: {error}", file=str(path)) from error
    if len(sizes) < 4 * magic[3]:
        raise DataError("the file ends in its header", file=str(path))
    shape = tuple(int.from_bytes(sizes[at : at + 4], "big") for at in range(0, len(sizes), 4))
    return Header(path, compressed, TYPES[magic[2]], shape)


def read_idx(path: Path, problems: list[DataError] | None = None) -> np.ndarray:
    """The array in a file: mapped where the file is not compressed, or large.

    Raises DataError where it is not IDX, or is shorter or longer than its header says.
    """
    import numpy as np

    header = read_header(path)
    if header.compressed and header.size > IN_MEMORY:
        name = f"idx/{cache.fingerprint([path])}.idx"
        try:
            path = cache.stored(name, lambda file: decompress(header, file), problems)
        except cache.CacheError as error:
            if problems is not None:
                problems.append(DataError(f"{error.message}: {path} is read into memory", file=error.file))
    if header.compressed and path == header.path:
        data = read_numbers(header)
        check_length(header, len(data))
        return native(np.frombuffer(data, header.dtype).reshape(header.shape))
    check_length(header, path.stat().st_size - header.start)
    return native(np.memmap(path, header.dtype, "r", header.start, header.shape))


def read_numbers(header: Header) -> bytes:
    try:
        with header.open() as file:
            file.seek(header.start)
            return file.read(header.size + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"the file is damaged: {error}", file=str(header.path)) from error


def decompress(header: Header, into: IO[bytes]) -> None:
    try:
        with header.open() as file:
            shutil.copyfileobj(file, into, 1 << 20)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"the file is damaged: {error}", file=str(header.path)) from error


def refuse_cut(header: Header) -> None:
    """Raises DataError where a file is shorter or longer than its header says; a compressed one says it at its end."""
    found = header.path.stat().st_size
    if header.compressed:
        with open(header.path, "rb") as file:
            file.seek(max(0, found - 4))
            if int.from_bytes(file.read(4), "little") == (header.start + header.size) % 2**32:
                return
        check_length(header, len(read_numbers(header)))
    else:
        check_length(header, found - header.start)


def check_length(header: Header, found: int) -> None:
    if found != header.size:
        state = "truncated" if found < header.size else "longer than its header says"
        raise DataError(
            f"the file is {state}: {list(header.shape)} numbers are {header.size} bytes"
            + (f", there are {found}" if found < header.size else ""),
            file=str(header.path),
        )
