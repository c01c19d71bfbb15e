"""Parquet files whose cells are images and arrays, read when they are needed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from nnspec.data.array_examples import ArrayExamples
from nnspec.data.errors import DataError
from nnspec.data.formats.array_headers import ArrayListing
from nnspec.data.formats.row_groups import GroupColumn, RowGroups, labels_of
from nnspec.data.record_source import RecordSource
from nnspec.data.table import Column, Dense


@dataclass(frozen=True)
class Parquet(RecordSource):
    """Parquet files whose cells are images and arrays, read a row group at a time; `Csv` and `Table` read values."""

    suffixes: ClassVar = (".parquet",)
    of_one_shape: ClassVar = "cells"

    def listing(self, base: Path) -> ArrayListing:
        files, features, label = self.files(base), self.described(), self.label()
        rows = RowGroups.of(files, features)
        return self.listed(files, len(rows), None if label is None else labels_of(rows, label, features[label]))

    def load(self, base: Path) -> ArrayExamples:
        import numpy as np

        files, features, label = self.files(base), self.described(), self.label()
        rows = RowGroups.of(files, features)
        if not len(rows):
            raise DataError("no row", file=str(files[0]))
        starts = rows.starts
        columns: dict[str, Column] = {
            name: GroupColumn(rows, name, feature, starts) for name, feature in features.items()
        }
        if label is not None:
            columns[label] = Dense(np.array(labels_of(rows, label, features[label])), features[label].spec)
        return self.examples(columns, files, (), rows.blocks())
