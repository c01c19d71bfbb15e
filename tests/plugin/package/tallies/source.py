"""Tallies: lines of strokes, `III II I: 2`, groups to count and the number of a class."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from nnspec.data.array_examples import ArrayExamples, encode_arrays, feature, target
from nnspec.data.errors import DataError
from nnspec.data.protocol import Assets, Source, doc
from nnspec.data.table import Column


@dataclass(frozen=True)
class Tally(Source):
    """Groups of strokes, a colon, the number of a class: a line each."""

    written_as: ClassVar = "text"

    path: str = field(metadata=doc("The file, relative to the spec.", path=True))
    groups: int = field(default=3, metadata=doc("How many groups a line has."))

    def load(self, base: Path) -> ArrayExamples:
        """`strokes`, float32 [groups], and `label`. Raises DataError with the line that cannot be read."""
        import numpy as np

        path = base / self.path
        if not path.is_file():
            raise DataError("no such file", file=str(path))
        rows = list(self.rows(path.read_text(encoding="utf-8").splitlines(), path))
        strokes, labels = (np.array(values) for values in zip(*rows, strict=True))
        return ArrayExamples(
            {"strokes": feature(strokes.astype("float32"), "strokes", str(path))},
            {"label": target(labels.astype("int32"), "label", str(path))},
            [path],
            str(path),
        )

    def rows(self, lines: Iterable[str], path: Path) -> Iterator[tuple[list[int], int]]:
        for number, line in enumerate(lines, 1):
            groups, colon, label = line.partition(":")
            counts = [len(group) for group in groups.split()]
            if len(counts) != self.groups or not colon or not label.strip().isdigit():
                raise DataError(f"no {self.groups} groups, a colon and a class", file=str(path), line=number)
            yield counts, int(label)

    def encode(self, raw: Sequence[Any], assets: Assets, base: Path) -> Mapping[str, Column]:
        """New lines, without the class."""
        import numpy as np

        return encode_arrays([np.array([len(group) for group in line.split()], "float32") for line in raw], assets)
