"""The metric that a file is judged by, for targets whose task no source tells."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from training_specs import WriteSpec

from nnspec.backend.signature import keras_run
from nnspec.evaluation.open_run import open_trained
from nnspec.training.scoring import model_metric
from nnspec.training.train import train

pytestmark = pytest.mark.tf

STEPS = """
name: steps
inputs: {x: [5, 3]}
layers: [{Dense: {units: 4, activation: softmax}}]
data: {source: {Arrays: {path: steps.npz}}, split: {test: 0.25}, batch_size: 8}
train: {epochs: 30, optimizer: {Adam: {learning_rate: 0.1}}, loss: SparseCategoricalCrossentropy}
"""


@pytest.mark.long
def test_a_class_for_every_step_is_judged_by_accuracy(spec: WriteSpec, folder: Path) -> None:
    draw = np.random.default_rng(0)
    x = draw.normal(size=(64, 5, 3)).astype("float32")
    np.savez(folder / "steps.npz", x=x, y=x.argmax(-1).astype("int32"))
    loaded = spec(STEPS)
    trained = open_trained(loaded, train(loaded).run, None)
    split = trained.dataset.splits["test"]
    metric = model_metric(trained, split, 8)
    assert (metric.name, metric.goal) == ("accuracy", "max")
    found = metric(keras_run(trained.model))
    inputs = np.concatenate([features["x"] for features, *_ in split.batches(8).as_numpy_iterator()])
    wanted = inputs.argmax(-1)
    assert (
        found == pytest.approx((trained.model.predict(inputs, verbose=0).argmax(-1) == wanted).mean()) and found > 0.8
    )
