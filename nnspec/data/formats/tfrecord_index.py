"""TFRecord files read at random: where each record is, and columns parsed out of them a batch at a time.

The format: length (8 bytes), its CRC (4), the record, its CRC (4); see tensorflow.org/tutorials/load_data/tfrecord.
"""

from __future__ import annotations

import math
import mmap
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from nnspec.data.errors import DataError
from nnspec.data.files import require_file
from nnspec.data.formats.decompression import decompressed
from nnspec.data.formats.file_index import Arrays, FileIndex, kept_arrays
from nnspec.data.formats.record_feature import STORED, OfFeature, RecordFeature, from_bytes
from nnspec.data.formats.tf_example import features_of
from nnspec.data.numbers import HINTS, Limits, scan
from nnspec.data.protocol import tell
from nnspec.reading import open_regular

if TYPE_CHECKING:
    import numpy as np

HEADER, FOOTER = 12, 4
LOOKED_AT, LOOKED_AT_BYTES = 1000, 4 << 20  # of the first records, before TensorFlow reads all of them
AT_A_TIME = 1024  # records parsed at a time while indexing
Compression = Literal["GZIP", "ZLIB"]  # of TensorFlow's writer


@dataclass(frozen=True)
class Index(FileIndex):
    """Every record of some files: record i is `lengths[i]` bytes at `offsets[i]` of its file.

    Attributes:
        limits: of the features that are numbers, by name.
    """

    offsets: np.ndarray
    lengths: np.ndarray
    limits: Mapping[str, Limits]

    def read(self, indices: np.ndarray) -> list[bytes]:
        places = zip(self.numbers[indices], self.offsets[indices], self.lengths[indices], strict=True)
        return [os.pread(self.descriptors[number], int(length), int(offset)) for number, offset, length in places]

    def where(self, index: int) -> str:
        return str(self.files[int(self.numbers[index])])


@dataclass(frozen=True)
class Records(OfFeature):
    """A feature of every record, as a column."""

    index: Index
    name: str
    feature: RecordFeature

    @property
    def limits(self) -> Limits | None:
        return self.index.limits.get(self.name)

    def __len__(self) -> int:
        return len(self.index)

    def take(self, indices: np.ndarray) -> np.ndarray:
        """Raises DataError where a record lacks the feature, or has it in another shape."""
        import numpy as np

        values = parse(self.index.read(indices), {self.name: self.feature}, self.index.where(indices[0]))[self.name]
        if self.feature.decode is None:
            return values
        where = [self.index.where(index) for index in indices]
        if self.feature.decode == "image":
            return self.feature.decoder.contents(values.tolist(), where)
        return np.stack([self.raw(content, file) for content, file in zip(values, where, strict=True)])

    def raw(self, content: bytes, where: str) -> np.ndarray:
        return from_bytes(content, self.name, self.feature, where)


def parse(records: Sequence[bytes], features: Mapping[str, RecordFeature], where: str) -> dict[str, np.ndarray]:
    import tensorflow as tf

    try:
        with tf.device("CPU:0"):
            parsers = {feature.called(name): feature.parser for name, feature in features.items()}
            found = tf.io.parse_example(records, parsers)
        return {name: found[feature.called(name)].numpy() for name, feature in features.items()}
    except (tf.errors.InvalidArgumentError, ValueError) as error:
        raise DataError(
            f"a record does not fit `features`: {error}".split(" [Op:")[0],
            file=where,
            hint="each feature needs the name, dtype and shape that the file was written with",
        ) from error


def open_index(
    files: Sequence[Path],
    compression: Compression | None,
    features: Mapping[str, RecordFeature],
    label: str | None,
    problems: list[DataError],
) -> Index:
    """Where the records are. Reads all files once, with their checksums; from then on the cache has it.

    Args:
        features: those that are used: their numbers are looked at on the way.
        label: the name of the integer target of rank 0 to keep.

    Raises DataError where a file is missing, damaged, truncated, or without a record, and on a record that does not fit
    `features` or has numbers that cannot be used.
    """
    for file in files:
        require_file(file)
    if compression is not None:
        files = [decompressed(file, compression, problems, "tfrecord") for file in files]

    options = (label, sorted(features.items(), key=lambda item: item[0]))
    arrays = kept_arrays("tfrecord", files, options, lambda: build(files, features, label), problems)
    if not len(arrays["numbers"]):
        raise DataError("no record", file=str(files[0]))
    known = {name: Limits(*arrays[f"limits.{name}"].tolist()) for name in features if f"limits.{name}" in arrays}
    return Index(files, arrays["numbers"], arrays.get("labels"), arrays["offsets"], arrays["lengths"], known)


def build(files: Sequence[Path], features: Mapping[str, RecordFeature], label: str | None) -> Arrays:
    """The arrays of an `Index`."""
    import numpy as np

    lengths, labels, numbers, offsets = [], [], [], []
    found: dict[str, Limits] = {}
    for number, file in enumerate(files):
        scanned = Scan(file, features, label, found)
        ends = np.cumsum(scanned.lengths + HEADER + FOOTER)
        lengths.append(scanned.lengths)
        offsets.append(ends - scanned.lengths - FOOTER)
        numbers.append(np.full(len(scanned.lengths), number, np.int32))
        labels.append(scanned.labels)
        tell("indexing records", number + 1, len(files))
    arrays = {"numbers": numbers, "offsets": offsets, "lengths": lengths, **({"labels": labels} if label else {})}
    joined = {name: np.concatenate(parts) for name, parts in arrays.items()}
    return joined | {f"limits.{name}": np.array(limits) for name, limits in found.items()}


