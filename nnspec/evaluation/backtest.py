"""A forecast by how far ahead it looks, and by when: where a network is good, and whether it stays so.

The origin rolls over the whole part, from window to window; the network stays as it was trained, unlike in `refit`.
After Hyndman and Athanasopoulos, Forecasting: Principles and Practice, section 5.10.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from nnspec.backend.signature import keras_run
from nnspec.data.pipeline import Split
from nnspec.data.split import TRAIN
from nnspec.data.table import Windows
from nnspec.evaluation.baselines import forecasts
from nnspec.evaluation.open_run import Trained
from nnspec.training.scoring import outcomes

BLOCKS = 5  # of a part, one after the other in time
FEWEST = 2  # windows of a block
NETWORK = "the network"


class Errors(NamedTuple):
    """How far forecasters are off, in the scale of the targets.

    Attributes:
        places: the windows of the part that all of them are measured on.
        by_kind: by forecaster, the network first, float64 [n, targets] or [n, targets, columns].
        ahead: how many steps after the last one seen each target is.
    """

    places: np.ndarray
    by_kind: dict[str, np.ndarray]
    ahead: np.ndarray


def backtest(trained: Trained, part: str, split: Split, batch_size: int) -> dict[str, Any]:
    """
    Returns:
        ``by_step``: for each target ``ahead``, how many steps after the last one seen, and ``mean_absolute_error`` by
        forecaster, the network first; ``by_origin``: the same for equal shares of the windows in the order of time,
        with ``windows``, how many, and ``first``, the first of them. In the scale of the targets. Nothing where the
        part is no series, or the network has several outputs.
    """
    found = errors_of(trained, split, batch_size)
    if found is None:
        return {}
    by_step = [
        {
            "ahead": int(ahead),
            "mean_absolute_error": {kind: float(one[:, step].mean()) for kind, one in found.by_kind.items()},
        }
        for step, ahead in enumerate(found.ahead)
    ]
    return {"by_step": by_step, "by_origin": _by_origin(trained, part, split, found.places, found.by_kind)}


def errors_of(trained: Trained, split: Split, batch_size: int) -> Errors | None:
    """Of the network and of simple forecasters on a part; None where it is no series of numbers with one output."""
    column = trained.binding.outputs
    if len(column) != 1:
        return None
    (name,) = column.values()
    goal, ours = split.table.targets[name], trained.dataset.splits[TRAIN].table.targets[name]
    if not isinstance(goal, Windows) or not isinstance(ours, Windows):
        return None
    if not goal.spec.dtype.startswith("float"):
        return None
    simple = forecasts(trained.dataset.splits[TRAIN], ours, split, goal, split.indices)
    places = np.flatnonzero(np.isin(split.indices, simple.chosen)) if len(simple.chosen) else np.arange(split.size)
    seen = outcomes(trained.binding, split, batch_size, keras_run(trained.model))
    given = np.concatenate([one.output for one in seen])
    wanted = goal.take(split.indices[places]).astype(np.float64)
    errors = {NETWORK: np.abs(given[places].reshape(wanted.shape) - wanted)}
    errors |= {kind: np.abs(simple.by_name[kind] - wanted) for kind in simple.by_name}
    return Errors(places, errors, simple.ahead)


def _by_origin(
    trained: Trained, part: str, split: Split, places: np.ndarray, errors: dict[str, np.ndarray]
) -> list[dict[str, Any]]:
    examples = trained.dataset.loaded.parts[part].examples
    origins = examples.origins(split.indices[places].tolist())
    if origins is None or len(places) < BLOCKS * FEWEST:
        return []
    blocks = np.array_split(np.argsort(np.asarray(origins), kind="stable"), BLOCKS)
    return [
        {
            "first": split.example_texts([int(places[block[0]])])[0],
            "windows": len(block),
            "mean_absolute_error": {kind: float(one[block].mean()) for kind, one in errors.items()},
        }
        for block in blocks
    ]
