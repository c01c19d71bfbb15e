"""Tar files of samples, as WebDataset has them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from nnspec.data.array_examples import ArrayExamples
from nnspec.data.errors import DataError
from nnspec.data.formats.array_headers import ArrayListing
from nnspec.data.formats.tar_index import Members, open_index, plain, survey
from nnspec.data.record_source import RecordSource
from nnspec.data.table import Column, Dense


@dataclass(frozen=True)
class WebDataset(RecordSource):
    """Tar files of samples: `n01.jpg` and `n01.cls` are the features `jpg` and `cls` of one.

    They are read as they lie; compressed ones (gzip, bzip2, xz, zstd) are decompressed into the cache.
    """

    suffixes: ClassVar = (".tar", ".tgz")
    of_one_shape: ClassVar = "the files of a tar"
    has_json: ClassVar = True

    def listing(self, base: Path) -> ArrayListing:
        files = self.files(base)
        found = survey(plain(files, []), self.described(), self.label())
        return self.listed(files, found["count"], found["labels"])

    def load(self, base: Path) -> ArrayExamples:
        features, label, files = self.described(), self.label(), self.files(base)
        problems: list[DataError] = []
        index = open_index(plain(files, problems), features, label, problems)
        columns: dict[str, Column] = {name: Members(index, name, feature) for name, feature in features.items()}
        if label is not None and index.labels is not None:
            columns[label] = Dense(index.labels, features[label].spec)
        return self.examples(columns, files, problems, None)
