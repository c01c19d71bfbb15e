"""Files of folders as examples: one each, its class the folder that it lies in."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from nnspec.data import split
from nnspec.data.decoded_files import Decoded, DecodedFiles
from nnspec.data.errors import DataError, Remark
from nnspec.data.formats.class_folders import class_of
from nnspec.data.names import doubtful
from nnspec.data.protocol import Assets, Examples, Task
from nnspec.data.table import Column, Dense, FeatureSpec, Table


class FolderExamples(Examples):
    """One feature in, `label` out. Unreadable files are found when they are decoded, by `table`.

    Attributes:
        names: of the files, `class/name`, relative to `root`.
        decoded: the files, to be decoded.
    """

    task: Task = "classification"
    decoded: DecodedFiles

    def __init__(self, root: Path, names: Sequence[str], problems: Sequence[DataError] = ()) -> None:
        self.root, self.names = root, names
        self.labels = list(map(class_of, names))
        self.problems = [*problems, *doubtful(Counter(self.labels), str(root))]

    @property
    def files(self) -> list[Path]:  # type: ignore[override]  # made when asked for: there may be millions
        return self.decoded.files

    def __len__(self) -> int:
        return len(self.names)

    def split(self, fractions: Mapping[str, float], seed: int) -> dict[str, Sequence[int]]:
        return split.stratified(self.labels, fractions, seed)

    def classes(self, train: Sequence[int], told: Sequence[str] | None) -> tuple[str, ...]:
        """Those of the spec, else of the training part in the order of their text."""
        found = tuple(told or sorted({self.labels[index] for index in train}))
        if len(found) == 1:
            self.problems.append(Remark("W0907", f"there is one class alone, {found[0]!r}", file=str(self.root)))
        if not told and all(map(str.isdecimal, found)) and list(found) != (ordered := sorted(found, key=int)):
            place = next(place for place, one in enumerate(found) if one != ordered[place])
            message = f"classes are in the order of their text, {', '.join(found)}: number {place} is {found[place]!r}"
            hint = f"for the order of numbers say `classes: {json.dumps(ordered)}`"
            self.problems.append(Remark("W0929", message, file=str(self.root), hint=hint))
        return found

    def numbers(self, assets: Assets) -> dict[str, int]:
        """By class. Raises DataError on one that the training part has not."""
        assert assets.classes is not None
        numbers = {label: number for number, label in enumerate(assets.classes)}
        for name, label in zip(self.names, self.labels, strict=True):
            if label not in numbers:
                raise DataError(
                    f"the training part has no class {label!r}",
                    file=str(self.root / name),
                    hint=f"classes of the training part: {', '.join(assets.classes)}",
                )
        return numbers

    def as_table(self, feature: str, column: Column, decoded: Decoded, assets: Assets) -> Table:
        """The decoded files as the feature of this name; label, int32 [n]."""
        import numpy as np

        numbers = self.numbers(assets)
        self.decoded.told(decoded)
        labels = np.array([numbers[label] for label in self.labels], np.int32)
        return Table(
            features={feature: column},
            targets={"label": Dense(labels, FeatureSpec((), "int32"))},
            unusable=frozenset(index for index, _ in decoded.broken),
        )

    def texts(self, indices: Sequence[int]) -> list[str]:
        return [self.names[index] for index in indices]
