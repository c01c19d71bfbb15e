"""A data set written as shards: few large files instead of very many small ones, as TFRecord, tar or Parquet.

Images stay the files that they are; of all else the bytes of the arrays are written as the network would get them.
"""

from __future__ import annotations

import io
import math
import os
import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import yaml

from nnspec.console.atomic_files import making_folder, write_text
from nnspec.data.config import DataConfig
from nnspec.data.dataset import Dataset, make_source
from nnspec.data.errors import DataError
from nnspec.data.formats.images import Decoder
from nnspec.data.protocol import tell
from nnspec.data.table import Column, Files, Ragged, as_given
from nnspec.data.threads import pool
from nnspec.layers.types import KindValue
from nnspec.reading import open_regular

if TYPE_CHECKING:
    import numpy as np

    from nnspec.data.pipeline import Split

Format = Literal["tfrecord", "wds", "parquet"]
FORMATS: tuple[Format, ...] = get_args(Format)
SOURCES: Mapping[Format, tuple[str, str]] = {  # of each format the source that reads it, and the ending of its files
    "tfrecord": ("TFRecord", ".tfrecord"),
    "wds": ("WebDataset", ".tar"),
    "parquet": ("Parquet", ".parquet"),
}
AT_A_TIME = 256  # examples read at a time
GROUP_BYTES = 4 << 20  # of a row group, about: a row is read with its whole group
WEIGHT = "weight"
Value = bytes | int | float | str
Append = Callable[[int, Mapping[str, Value]], None]  # writes an example, of this number


def unkept(data: DataConfig) -> DataConfig:
    """The section with nothing kept decoded, where its source would: the files are copied as they are."""
    source = make_source(data.source)
    if not hasattr(source, "cache"):
        return data
    return replace(data, source=KindValue(data.source.kind, {**data.source.args, "cache": "none"}))


@dataclass(frozen=True)
class Field:
    """How a column is written.

    Attributes:
        described: what `features` says of it; ending: of its file in a tar, where all examples have one.
    """

    name: str
    column: Column
    described: Mapping[str, Any]
    ending: str | None

    def values(self, rows: np.ndarray) -> list[Value]:
        """What is written of some examples. Raises DataError on an image that cannot be decoded."""
        if self.ending is None:
            assert isinstance(self.column, Files)
            with pool() as threads:
                return list(threads.map(partial(content_of, self.column.read), map(self.file, rows.tolist())))
        found = as_given(self.column.take(rows), self.column.spec.dtype)
        if self.described.get("decode") != "raw":
            return found.tolist()  # type: ignore[no-any-return]
        return [one.astype(self.described["dtype"]).tobytes() for one in found]

    def file(self, row: int) -> str:
        assert isinstance(self.column, Files)
        return self.column.paths[row]

    def ending_of(self, row: int) -> str:
        """Of the file of an example in a tar."""
        return self.ending or os.path.splitext(self.file(row))[1].lower().lstrip(".")


def content_of(read: Callable[[str], Any], path: str) -> bytes:
    read(path)  # an image that is damaged is found now, and not in a training
    with open_regular(path) as file:
        return file.read()


def field_of(name: str, column: Column) -> Field:
    """Raises DataError on a column that records cannot hold."""
    spec, shape = column.spec, list(column.spec.shape)
    if isinstance(column, Ragged) or None in shape:
        raise DataError(f"{name} has sequences of several lengths, which shards do not hold")
    if isinstance(column, Files) and isinstance(read := column.read, Decoder):
        how = {"image_size": list(read.size), "color": read.color, "interpolation": read.interpolation}
        return Field(name, column, {"decode": "image", **how}, None)
    if not shape and spec.dtype in ("int32", "bool", "float32", "string"):
        dtype = "int64" if spec.dtype in ("int32", "bool") else spec.dtype
        return Field(name, column, {"dtype": dtype}, f"{name}.txt")
    if spec.dtype == "string":
        raise DataError(f"{name} has several texts for each example, which shards do not hold")
    dtype = "uint8" if column.stored == "uint8" else "int32" if spec.dtype in ("int32", "bool") else "float32"
    return Field(name, column, {"decode": "raw", "dtype": dtype, "shape": shape}, f"{name}.bin")


def fields_of(dataset: Dataset, split: Split) -> list[Field]:
    """Raises DataError where something is learned from the data that shards would lose."""
    learned = {"a vocabulary": dataset.vocabulary, "scales or categories": dataset.assets.scaling}
    if lost := [name for name, found in learned.items() if found]:
        message = f"shards hold images and arrays; {lost[0]} would be lost, by which new examples are read"
        raise DataError(message, hint="large tables and texts are read quickly as they are")
    if split.table.padded is not None:
        raise DataError("shards do not hold sequences with padding")
    columns = {**split.table.features, **split.table.targets}
    return [
        field_of(name, column)
        for name, column in (columns if split.table.weight is None else {**columns, WEIGHT: split.table.weight}).items()
    ]


def write_shards(dataset: Dataset, folder: Path, format_: Format, shards: int, named: Path) -> str:
    """Writes the parts of a data set into a folder, and beside them `data.yaml`, what a spec says of them.

    Args:
        shards: files of the training part; the others have as many in proportion.
        named: the folder as a spec names it.

    Returns:
        The text of `data.yaml`.
    """
    fields = {part: fields_of(dataset, split) for part, split in dataset.splits.items()}
    with making_folder(folder) as scratch:
        described = write_parts(dataset, fields, scratch, format_, shards)
        text = section_of(dataset, described, format_, named)
        write_text(scratch / "data.yaml", text)
    return text


