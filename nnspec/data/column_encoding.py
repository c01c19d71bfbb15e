"""Columns as a network takes them: fitted on the training part, applied to the rows of a file or to new ones.

What is fitted is plain data, an entry for each column: `{offset, factor, fill}` of numbers (see `scaling`),
`{values, encode}` of categories.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from nnspec.data import many_cells, scaling
from nnspec.data.errors import DataError
from nnspec.data.formats.cells import PERCENT, CellFormat, ColumnType
from nnspec.data.formats.delimited_text import Column, Plan, Rows
from nnspec.data.new_examples import remark
from nnspec.data.protocol import Assets
from nnspec.data.scaling import Scale
from nnspec.data.table import Dense, FeatureSpec
from nnspec.data.text.corpus import allocate

if TYPE_CHECKING:
    import numpy as np

CHUNK_BYTES = 1 << 18  # encoded at once
FEWEST_ROWS = 1 << 10
NUMBER_BYTES = 8
TIMES = "times"
KNOWN = "known"  # the input of what is known of the steps that a series is predicted for
Entry = Mapping[str, Any]


def fit(rows: Rows, plan: Plan, train: Sequence[int]) -> dict[str, dict[str, Entry]]:
    """The entries of features, and of targets that are numbers, from the training rows."""
    targets = () if plan.task == "classification" else plan.targets
    # A series may have its target among the features.
    found = {
        name: fit_column(rows, name, plan.columns[name], train)
        for name in dict.fromkeys((*plan.features, *targets, *plan.known))
    }
    parts = {"features": plan.features, "targets": targets, KNOWN: plan.known}
    parts = {part: names for part, names in parts.items() if names or part == "features"}
    return {part: {name: found[name] for name in names} for part, names in parts.items()}


def fit_column(rows: Rows, name: str, column: Column, train: Sequence[int]) -> Entry:
    values = many_cells.taken(rows.column(name), train)
    if column.type != "category":
        return asdict(scaling.fit(values, column.scale, column.missing))
    texts = rows.categories[name]
    seen = many_cells.codes_there(values)
    return {"values": sorted((texts[number] for number in seen), key=by_number), "encode": column.encode}


def by_number(text: str) -> tuple[float, str]:
    """Numbers by size, before other texts."""
    try:
        return float(text), text
    except ValueError:
        return float("inf"), text


def entry_type(entry: Entry) -> ColumnType:
    return "category" if "values" in entry else "number"


def check(rows: Rows, plan: Plan, assets: Assets) -> None:
    """Raises DataError where a file's features are not those of the training part, or count something else."""
    entries = assets.scales("features")
    if set(plan.features) != set(entries):  # they are matched by name, whatever their order
        raise DataError(
            f"its features are {', '.join(plan.features)}, but those of training {', '.join(entries)}",
            **rows.origins.place(1),
            hint="list the `features`",
        )
    check_types(rows, entries, "say `columns: {{{name}: {{type: {type}}}}}`")
    check_cells(plan, assets, rows.file)


def check_types(rows: Rows, entries: Mapping[str, Entry], hint: str) -> None:
    """Raises DataError where a column is of numbers here and of categories in the training part, or the reverse.

    Args:
        hint: what helps, with `{name}` of the column and `{type}` of the training.
    """
    for name, entry in entries.items():
        kind = "category" if rows.types[name] == "category" else "number"
        if kind != entry_type(entry):
            raise DataError(
                f"column {name!r} holds {kind} values, but {entry_type(entry)} values in training",
                file=rows.file,
                hint=hint.format(name=name, type=entry_type(entry)),
            )


def feature_specs(entries: Mapping[str, Entry]) -> dict[str, FeatureSpec]:
    """What `encode` gives, by name."""
    vector = [len(entry.get("values", "1")) for entry in entries.values() if entry.get("encode") != "index"]
    specs = {"x": FeatureSpec((sum(vector),), "float32")} if vector else {}
    by_index = (name for name, entry in entries.items() if entry.get("encode") == "index")
    return {**specs, **{name: FeatureSpec((), "int32") for name in by_index}}


def encode(rows: Rows, entries: Mapping[str, Entry]) -> dict[str, Dense]:
    """`x`, float32 [n, width], numbers and one-hot categories in order; int32 [n] for each category by index.

    A category that training never saw, or a missing one, is all zeros, or 0.
    """
    features = {}
    vector = {name: entry for name, entry in entries.items() if entry.get("encode") != "index"}
    if vector:
        features["x"] = dense(matrix(rows, vector))
    for name, entry in entries.items():
        if name not in vector:
            features[name] = dense(codes(rows, name, entry["values"]))
    return features


def dense(array: np.ndarray) -> Dense:
    return Dense(array, FeatureSpec(array.shape[1:], array.dtype.name))


