"""Tar files of samples, as WebDataset has them: files of one name are a sample, and their endings its features.

`n01.jpg`, `n01.cls`, `n02.jpg`, ...: the name is all before the first point, its folder included; see
webdataset.github.io. The files of a sample stand one after the other.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnspec.data import cache
from nnspec.data.errors import DataError
from nnspec.data.files import require_file
from nnspec.data.formats.decompression import compression_of, decompressed
from nnspec.data.formats.file_index import Arrays, FileIndex, kept_arrays
from nnspec.data.formats.images import readable, refuse_fractions
from nnspec.data.formats.record_feature import OfFeature, RecordFeature, of_content
from nnspec.data.formats.signatures import HEAD_BYTES
from nnspec.data.formats.tar_members import members
from nnspec.data.protocol import tell
from nnspec.reading import open_regular

if TYPE_CHECKING:
    import numpy as np

DIGITS = 18  # that a number of 64 bits has in any case
VERSION = 1  # of how an index is made
ENDINGS = 5  # of a sample's files that are told
LOOKED_AT = 100  # samples whose images are looked at before a training
Places = list[tuple[int, int]]  # of the features of a sample: where each begins, and its bytes


def plain(files: Sequence[Path], problems: list[DataError]) -> list[Path]:
    """The tar files themselves, those that are compressed (gzip, bzip2, xz, zstd) as they are in the cache.

    Raises DataError where one is not there, or is damaged.
    """
    found = []
    for number, file in enumerate(files, 1):
        with open_regular(require_file(file)) as stream:
            compression = compression_of(stream.read(HEAD_BYTES))
        if compression is not None:
            tell("unpacking tar files", number, len(files))
        found.append(file if compression is None else decompressed(file, compression, problems, "tar"))
    return found


def samples(file: Path, features: Mapping[str, RecordFeature]) -> Iterator[Places]:
    """The places of each sample's features. Raises DataError on a sample that lacks one, has it twice, or too long."""
    by_ending: dict[str, list[int]] = {}
    described = list(features.values())
    for place, (name, feature) in enumerate(features.items()):
        for ending in feature.called(name).lower().split(";"):
            by_ending.setdefault(ending, []).append(place)
    key: str | None = None
    found: dict[int, tuple[int, int]] = {}
    others: list[str] = []
    for name, start, size in members(file):
        folder, slash, base = name.rpartition("/")
        if base[:1] == ".":
            continue  # what a system leaves behind
        stem, _, ending = base.partition(".")
        new = folder + slash + stem
        if new != key:
            if key is not None:
                yield _whole(file, key, found, features, others)
            key, found, others = new, {}, []
        places = by_ending.get(ending.lower(), ())
        others.append(ending)
        for place in places:
            if place in found:
                raise DataError(f"the sample {key} has {name} beside another {list(features)[place]!r}", file=str(file))
            most = described[place].most_bytes
            if size > most:
                raise DataError(f"{name} has {size:,} bytes, over the {most:,} that it may have", file=str(file))
            found[place] = (start, size)
    if key is not None:
        yield _whole(file, key, found, features, others)


def _whole(
    file: Path,
    key: str,
    found: Mapping[int, tuple[int, int]],
    features: Mapping[str, RecordFeature],
    others: Sequence[str],
) -> Places:
    if len(found) < len(features):
        lacks = next(place for place in range(len(features)) if place not in found)
        name, feature = list(features.items())[lacks]
        raise DataError(
            f"the sample {key} has no .{feature.called(name).replace(';', ' or .')}",
            file=str(file),
            hint=f"it has {', '.join(f'.{ending}' for ending in others[:ENDINGS])}; "
            f"`features: {name}: {{key: ENDING}}` says how a file ends; the files of a sample stand side by side, as "
            "`tar --sort=name` writes them",
        )
    return [found[place] for place in range(len(features))]


