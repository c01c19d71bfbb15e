"""Windows over a time series: the last steps as input, the next ones as target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nnspec.data import fitted, split
from nnspec.data.errors import DataError
from nnspec.data.protocol import Assets, Columns, Task, doc
from nnspec.data.rows import Plan, Rows
from nnspec.data.table import FeatureSpec, Table, Windows


@dataclass(frozen=True, slots=True)
class Window:
    """Steps, which are rows of the file. ValueError where one of them is less than 1."""

    length: int = field(metadata=doc("How many steps the network sees."))
    horizon: int = field(default=1, metadata=doc("How many steps it predicts."))
    stride: int = field(default=1, metadata=doc("Steps from the start of one window to that of the next."))

    def __post_init__(self) -> None:
        if min(self.length, self.horizon, self.stride) < 1:
            raise ValueError("length, horizon and stride are at least 1")

    @property
    def extent(self) -> int:
        return self.length + self.horizon

    def starts(self, rows: int) -> range:
        """The first rows of all windows that end within the series."""
        return range(0, rows - self.extent + 1, self.stride)


class WindowExamples:
    """Windows as examples: `x` in, `y` out.

    A window belongs to the part in which all its targets lie; one whose targets cross a border belongs to none.
    So no part sees a target of a later one. Its inputs may reach back over the border, as they do in use.
    """

    task: Task = "forecast"

    def __init__(self, rows: Rows, plan: Plan, path: Path, window: Window) -> None:
        self.rows, self.plan, self.window = rows, plan, window
        self.files = (path,)
        self.problems = rows.skipped
        self.starts = window.starts(len(rows))
        if not self.starts:
            raise DataError(
                f"{len(rows)} rows are too few for a window of {window.length} and {window.horizon} steps",
                file=rows.file,
            )

    def __len__(self) -> int:
        return len(self.starts)

    def split(self, fractions: Mapping[str, float], seed: int) -> dict[str, list[int]]:
        """Parts of the rows one after the other in time, whatever the seed: train, validation, test."""
        length, horizon = self.window.length, self.window.horizon
        parts = {}
        for name, rows in split.chronological(len(self.rows), fractions).items():
            first, end = rows[0], rows[-1] + 1
            parts[name] = [
                index
                for index, start in enumerate(self.starts)
                if first <= start + length and start + length + horizon <= end
            ]
            if not parts[name]:
                raise DataError(
                    f"the part {name!r} is empty: no window has its {horizon} targets in rows {first} to {end - 1}",
                    file=self.rows.file,
                )
        return parts

    def fit(self, train: Sequence[int], classes: Sequence[str] | None) -> Assets:
        """Scales from the rows that windows of the training part see."""
        rows = range(self.starts[min(train)], self.starts[max(train)] + self.window.extent)
        return Assets(scaling=fitted.fit(self.rows, self.plan, rows))

    def columns(self, assets: Assets) -> Columns:
        assert assets.scaling is not None
        fitted.check(self.rows, self.plan, assets.scaling["features"])
        features, targets = len(assets.scaling["features"]), len(assets.scaling["targets"])
        x = FeatureSpec((self.window.length, features), "float32")
        y = FeatureSpec((self.window.horizon, *([] if targets == 1 else [targets])), "float32")
        return Columns({"x": x}, {"y": y})

    def table(self, assets: Assets) -> Table:
        """x, float32 [n, length, features]; y, float32 [n, horizon], or [n, horizon, targets] for several."""
        import numpy as np

        assert assets.scaling is not None
        fitted.check(self.rows, self.plan, assets.scaling["features"])
        inputs = fitted.matrix(self.rows, assets.scaling["features"])
        targets = fitted.matrix(self.rows, assets.scaling["targets"])
        if targets.shape[1] == 1:
            targets = targets[:, 0]
        starts = np.asarray(self.starts)
        length, horizon = self.window.length, self.window.horizon
        x = FeatureSpec((length, *inputs.shape[1:]), "float32")
        y = FeatureSpec((horizon, *targets.shape[1:]), "float32")
        return Table(
            features={"x": Windows(inputs, starts, length, x)},
            targets={"y": Windows(targets, starts + length, horizon, y)},
        )

    def texts(self, indices: Sequence[int]) -> list[str]:
        """The lines of a window's inputs."""
        spans = ((self.starts[index], self.starts[index] + self.window.length - 1) for index in indices)
        return [f"lines {self.rows.line(first)} to {self.rows.line(last)}" for first, last in spans]

    def report(self, indices: Sequence[int], assets: Assets) -> dict[str, Any]:
        """The lines that hold the targets."""
        first, last = (self.starts[edge(indices)] + self.window.length for edge in (min, max))
        return {"target_lines": [self.rows.line(first), self.rows.line(last + self.window.horizon - 1)]}
