"""IDX, the file format of MNIST: a header with the type and the sizes, then the numbers, big-endian.

The format: LeCun, Cortes and Burges, The MNIST database of handwritten digits (yann.lecun.com/exdb/mnist).
"""

from __future__ import annotations

import gzip
import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import field
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, ClassVar, cast

from nnspec.data import cache
from nnspec.data.array_examples import EXAMPLE_SUFFIXES, ArrayExamples, encode_arrays, feature, native, target
from nnspec.data.errors import DataError
from nnspec.data.files import refuse_bomb, require_file, unpack
from nnspec.data.formats.array_headers import (
    MOST_LABELS,
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
from nnspec.quick_classes import dataclass
from nnspec.reading import open_regular

if TYPE_CHECKING:
    import numpy as np

TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
GZIP = b"\x1f\x8b"
MOST_DEFLATED = 1032  # bytes that a byte of the format can stand for
IN_MEMORY = 256 << 20  # a compressed file with more bytes than this is decompressed to the cache folder, and mapped
LARGEST = 2**63 - 1  # bytes of an array, as NumPy counts them, which takes a size of 0 for 1


@dataclass(frozen=True)
class IDX(Source):
    """Images and labels in the format of MNIST, gzip or not."""

    suffixes: ClassVar = ("-ubyte", "-ubyte.gz", ".idx")
    example_suffixes: ClassVar = EXAMPLE_SUFFIXES
    written_as: ClassVar = "path"

    images: str = field(metadata=doc("The file of the images, or of other arrays.", path=True))
    labels: str = field(metadata=doc("The file of the labels.", path=True))

    def without_files(self) -> Facts:
        return labels_alone()

    def facts(self, base: Path) -> Facts:
        """Reads the labels."""
        path = base / self.labels
        header = read_header(path)
        if header.dtype != "u1" or header.size > MOST_LABELS:
            return Facts()
        refuse_cut(header)
        with header.open() as file:
            file.seek(header.start)
            largest = max((max(chunk) for chunk in iter(partial(file.read, 1 << 20), b"")), default=-1)
        return Facts(classes=largest + 1)

    def listing(self, base: Path) -> ArrayListing:
        images, labels = base / self.images, base / self.labels
        image, label = read_header(images), read_header(labels)
        for header in (image, label):
            refuse_cut(header)
        if len(label.shape) != 1:
            raise DataError(f"labels have one axis, not {list(label.shape)}", file=str(labels))
        same_length({"image": image.shape, "label": label.shape}, str(labels))
        image_array, label_array = (ArrayHeader(header.dtype, header.shape) for header in (image, label))
        if at_hand([image_array], [label_array]):
            return self.load(base)
        target = target_spec(label_array, "label", str(labels))
        numbers = None
        if target.dtype == "int32":
            with label.open() as file:
                file.seek(label.start)
                try:
                    numbers = read_integers(file, label_array)
                except ValueError as error:
                    raise DataError(str(error), file=str(labels)) from error
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
        return cast(IO[bytes], gzip.open(require_file(self.path))) if self.compressed else open_regular(self.path)


def read_header(path: Path) -> Header:
    """Raises DataError where the file is not IDX."""
    require_file(path)
    try:
        with open_regular(path) as raw:
            compressed = raw.read(2) == GZIP
        with gzip.open(path) if compressed else open_regular(path) as file:
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
    header = Header(path, compressed, TYPES[magic[2]], shape)
    if math.prod(size or 1 for size in shape) * int(header.dtype[-1]) > LARGEST:  # also of no numbers: a size may be 0
        raise DataError(f"no array has the sizes {list(shape)}", file=str(path))
    return header


def read_idx(path: Path, problems: list[DataError] | None = None) -> np.ndarray:
    """The array in a file: mapped where the file is not compressed, or large.

    Raises DataError where it is not IDX, or is shorter or longer than its header says.
    """
    import numpy as np

    header = read_header(path)
    if header.compressed:
        refuse_cut(header)
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


def count_numbers(header: Header) -> int:
    """How many bytes the numbers of a file have, up to one more than its header says."""
    count = 0
    try:
        with header.open() as file:
            file.seek(header.start)
            while count <= header.size and (chunk := file.read(1 << 20)):
                count += len(chunk)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"the file is damaged: {error}", file=str(header.path)) from error
    return min(count, header.size + 1)


def decompress(header: Header, into: IO[bytes]) -> None:
    try:
        with header.open() as file:
            unpack(header.path, file, into)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"the file is damaged: {error}", file=str(header.path)) from error


def refuse_cut(header: Header) -> None:
    """Raises DataError where a file is shorter or longer than its header says; a compressed one says it at its end."""
    found = header.path.stat().st_size
    if header.compressed:
        if header.size > MOST_DEFLATED * found:
            check_length(header, MOST_DEFLATED * found)
        refuse_bomb(header.path, found, header.size)
        with open_regular(header.path) as file:
            file.seek(max(0, found - 4))
            if int.from_bytes(file.read(4), "little") == (header.start + header.size) % 2**32:
                return
        check_length(header, count_numbers(header))
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