def label_of(content: bytes, name: str, feature: RecordFeature, where: str) -> int:
    """Raises DataError on what is no whole number of 64 bits."""
    is_plain = feature.entry is None and content.strip().isdigit() and len(content) < DIGITS
    found = int(content) if is_plain else None
    return int(of_content(content, name, feature, where)) if found is None else found


def survey(files: Sequence[Path], features: Mapping[str, RecordFeature], label: str | None) -> dict[str, Any]:
    """How many samples there are, and the labels, without NumPy; kept until a file changes. Looks at some images."""

    def find() -> dict[str, Any]:
        count, labels = 0, array("q")
        for file in files:
            with open(require_file(file), "rb") as stream:
                for places in samples(file, features):
                    for (name, feature), (start, size) in zip(features.items(), places, strict=True):
                        if name == label:
                            labels.append(label_of(os.pread(stream.fileno(), size, start), name, feature, str(file)))
                        elif feature.decode == "image" and count < LOOKED_AT:
                            content = BytesIO(os.pread(stream.fileno(), size, start))
                            readable(content, f"{file}, sample {count}", refuse_fractions)
                    count += 1
        return {"count": count, "labels": None if label is None else labels.tolist()}

    found: dict[str, Any] = cache.remembered("tar", files, (VERSION, label, sorted(map(repr, features.items()))), find)
    return found


@dataclass(frozen=True)
class TarIndex(FileIndex):
    """Every sample of some files; `places`: by feature int64 [n, 2], where each begins and its bytes."""

    places: Mapping[str, np.ndarray]

    def read(self, name: str, index: int) -> bytes:
        start, size = self.places[name][index].tolist()
        return os.pread(self.descriptors[int(self.numbers[index])], size, start)

    def where(self, index: int) -> str:
        return f"{self.files[int(self.numbers[index])]}, sample {index}"


@dataclass(frozen=True)
class Members(OfFeature):
    """A feature of every sample, as a column."""

    index: TarIndex
    name: str
    feature: RecordFeature

    def __len__(self) -> int:
        return len(self.index)

    def take(self, indices: np.ndarray) -> np.ndarray:
        """Raises DataError on a file that is no such feature."""
        import numpy as np

        rows = indices.tolist()
        read, name, where = self.index.read, self.name, self.index.where
        if self.feature.decode == "image":
            return self.feature.decoder.contents([read(name, row) for row in rows], list(map(where, rows)))
        return np.stack([of_content(read(name, row), name, self.feature, where(row)) for row in rows])


def open_index(
    files: Sequence[Path], features: Mapping[str, RecordFeature], label: str | None, problems: list[DataError]
) -> TarIndex:
    """Where the samples are. Reads the headers of all files once; from then on the cache has it."""
    for file in files:
        require_file(file)
    options = (VERSION, label, sorted(map(repr, features.items())))
    arrays = kept_arrays("tar", files, options, lambda: build(files, features, label), problems)
    if not len(arrays["numbers"]):
        raise DataError("no sample", file=str(files[0]))
    places = {name: arrays["places"][:, number] for number, name in enumerate(features)}
    return TarIndex(files, arrays["numbers"], arrays.get("labels"), places)


def build(files: Sequence[Path], features: Mapping[str, RecordFeature], label: str | None) -> Arrays:
    import numpy as np

    numbers, places, labels = array("i"), array("q"), array("q")
    at = list(features).index(label) if label is not None else 0
    for number, file in enumerate(files):
        with open(require_file(file), "rb") as stream:
            for found in samples(file, features):
                numbers.append(number)
                for place in found:
                    places.extend(place)
                if label is not None:
                    start, size = found[at]
                    content = os.pread(stream.fileno(), size, start)
                    labels.append(label_of(content, label, features[label], str(file)))
        tell("indexing samples", number + 1, len(files))
    arrays = {"numbers": np.asarray(numbers), "places": np.asarray(places).reshape(-1, len(features), 2)}
    return arrays | ({} if label is None else {"labels": np.asarray(labels)})
