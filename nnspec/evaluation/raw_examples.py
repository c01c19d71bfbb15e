"""Examples as the network takes them, for a run that has no data section: arrays in files, or in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nnspec.backend.signature import keras_run, output_of
from nnspec.data.array_examples import load_npy
from nnspec.data.errors import DataError
from nnspec.data.given import check_names
from nnspec.frontend.spec import Input, Spec, keras_name
from nnspec.training.token_range import look_ups, refuse_no_row

HINT = "give arrays as the network takes them, .npy or .npz; or a data section that says how inputs are read"


def raw_predictions(spec: Spec, model: Any, inputs: Sequence[Any]) -> list[dict[str, Any]]:
    """The values of each output for each example.

    Args:
        inputs: for a network with one input arrays, or `.npy` files, of one example or several; for one with more,
            mappings by name, or `.npz` files.

    Raises:
        DataError: an input that is no array, or of another shape than the network's.
    """
    run = keras_run(model)
    names = [keras_name(output.name) for output in spec.graph.outputs]
    predictions = []
    for number, (shown, example) in enumerate(_examples(spec, inputs), 1):
        features = {
            keras_name(given.name): _as_input(example[given.name], given, number) for given in spec.graph.inputs
        }
        refuse_no_row(look_ups(spec), features, number - 1)
        found = run(features)
        values = {name: {"values": np.asarray(output_of(found, name), np.float64)[0].tolist()} for name in names}
        predictions.append({"input": shown, **(values[names[0]] if len(names) == 1 else values)})
    return predictions


def _examples(spec: Spec, inputs: Sequence[Any]) -> Iterator[tuple[str, Mapping[str, np.ndarray]]]:
    wanted = {given.name: len(given.shape) for given in spec.graph.inputs}
    for number, item in enumerate(inputs, 1):
        arrays = _arrays(item, wanted, number)
        several = {name for name, array in arrays.items() if array.ndim == wanted[name] + 1}
        shown = str(item) if isinstance(item, str | Path) else f"example {number}"
        if len(several) != len(arrays):
            yield shown, arrays
            continue
        counts = {len(array) for array in arrays.values()}
        if len(counts) > 1:
            raise DataError(f"the arrays of {shown} differ in how many examples they have: {sorted(counts)}")
        for row in range(counts.pop()):
            yield f"{shown}[{row}]", {name: array[row] for name, array in arrays.items()}


def _arrays(item: Any, wanted: Mapping[str, int], number: int) -> Mapping[str, np.ndarray]:
    if isinstance(item, str | Path):
        if not str(item).endswith((".npy", ".npz")):
            raise DataError("nothing says how this becomes what the network takes", file=str(item), hint=HINT)
        loaded = load_npy(Path(item))
        is_archive = str(item).endswith(".npz")
        item = {name: loaded[name] for name in loaded.files} if is_archive else loaded  # type: ignore[attr-defined]
    if not isinstance(item, Mapping):
        if len(wanted) > 1:
            raise DataError(f"example {number} is one array, and the network has the inputs {', '.join(wanted)}")
        return dict.fromkeys(wanted, np.asarray(item))
    check_names(item, wanted, number, more=False)
    return {name: np.asarray(item[name]) for name in wanted}


def _as_input(array: np.ndarray, given: Input, number: int) -> np.ndarray:
    """One example as a batch of one."""
    from nnspec.evaluation.predict import as_input

    fits = array.ndim == len(given.shape) and all(
        size is None or size == found for size, found in zip(given.shape, array.shape, strict=True)
    )
    if not fits:
        wanted = ["any" if size is None else size for size in given.shape]
        raise DataError(f"example {number}: `{given.name}` takes the shape {wanted}, and gets {list(array.shape)}")
    return as_input(array[None], given.dtype, given.name, number - 1)
