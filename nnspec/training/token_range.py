"""Whether the numbers of the data are rows of the Embedding that looks them up, and fit the types of the inputs.

Where not, TensorFlow gives zeros or stops, or counts on from the other end of the type.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from nnspec.data.dataset import Dataset
from nnspec.data.errors import DataError
from nnspec.data.table import Column, Dense, Ragged
from nnspec.frontend.agreement.inputs import HOLDS
from nnspec.frontend.spec import Layer, Spec, keras_name
from nnspec.runs.binding import Binding


def check_tokens(spec: Spec, dataset: Dataset, binding: Binding) -> None:
    """Raises DataError where an Embedding is to look up a number that is none of its rows, with part and example.

    Also where an input's type does not hold a number.
    """
    inputs = {given.name: binding.inputs[keras_name(given.name)] for given in spec.graph.inputs}
    for given in spec.graph.inputs:
        if given.dtype in HOLDS:
            low, high = map(int, HOLDS[given.dtype])
            name, hint = inputs[given.name], "give the input another `dtype`"
            for part, found in _outside(dataset, name, low, high):
                what = f"{found.what}, which is no {given.dtype}, the type of the input `{given.name}`"
                raise _refused(dataset, part, name, what, hint)
    for layer, looked_up, rows in _lookups(spec):
        name = inputs[looked_up]
        for part, found in _outside(dataset, name, 0, rows - 1, whole=True):
            rest = f"but the {layer.written} `{layer.name}` has {rows} {_noun(layer)}: 0 to {rows - 1}"
            more = f"say `{layer.record.rows or layer.record.below}: {found.high + 1}` there, or more"
            hint = (
                "numbers count from 0" if found.low < 0 else more if found.high >= rows else "rows have whole numbers"
            )
            raise _refused(dataset, part, name, f"{found.what}, {rest}", hint)


class LookUp(NamedTuple):
    """A layer that looks an input up: how people call it, the input as the model names it, and its rows."""

    layer: str
    input: str
    rows: int
    noun: str


def look_ups(spec: Spec) -> tuple[LookUp, ...]:
    """The layers of a network that look an input up."""
    return tuple(
        LookUp(f"the {layer.written} `{layer.name}` ({layer.span})", keras_name(given), rows, _noun(layer))
        for layer, given, rows in _lookups(spec)
    )


def refuse_no_row(layers: Iterable[LookUp], features: Mapping[str, Any], before: int = 0) -> None:
    """Raises DataError where an Embedding is to look up a number of a new example that is none of its rows.

    Args:
        features: a batch by the model's names of its inputs.
        before: how many examples were before this batch.
    """
    for layer, given, rows, noun in layers:
        values = features[given]
        bad = (values < 0) | (values >= rows) | (values % 1 != 0)
        if bad.any():
            place = before + 1 + int(bad.reshape(len(values), -1).any(axis=1).argmax())
            what = f"example {place}: `{given}` holds {values[bad][0]}"
            hint = "numbers of new examples mean what they meant in the training part"
            raise DataError(f"{what}, and {layer} has {rows} {noun}: 0 to {rows - 1}", hint=hint)


def _noun(layer: Layer) -> str:
    return "rows" if layer.record.rows else "numbers"


def _lookups(spec: Spec) -> Iterator[tuple[Layer, str, int]]:
    """The layers that look an input up: each with the input's name, and how many rows it has."""
    names = {given.name for given in spec.graph.inputs}
    for layer in spec.graph.layers:
        if layer.told_apart is not None and len(layer.inputs) == 1 and layer.inputs[0].layer in names:
            yield layer, layer.inputs[0].layer, layer.told_apart


def _outside(
    dataset: Dataset, name: str, low: int, high: int, *, whole: bool = False
) -> Iterator[tuple[str, OutOfRange]]:
    for part, split in dataset.splits.items():
        found = out_of_range(split.table.features[name], low, high, whole=whole)
        if found is not None:
            yield part, found


def _refused(dataset: Dataset, part: str, name: str, what: str, hint: str) -> DataError:
    file = next((str(file) for file in dataset.loaded.parts[part].examples.files), None)
    return DataError(f"{part}, `{name}`: {what}", file=file, hint=hint)


class OutOfRange(NamedTuple):
    """Numbers of a column some of which lie outside: the smallest and the largest, and the first outside for people."""

    low: int
    high: int
    what: str


def out_of_range(column: Column, least: int, most: int, *, whole: bool = False) -> OutOfRange | None:
    """The numbers of a column beyond the bounds; with ``whole``, fractions too: Keras would cut them off."""
    import numpy as np

    values: Any = column.flat if isinstance(column, Ragged) else column.array if isinstance(column, Dense) else None
    if isinstance(column, Ragged):
        known: Any = (values.min(), values.max()) if len(values) else (0, 0)
    else:
        known = getattr(column, "limits", None) or (0, 0)
    low, high = math.floor(known[0]), math.ceil(known[1])
    fractions = whole and values is not None and values.dtype.kind == "f"
    if not fractions and low >= least and high <= most:
        return None
    if values is None:
        return OutOfRange(low, high, f"there is a number {low if low < least else high}")
    bad = ((values < least) | (values > most)).reshape(len(values), -1)
    if fractions:
        bad |= (values % 1 != 0).reshape(len(values), -1)
    if not bad.any():
        return None
    place = int(bad.any(axis=1).argmax())
    number = values[place].reshape(-1)[bad[place].argmax()].item()
    value = f"{number:g}" if number % 1 else int(number)
    if isinstance(column, Ragged):
        place = int(np.searchsorted(column.offsets, place, side="right")) - 1
    return OutOfRange(low, high, f"example {place} has the number {value}")
