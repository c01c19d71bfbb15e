"""Losses and metrics that follow from the data, and settings and data that cannot be used, each at its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from training_specs import CNN, WriteSpec

from nnspec.console.progress import Reporter
from nnspec.evaluation.evaluate import evaluate
from nnspec.evaluation.predict import predict
from nnspec.frontend.diagnostics import Diagnostic, SpecError
from nnspec.training.class_weights import balanced
from nnspec.training.prepare import prepare
from nnspec.training.train import train

pytestmark = pytest.mark.tf

SMALL = """
name: small
inputs: {x: [4]}
layers:
  - Dense: {units: UNITS, activation: ACTIVATION}
data: {source: {Arrays: small.npz}, batch_size: 16}
train: {epochs: 1}
"""


class Warned(Reporter):
    def __init__(self) -> None:
        self.warnings: list[Diagnostic] = []

    def warn(self, warning: Diagnostic) -> None:
        self.warnings.append(warning)


def small(folder: Path, spec: WriteSpec, y: Any, units: int, activation: str, *overrides: str) -> Any:
    x = np.random.default_rng(0).normal(size=(len(y), 4)).astype("float32")
    np.savez(folder / "small.npz", x=x, y=y)
    return spec(SMALL.replace("UNITS", str(units)).replace("ACTIVATION", activation), *overrides)


LABELS = np.arange(32, dtype="int32") % 2


@pytest.mark.parametrize(
    ("y", "units", "activation", "loss", "from_logits"),
    [
        (LABELS, 2, "softmax", "SparseCategoricalCrossentropy", False),
        (LABELS, 2, "linear", "SparseCategoricalCrossentropy", True),
        (LABELS, 1, "sigmoid", "BinaryCrossentropy", False),
        (LABELS, 1, "linear", "BinaryCrossentropy", True),
        (np.ones((32, 3), "float32"), 3, "linear", "MeanSquaredError", None),
    ],
)
def test_the_loss_follows_from_data_and_output(
    folder: Path, spec: WriteSpec, y: Any, units: int, activation: str, loss: str, from_logits: bool | None
) -> None:
    model = prepare(small(folder, spec, y, units, activation), Reporter()).model
    assert type(model.loss).__name__ == loss
    assert from_logits is None or model.loss.get_config()["from_logits"] is from_logits


def test_one_hot_labels_take_the_categorical_loss(folder: Path, spec: WriteSpec) -> None:
    model = prepare(small(folder, spec, LABELS, 2, "softmax", "data.one_hot=true"), Reporter()).model
    assert isinstance(model.loss, keras.losses.CategoricalCrossentropy)


@pytest.mark.parametrize(
    ("overrides", "code", "words"),
    [
        (["inputs.image=[9, 8, 1]"], "E0702", ["[9, 8, 1]", "[8, 8, 1]"]),
        (["inputs.image={shape: [8, 8, 1], dtype: int32}"], "E0601", ["int32", "floats"]),
        (["layers.5.Dense.units=2"], "E0702", ["[2]", "3 classes"]),
        (["layers.4=Identity"], "E0702", ["int32"]),
        (["train.loss=CategoricalCrossentropy"], "E0702", ["class numbers"]),
        (["train.loss={nowhere: MeanSquaredError}"], "E0708", ["nowhere"]),
        (["train.class_weight={zebra: 2.0}"], "E0708", ["zebra"]),
        (["train.strategy=tpu"], "E0710", ["TPU"]),
    ],
)
def test_what_does_not_fit_is_named_before_training(
    spec: WriteSpec, overrides: list[str], code: str, words: list[str]
) -> None:
    with pytest.raises(SpecError) as caught:
        train(spec(CNN, *overrides))
    (problem,) = caught.value.diagnostics
    assert problem.code == code and problem.span is not None
    for word in words:
        assert word in problem.message


def test_a_loss_of_the_wrong_kind_is_doubted(spec: WriteSpec) -> None:
    warned = Warned()
    prepare(spec(CNN, "train.loss={SparseCategoricalCrossentropy: {from_logits: true}}"), warned)
    (warning,) = warned.warnings
    assert warning.code == "W0702" and "softmax" in warning.message
    fine = Warned()
    prepare(spec(CNN), fine)
    assert fine.warnings == []


def test_class_weights_weigh_the_loss_of_training_alone(folder: Path, spec: WriteSpec) -> None:
    assert balanced(np.array([30, 10]), 3).tolist() == pytest.approx([40 / 60, 2.0, 0.0])
    y = np.array([0] * 24 + [1] * 8, "int32")
    rate = "train.optimizer={SGD: 0.0}"
    plain = train(small(folder, spec, y, 2, "softmax", rate)).metrics["loss"]
    labelled = train(small(folder, spec, y, 2, "softmax", rate, 'train.class_weight={"0": 3.0, "1": 3.0}'))
    assert labelled.metrics["loss"] == pytest.approx(3 * plain, rel=1e-5)
    loaded = small(folder, spec, y, 2, "softmax", rate, "train.class_weight=balanced")
    prepared = prepare(loaded, Reporter())
    weights = np.concatenate([w for _, _, w in prepared.feed.training(0, 0).as_numpy_iterator()])
    assert sorted(set(weights.tolist())) == pytest.approx([2 / 3, 2.0]) and weights.sum() == pytest.approx(32)


@pytest.mark.long
def test_several_outputs_have_their_own_losses(folder: Path, spec: WriteSpec) -> None:
    draw = np.random.default_rng(0)
    np.savez(
        folder / "two.npz",
        left=draw.normal(size=(32, 4)).astype("float32"),
        right=draw.normal(size=(32, 4)).astype("float32"),
        kind=LABELS,
        size=draw.normal(size=(32, 1)).astype("float32"),
    )
    loaded = spec(
        """
        name: two
        inputs: {left: [4], right: [4]}
        layers:
          - {Concatenate: , name: both, from: [left, right]}
          - {Dense: {units: 2, activation: softmax}, name: kind, from: both}
          - {Dense: 1, name: size, from: both}
        outputs: [kind, size]
        data:
          source: {Arrays: {path: two.npz, inputs: [left, right], targets: [kind, size]}}
          split: {validation: 0.25}
          batch_size: 8
        train:
          epochs: 2
          loss: {kind: SparseCategoricalCrossentropy, size: MeanSquaredError}
          loss_weights: {kind: 1.0, size: 0.5}
          metrics: {kind: [accuracy]}
        """
    )
    result = train(loaded)
    assert {"loss", "kind_accuracy", "val_kind_loss", "val_size_loss"} <= result.metrics.keys()
    expected = result.metrics["kind_loss"] + 0.5 * result.metrics["size_loss"]
    assert result.metrics["loss"] == pytest.approx(expected, rel=1e-4)
    found = evaluate(loaded, split="validation")["metrics"]
    assert found["loss"] == result.best["value"]


@pytest.mark.long
def test_a_new_image_gets_a_label_and_a_probability(spec: WriteSpec, folder: Path) -> None:
    loaded = spec(CNN, "train.epochs=15", "data.augment=[]", "train.optimizer={Adam: 0.01}")
    train(loaded)
    found = evaluate(loaded)
    assert found["split"] == "test" and found["examples"] == 16 and found["metrics"]["accuracy"] > 0.5
    with np.load(folder / "images.npz") as arrays:
        answers = predict(loaded, None, list(arrays["x"][:20]))
    assert len(answers) == 20 and answers[0]["label"] in ("0", "1", "2")
    assert answers[0]["probability"] == max(answers[0]["probabilities"].values())
    assert sum(answers[0]["probabilities"].values()) == pytest.approx(1, rel=1e-4)
