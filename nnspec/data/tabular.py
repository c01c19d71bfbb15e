"""A table's rows as examples: features as one vector, a class or numbers as the target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nnspec.data import column_encoding, many_cells, split
from nnspec.data.errors import DataError
from nnspec.data.formats.delimited_text import Plan, Rows
from nnspec.data.formats.table_files import parts_of
from nnspec.data.formats.table_head import Head
from nnspec.data.protocol import Assets, Columns, Examples
from nnspec.data.remarks import of_columns
from nnspec.data.scaling import scaled_range
from nnspec.data.table import Dense, FeatureSpec, Table

if TYPE_CHECKING:
    import numpy as np


class TableExamples(Examples):
    """Rows as examples: `x` in, and a feature of its own for each category with `encode: index`; `y` out."""

    def __init__(self, rows: Rows, plan: Plan, head: Head, remarks: Sequence[DataError] = ()) -> None:
        self.rows, self.plan, self.head = rows, plan, head
        self.task = plan.task
        self.files = tuple(parts_of(head.path))
        self.problems = (*remarks, *rows.skipped)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def target(self) -> str:
        return self.plan.targets[0]

    def split(self, fractions: Mapping[str, float], seed: int) -> dict[str, Sequence[int]]:
        category = self.target if self.task == "classification" else None
        return split.of_rows(self.rows, self.plan, category, fractions, seed)

    def fit(self, train: Sequence[int], classes: Sequence[str] | None) -> Assets:
        """Scales of numbers, values of categories, and the classes, numbers by size before others by text."""
        scaling = column_encoding.fit(self.rows, self.plan, train)
        extra = column_encoding.cells_of(self.plan)
        if self.task != "classification":
            return Assets(scaling=scaling, extra=extra)
        entry = column_encoding.fit_column(self.rows, self.target, self.plan.columns[self.target], train)
        return Assets(classes=tuple(classes or entry["values"]), scaling=scaling, extra=extra)

    def columns(self, assets: Assets) -> Columns:
        column_encoding.check(self.rows, self.plan, assets)
        self.refuse_negative_weight()
        entries = assets.scales("features")
        features = column_encoding.feature_specs(entries)
        ranges = {name: (0.0, float(len(entries[name]["values"]))) for name in features if name != "x"}
        numbers = [scaled_range(self.rows.column(name), one) for name, one in entries.items() if "values" not in one]
        if "x" in features and numbers:
            numbers += [(0.0, 1.0)] * any("values" in one and one.get("encode") != "index" for one in entries.values())
            ranges["x"] = min(low for low, _ in numbers), max(high for _, high in numbers)
        if self.task == "classification":
            self.refuse_unseen(assets.classes or ())
            return Columns(features, {"y": FeatureSpec((), "int32")}, ranges=ranges)
        targets = assets.scales("targets")
        spans = [scaled_range(self.rows.column(name), entry) for name, entry in targets.items()]
        low, high = min(span[0] for span in spans), max(span[1] for span in spans)
        return Columns(features, {"y": FeatureSpec((len(targets),), "float32")}, ranges={**ranges, "y": (low, high)})

    def table(self, assets: Assets) -> Table:
        """x, float32 [n, width]; y, int32 [n] for classes, else float32 [n, targets]."""
        column_encoding.check(self.rows, self.plan, assets)
        if self.task == "classification":
            target = self.labels(assets.classes or ())
        else:
            target = column_encoding.matrix(self.rows, assets.scales("targets"))
        features = column_encoding.encode(self.rows, assets.scales("features"))
        return Table(features=features, targets={"y": column_encoding.dense(target)}, weight=self.weight())

    def weight(self) -> Dense | None:
        """What each row counts. Raises DataError on a number below 0, with its line."""
        name = self.plan.weight
        if name is None:
            return None
        self.refuse_negative_weight()
        return column_encoding.dense(self.rows.matrix([name])[:, 0].astype("float32"))

    def refuse_negative_weight(self) -> None:
        name = self.plan.weight
        row = None if name is None else many_cells.first_negative(self.rows.column(name))
        if name is not None and row is not None:
            message = f"column {name!r}: the weight {self.rows.column(name)[row]:g} is below 0"
            raise DataError(message, **self.rows.place(row))

    def labels(self, classes: Sequence[str]) -> np.ndarray:
        """int32 [n]. Raises DataError on a class that training never saw."""
        self.refuse_unseen(classes)
        return column_encoding.codes(self.rows, self.target, classes) - 1

    def refuse_unseen(self, classes: Sequence[str]) -> None:
        strange = next(iter(column_encoding.unseen(self.rows, self.target, classes)), None)  # of rows that are used
        if strange is not None:
            number = self.rows.categories[self.target].index(strange)
            raise DataError(
                f"column {self.target!r}: the training part has no class {strange!r}",
                **self.rows.place(many_cells.first_place(self.rows.column(self.target), number)),
                hint=f"training has {', '.join(classes)}",
            )

    def texts(self, indices: Sequence[int]) -> list[str]:
        return [self.rows.named(index) for index in indices]

    def cells(self) -> list[dict[str, Any]]:
        return of_columns(self.rows, self.plan, self.head)

    def report(self, indices: Sequence[int], assets: Assets) -> dict[str, Any]:
        """By column: how many values are missing, or are categories that training never saw."""
        found: dict[str, Any] = {}
        strange = self.unseen_categories(indices, assets)
        for name in assets.scales("features"):
            missing = many_cells.missing(many_cells.taken(self.rows.column(name), indices))
            counts = {"missing": missing, "unknown": sum(strange.get(name, {}).values())}
            if any(counts.values()):
                found[name] = {what: number for what, number in counts.items() if number}
        return {"columns": found}

    def unseen_categories(self, indices: Sequence[int], assets: Assets) -> Mapping[str, Mapping[str, int]]:
        return column_encoding.unseen_of(self.rows, assets.scales("features"), indices)
