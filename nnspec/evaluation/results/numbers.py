"""Numbers for each example: how the predicted ones follow the true ones, in the units of the data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np

from nnspec.data.dataset import Dataset
from nnspec.data.scaling import original_units
from nnspec.training.scoring import Example

SERIES = 4  # targets that are shown
POINTS = 500  # of each


class Numbers:
    """Gathers targets and predictions batch by batch.

    The summary holds for each target (the first few; of a forecast its first and its last step) its ``name``, ``mae``
    and ``rmse`` over all examples, and for some of them in file order ``true`` and ``predicted``; ``more``, how many
    targets are not shown. Sequences of several lengths are one target, all steps in turn.
    """

    name = "numbers"

    def __init__(self, dataset: Dataset, column: str, own: Sequence[Mapping[str, Any]] | None = None) -> None:
        """
        Args:
            own: the scaling of each example, where not all have that of the data.
        """
        self.own = iter(own) if own is not None else None
        scaling = dataset.assets.scaling
        alone = len(dataset.targets) == 1  # scales are those of the one target's columns
        self.scaling = scaling if alone and scaling and scaling.get("targets") else None
        entries = dataset.assets.target(column).get("entries")
        if entries is not None and not any("values" in entry for entry in entries.values()):
            self.scaling = {"targets": entries}
        self.labels = dataset.assets.classes_of(column) or () if entries is None else ()
        self.column = column
        self.varies = None in dataset.targets[column].shape
        self.true: list[np.ndarray] = []
        self.predicted: list[np.ndarray] = []

    def add(self, example: Example) -> None:
        wanted = np.asarray(example.target, np.float64)
        found = np.asarray(example.output, np.float64)
        if found.size != wanted.size:  # class numbers against a distribution: the likeliest is what can be compared
            found = found.argmax(-1).astype(np.float64)
        found = found.reshape(wanted.shape)
        if self.own is not None:
            scales = list(islice(self.own, len(wanted)))
            wanted, found = (
                np.stack([original_units(row, scale) for row, scale in zip(rows, scales, strict=True)])
                for rows in (wanted, found)
            )
        elif self.scaling is not None:
            wanted, found = original_units(wanted, self.scaling), original_units(found, self.scaling)
        if self.varies:
            kept = np.ones(wanted.shape, bool) if example.mask is None else example.mask
            wanted, found = wanted[kept].reshape(-1), found[kept].reshape(-1)
        self.true.append(wanted)
        self.predicted.append(found)

    def summary(self) -> dict[str, Any]:
        true, predicted = np.concatenate(self.true), np.concatenate(self.predicted)
        places = np.linspace(0, len(true) - 1, min(POINTS, len(true))).astype(int)
        columns = [(name, true[at], predicted[at]) for name, at in self._columns(true.shape)]
        shown = [_target(*column, places) for column in columns[:SERIES]]
        return {"targets": shown, "more": len(columns) - len(shown)}

    def _columns(self, shape: tuple[int, ...]) -> Iterator[tuple[str, Any]]:
        """What is looked at: [examples], [examples, targets], [examples, steps] or [examples, steps, targets]."""
        names = list(self.scaling["targets"]) if self.scaling else list(self.labels)
        if len(shape) == 1:
            yield (names or [self.column if self.column != "y" else "target"])[0], np.s_[:]
        elif len(shape) == 2 and len(names) != 1:
            yield from ((_name(names, column), np.s_[:, column]) for column in range(shape[1]))
        else:
            for step in dict.fromkeys((0, shape[1] - 1)):
                when = f", step {step + 1}" if shape[1] > 1 else ""
                inner = range(shape[2]) if len(shape) > 2 else [None]
                yield from ((_name(names, column or 0) + when, (np.s_[:], step, *_at(column))) for column in inner)


def _at(column: int | None) -> tuple[int, ...]:
    return () if column is None else (column,)


def _name(names: list[str], column: int) -> str:
    return names[column] if column < len(names) else f"target {column + 1}"


def _target(name: str, true: np.ndarray, predicted: np.ndarray, places: np.ndarray) -> dict[str, Any]:
    error = predicted - true
    return {
        "name": name,
        "mae": float(np.abs(error).mean()),
        "rmse": float(np.sqrt((error**2).mean())),
        "true": rounded(true[places]),
        "predicted": rounded(predicted[places]),
    }


def rounded(values: np.ndarray) -> list[float]:
    """Six digits are more than a plot can show."""
    return [float(f"{value:.6g}") for value in values.tolist()]
