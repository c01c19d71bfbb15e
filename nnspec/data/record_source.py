"""What sources of records have in common: features that the spec describes, by name, and files by pattern."""

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
from nnspec.data.formats.record_feature import RecordFeature
from nnspec.data.protocol import Assets, Facts, Source, doc
from nnspec.data.table import Blocks, Column


@dataclass(frozen=True)
class RecordSource(Source):
    """Files of records. An integer target of shape [] is the class."""

    example_suffixes: ClassVar = EXAMPLE_SUFFIXES
    takes_several: ClassVar = True
    has_json: ClassVar = False  # whether its files may be JSON, of which a feature is an entry
    of_one_shape: ClassVar[str | None] = None  # what holds features of one shape alone, as a message names it

    path: str | Sequence[str] = field(metadata=doc("A file, a pattern with *, or a list of them.", path=True))
    features: Mapping[str, RecordFeature] = field(
        metadata=doc("By name: {shape: [28, 28, 1], dtype: float32}, {decode: image, image_size: [64, 64]}, ...")
    )
    inputs: Sequence[str] = field(metadata=doc("The features that the network gets."))
    targets: Sequence[str] = field(metadata=doc("The features that it is to predict."))
    weight: str | None = field(
        default=None, metadata=doc("The feature that says what each example counts in the loss, one number.")
    )

    def facts(self, base: Path) -> Facts | None:
        """Nothing without the records."""
        self.files(base)
        return None

    def refuse_settings(self) -> None:
        self.described()

    def files(self, base: Path) -> list[Path]:
        """Raises DataError where a pattern matches nothing."""
        found: list[Path] = []
        for pattern in [self.path] if isinstance(self.path, str) else self.path:
            matches = matching(base, pattern)
            if not matches:
                raise DataError("no such file", file=str(base / pattern))
            found += matches
        return found

    def listed(self, files: Sequence[Path], count: int, labels: Sequence[int] | None = None) -> ArrayListing:
        """A listing by what `features` says."""
        specs = self.described()
        if not count:
            raise DataError("no record", file=str(files[0]))
        return ArrayListing(
            {name: specs[name].spec for name in self.inputs},
            {name: specs[name].spec for name in self.targets},
            count,
            labels,
            files,
            str(files[0]),
            {name: BYTES for name in self.inputs if specs[name].decode == "image"},
        )

    def examples(
        self, columns: Mapping[str, Column], files: Sequence[Path], problems: Sequence[DataError], blocks: Blocks | None
    ) -> ArrayExamples:
        """The columns as inputs, targets and weight; the first record is read, so that a wrong description is found."""
        look_at_first(columns)
        inputs, targets = ({name: columns[name] for name in names} for names in (self.inputs, self.targets))
        counts = None if self.weight is None else columns[self.weight]
        if counts is not None and (counts.spec.shape or counts.spec.dtype not in ("float32", "int32")):
            raise DataError(f"the weight {self.weight!r} is {counts.spec}, not one number an example")
        return ArrayExamples(inputs, targets, files, str(files[0]), counts, problems, blocks)

    def label(self) -> str | None:
        """The target that is the class of an example; None where there is none, or there are several targets."""
        if len(self.targets) != 1:
            return None
        found = self.described()[self.targets[0]]
        return self.targets[0] if found == RecordFeature(dtype="int64", key=found.key, entry=found.entry) else None

    def described(self) -> dict[str, RecordFeature]:
        """The features that are used, as they are used. Raises DataError on one that the files cannot hold."""
        inputs = [*self.inputs, *([] if self.weight is None else [self.weight])]
        found = {
            **{name: self.feature(name) for name in inputs},
            **{name: self.feature(name).as_target for name in self.targets},
        }
        for name, feature in found.items():
            if feature.entry is not None and not self.has_json:
                message = f"`features: {name}`: an `entry` is of a JSON file in a tar, which WebDataset reads"
                raise DataError(message)
            if self.of_one_shape and None in feature.shape:
                raise DataError(f"`features: {name}`: {self.of_one_shape} have one shape, not {list(feature.shape)}")
        return found

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


def look_at_first(columns: Mapping[str, Column]) -> None:
    """Reads the first record, so that a feature described wrongly is found before training."""
    import numpy as np

    for column in columns.values():
        column.take(np.zeros(1, np.int64))
