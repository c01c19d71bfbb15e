"""Fields whose values stand in the table itself: numbers, categories, several labels, lists of numbers."""

from __future__ import annotations

import json
import math
import re
from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnspec.data import column_encoding
from nnspec.data.errors import DataError, Remark
from nnspec.data.fields.field import Field, Fitted, Read
from nnspec.data.formats.cells import LARGEST
from nnspec.data.formats.delimited_text import Rows
from nnspec.data.names import nearly_one
from nnspec.data.protocol import Range
from nnspec.data.scaling import scaled_range
from nnspec.data.table import Dense, FeatureSpec

if TYPE_CHECKING:
    from nnspec.data.text.vocabulary import Vocabulary

SEPARATORS = ("|", ";", ",", " ")  # of labels in a cell, the first that is there
SHOWN = 12
BETWEEN = re.compile(r"[,;\s]+")  # numbers of a list
LISTED = re.compile(r"""\s*(?:"[^"]*"|'[^']*')\s*(?=,|\Z)|[^,]+""")  # entries of a list of labels
QUOTED, PLAIN = re.compile(r"""(["'])(?P<text>.*)\1""", re.DOTALL), re.compile(r"(?P<text>.*)", re.DOTALL)


class Numbers(Field):
    """Numbers side by side, float32 [columns]; a category among the inputs is a value for each of its own."""

    kind = "numbers"

    def fit(self, rows: Rows, train: Sequence[int], classes: Sequence[str] | None) -> Fitted:
        entries = {name: column_encoding.fit_column(rows, name, column, train) for name, column in self.cells.items()}
        return {"type": self.kind, "columns": list(self.cells), "entries": entries}

    def spec(self, fitted: Fitted) -> FeatureSpec:
        return FeatureSpec((sum(len(entry.get("values", "1")) for entry in fitted["entries"].values()),), "float32")

    def check(self, rows: Rows, fitted: Fitted) -> None:
        column_encoding.check_types(rows, fitted["entries"], f"say `{self.name}: {{{{type: {{type}}}}}}`")

    def range(self, rows: Rows, fitted: Fitted, vocabulary: Vocabulary | None) -> Range | None:
        spans = [
            (0.0, 1.0) if "values" in entry else scaled_range(rows.column(name), entry)
            for name, entry in fitted["entries"].items()
        ]
        return min(span[0] for span in spans), max(span[1] for span in spans)

    def unseen(
        self, rows: Rows, fitted: Fitted, indices: Sequence[int] | None = None
    ) -> Mapping[str, Mapping[str, int]]:
        entries = {name: entry["values"] for name, entry in fitted["entries"].items() if "values" in entry}
        return {name: column_encoding.unseen(rows, name, values, indices) for name, values in entries.items()}

    def read(self, rows: Rows, fitted: Fitted, vocabulary: Vocabulary | None) -> Read:
        return Read(column_encoding.dense(column_encoding.matrix(rows, fitted["entries"])))


class Category(Field):
    """A class: int32, from 0 as a target; as an input a value for each, or with `encode: index` int32, 0 if unknown."""

    kind = "category"
    has_classes = True

    @property
    def by_index(self) -> bool:
        return self.is_target or self.told.encode == "index"

    def fit(self, rows: Rows, train: Sequence[int], classes: Sequence[str] | None) -> Fitted:
        entry = column_encoding.fit_column(rows, self.column, self.cells[self.column], train)
        return {"type": self.kind, "columns": list(self.cells), "classes": list(classes or entry["values"])}

    def spec(self, fitted: Fitted) -> FeatureSpec:
        return FeatureSpec((), "int32") if self.by_index else FeatureSpec((len(fitted["classes"]),), "float32")

    def range(self, rows: Rows, fitted: Fitted, vocabulary: Vocabulary | None) -> Range | None:
        if self.is_target:
            return None
        return (0.0, float(len(fitted["classes"]))) if self.by_index else (0.0, 1.0)

    def check(self, rows: Rows, fitted: Fitted) -> None:
        if self.is_target:
            known = frozenset(fitted["classes"])
            for number, text in enumerate(rows.categories[self.column]):
                if text not in known:
                    cells = rows.column(self.column).tolist()
                    if number in cells:
                        raise unseen(rows, self.column, cells.index(number), text, fitted["classes"])

    def unseen(
        self, rows: Rows, fitted: Fitted, indices: Sequence[int] | None = None
    ) -> Mapping[str, Mapping[str, int]]:
        if self.is_target:  # refused
            return {}
        return {self.column: column_encoding.unseen(rows, self.column, fitted["classes"], indices)}

    def read(self, rows: Rows, fitted: Fitted, vocabulary: Vocabulary | None) -> Read:
        if not self.by_index:
            entry = {"values": fitted["classes"], "encode": "one_hot"}
            return Read(column_encoding.dense(column_encoding.matrix(rows, {self.column: entry})))
        codes = column_encoding.codes(rows, self.column, fitted["classes"])
        return Read(column_encoding.dense(codes - 1 if self.is_target else codes))


