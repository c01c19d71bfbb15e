"""The metric that a file is judged by, for targets whose task no source tells."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from heard import Heard
from training_specs import WriteSpec

from nnspec.backend.signature import keras_run
from nnspec.evaluation.evaluate import evaluate
from nnspec.evaluation.open_run import open_trained
from nnspec.evaluation.predict import predict
from nnspec.evaluation.results import judge
from nnspec.training.class_weights import class_weights
from nnspec.training.scoring import model_metric, output_metrics
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


TWO = """
name: two
inputs: {x: [4]}
layers:
  - {Dense: {units: 3, activation: softmax}, name: a}
  - {Dense: {units: 5, activation: softmax}, name: b, from: x}
outputs: [a, b]
data: {source: {Arrays: {path: two.npz, targets: [a, b]}}, split: {test: 0.5}, batch_size: 8}
train:
  epochs: 1
  class_weight: {a: balanced}
  loss:
    a: {SparseCategoricalCrossentropy: {ignore_class: 1}}
    b: {SparseCategoricalCrossentropy: {ignore_class: -1}}
"""


def test_labels_that_the_loss_ignores_and_data_that_are_others(spec: WriteSpec, folder: Path) -> None:
    """An ignored label is none of the classes, not the last one; one of the classes counts nowhere; answers are classes.

    A share of other data is told.
    """
    draw = np.random.default_rng(0)
    b = np.where(np.arange(40) % 4 == 0, -1, np.arange(40) % 5)
    arrays = {"x": draw.normal(size=(40, 4)).astype("float32"), "a": np.arange(40) % 3, "b": b}
    np.savez(folder / "two.npz", **arrays)
    loaded = spec(TWO)
    trained = open_trained(loaded, train(loaded).run, None)
    split = trained.dataset.splits["test"]
    wanted = b[split.indices]
    known = wanted[wanted >= 0]
    labels = judge(loaded, trained)["outputs"]["b"]["labels"]
    assert [row["support"] for row in labels["classes"]] == np.bincount(known, minlength=5).tolist()
    inputs = np.concatenate([features["x"] for features, *_ in split.batches(8).as_numpy_iterator()])
    counted = (np.arange(40) % 3)[split.indices] != 1
    seen = trained.model.predict(inputs, verbose=0)["a"].argmax(-1) == (np.arange(40) % 3)[split.indices]
    assert output_metrics(trained, split, 8)["a"](keras_run(trained.model)) == pytest.approx(seen[counted].mean())
    of_a = judge(loaded, trained)["outputs"]["a"]["labels"]
    assert of_a["accuracy"] == pytest.approx(seen[counted].mean()) and of_a["classes"][1]["support"] == 0
    counts = np.bincount((np.arange(40) % 3)[trained.dataset.splits["train"].indices])
    weights = class_weights(loaded, trained.dataset, trained.binding)["a"]
    assert weights == pytest.approx([counts[[0, 2]].sum() / 2 / counts[0], 0, counts[[0, 2]].sum() / 2 / counts[2]])
    found = trained.model.predict(inputs, verbose=0)["b"].argmax(-1)
    right = float((found == wanted)[wanted >= 0].mean())
    assert labels["accuracy"] == pytest.approx(right)
    assert output_metrics(trained, split, 8)["b"](keras_run(trained.model)) == pytest.approx(right)
    trained.folder.write_record({**trained.folder.read_record(), "status": "interrupted"})
    answers = predict(loaded, trained.folder.path, list(inputs))
    assert [text.partition(": ")[2] for text in answers.remarks] == ["best.keras is as of then"]
    assert [int(one["b"]["label"]) for one in answers] == found.tolist()
    assert list(answers[0]["a"]["probabilities"]) == ["0", "1", "2"]
    says = Heard()
    assert [text.partition(": ")[2] for text in evaluate(loaded, trained.folder.path, reporter=says)["warnings"]] == [
        "best.keras is as of then"
    ]
    assert not any("not those that" in text for text in says.said)
    assert any("was interrupted: best.keras is as of then" in text for text in says.said)
    evaluate(spec(TWO, "data.seed=7"), trained.folder.path, reporter=says)
    assert any("another share" in text and "data.seed was (not given), now 7" in text for text in says.said)
    np.savez(folder / "two.npz", **{name: values[::-1] for name, values in arrays.items()})
    evaluate(loaded, trained.folder.path, reporter=says)
    assert any("not those that the run was trained on" in text for text in says.said)