def write_parts(
    dataset: Dataset, fields: Mapping[str, Sequence[Field]], folder: Path, format_: Format, shards: int
) -> dict[str, Any]:
    """Writes each part of a data set. Returns what `features` says of them."""
    size = dataset.splits["train"].size
    described: dict[str, Any] = {}
    for part, split in dataset.splits.items():
        # Where examples side by side are read together, they are written in a drawn order: else they are of one class.
        rows = split.order(0) if format_ == "parquet" and part == "train" else split.indices
        count = min(split.size, max(1, math.ceil(shards * split.size / size)))
        for name, found in written(fields[part], rows, folder, part, count, format_).items():
            described.setdefault(name, found)
            if "key" in found:
                both = {*described[name]["key"].split(";"), *found["key"].split(";")}
                described[name] = {**found, "key": ";".join(sorted(both))}
    return described


def section_of(dataset: Dataset, described: Mapping[str, Any], format_: Format, named: Path) -> str:
    """What a spec says of the shards in the folder ``named``."""
    (kind, ending), train = SOURCES[format_], dataset.splits["train"]
    weight = {} if train.table.weight is None else {"weight": WEIGHT}
    source = {
        "path": (named / f"train-*{ending}").as_posix(),
        "features": described,
        "inputs": list(train.table.features),
        "targets": list(train.table.targets),
        **weight,
    }
    others = {part: (named / f"{part}-*{ending}").as_posix() for part in dataset.splits if part != "train"}
    classes = {} if dataset.classes is None else {"classes": list(dataset.classes)}
    section = {"source": {kind: source}, **({"split": others} if others else {}), **classes}
    return yaml.safe_dump({"data": section}, sort_keys=False, allow_unicode=True, default_flow_style=None)


def written(
    fields: Sequence[Field], rows: np.ndarray, folder: Path, part: str, count: int, format_: Format
) -> dict[str, dict[str, Any]]:
    """Writes a part in so many files. Returns what `features` says of them."""
    endings: dict[str, set[str]] = {field.name: set() for field in fields}
    bounds = [len(rows) * number // count for number in range(count + 1)]
    for number, (start, end) in enumerate(pairwise(bounds)):
        path = folder / f"{part}-{number:05d}-of-{count:05d}{SOURCES[format_][1]}"
        with WRITERS[format_](path, fields, endings) as append:
            for at in range(start, end, AT_A_TIME):
                some = rows[at : min(end, at + AT_A_TIME)]
                columns = [field.values(some) for field in fields]
                names = [field.name for field in fields]
                for row, values in zip(some.tolist(), zip(*columns, strict=True), strict=True):
                    append(row, dict(zip(names, values, strict=True)))
                tell(f"writing {part}", at + len(some), len(rows))
    keys = {name: {"key": ";".join(sorted(found))} for name, found in endings.items() if found}
    return {field.name: {**field.described, **keys.get(field.name, {})} for field in fields}


@contextmanager
def _tfrecord(path: Path, fields: Sequence[Field], endings: Mapping[str, set[str]]) -> Iterator[Append]:
    import tensorflow as tf

    def feature(value: Value) -> Any:
        if isinstance(value, int):  # a boolean is one, too
            return tf.train.Feature(int64_list=tf.train.Int64List(value=[value]))
        if isinstance(value, float):
            return tf.train.Feature(float_list=tf.train.FloatList(value=[value]))
        content = value.encode() if isinstance(value, str) else value
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=[content]))

    with tf.io.TFRecordWriter(str(path)) as writer:

        def append(_: int, values: Mapping[str, Value]) -> None:
            features = tf.train.Features(feature={name: feature(value) for name, value in values.items()})
            writer.write(tf.train.Example(features=features).SerializeToString())

        yield append


@contextmanager
def _tar(path: Path, fields: Sequence[Field], endings: Mapping[str, set[str]]) -> Iterator[Append]:
    pictures = sum(field.ending is None for field in fields)
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as file:

        def append(row: int, values: Mapping[str, Value]) -> None:
            for field in fields:
                value, ending = values[field.name], field.ending_of(row)
                if field.ending is None and pictures > 1:
                    ending = f"{field.name}.{ending}"
                endings[field.name].add(ending)
                content = value if isinstance(value, bytes) else str(_plain(value)).encode()
                head = tarfile.TarInfo(f"{row:09d}.{ending}")
                head.size = len(content)
                file.addfile(head, io.BytesIO(content))

        yield append


def _plain(value: Value) -> Value:
    return int(value) if isinstance(value, bool) else value


@contextmanager
def _parquet(path: Path, fields: Sequence[Field], endings: Mapping[str, set[str]]) -> Iterator[Append]:
    import pyarrow as pa
    from pyarrow import parquet

    types = {"int64": pa.int64(), "float32": pa.float32(), "string": pa.string()}
    schema = pa.schema(
        [
            (field.name, pa.binary() if "decode" in field.described else types[field.described["dtype"]])
            for field in fields
        ]
    )
    waiting: list[Mapping[str, Value]] = []
    size = 0
    with parquet.ParquetWriter(path, schema, compression="none", use_dictionary=False) as writer:

        def append(_: int, values: Mapping[str, Value]) -> None:
            nonlocal size
            waiting.append(values)
            size += sum(len(value) if isinstance(value, bytes | str) else 8 for value in values.values())
            if size >= GROUP_BYTES:
                flush()

        def flush() -> None:
            nonlocal size
            writer.write_table(pa.Table.from_pylist(list(waiting), schema))
            waiting.clear()
            size = 0

        yield append
        if waiting:
            flush()


Writer = Callable[[Path, Sequence[Field], Mapping[str, set[str]]], AbstractContextManager[Append]]
WRITERS: Mapping[Format, Writer] = {"tfrecord": _tfrecord, "wds": _tar, "parquet": _parquet}