class Scan:
    """A file read once. TensorFlow's reader checks the checksums.

    Attributes:
        lengths: of every record, int64; labels: int64.
        limits: of the features, by name, widened by those of this file.
    """

    def __init__(
        self, file: Path, features: Mapping[str, RecordFeature], label: str | None, limits: dict[str, Limits]
    ) -> None:
        import numpy as np
        import tensorflow as tf

        self.file, self.limits = file, limits
        self.features = {name: feature for name, feature in features.items() if feature.decode != "image"}
        lengths, labels, count = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], 0
        options = tf.data.Options()
        options.autotune.enabled = False
        count_records(
            file
        )  # TensorFlow reserves what a length claims, and the process ends where there is no such room
        try:
            for records in tf.data.TFRecordDataset(str(file)).batch(AT_A_TIME).with_options(options):
                lengths.append(tf.strings.length(records).numpy().astype(np.int64))
                values = parse(records, self.features, str(file)) if self.features else {}
                for name, value in values.items():
                    self.look_at(name, value, count)
                if label:
                    labels.append(values[label])
                count += len(lengths[-1])
        except tf.errors.OpError as error:
            raise DataError(
                f"the file is damaged or truncated after record {count}: {error.message}",
                file=str(file),
                hint="a compressed file needs `compression: GZIP` or `ZLIB`" if not count else None,
            ) from error
        self.lengths, self.labels = np.concatenate(lengths), np.concatenate(labels)

    def look_at(self, name: str, values: np.ndarray, number: int) -> None:
        """Widens the limits of a feature by some records, the first of which has this number.

        Raises DataError on numbers that cannot be used.
        """
        import numpy as np

        feature = self.features[name]
        if feature.decode == "raw":
            values = np.stack([from_bytes(content, name, feature, str(self.file)) for content in values])
        if values.dtype.kind not in "iuf" or not values.size:
            return
        found = scan(values, name, str(self.file), number)
        before = self.limits.get(name, found)
        self.limits[name] = Limits(min(before.low, found.low), max(before.high, found.high))


def look_at_first(file: Path, features: Mapping[str, RecordFeature]) -> None:
    """Reads the first records without TensorFlow.

    Raises DataError on one that does not have the features as they are described, or has numbers that are not finite.
    """
    place, size = 0, min(file.stat().st_size, LOOKED_AT_BYTES)
    with open_regular(file) as stream:
        for number in range(LOOKED_AT):
            stream.seek(place)
            length = int.from_bytes(stream.read(8), "little")
            if place + HEADER + length + FOOTER > size:
                return
            stream.seek(place + HEADER)
            refuse_misfits(stream.read(length), features, number, str(file))
            place += HEADER + length + FOOTER


def refuse_misfits(record: bytes, features: Mapping[str, RecordFeature], number: int, where: str) -> None:
    try:
        found = features_of(record)
    except ValueError as error:
        raise DataError(f"record {number} is no tf.train.Example: {error}", file=where) from error
    for known, feature in features.items():
        name = feature.called(known)
        there = found.get(name)
        if there is None and not feature.varies:
            raise DataError(
                f"record {number} has no {name!r}", file=where, hint=f"it has {', '.join(found) or 'nothing'}"
            )
        if there is None:
            continue
        kind = "bytes" if feature.decode is not None or feature.dtype == "string" else STORED[feature.dtype]
        count, each = len(there.values), math.prod(size for size in feature.shape if size is not None)
        wrong = count % max(1, each) if feature.varies else feature.decode is None and count != each
        if there.kind != kind or wrong or (feature.decode is not None and count != 1):
            message = f"record {number}: {name!r} has {count} values of {there.kind}, which are no {kind} "
            hint = "each feature needs the name, dtype and shape that the file was written with"
            raise DataError(message + str(list(feature.shape)), file=where, hint=hint)
        numbers = map(float, there.values) if kind == "float32" else ()
        odd = next((value for value in numbers if not math.isfinite(value)), None)
        if odd is not None:
            raise DataError(f"{name}: example {number} has {odd}", file=where, hint=HINTS["nan"])


def count_records(file: Path) -> int:
    """How many records a file has, by their lengths alone. Raises DataError where it is cut off within one."""
    place, count = 0, 0
    require_file(file)
    with open_regular(file) as stream:
        size = os.fstat(stream.fileno()).st_size
        content = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) if size else b""
        while place < size:
            length = int.from_bytes(content[place : place + 8], "little")
            place += HEADER + length + FOOTER
            if place > size or not length:
                raise DataError(
                    f"the file is damaged or truncated after record {count}",
                    file=str(file),
                    hint="a compressed file needs `compression: GZIP` or `ZLIB`" if not count else None,
                )
            count += 1
    return count