class Labels(Field):
    """Several labels an example, float32 [labels] of 0 and 1: in one cell, or a column of 0 and 1 for each."""

    kind = "labels"
    has_classes = True

    def open(self, rows: Rows) -> dict[int, str]:
        if len(self.cells) > 1 or self.told.columns:
            for name in self.cells:
                for row, value in enumerate(rows.column(name)):
                    if value not in (0, 1):
                        message = f"column {name!r} is a label, and holds {value:g}, not 0 or 1"
                        raise DataError(message, **rows.place(row))
            return {}
        texts = rows.categories[self.column]
        self.separator = self.told.separator or separator_of(texts, self.column, rows.file)
        counts = Counter(label for text in texts for label in parts(text, self.separator))
        self.problems += nearly_one(counts, rows.file)
        empty = sum(text is None for text in rows.texts(self.column))
        if empty:
            message = f"column {self.column!r}: {empty:,} of {len(rows):,} cells are empty, an example without a label"
            self.problems.append(Remark("W0915", message, file=rows.file))
        return {}

    def of_rows(self, rows: Rows, separator: str | None) -> list[tuple[str, ...]]:
        """The labels of each row."""
        if separator is None:
            columns = [rows.column(name) for name in self.cells]
            return [
                tuple(name for name, cells in zip(self.cells, columns, strict=True) if cells[row])
                for row in range(len(rows))
            ]
        known = [tuple(parts(text, separator)) for text in rows.categories[self.column]]
        return [() if math.isnan(cell) else known[int(cell)] for cell in rows.column(self.column)]

    def fit(self, rows: Rows, train: Sequence[int], classes: Sequence[str] | None) -> Fitted:
        separator = None if self.told.columns else self.separator
        if separator is None:
            return {"type": self.kind, "columns": list(self.cells), "classes": list(self.cells), "separator": None}
        found = self.of_rows(rows, separator)
        seen = {label for row in train for label in found[row]}
        if not seen:
            raise DataError(f"column {self.column!r} has no label in the training part", file=rows.file)
        return {
            "type": self.kind,
            "columns": list(self.cells),
            "classes": list(classes or sorted(seen, key=column_encoding.by_number)),
            "separator": separator,
        }

    def spec(self, fitted: Fitted) -> FeatureSpec:
        return FeatureSpec((len(fitted["classes"]),), "float32")

    def range(self, rows: Rows, fitted: Fitted, vocabulary: Vocabulary | None) -> Range | None:
        return 0.0, 1.0

    def check(self, rows: Rows, fitted: Fitted) -> None:
        known = frozenset(fitted["classes"])
        if self.is_target:
            for row, labels in enumerate(self.of_rows(rows, fitted["separator"])):
                for label in labels:
                    if label not in known:
                        raise unseen(rows, self.column, row, label, fitted["classes"])

    def unseen(
        self, rows: Rows, fitted: Fitted, indices: Sequence[int] | None = None
    ) -> Mapping[str, Mapping[str, int]]:
        if self.is_target:  # refused
            return {}
        labels = self.of_rows(rows, fitted["separator"])
        known = frozenset(fitted["classes"])
        chosen = labels if indices is None else map(labels.__getitem__, indices)
        return {self.column: Counter(label for row in chosen for label in row if label not in known)}

    def read(self, rows: Rows, fitted: Fitted, vocabulary: Vocabulary | None) -> Read:
        import numpy as np

        places = {label: place for place, label in enumerate(fitted["classes"])}
        found = np.zeros((len(rows), len(places)), np.float32)
        for row, labels in enumerate(self.of_rows(rows, fitted["separator"])):
            found[row, [places[label] for label in labels if label in places]] = 1
        return Read(column_encoding.dense(found))


def unseen(rows: Rows, column: str, row: int, text: str, classes: Sequence[str]) -> DataError:
    more = ", ..." if len(classes) > SHOWN else ""
    return DataError(
        f"column {column!r}: the training part has no class {text!r}",
        **rows.place(row),
        hint=f"training has {', '.join(classes[:SHOWN])}{more}",
    )


def separator_of(texts: Sequence[str], column: str, file: str | None) -> str:
    """What stands between the labels of cells, `[` where they are written as lists. Raises DataError where unclear."""
    found: Counter[str] = Counter()
    lists = plain = 0
    for text in texts:
        is_list = text.startswith("[") and text.endswith("]")
        lists += is_list
        plain += not is_list
        found.update(mark for mark in SEPARATORS if mark in text.strip())
    if lists and not plain:
        return "["
    marks = [mark for mark in SEPARATORS if found[mark]]
    if (
        len(marks) == 2
        and marks[1] == " "
        and not any(re.search(rf"[^{re.escape(marks[0])}] ", text) for text in texts)
    ):
        marks = marks[:1]  # `a, b`: no space but behind the mark
    if len(marks) > 1:
        said = " or ".join(f'`separator: "{mark}"`' for mark in marks)
        message = f"column {column!r}: what stands between the labels of a cell cannot be told"
        raise DataError(message, file=file, hint=f"say {said}")
    return marks[0] if marks else " "


