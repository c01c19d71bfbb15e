"""NumPy arrays: an .npz file, or a folder of .npy files."""

from __future__ import annotations

import os
import shutil
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, ClassVar

from nnspec.data import cache
from nnspec.data.array_examples import EXAMPLE_SUFFIXES, ArrayExamples, encode_arrays, feature, load_npy, target, weight
from nnspec.data.errors import DataError
from nnspec.data.files import refuse_bomb, require_file
from nnspec.data.formats.array_headers import (
    ArrayHeader,
    ArrayListing,
    at_hand,
    feature_spec,
    read_integers,
    read_npy_header,
    same_length,
    target_spec,
)
from nnspec.data.formats.images import BYTES
from nnspec.data.protocol import Assets, Source, doc
from nnspec.data.table import Column, FeatureSpec
from nnspec.quick_classes import dataclass
from nnspec.reading import open_regular

if TYPE_CHECKING:
    import numpy as np

SHOWN = 20  # names of arrays
IN_MEMORY = 256 << 20  # a larger array of an .npz is unpacked to the cache folder, and mapped
# What an archive that is damaged, encrypted or compressed by other means leads to.
UNREADABLE = (
    zipfile.BadZipFile,
    OSError,
    ValueError,
    EOFError,
    zlib.error,
    NotImplementedError,
    RuntimeError,
    MemoryError,
)
Keys = str | Sequence[str] | Mapping[str, str]


@dataclass(frozen=True)
class Arrays(Source):
    """Arrays whose first axis counts the examples. Whole numbers are classes, unless the loss fits numbers."""

    suffixes: ClassVar = (".npz", ".npy")
    example_suffixes: ClassVar = EXAMPLE_SUFFIXES

    path: str = field(metadata=doc("An .npz file, or a folder of .npy files.", path=True))
    inputs: Keys = field(
        default="x", metadata=doc("The input's array; several as a list, or as a mapping from the input's name.")
    )
    targets: Keys = field(default="y", metadata=doc("The target's array, or several in the same way."))
    weight: str | None = field(default=None, metadata=doc("The array of what each example counts in the loss."))

    def listing(self, base: Path) -> ArrayListing:
        """By the headers of the arrays; the labels are read, and small arrays whole, so that their limits are known."""
        path = base / self.path
        inputs = {name: (key, read_header(path, key)) for name, key in named(self.inputs, "x")}
        targets = {name: (key, read_header(path, key)) for name, key in named(self.targets, "y")}
        shapes = {name: header.shape for name, (_, header) in {**inputs, **targets}.items()}
        if self.weight is not None:
            shapes["the weight"] = read_header(path, self.weight).shape
        same_length(shapes, str(path))
        if at_hand([header for _, header in inputs.values()], [header for _, header in targets.values()]):
            return self.load(base)
        specs = {name: target_spec(header, key, str(path)) for name, (key, header) in targets.items()}
        labels = None
        if list(specs.values()) == [FeatureSpec((), "int32")]:
            labels = read_labels(path, next(iter(targets.values()))[0])
        return ArrayListing(
            {name: feature_spec(header, key, str(path)) for name, (key, header) in inputs.items()},
            specs,
            next(iter(shapes.values()))[0],
            labels,
            self.files(path),
            str(path),
            {name: BYTES for name, (_, header) in inputs.items() if header.is_bytes and len(header.shape) >= 3},
        )

    def load(self, base: Path) -> ArrayExamples:
        path, problems = base / self.path, list[DataError]()

        def read(key: str) -> np.ndarray:
            return read_array(path, key, problems)

        inputs = {name: feature(read(key), key, str(path)) for name, key in named(self.inputs, "x")}
        targets = {name: target(read(key), key, str(path)) for name, key in named(self.targets, "y")}
        counts = None if self.weight is None else weight(read(self.weight), self.weight, str(path))
        return ArrayExamples(inputs, targets, self.files(path), str(path), counts, problems)

    def files(self, path: Path) -> list[Path]:
        """Those that are read."""
        if not path.is_dir():
            return [path]
        keys = [key for _, key in (*named(self.inputs, "x"), *named(self.targets, "y"))]
        return sorted({array_file(path, key) for key in (*keys, *([self.weight] if self.weight else []))})

    def encode(self, raw: Sequence[Any], assets: Assets, base: Path) -> Mapping[str, Column]:
        """Arrays of the shape of the data set's, .npy files of them, or images where that shape is an image's.

        By name they go by that of the feature, or of the array that training read.
        """
        return encode_arrays(raw, assets, {key: name for name, key in named(self.inputs, "x")})


