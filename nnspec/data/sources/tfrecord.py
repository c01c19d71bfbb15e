"""TFRecord files of tf.train.Example."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from nnspec.data.array_examples import EXAMPLE_SUFFIXES, ArrayExamples, encode_arrays
from nnspec.data.errors import DataError
from nnspec.data.files import matching
from nnspec.data.formats.array_headers import ArrayListing
from nnspec.data.formats.images import BYTES
from nnspec.data.formats.tfrecord_index import (
    Compression,
    RecordFeature,
    Records,
    count_records,
    look_at_first,
    open_index,
)
from nnspec.data.protocol import Assets, Facts, Source, doc
from nnspec.data.table import Column, Dense


@dataclass(frozen=True)
class TFRecord(Source):
    """Records of named features. An integer target of shape [] is the class.

    Features of varying length are padded with 0 to the longest of the batch; padding is not masked by weights.
    """

    suffixes: ClassVar = (".tfrecord", ".tfrecords")
    example_suffixes: ClassVar = EXAMPLE_SUFFIXES

    path: str | Sequence[str] = field(metadata=doc("A file, a pattern with *, or a list of them.", path=True))
    features: Mapping[str, RecordFeature] = field(
        metadata=doc("By name: {shape: [28, 28, 1], dtype: float32}, {decode: image, image_size: [64, 64]}, ...")
    )
    inputs: Sequence[str] = field(metadata=doc("The features that the network gets."))
    targets: Sequence[str] = field(metadata=doc("The features that it is to predict."))
    weight: str | None = field(
        default=None, metadata=doc("The feature that says what each example counts in the loss, one number.")
    )
    compression: Compression | None = field(default=None, metadata=doc("Of the files: GZIP, ZLIB or null."))

    def facts(self, base: Path) -> Facts:
        """Nothing: records are TensorFlow's to read."""
        self.files(base)
        return Facts()

    def files(self, base: Path) -> list[Path]:
        """Raises DataError where a pattern matches nothing."""
        found: list[Path] = []
        for pattern in [self.path] if isinstance(self.path, str) else self.path:
            matches = matching(base, pattern)
            if not matches:
                raise DataError("no such file", file=str(base / pattern))
            found += matches
        return found

    def listing(self, base: Path) -> ArrayListing:
        """By what `features` says and the lengths of the records; what the records hold is TensorFlow's to read."""
        files = self.files(base)
        specs = self.described()
        count = sum(count_records(file) for file in files) if self.compression is None else UNKNOWN
        if not count:
            raise DataError("no record", file=str(files[0]))
        for file in files[: FILES_LOOKED_AT if self.compression is None else 0]:
            look_at_first(file, specs)
        return ArrayListing(
            {name: specs[name].spec for name in self.inputs},
            {name: specs[name].spec for name in self.targets},
            count,
            None,
            files,
            str(files[0]),
            {name: BYTES for name in self.inputs if specs[name].decode == "image"},
        )

    def load(self, base: Path) -> ArrayExamples:
        features = self.described()
        label = next((name for name in self.targets if features[name] == LABEL), None)
        label = label if len(self.targets) == 1 else None
        files = self.files(base)
        problems: list[DataError] = []
        index = open_index(files, self.compression, features, label, problems)
        columns: dict[str, Column] = {name: Records(index, name, feature) for name, feature in features.items()}
        check(columns)
        if label is not None and index.labels is not None:
            columns[label] = Dense(index.labels, features[label].spec, index.limits.get(label))
        inputs, targets = ({name: columns[name] for name in names} for names in (self.inputs, self.targets))
        counts = None if self.weight is None else columns[self.weight]
        if counts is not None and (counts.spec.shape or counts.spec.dtype not in ("float32", "int32")):
            raise DataError(f"the weight {self.weight!r} is {counts.spec}, not one number an example")
        return ArrayExamples(inputs, targets, files, str(files[0]), counts, problems)

    def described(self) -> dict[str, RecordFeature]:
        """The features that are used, as they are used."""
        inputs = [*self.inputs, *([] if self.weight is None else [self.weight])]
        return {
            **{name: self.feature(name) for name in inputs},
            **{name: self.feature(name).as_target for name in self.targets},
        }

    def feature(self, name: str) -> RecordFeature:
        if name not in self.features:
            raise DataError(f"no feature {name!r}", hint=f"`features` describes {', '.join(self.features)}")
        found: RecordFeature | Mapping[str, Any] = self.features[name]
        if isinstance(found, RecordFeature):
            return found
        try:
            return RecordFeature(**found)
        except (TypeError, ValueError) as error:
            raise DataError(f"`features: {name}`: {error}".replace("RecordFeature.__init__()", "it")) from error

    def encode(self, raw: Sequence[Any], assets: Assets, base: Path) -> Mapping[str, Column]:
        """Arrays of the shape of the input, .npy files of them, or images where that shape is an image's."""
        return encode_arrays(raw, assets)


FILES_LOOKED_AT = 4  # whose first records are looked at before the training
UNKNOWN = 1000  # how many records are taken to be in a compressed file, which only reading tells
LABEL = RecordFeature(dtype="int64")  # as a target


def check(columns: Mapping[str, Column]) -> None:
    """Reads the first record, so that a feature described wrongly is found before training."""
    import numpy as np

    for column in columns.values():
        column.take(np.zeros(1, np.int64))
