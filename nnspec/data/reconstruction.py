"""Examples whose targets are their own inputs: `targets: inputs`, for autoencoders and denoising."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from nnspec.data.errors import Remark
from nnspec.data.protocol import Assets, Columns, Examples, Task
from nnspec.data.table import Ragged, Table

CLASSES, SCALING, TARGETS = "source_classes", "source_scaling", "source_targets"


class Reconstructed(Examples):
    """Another source's examples. What it knows of its own targets is kept for reading it, and answers nothing."""

    task: Task = "regression"

    def __init__(self, inner: Examples) -> None:
        self.inner = inner
        self.files = inner.files
        self.tokens = inner.tokens

    @property
    def problems(self) -> Sequence[Any]:  # type: ignore[override]
        of_targets = ("W0911", "W0912")  # nothing is trained on the targets of the source
        return [one for one in self.inner.problems if not (isinstance(one, Remark) and one.code in of_targets)]

    @property
    def follows(self) -> Sequence[Any]:
        return self.inner.follows

    def __len__(self) -> int:
        return len(self.inner)

    def split(self, fractions: Mapping[str, float], seed: int) -> dict[str, Sequence[int]]:
        return self.inner.split(fractions, seed)

    def fit(self, train: Sequence[int], classes: Sequence[str] | None) -> Assets:
        found = self.inner.fit(train, classes)
        own = {CLASSES: found.classes, SCALING: found.scaling, TARGETS: found.extra.get("targets")}
        extra = {**found.extra, **{name: value for name, value in own.items() if value is not None}}
        scaling = None if found.scaling is None else {"features": found.scaling["features"]}
        inputs = found.extra.get("inputs")
        return replace(found, classes=None, scaling=scaling, extra={**extra, **({"targets": inputs} if inputs else {})})

    def inner_assets(self, assets: Assets) -> Assets:
        """What the source itself fitted."""
        extra = dict(assets.extra)
        classes, scaling, targets = (extra.pop(name, None) for name in (CLASSES, SCALING, TARGETS))
        if targets is not None:
            extra["targets"] = targets
        classes = None if classes is None else tuple(classes)
        return replace(assets, classes=classes, scaling=scaling, extra=extra)

    def columns(self, assets: Assets) -> Columns:
        found = self.inner.columns(self.inner_assets(assets))
        return replace(found, targets=found.features, labels={})

    def table(self, assets: Assets) -> Table:
        found = self.inner.table(self.inner_assets(assets))
        ragged = next((name for name, column in found.features.items() if isinstance(column, Ragged)), None)
        return replace(found, targets=dict(found.features), lengths=found.lengths or ragged)

    def unseen_categories(self, indices: Sequence[int], assets: Assets) -> Mapping[str, Mapping[str, int]]:
        return self.inner.unseen_categories(indices, self.inner_assets(assets))

    def texts(self, indices: Sequence[int]) -> list[str]:
        return self.inner.texts(indices)

    def cells(self) -> list[dict[str, Any]] | None:
        return self.inner.cells()

    def place(self, index: int) -> str | None:
        return self.inner.place(index)

    def report(self, indices: Sequence[int], assets: Assets) -> dict[str, Any]:
        return self.inner.report(indices, self.inner_assets(assets))