def named(keys: Keys, alone: str) -> list[tuple[str, str]]:
    """Names and keys. An array alone has one name whatever its key, so that `x_train` and `x_test` are one input."""
    if isinstance(keys, str):
        return [(alone, keys)]
    if isinstance(keys, Mapping):
        return list(keys.items())
    return [(alone, keys[0])] if len(keys) == 1 else [(key, key) for key in keys]


def array_file(folder: Path, key: str) -> Path:
    return folder / (key if key.endswith(".npy") else f"{key}.npy")


def read_array(path: Path, key: str, problems: list[DataError]) -> np.ndarray:
    """Raises DataError where it is not there or cannot be read, naming those that are there."""
    if not path.is_dir():
        read_header(path, key)
        return read_member(path, key, problems)
    with opened(path, key):
        array = load_npy(array_file(path, key))
    if not array.ndim:
        raise DataError(f"{key!r} is a single number, not an array of examples", file=str(path))
    return array


@contextmanager
def opened(path: Path, key: str) -> Iterator[tuple[IO[bytes], int]]:
    """An array's file with its size. Raises DataError where it is not there or cannot be read."""
    try:
        if path.is_dir():
            file = array_file(path, key)
            if not file.exists():
                there = ", ".join(sorted(found.stem for found in path.glob("*.npy"))) or "none"
                raise DataError(f"no array {key!r}: the folder has {there}", file=str(path))
            with open_regular(file) as stream:
                yield stream, os.fstat(stream.fileno()).st_size
        elif path.suffix == ".npy":
            hint = "give the folder as `path`, and the files' names as `inputs` and `targets`"
            raise DataError("one .npy file is not a data set", file=str(path), hint=hint)
        else:
            require_file(path)
            with open_regular(path) as stream, zipfile.ZipFile(stream) as archive:
                names = [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")]
                if names.count(key) > 1:
                    raise DataError(f"the archive has {key!r} {names.count(key)} times", file=str(path))
                if key not in names:
                    more = ", ..." if len(names) > SHOWN else ""
                    there = ", ".join(names[:SHOWN])
                    raise DataError(f"no array {key!r}: there are {there}{more}", file=str(path))
                info = archive.getinfo(f"{key}.npy")
                refuse_bomb(path, info.compress_size, info.file_size)
                with archive.open(info) as member:
                    yield member, info.file_size
    except UNREADABLE as error:
        raise DataError(f"the file cannot be read: {error}", file=str(path)) from error


def read_header(path: Path, key: str) -> ArrayHeader:
    """Raises DataError where the array is not there, holds objects, is a single number, or is cut off."""
    with opened(path, key) as (file, size):
        header = read_npy_header(file)
        start = file.tell()
    if header.kind == "O":
        hint = "save it as one array of a number type"
        raise DataError(f"{key!r} holds Python objects, not numbers", file=str(path), hint=hint)
    if not header.shape:
        raise DataError(f"{key!r} is a single number, not an array of examples", file=str(path))
    if min(header.shape) < 0 or (start + header.nbytes > size and header.kind != "V"):
        raise DataError(f"{key!r} is truncated: {size} bytes of {start + header.nbytes}", file=str(path))
    return header


def read_labels(path: Path, key: str) -> list[int]:
    with opened(path, key) as (file, _):
        return read_integers(file, read_npy_header(file))


def read_member(path: Path, key: str, problems: list[DataError]) -> np.ndarray:
    """One array of an .npz file."""
    import numpy as np

    try:
        with open_regular(path) as stream, zipfile.ZipFile(stream) as archive:
            if archive.getinfo(f"{key}.npy").file_size > IN_MEMORY:
                try:
                    return load_npy(unpack(archive, path, key, problems))
                except cache.CacheError as error:
                    problems.append(DataError(f"{error.message}: {key!r} is read into memory", file=error.file))
            with archive.open(f"{key}.npy") as member:
                found: np.ndarray = np.lib.format.read_array(member, allow_pickle=False)
                return found
    except UNREADABLE as error:
        raise DataError(f"the file cannot be read: {error}", file=str(path)) from error


def unpack(archive: zipfile.ZipFile, path: Path, key: str, problems: list[DataError]) -> Path:
    def write(file: IO[bytes]) -> None:
        with archive.open(f"{key}.npy") as member:
            shutil.copyfileobj(member, file, 1 << 20)

    return cache.stored(f"arrays/{cache.fingerprint([path], key)}.npy", write, problems)
