"""Windows over a series, each of a class: which movement, which machine, which state of the heart."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import TYPE_CHECKING

from nnspec.data import column_encoding
from nnspec.data.errors import DataError
from nnspec.data.protocol import Assets, Columns, Task
from nnspec.data.table import Dense, FeatureSpec, Table, Windows
from nnspec.data.windows import WindowExamples

if TYPE_CHECKING:
    import numpy as np


class WindowClasses(WindowExamples):
    """Windows as examples: `x` in, `y` out, the class of the row of the target.

    A window belongs to the part that has all of it: no row is seen in two parts.
    """

    task: Task = "classification"

    @property
    def target(self) -> str:
        return self.plan.targets[0]

    @property
    def bounds(self) -> tuple[int, int]:
        return 0, self.window.extent - 1

    def with_targets(self, starts: array[int]) -> array[int]:
        starts = super().with_targets(starts)
        if self.window.mixed == "last":
            return starts
        cells, order = self.rows.column(self.target), self.timeline.order
        since = array("q", [0]) * len(order)  # the place from which on the class is the same
        for place in range(1, len(order)):
            same = cells[order[place]] == cells[order[place - 1]]
            since[place] = since[place - 1] if same else place
        last = self.window.extent - 1
        return array("q", (start for start in starts if since[start + last] <= start))

    def why_left_out(self) -> str:
        return "the class changes within" if self.window.mixed == "skip" else super().why_left_out()

    def class_of(self, index: int) -> str:
        row = self.timeline.order[self.starts[index] + self.window.lead]
        return self.rows.categories[self.target][int(self.rows.column(self.target)[row])]

    def fit(self, train: Sequence[int], classes: Sequence[str] | None) -> Assets:
        found = super().fit(train, classes)
        seen = classes or sorted({self.class_of(index) for index in train}, key=column_encoding.by_number)
        return Assets(classes=tuple(seen), scaling=found.scaling, extra=found.extra)

    def columns(self, assets: Assets) -> Columns:
        column_encoding.check(self.rows, self.plan, assets)
        self.numbers(assets)
        x = FeatureSpec((self.window.length, len(assets.scales("features"))), "float32")
        return Columns({"x": x}, {"y": FeatureSpec((), "int32")})

    def numbers(self, assets: Assets) -> list[int]:
        """The number of each window's class. Raises DataError on one that the training part lacks."""
        known = {label: number for number, label in enumerate(assets.classes or ())}
        found = []
        for index, start in enumerate(self.starts):
            label = self.class_of(index)
            if label not in known:
                message = f"column {self.target!r}: the training part has no class {label!r}"
                hint = f"training has {', '.join(known)}"
                raise DataError(message, **self.rows.place(self.row(start + self.window.lead)), hint=hint)
            found.append(known[label])
        return found

    def table(self, assets: Assets) -> Table:
        """x, float32 [n, length, features]; y, int32 [n]."""
        import numpy as np

        columns = self.columns(assets)
        inputs = self.scaled(assets, "features")
        starts = np.asarray(self.starts, np.int64)
        labels: np.ndarray = np.array(self.numbers(assets), np.int32)
        return Table(
            features={"x": Windows(inputs, starts, self.window.inputs, columns.features["x"])},
            targets={"y": Dense(labels, columns.targets["y"])},
        )
