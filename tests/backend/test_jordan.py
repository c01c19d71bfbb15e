"""The Jordan network against a loop in NumPy, its worked example, and every place where a layer must fit in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from nnspec.backend.lower import build
from nnspec.backend.own_layers.jordan import JordanCell, JordanRNN
from nnspec.export.pipeline import export
from nnspec.frontend.pipeline import load
from nnspec.layers.types import KindValue

pytestmark = pytest.mark.tf

ONES: dict[str, Any] = {
    "activation": "linear",
    "use_bias": False,
    **dict.fromkeys(("kernel_initializer", "recurrent_initializer", "output_initializer"), "ones"),
}


def series(*shape: int) -> np.ndarray:
    return np.random.RandomState(1).normal(size=shape).astype(np.float32)


def randomized(layer: Any, features: int) -> Any:
    """The layer built, its weights drawn, biases too."""
    layer.build((None, None, features))
    random = np.random.RandomState(2)
    layer.set_weights([random.normal(0, 0.5, weight.shape) for weight in layer.get_weights()])
    return layer


def by_hand(weights: list[np.ndarray], x: np.ndarray, mask: np.ndarray | None = None) -> np.ndarray:
    """h = tanh(x W + y U + b), y = tanh(h V + c), for each step; a masked one leaves y as it was."""
    w, u, b, v, c = weights
    y, outputs = np.zeros((len(x), v.shape[1])), []
    for step in range(x.shape[1]):
        new = np.tanh(np.tanh(x[:, step] @ w + y @ u + b) @ v + c)
        y = new if mask is None else np.where(mask[:, step, None], new, y)
        outputs.append(y)
    return np.stack(outputs, axis=1)


def test_the_worked_example() -> None:
    """All weights one, linear, no bias; two inputs, two hidden units, two outputs; (1,1), (1,1), (2,2).

    Each hidden unit is the sum of the inputs and of the last outputs, each output the sum of the hidden units:
    h = 1+1 = 2, y = 2+2 = 4;   h = 1+1+4+4 = 10, y = 20;   h = 2+2+20+20 = 44, y = 88.
    """
    layer = JordanRNN(2, return_sequences=True, **ONES)
    found = layer(np.array([[[1, 1], [1, 1], [2, 2]]], np.float32))
    np.testing.assert_array_equal(found, [[[4, 4], [20, 20], [88, 88]]])


def test_agrees_with_a_loop() -> None:
    layer = randomized(JordanRNN(5, output_units=3, output_activation="tanh", return_sequences=True), 4)
    x = series(2, 7, 4)
    np.testing.assert_allclose(layer(x), by_hand(layer.get_weights(), x), atol=1e-6)


def test_a_masked_step_leaves_the_output_as_it_was() -> None:
    layer = randomized(JordanRNN(5, 3, output_activation="tanh", return_sequences=True, return_state=True), 4)
    x, mask = series(2, 6, 4), np.array([[1, 1, 1, 0, 0, 0], [1, 0, 1, 1, 0, 1]], bool)
    outputs, state = layer(x, mask=mask)
    expected = by_hand(layer.get_weights(), x, mask)
    np.testing.assert_allclose(outputs, expected, atol=1e-6)
    np.testing.assert_allclose(state, expected[:, -1], atol=1e-6)


def test_backwards_and_unrolled() -> None:
    settings = {"units": 5, "output_units": 3, "output_activation": "tanh", "return_sequences": True}
    x = series(2, 6, 4)
    for layer in (JordanRNN(go_backwards=True, **settings), JordanRNN(go_backwards=True, unroll=True, **settings)):
        randomized(layer, 4)
        np.testing.assert_allclose(layer(x), by_hand(layer.get_weights(), x[:, ::-1]), atol=1e-6)


def test_begins_from_the_state_that_it_is_given() -> None:
    layer = randomized(JordanRNN(5, 3, output_activation="tanh", return_state=True), 4)
    x = series(2, 6, 4)
    whole, _ = layer(x)
    _, halfway = layer(x[:, :3])
    np.testing.assert_allclose(layer(x[:, 3:], initial_state=halfway)[0], whole, atol=1e-6)


def test_a_stateful_layer_goes_on() -> None:
    keeping = JordanRNN(5, 3, stateful=True)
    x = series(2, 6, 4)
    keeping(x[:, :3])
    plain = JordanRNN(5, 3)
    plain.build((2, 6, 4))
    plain.set_weights(keeping.cell.get_weights())
    np.testing.assert_allclose(keeping(x[:, 3:]), plain(x), atol=1e-6)


def test_dropout_acts_in_training_alone() -> None:
    layer = randomized(JordanRNN(5, 3, dropout=0.5, recurrent_dropout=0.5, seed=1), 4)
    x = series(2, 6, 4)
    np.testing.assert_array_equal(layer(x), layer(x))
    assert np.abs(layer(x, training=True) - layer(x)).max() > 1e-3


def test_regularizers_and_constraints_reach_their_weights() -> None:
    settings = {
        f"{weight}_{kind}": value
        for weight in ("kernel", "recurrent", "output", "bias")
        for kind, value in (("regularizer", keras.regularizers.L2(1.0)), ("constraint", "non_neg"))
    }
    layer = JordanRNN(5, 3, bias_initializer="ones", **settings)
    layer.build((None, None, 4))
    assert sum(map(float, layer.losses)) == pytest.approx(sum((w**2).sum() for w in layer.get_weights()), rel=1e-5)
    assert all(weight.constraint is not None for weight in layer.weights)


@pytest.mark.parametrize("sizes", [{"units": 0}, {"units": 3, "output_units": 0}])
def test_sizes_below_one_are_refused(sizes: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="units"):
        JordanRNN(**sizes)


@pytest.mark.parametrize("policy", ["float64", "mixed_bfloat16"])
def test_computes_in_its_dtype(policy: str) -> None:
    layer = JordanRNN(5, 3, dtype=policy)
    assert layer(series(2, 6, 4)).dtype == keras.DTypePolicy(policy).compute_dtype
    assert layer.weights[0].dtype == keras.DTypePolicy(policy).variable_dtype


def within() -> Any:
    """A network with the layer by itself, in both directions, for each of several series, and as a cell."""
    inputs = keras.Input((3, 6, 4))
    settings = {"output_activation": "tanh", "return_sequences": True}
    x = keras.layers.TimeDistributed(JordanRNN(5, 4, activation="relu", **settings))(inputs)
    x = keras.layers.Reshape((18, 4))(x)
    x = keras.layers.Masking()(x)
    x = keras.layers.Bidirectional(JordanRNN(3, **settings))(x)
    x = keras.layers.RNN([JordanCell(4, 2), keras.layers.LSTMCell(3)], return_sequences=True)(x)
    return keras.Model(inputs, JordanRNN(4, 1, dropout=0.1)(x))


def test_trains_in_wrappers() -> None:
    model = within()
    before = model.get_weights()
    model.compile("adam", "mse", run_eagerly=True)
    model.train_on_batch(series(2, 3, 6, 4), np.ones((2, 1)))
    assert all(np.abs(new - old).max() > 0 for new, old in zip(model.get_weights(), before, strict=True))


def test_a_saved_model_computes_the_same(tmp_path: Path) -> None:
    model = within()
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    x = series(2, 3, 6, 4)
    np.testing.assert_array_equal(again(x), model(x))
    layer = again.layers[-1]
    assert layer.get_config() == model.layers[-1].get_config()
    assert layer.cell.dropout == 0.1


def test_a_copy_has_every_argument() -> None:
    settings = {
        "output_units": 3,
        "activation": "relu",
        "output_activation": "sigmoid",
        "use_bias": False,
        "output_initializer": "ones",
        "output_regularizer": "l2",
        "output_constraint": "non_neg",
        "recurrent_dropout": 0.25,
        "return_state": True,
        "go_backwards": True,
        "unroll": True,
        "seed": 3,
    }
    layer = JordanRNN(5, **settings)
    copy = JordanRNN.from_config(layer.get_config())
    assert copy.get_config() == layer.get_config()
    assert copy.cell.output_activation is keras.activations.sigmoid and copy.cell.output_units == 3
    assert isinstance(copy.cell.output_constraint, keras.constraints.NonNeg)


SPEC = """
nnspec: 1
name: jordan
inputs: {x: [6, 4]}
layers:
  - Bidirectional: {layer: {JordanRNN: {units: 5, output_units: 3, return_sequences: true}}}
  - JordanRNN: {units: 4, output_units: 2, activation: relu, output_activation: sigmoid}