def matrix(rows: Rows, entries: Mapping[str, Entry]) -> np.ndarray:
    """float32 [n, width], so few rows at a time that these stay in the processor's cache."""
    import numpy as np

    widths = [len(entry["values"]) if "values" in entry else 1 for entry in entries.values()]
    lefts = dict(zip(entries, accumulate(widths, initial=0), strict=False))
    scales = {name: Scale(**entry) for name, entry in entries.items() if "values" not in entry}
    words = {name: one_hot(rows, name, entry["values"]) for name, entry in entries.items() if "values" in entry}
    result = allocate((len(rows), sum(widths)), "float32")
    step = max(FEWEST_ROWS, CHUNK_BYTES // (4 * sum(widths) + 1))
    for start in range(0, len(rows), step):
        some = result[start : start + step]
        if scales:
            columns = np.stack([np.asarray(rows.column(name)[start : start + step]) for name in scales])
            scaled = scaling.apply(columns.T, list(scales.values())).T
            for name, values in zip(scales, scaled, strict=True):
                some[:, lefts[name]] = values
        for name, made in words.items():
            values = made(start, start + step)
            some[:, lefts[name] : lefts[name] + values.shape[1]] = values
    return result


def one_hot(rows: Rows, name: str, values: Sequence[str]) -> Callable[[int, int], np.ndarray]:
    """What makes, of some rows, a number for each value of a category: float32 [rows, values]."""
    import numpy as np

    vectors = np.eye(len(values) + 1, dtype=np.float32)[:, 1:]
    coded = coder(rows, name, values)
    return lambda start, end: vectors[coded(start, end)]


def codes(rows: Rows, name: str, values: Sequence[str]) -> np.ndarray:
    """int32 [rows]: 1 and up in the order of `values`, 0 for a missing or unknown one."""
    import numpy as np

    found, coded = np.empty(len(rows), np.int32), coder(rows, name, values)
    step = CHUNK_BYTES // NUMBER_BYTES
    for start in range(0, len(rows), step):
        found[start : start + step] = coded(start, start + step)
    return found


def coder(rows: Rows, name: str, values: Sequence[str]) -> Callable[[int, int], np.ndarray]:
    """What makes `codes` of some rows."""
    import numpy as np

    numbers = {text: number for number, text in enumerate(values, 1)}
    texts = rows.categories[name]
    by_cell = np.array([*(numbers.get(text, 0) for text in texts), 0], np.int32)
    cells = np.asarray(rows.column(name))

    def coded(start: int, end: int) -> np.ndarray:
        some = cells[start:end]
        found: np.ndarray = by_cell[np.where(np.isnan(some), len(texts), some).astype(np.int64)]
        return found

    return coded


def unseen(rows: Rows, name: str, values: Sequence[str], indices: Sequence[int] | None = None) -> dict[str, int]:
    """The categories of these rows, by default of all, that are none of `values`: how many rows have each."""
    known = frozenset(values)
    strange = {number: text for number, text in enumerate(rows.categories[name]) if text not in known}
    if not strange:
        return {}
    cells: Iterable[float] = rows.column(name)
    if indices is not None:
        cells = many_cells.taken(rows.column(name), indices)
    counts = many_cells.counts(cells, len(rows.categories[name]))
    return {text: counts[number] for number, text in strange.items() if counts[number]}


def unseen_of(
    rows: Rows, entries: Mapping[str, Entry], indices: Sequence[int] | None = None
) -> dict[str, dict[str, int]]:
    """As `unseen`, of each column of categories."""
    return {name: unseen(rows, name, entry["values"], indices) for name, entry in entries.items() if "values" in entry}


def tell_unseen(by_column: Mapping[str, Mapping[str, int]]) -> None:
    """Says of new rows which categories training never saw."""
    for name, found in by_column.items():
        if found:
            remark(said_of_unseen(name, found))


def said_of_unseen(name: str, found: Mapping[str, int]) -> str:
    """Which categories count as none, as a sentence."""
    first, rows = next(iter(found)), sum(found.values())
    more = f" and {len(found) - 1:,} more of its values" if len(found) > 1 else ""
    return f"column {name!r}: {first!r}{more} never occurred in training, and counts as no value (rows: {rows:,})"


def cells_of(plan: Plan) -> dict[str, Any]:
    """How each column is written, to be kept with the run: new rows are read by it."""
    return {"cells": {name: asdict(column.form) for name, column in plan.columns.items()}}


def check_cells(plan: Plan, assets: Assets, file: str | None) -> None:
    """Raises DataError where a column counts something else than in the training part: percent, another currency, or
    times against plain numbers."""
    for name, saved in assets.extra.get("cells", {}).items():
        if name not in plan.columns:
            continue
        ours, theirs = (counted(form) for form in (plan.columns[name].form, CellFormat.of(saved)))
        if ours != theirs and (PERCENT in (ours, theirs) or TIMES in (ours, theirs) or (ours and theirs)):
            told = f"in {ours or 'plain figures'}, but in {theirs or 'plain figures'} in the training part"
            raise DataError(f"column {name!r} is {told}", file=file)


def counted(form: CellFormat) -> str:
    """What the numbers of a column are in; empty of plain ones, which may be of any currency."""
    return TIMES if form.type == "time" else form.unit if form.type == "number" else ""
