"""The rows of a table as examples: inputs and targets by name, of whatever their columns hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from nnspec.data import column_encoding, split
from nnspec.data.errors import DataError, Remark, place_of
from nnspec.data.fields.cells import Category, Numbers
from nnspec.data.fields.field import Field, Fitted
from nnspec.data.fields.texts import Texts, counted
from nnspec.data.formats.delimited_text import Plan, Rows
from nnspec.data.formats.table_files import parts_of
from nnspec.data.formats.table_head import Head
from nnspec.data.protocol import WEIGHT, Assets, Columns, Examples, Task
from nnspec.data.remarks import FEW_CLASSES, FEW_ROWS, Remarks, of_columns
from nnspec.data.table import Column, Dense, FeatureSpec, Table

MOST_FOLDERS = 1000  # of the files of a table, which its facts follow from


class RowExamples(Examples):
    """Each row an example."""

    def __init__(
        self,
        rows: Rows,
        head: Head,
        plan: Plan,
        inputs: Mapping[str, Field],
        targets: Mapping[str, Field],
        problems: Sequence[DataError],
    ) -> None:
        self.rows, self.head, self.plan = rows, head, plan
        self.inputs, self.targets = inputs, targets
        self.own_problems = [*problems, *rows.skipped]
        remarks = Remarks(rows, plan, head, task_told=False)
        self.own_problems += [*remarks.of_cells(), *self.whole_numbers()]

    @property
    def problems(self) -> list[DataError]:  # type: ignore[override]  # reading adds to those of the fields
        return [*self.own_problems, *(problem for one in self.fields for problem in one.problems)]

    @property
    def fields(self) -> list[Field]:
        return [*self.inputs.values(), *self.targets.values()]

    @property
    def files(self) -> list[Path]:  # type: ignore[override]
        return [*parts_of(self.head.path), *dict.fromkeys(path for one in self.fields for path in one.files())]

    @property
    def follows(self) -> list[Path]:
        """The folders of the files: where one comes or goes, the facts are others."""
        folders = dict.fromkeys(path.parent for one in self.fields for path in one.files())
        return list(folders)[:MOST_FOLDERS]

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def task(self) -> Task:  # type: ignore[override]
        if len(self.targets) == 1 and isinstance(next(iter(self.targets.values())), Category):
            return "classification"
        return (
            "regression"
            if self.targets and all(isinstance(one, Numbers) for one in self.targets.values())
            else "unknown"
        )

    def whole_numbers(self) -> list[DataError]:
        """Targets that may be classes by another name."""
        found: list[DataError] = []
        for name, target in self.targets.items():
            told = isinstance(target, Numbers) and (target.told.type is not None or len(target.cells) > 1)
            if isinstance(target, Numbers) and not told and len(self) >= FEW_ROWS:
                values = set(self.rows.column(target.column))
                few = 1 < len(values) <= min(FEW_CLASSES, len(self) // 3)
                if few and all(value.is_integer() for value in values):
                    message = f"target {name!r}: {len(values)} different whole numbers, read as numbers"
                    hint = "say `type: category` if they are classes, else `type: number`"
                    found.append(Remark("W0912", message, file=self.rows.file, hint=hint))
        return found

    def split(self, fractions: Mapping[str, float], seed: int) -> dict[str, Sequence[int]]:
        categories = [one.column for one in self.targets.values() if isinstance(one, Category)]
        category = categories[0] if len(categories) == 1 else None
        return split.of_rows(self.rows, self.plan, category, fractions, seed)

    def fit(self, train: Sequence[int], classes: Sequence[str] | None) -> Assets:
        """What the inputs and targets learn of the training part, and the vocabulary of all its texts."""
        with_classes = [name for name, one in self.targets.items() if one.has_classes]
        if classes and len(with_classes) != 1:
            message = f"`classes` are those of one target, and {len(with_classes)} targets have classes"
            raise DataError(message, hint="leave them out: each target has those of the data")
        alone = with_classes[0] if len(with_classes) == 1 else None
        inputs = {name: one.fit(self.rows, train, None) for name, one in self.inputs.items()}
        targets = {
            name: one.fit(self.rows, train, classes if name == alone else None) for name, one in self.targets.items()
        }
        cells = {name: asdict(column.form) for name, column in self.plan.columns.items()}
        cells |= {name: asdict(column.form) for one in self.inputs.values() for name, column in one.cells.items()}
        texts = [one for one in self.fields if isinstance(one, Texts)]
        return Assets(
            classes=tuple(targets[alone]["classes"]) if alone is not None else None,
            vocabulary=texts[0].source.vocabulary(counted(texts, train)) if texts else None,
            extra={"inputs": inputs, "targets": targets, "cells": cells},
        )

    def fitted(self, assets: Assets) -> tuple[dict[str, Fitted], dict[str, Fitted]]:
        """What was fitted, of inputs and of targets. Raises DataError where these are others than in training."""
        found = []
        for part, ours in (("inputs", self.inputs), ("targets", self.targets)):
            saved = assets.extra.get(part, {})
            if list(saved) != list(ours):
                raise DataError(f"the {part} are {', '.join(ours)}, but those of training {', '.join(saved)}")
            for name, one in ours.items():
                if one.kind != saved[name]["type"]:
                    message = f"`{name}` is read as {one.kind}, but as {saved[name]['type']} in training"
                    raise DataError(message, file=self.rows.file, hint=f"say its type: `{name}: {{type: ...}}`")
            found.append(dict(saved))
        column_encoding.check_cells(self.plan, assets, self.rows.file)
        return found[0], found[1]

    def columns(self, assets: Assets) -> Columns:
        inputs, targets = self.fitted(assets)
        ranges = {}
        for fields, fitted in ((self.inputs, inputs), (self.targets, targets)):
            for name, one in fields.items():
                one.check(self.rows, fitted[name])
                span = one.range(self.rows, fitted[name], assets.vocabulary)
                if span is not None:
                    ranges[name] = span
        if self.plan.weight is not None and len(self):
            weights = self.rows.column(self.plan.weight)
            ranges[WEIGHT] = (min(weights), max(weights))
        return Columns(
            {name: one.spec(inputs[name]) for name, one in self.inputs.items()},
            {name: one.spec(targets[name]) for name, one in self.targets.items()},
            varies=any(isinstance(one, Texts) and one.told.length is None for one in self.inputs.values()),
            ranges=ranges,
            labels={name: tuple(found["classes"]) for name, found in targets.items() if "classes" in found},
            ended=tuple(name for name, one in self.targets.items() if isinstance(one, Texts) and one.ends_in_padding),
        )

    def table(self, assets: Assets) -> Table:
        inputs, targets = self.fitted(assets)
        unusable: set[int] = set()
        parts: list[dict[str, Column]] = []
        for fields, fitted in ((self.inputs, inputs), (self.targets, targets)):
            parts.append({})
            for name, one in fields.items():
                one.check(self.rows, fitted[name])
                read = one.read(self.rows, fitted[name], assets.vocabulary)
                parts[-1][name] = read.column
                unusable |= read.unusable
        return Table(parts[0], parts[1], unusable=frozenset(unusable), weight=self.weight())

    def weight(self) -> Dense | None:
        name = self.plan.weight
        if name is None:
            return None
        return Dense(self.rows.matrix([name])[:, 0].astype("float32"), FeatureSpec((), "float32"))

    def texts(self, indices: Sequence[int]) -> list[str]:
        """The files of an example, or its line."""
        named = [list(one.files()) for one in self.inputs.values() if one.files()]
        if not named:
            return [self.rows.named(index) for index in indices]
        return [", ".join(files[index].name for files in named) for index in indices]

    def place(self, index: int) -> str | None:
        return place_of(**self.rows.place(index))

    def cells(self) -> list[dict[str, Any]]:
        return of_columns(self.rows, self.plan, self.head)

    def unseen_categories(self, indices: Sequence[int], assets: Assets) -> Mapping[str, Mapping[str, int]]:
        inputs, _ = self.fitted(assets)
        found: dict[str, Mapping[str, int]] = {}
        for name, one in self.inputs.items():
            found |= one.unseen(self.rows, inputs[name], indices)
        return found

    def report(self, indices: Sequence[int], assets: Assets) -> dict[str, Any]:
        """Of several labels how many examples have each, by target."""
        from nnspec.data.fields.cells import Labels

        found: dict[str, Any] = {}
        for name, one in self.targets.items():
            if isinstance(one, Labels):
                saved = assets.said("targets")[name]
                of_row = one.of_rows(self.rows, saved["separator"])
                counts = dict.fromkeys(saved["classes"], 0)
                for index in indices:
                    for label in of_row[index]:
                        counts[label] = counts.get(label, 0) + 1
                found[name] = counts
        return {"labels": found} if found else {}
