"""Amounts are trained, measured and answered as numbers; every activation from 0 to 1 is read as a probability."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

import nnspec
from nnspec.catalog.activation_ranges import PROBABILITIES
from nnspec.data.errors import DataError
from nnspec.data.table import FeatureSpec
from nnspec.evaluation.predict import refuse_no_number
from nnspec.frontend.agreement.ends import ends_of
from nnspec.frontend.pipeline import load
from nnspec.training.callbacks import finite
from nnspec.training.compile import Target, default_loss, gives_probabilities, last_activation
from nnspec.training.nan_debugging import bad_weights

pytestmark = pytest.mark.tf

X = np.random.default_rng(0).normal(size=(24, 3)).astype("float32")


def spec_of(folder: Path, layer: str, train: str) -> Path:
    path = folder / "net.yaml"
    path.write_text(
        f"nnspec: 1\ninputs: {{x: [3]}}\nlayers:\n  - Dense: {{{layer}}}\n"
        f"data: {{source: {{Arrays: {{path: d.npz}}}}, split: {{validation: 0.25}}}}\ntrain: {{{train}}}\n",
        encoding="utf-8",
    )
    return path


@pytest.mark.long
def test_amounts_are_answered_as_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    np.savez("d.npz", x=X, y=np.arange(24) * 10)
    path = spec_of(
        tmp_path,
        "units: 1, kernel_initializer: Zeros, bias_initializer: {Constant: 7}",
        "loss: mse, optimizer: {SGD: {learning_rate: 0.0}}",
    )
    result = nnspec.train(path)
    assert "val_mae" in result.metrics and "accuracy" not in result.metrics
    assert nnspec.predict(path, [X[0]])[0]["values"] == [7.0]
    found = nnspec.evaluate(path)
    assert set(found["baselines"]) == {"the mean"} and found["metrics"]["mae"] == pytest.approx(
        result.metrics["val_mae"]
    )


ENDS = [
    (
        "{Dense: {units: 2, activation: softmax}, name: a, from: x}, {Softmax: , name: b, from: x}, {Average: , from: [a, b]}",
        True,
    ),
    ("{Dense: {units: 2, activation: softmax}, from: x}, {UpSampling1D: 2}, GlobalAveragePooling1D", True),
    ("{Dense: 2, name: a, from: x}, {Dense: 2, name: b, from: x}, {Add: , from: [a, b]}", False),
    ("{JordanRNN: {units: 2, output_units: 2, output_activation: softmax}}", True),
    ("{Dense: {units: 2, activation: softmax}}, {Multiply: , from: [dense, dense]}", True),  # as the loss takes it
    ("{Dense: {units: 2, activation: softmax}}, {Rescaling: 0.9}", True),
    ("{Dense: {units: 2, activation: softmax}}, LayerNormalization", False),
]


@pytest.mark.parametrize(("layers", "expected"), ENDS, ids=map(str, range(len(ENDS))))
def test_probabilities_go_through_means_and_poolings(layers: str, expected: bool, tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text(
        f"nnspec: 1\ninputs: {{x: [4, 2]}}\nlayers: [{layers}]\ntrain: {{loss: BinaryCrossentropy}}\n", encoding="utf-8"
    )
    spec = load(tmp_path / "s.yaml")
    model, output = nnspec.build(spec), spec.graph.outputs[0].name
    assert gives_probabilities(spec, model, output) is expected
    (end,) = ends_of(spec).values()
    assert end.activation == last_activation(model, output)  # what `check` says is what training finds


@pytest.mark.parametrize("name", sorted(PROBABILITIES - {"keras2_hard_sigmoid"}))
def test_probabilities_are_no_logits(name: str, tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", x=X, y=np.arange(24) % 2)
    spec = load(spec_of(tmp_path, f"units: 2, activation: {name}", "epochs: 1"))
    model = nnspec.build(spec)
    target = Target(FeatureSpec((), "int32"), "classification", 2, padded=False)
    assert not default_loss(model, spec, spec.graph.outputs[0].name, target).from_logits


def test_bfloat16_that_is_no_number_is_noticed(tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", x=X, y=X[:, 0])
    spec = load(spec_of(tmp_path, "units: 1, dtype: bfloat16", "loss: mse"))
    model = nnspec.build(spec)
    assert bad_weights(model, spec) is None
    model.layers[-1].kernel.assign(np.full((3, 1), np.nan))
    assert "dense/kernel" in str(bad_weights(model, spec))
    with pytest.raises(DataError, match="no number"):
        refuse_no_number({"y": keras.ops.convert_to_numpy(model(X))}, 1)


def test_a_metric_that_is_a_list_is_json() -> None:
    assert finite({"r2": [1.0, float("nan")], "loss": float("inf")}) == {"r2": [1.0, None], "loss": None}