def parts(text: str, separator: str) -> list[str]:
    """The labels of a cell, each once; of a list `["a", "b"]` or `['a', 'b']` without its quotes."""
    found = in_list(text) if separator == "[" else [" ".join(part.split()) for part in text.split(separator)]
    return list(dict.fromkeys(part for part in found if part))


def in_list(text: str) -> list[str]:
    """The entries of a cell `[a, "b, c"]`: a comma within quotes parts nothing."""
    inner = text.strip().removeprefix("[").removesuffix("]")
    found = (QUOTED.fullmatch(part.strip()) or PLAIN.fullmatch(part.strip()) for part in LISTED.findall(inner))
    return [one["text"].strip() for one in found if one is not None]


class NumberList(Field):
    """A list of numbers in a cell, all of one length: float32 of `shape`, or [numbers]."""

    kind = "list"

    def open(self, rows: Rows) -> dict[int, str]:
        self.count, self.flat = self.parsed(rows, None)
        return {}

    def keep(self, kept: Sequence[int]) -> None:
        count, flat = self.count, self.flat
        self.flat = array("f", chain.from_iterable(flat[row * count : (row + 1) * count] for row in kept))

    def parsed(self, rows: Rows, count: int | None) -> tuple[int, array[float]]:
        """How many numbers a cell has, and those of all rows. Raises DataError where one has more or fewer."""
        flat = array("f")
        for row, text in enumerate(rows.texts(self.column)):
            found = self.numbers(text or "", rows, row)
            count = count or len(found)
            if len(found) != count:
                raise self.wrong(rows, row, f"{len(found)} numbers, but {count} in the rows before")
            flat.extend(found)
        return count or 0, flat

    def wrong(self, rows: Rows, row: int, what: str, hint: str | None = None) -> DataError:
        return DataError(f"column {self.column!r}: {what}", **rows.place(row), hint=hint)

    def numbers(self, text: str, rows: Rows, row: int) -> list[float]:
        inner = text.strip().strip("[]()").strip()
        if self.told.separator is None and "," in inner and ";" in inner:
            hint = '`separator: ";"` or `separator: ","`; decimals are written with a point'
            raise self.wrong(rows, row, f"{text[:40]!r} has commas and semicolons between its numbers", hint)
        try:
            found = list(map(float, inner.split(self.told.separator) if self.told.separator else BETWEEN.split(inner)))
        except ValueError:
            raise self.wrong(rows, row, f"{text[:40]!r} is no list of numbers") from None
        if not all(-LARGEST < value < LARGEST for value in found):  # neither is true of nan
            raise self.wrong(rows, row, "a number that is not finite, or too large for float32")
        return found

    def fit(self, rows: Rows, train: Sequence[int], classes: Sequence[str] | None) -> Fitted:
        shape = [self.count] if self.told.shape is None else list(self.told.shape)
        if math.prod(shape) != self.count:
            raise self.wrong(rows, 0, f"{self.count} numbers cannot have the shape {shape}")
        return {"type": self.kind, "columns": list(self.cells), "shape": shape}

    def spec(self, fitted: Fitted) -> FeatureSpec:
        return FeatureSpec(tuple(fitted["shape"]), "float32")

    def check(self, rows: Rows, fitted: Fitted) -> None:
        if self.count != math.prod(fitted["shape"]):
            what = f"{self.count} numbers, but training has {math.prod(fitted['shape'])}"
            raise self.wrong(rows, 0, what)

    def range(self, rows: Rows, fitted: Fitted, vocabulary: Vocabulary | None) -> Range | None:
        return min(self.flat), max(self.flat)

    def read(self, rows: Rows, fitted: Fitted, vocabulary: Vocabulary | None) -> Read:
        return Read(self.shaped(self.flat, fitted))

    def shaped(self, flat: array[float], fitted: Fitted) -> Dense:
        import numpy as np

        return Dense(np.frombuffer(flat, np.float32).reshape(-1, *fitted["shape"]), self.spec(fitted))

    def new(
        self, rows: Rows, raw: Sequence[Any], fitted: Fitted, vocabulary: Vocabulary | None, near: Sequence[Path]
    ) -> Dense:
        return self.shaped(self.parsed(rows, math.prod(fitted["shape"]))[1], fitted)


def as_text(value: Any) -> Any:
    """A list of a mapping as a cell has it."""
    return json.dumps(list(value)) if isinstance(value, list | tuple) else value
