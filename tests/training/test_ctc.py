"""CTC: label sequences learned, decoded, measured; equal to Keras written by hand."""

from __future__ import annotations

import json
from pathlib import Path

import keras
import numpy as np
import pytest
from training_specs import WriteSpec

from nnspec.backend.signature import keras_run
from nnspec.console.progress import Reporter
from nnspec.data.errors import DataError
from nnspec.evaluation.evaluate import evaluate
from nnspec.evaluation.open_run import load_model, open_trained
from nnspec.evaluation.predict import predict
from nnspec.evaluation.results import judge, look_back
from nnspec.frontend.diagnostics import SpecError
from nnspec.training.prepare import prepare
from nnspec.training.scoring import model_metric
from nnspec.training.sequences import distance, greedy, label_error_rate, spelled
from nnspec.training.train import train

pytestmark = pytest.mark.tf

CTC = """
name: reader
inputs: {line: [8, 3]}
layers: [{Dense: {units: 6, activation: relu}}, {Dense: 4}]
data:
  source: {Arrays: lines.npz}
  classes: [<blank>, a, b, c]
  batch_size: 4
  split: {validation: 0.25}
train: {epochs: 2, seed: 1, loss: CTC, optimizer: {SGD: 0.05}}
"""
LABELS = np.array([[1, 2, 0], [3, 0, 0], [2, 2, 0], [1, 2, 3]] * 4, "int32")


@pytest.fixture
def lines(folder: Path) -> np.ndarray:
    x = np.random.default_rng(0).normal(size=(16, 8, 3)).astype("float32")
    np.savez("lines.npz", x=x, y=LABELS)
    return x


def test_the_likeliest_labels_are_those_of_keras() -> None:
    scores = np.random.default_rng(1).normal(size=(20, 12, 5)).astype("float32")
    found, _ = keras.ops.ctc_decode(scores, np.full(20, 12, "int32"), strategy="greedy", mask_index=0)
    assert greedy(scores) == [[label for label in row if label >= 0] for row in np.asarray(found)[0].tolist()]


def test_distances_and_spelling() -> None:
    pairs = [("kitten", "sitting", 3), ("", "ab", 2), ("ab", "", 2), ("abc", "abc", 0), ("abc", "acb", 2)]
    assert [distance(list(map(ord, a)), list(map(ord, b))) for a, b, _ in pairs] == [count for *_, count in pairs]
    assert label_error_rate([([1, 2], [1]), ([3, 3], [3, 3])]) == 0.25
    assert spelled([1, 3], ["-", "a", "b", "c"]) == {"text": "ac", "labels": ["a", "c"]}
    assert spelled([1, 2], ["-", "yes", "no"])["text"] == "yes no" and spelled([4], None) == {"labels": [4]}


@pytest.mark.long
def test_a_training_is_that_of_keras_by_hand(spec: WriteSpec, lines: np.ndarray) -> None:
    loaded = spec(CTC)
    result = train(loaded)
    feed = prepare(loaded, Reporter()).feed
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((8, 3)), keras.layers.Dense(6, activation="relu"), keras.layers.Dense(4)])
    model.compile(keras.optimizers.SGD(0.05), keras.losses.CTC())
    for epoch in range(2):
        rows = feed.train.order(epoch)
        history = model.fit(lines[rows], LABELS[rows], batch_size=4, shuffle=False, verbose=0)
    for mine, other in zip(result.model.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(mine, other, atol=1e-5)
    assert result.metrics["loss"] == pytest.approx(history.history["loss"][0], rel=1e-5)
    held = feed.held_back.indices
    found, _ = keras.ops.ctc_decode(model(lines[held]), np.full(len(held), 8, "int32"))
    pairs = [
        ([label for label in true if label], [label for label in row if label >= 0])
        for true, row in zip(LABELS[held].tolist(), np.asarray(found)[0].tolist(), strict=True)
    ]
    assert result.metrics["val_label_error_rate"] == pytest.approx(label_error_rate(pairs))


@pytest.mark.long
def test_a_run_reads_new_lines_and_is_measured(spec: WriteSpec, lines: np.ndarray) -> None:
    loaded = spec(CTC)
    result = train(loaded)
    measured = evaluate(loaded, result.run, "train")["metrics"]
    answers = predict(loaded, result.run, list(lines))
    said = [spelled(found, ["-", "a", "b", "c"]) for found in greedy(np.asarray(load_model(loaded, result.run)(lines)))]
    assert [{key: answer[key] for key in ("text", "labels")} for answer in answers] == said
    trained = open_trained(loaded, result.run)
    metric = model_metric(trained, trained.dataset.splits["train"])
    assert (metric.name, metric.goal) == ("label_error_rate", "min")
    assert metric(keras_run(trained.model)) == pytest.approx(measured["label_error_rate"])
    found = judge(loaded, trained, "train")["sequences"]
    assert found["label_error_rate"] == pytest.approx(measured["label_error_rate"])
    assert all(one["distance"] and one["true"] for one in found["examples"])
    look_back(loaded, result.run, result.dataset, result.binding)
    assert "sequences" in json.loads((result.run / "results.json").read_text())


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        ([[1, -1, 0]], "a label below 0"),
        ([[1, 0, 2]], "a 0 between labels"),
        ([[0, 0, 0]], "no label"),
        ([[1, 4, 0]], "the label 4, and the output has 4 units"),
        ([[1, 1, 1, 1, 1]], "labels that take 9 steps, and the output has 8"),
        ([[1] * 9], "up to 9 labels"),
        ([1], "int32 [length]"),
        ([[1.0, 2.0]], "float32 [2]"),
    ],
)
def test_labels_that_cannot_be_learned_are_refused(
    spec: WriteSpec, lines: np.ndarray, labels: list[object], told: str
) -> None:
    np.savez("lines.npz", x=lines, y=np.array(labels * 16))
    with pytest.raises((SpecError, DataError)) as caught:
        prepare(spec(CTC, "data.classes=null"), Reporter())
    assert "E0723" in str(caught.value) and told in str(caught.value)


def test_the_steps_of_inputs_of_any_length_are_those_of_the_data(spec: WriteSpec, lines: np.ndarray) -> None:
    np.savez("lines.npz", x=lines, y=np.tile(np.array([1, 2, 3, 1, 2], "int32"), (16, 1)))
    text = CTC.replace("[8, 3]", "[null, 3]").replace(
        "{Dense: 4}", "{Conv1D: {filters: 4, kernel_size: 2, strides: 2}}"
    )
    with pytest.raises(SpecError, match="5 steps, and the output has 4"):
        prepare(spec(text), Reporter())
