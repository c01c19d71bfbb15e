"""The networks of the cases, trained by nnspec and by the Python that `to-python` writes of them, with Keras's own `fit`.

The data come out of their columns by number; order, batches, weights and the last axis of a lone value are made here.
Three by default; all of them with NNSPEC_FULL=1.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from world import Case, cases

from nnspec.api import open_data, to_python
from nnspec.data.dataset import Dataset
from nnspec.frontend.learning import learners
from nnspec.frontend.pipeline import load
from nnspec.frontend.spec import Spec, keras_name
from nnspec.training.train import train

pytestmark = pytest.mark.tf

FULL = os.environ.get("NNSPEC_FULL") == "1"
ALL = [case for case in cases() if case.trains is not None]
QUICK = ("conll/bilou", "arrays/weights_of_steps", "arrays/two_outputs")
TOLERANCE = 2e-5  # Adam divides by the roots of gradients near 0: the last bits of a sum become digits of a step
# What the other side of this test does not do: it would be nnspec's own code once more.
BESIDE = ("callbacks", "phases", "quantize", "teacher", "initial_weights", "precision", "class_weight", "prune")


@pytest.mark.parametrize("case", [case for case in ALL if FULL or case.name in QUICK], ids=lambda case: case.name)
@pytest.mark.long
def test_case_equals_keras(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NNSPEC_CACHE", str(tmp_path / "cache"))
    spec = load(case.build(tmp_path), case.small)
    if (why := left_out(spec)) is not None:
        pytest.skip(why)
    dataset = open_data(spec)
    if any(None in one.shape and one.dtype.startswith("float") for one in dataset.targets.values()):
        pytest.skip("targets of a varying length")
    if any(getattr(one, "rare", None) for one in dataset.splits["train"].table.features.values()):
        pytest.skip("rare words are unknown by chance")
    keras.backend.clear_session()
    result = train(spec, run=tmp_path / "run")

    keras.backend.clear_session()
    keras.utils.set_random_seed(spec.training.seed)
    written: dict[str, Any] = {"__name__": "written"}
    exec(to_python(spec), written)
    model = written["compiled"]()
    held = Part(spec, dataset, model, "validation") if "validation" in dataset.splits else None
    part = Part(spec, dataset, model, "train")
    history = model.fit(
        part.all_epochs(),
        epochs=spec.training.epochs,
        steps_per_epoch=part.steps,
        validation_data=held and held.all_epochs(),
        validation_steps=held and held.steps,
        verbose=0,
    ).history
    assert set(history) <= set(result.metrics)  # those of a task are measured where a spec names none
    for name, values in history.items():
        np.testing.assert_allclose(result.metrics[name], values[-1], rtol=TOLERANCE, atol=TOLERANCE, err_msg=name)
    for mine, other in zip(result.model.weights, model.weights, strict=True):
        np.testing.assert_allclose(
            np.asarray(mine), np.asarray(other), rtol=TOLERANCE, atol=TOLERANCE, err_msg=mine.path
        )


def left_out(spec: Spec) -> str | None:
    """Why the other side cannot train this one."""
    settings, data = spec.training, spec.required_data
    set_there = [name for name in BESIDE if spec.node.get("train", name) is not None]
    if set_there:
        return f"`{set_there[0]}`"
    if data.augment or data.bucket_by_length or data.tokens_per_batch or learners(spec.graph):
        return "what changes batches, or learns from the data"
    return "no loss of its own" if settings.loss is None else None


class Part:
    """A part of the data in batches as `fit` takes them, epoch after epoch without an end."""

    def __init__(self, spec: Spec, dataset: Dataset, model: Any, name: str) -> None:
        self.spec, self.split, self.name = spec, dataset.splits[name], name
        self.inputs = paired([keras_name(one.name) for one in spec.graph.inputs], dataset.features)
        self.outputs = paired([keras_name(one.name) for one in spec.graph.outputs], dataset.targets)
        self.dtypes = {keras_name(one.name): one.dtype for one in spec.graph.inputs}
        shapes = model.output_shape if isinstance(model.output_shape, dict) else {None: model.output_shape}
        self.ranks = {name: (len(shape), shape[-1]) for name, shape in shapes.items()}
        self.size = spec.required_data.batch_size
        self.steps = -(-self.split.size // self.size)

    def all_epochs(self) -> Iterator[Any]:
        epoch = 0
        while True:
            rows = self.split.indices
            if self.name == "train" and self.spec.required_data.shuffle:
                key = np.array([self.spec.training.seed, epoch], np.uint64)
                rows = rows[np.argsort(np.random.Philox(key=key).random_raw(len(rows)), kind="stable")]
            for start in range(0, len(rows), self.size):
                yield self.batch(rows[start : start + self.size])
            epoch += 1

    def batch(self, rows: np.ndarray) -> Any:
        table = self.split.table
        x = {name: table.features[column].take(rows).astype(self.dtypes[name]) for name, column in self.inputs.items()}
        y = {name: self.target(name, column, rows) for name, column in self.outputs.items()}
        weights = None if table.weight is None else table.weight.take(rows).astype("float32")
        if table.padded is not None:
            mask = table.padded.mask(rows).astype("float32")
            weights = mask if weights is None else mask * weights[:, None]
        lone = len(y) == 1
        given = (x if len(x) > 1 else next(iter(x.values())), next(iter(y.values())) if lone else y)
        if weights is None:
            return given
        each = {name: spread(weights, self.rank(name)) for name in y}
        return (*given, next(iter(each.values())) if lone else each)

    def rank(self, name: str) -> int:
        return self.ranks.get(name, self.ranks.get(None, (0, 0)))[0]

    def target(self, name: str, column: str, rows: np.ndarray) -> np.ndarray:
        found = self.split.table.targets[column].take(rows)
        if self.split.one_hot:
            found = np.eye(self.split.one_hot, dtype="float32")[found]
        rank, last = self.ranks.get(name, self.ranks.get(None, (0, 0)))
        return found[..., None] if last == 1 and found.ndim == rank - 1 else found


def paired(names: list[str], columns: Any) -> dict[str, str]:
    """By name, or all with the only one there is."""
    if len(columns) == 1:
        return dict.fromkeys(names, next(iter(columns)))
    ours = {keras_name(column): column for column in columns}
    return {name: ours[name] for name in names}


def spread(weights: np.ndarray, rank: int) -> np.ndarray:
    """Weights of examples for a loss of steps or pixels, which Keras does not spread over them by itself."""
    return weights.reshape(-1, *[1] * (rank - 2)) if weights.ndim == 1 and rank > 2 else weights
