"""Whether the numbers that an Embedding looks up are rows of it: where not, TensorFlow gives zeros or stops."""

from __future__ import annotations

from typing import Any, NamedTuple

from nnspec.data.dataset import Dataset
from nnspec.data.errors import DataError
from nnspec.data.table import Column, Dense, Ragged
from nnspec.frontend.spec import Spec, keras_name
from nnspec.runs.binding import Binding


def check_tokens(spec: Spec, dataset: Dataset, binding: Binding) -> None:
    """Raises DataError where an Embedding is to look up a number that is none of its rows, with part and example."""
    inputs = {given.name: binding.inputs[keras_name(given.name)] for given in spec.graph.inputs}
    for layer in spec.graph.layers:
        rows = layer.rows
        if rows is None or len(layer.inputs) != 1 or layer.inputs[0].layer not in inputs:
            continue
        name = inputs[layer.inputs[0].layer]
        for part, split in dataset.splits.items():
            found = out_of_range(split.table.features[name], rows)
            if found is not None:
                rest = f"but the {layer.written} `{layer.name}` has {rows} rows: 0 to {rows - 1}"
                more = f"say `{layer.record.rows}: {found.high + 1}` there, or more"
                raise DataError(
                    f"{part}, `{name}`: {found.what}, {rest}",
                    file=next((str(file) for file in dataset.loaded.parts[part].examples.files), None),
                    hint="numbers count from 0" if found.low < 0 else more,
                )


class OutOfRange(NamedTuple):
    """Numbers of a column that are none of the rows: the smallest and the largest, and the first for people."""

    low: int
    high: int
    what: str


def out_of_range(column: Column, rows: int) -> OutOfRange | None:
    import numpy as np

    values: Any = column.flat if isinstance(column, Ragged) else column.array if isinstance(column, Dense) else None
    if isinstance(column, Ragged):
        known: Any = (values.min(), values.max()) if len(values) else (0, 0)
    else:
        known = getattr(column, "limits", None) or (0, 0)
    low, high = map(int, known)
    if low >= 0 and high < rows:
        return None
    if values is None:
        return OutOfRange(low, high, f"there is a number {low if low < 0 else high}")
    bad = ((values < 0) | (values >= rows)).reshape(len(values), -1)
    place = int(bad.any(axis=1).argmax())
    value = int(values[place].reshape(-1)[bad[place].argmax()])
    if isinstance(column, Ragged):
        place = int(np.searchsorted(column.offsets, place, side="right")) - 1
    return OutOfRange(low, high, f"example {place} has the number {value}")
