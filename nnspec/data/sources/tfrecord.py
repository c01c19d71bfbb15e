"""TFRecord files of tf.train.Example."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from nnspec.data.array_examples import ArrayExamples
from nnspec.data.errors import DataError
from nnspec.data.formats.array_headers import ArrayListing
from nnspec.data.formats.tfrecord_index import Compression, Records, count_records, look_at_first, open_index
from nnspec.data.protocol import Facts, doc
from nnspec.data.record_source import RecordSource
from nnspec.data.table import Column, Dense


@dataclass(frozen=True)
class TFRecord(RecordSource):
    """Records of named features. An integer target of shape [] is the class.

    Features of varying length are padded with 0 to the longest of the batch; padding is not masked by weights.
    """

    suffixes: ClassVar = (".tfrecord", ".tfrecords")

    compression: Compression | None = field(default=None, metadata=doc("Of the files: GZIP, ZLIB or null."))

    def facts(self, base: Path) -> Facts:
        """None but that the files are there: records are TensorFlow's to read."""
        self.files(base)
        return Facts()

    def listing(self, base: Path) -> ArrayListing:
        """By what `features` says and the lengths of the records; what the records hold is TensorFlow's to read."""
        files = self.files(base)
        specs = self.described()
        count = sum(count_records(file) for file in files) if self.compression is None else UNKNOWN
        found = self.listed(files, count)
        for file in files[: FILES_LOOKED_AT if self.compression is None else 0]:
            look_at_first(file, specs)
        return found

    def load(self, base: Path) -> ArrayExamples:
        features, label = self.described(), self.label()
        files = self.files(base)
        problems: list[DataError] = []
        index = open_index(files, self.compression, features, label, problems)
        columns: dict[str, Column] = {name: Records(index, name, feature) for name, feature in features.items()}
        if label is not None and index.labels is not None:
            columns[label] = Dense(index.labels, features[label].spec, index.limits.get(label))
        return self.examples(columns, files, problems, None)


FILES_LOOKED_AT = 4  # whose first records are looked at before the training
UNKNOWN = 1000  # how many records are taken to be in a compressed file, which only reading tells