"""


def test_a_spec_builds_it(tmp_path: Path) -> None:
    path = tmp_path / "jordan.yaml"
    path.write_text(SPEC)
    spec = load(path)
    model = build(spec.graph, seed=1)
    assert model.output_shape == (None, 2)
    assert spec.param_count == model.count_params() == 2 * (20 + 15 + 5 + 15 + 3) + (24 + 8 + 4 + 8 + 2)
    assert spec.macs == 6 * (2 * (20 + 15 + 15) + (24 + 8 + 8))
    last = model.layers[-1]
    assert type(last) is JordanRNN and last.cell.output_activation is keras.activations.sigmoid


@pytest.mark.long
def test_tflite_walks_it_with_builtin_operations(tmp_path: Path) -> None:
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    x = keras.layers.Embedding(20, 5, mask_zero=True)(tokens)
    x = keras.layers.Bidirectional(JordanRNN(6, 3, output_activation="tanh", return_sequences=True))(x)
    artifact = export(
        keras.Model(tokens, JordanRNN(4, 2)(x)),
        KindValue("TFLite", {"quantize": "none", "length": 8}),
        tmp_path,
        name="model",
    )
    assert artifact.ok, artifact.reasons
    assert artifact.flex_ops == artifact.custom_ops == artifact.fused_rnn_ops == 0
    assert artifact.ops["WHILE"] == 3
    assert artifact.max_abs_diff < 1e-5
