"""Recurrent networks by worked examples: what Elman's, Jordan's, a bidirectional network and an LSTM compute, step by step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from families import one_of_each

from nnspec.backend.lower import build
from nnspec.backend.own_layers.jordan import JordanRNN
from nnspec.console.progress import Reporter
from nnspec.frontend.pipeline import check, load
from nnspec.training.prepare import prepare

pytestmark = pytest.mark.tf

SPECS = Path(__file__).parents[2] / "specs"
# Weights by hand, each gate with its matrices and biases.
PARAMETERS = {
    "elman": (6 * 20 + 20 * 20 + 20) + (20 * 6 + 6),
    "jordan": (6 * 48 + 2 * 48 + 48) + (48 * 2 + 2),
    "rnn_sequence": (32 + 32 * 32 + 32) + (32 * 32 + 32 * 32 + 32) + (32 * 4 + 4),
    "stacked_rnn": (24 + 24 * 24 + 24) + 2 * (24 * 24 + 24 * 24 + 24) + (24 * 4 + 4),
    "bidirectional_rnn": 2 * (16 + 16 * 16 + 16) + (32 + 1),
    "lstm": 9 * 8 + 4 * (8 * 16 + 16 * 16 + 16) + (16 * 2 + 2),
    "gru": 3 * (28 * 48 + 48 * 48 + 2 * 48) + (48 * 10 + 10),
    "lstm_forecast": 4 * (2 * 48 + 48 * 48 + 48) + (48 * 24 + 24),
    "cnn_lstm": (9 * 8 + 8) + (9 * 8 * 16 + 16) + 4 * (256 * 32 + 32 * 32 + 32) + (32 * 6 + 6),
    "convlstm": 4 * (25 * 12 + 25 * 12 * 12 + 12) + (9 * 12 + 1),
    "adding_problem": 4 * (2 * 32 + 32 * 32 + 32) + (32 + 1),
    "lstm_text": 54 * 32 + 2 * 4 * (32 * 32 + 32 * 32 + 32) + (64 * 2 + 2),
    "rnn_motion": 2 * 3 * (3 * 32 + 32 * 32 + 2 * 32) + (64 * 4 + 4),
    # 117 characters and 10 tags; scores of tags, of pairs of neighbours, and of both ends.
    "bilstm_ner_chinese": 117 * 48 + 2 * 4 * (48 * 48 + 48 * 48 + 48) + (96 * 10 + 10) + (10 * 10 + 2 * 10),
}
ONES = "activation: linear, use_bias: false, kernel_initializer: ones, recurrent_initializer: ones"
ELMAN = f"""
nnspec: 1
name: elman
inputs: {{x: [3, 2]}}
layers:
  - SimpleRNN: {{units: 2, return_sequences: true, {ONES}}}
  - Dense: {{units: 2, use_bias: false, kernel_initializer: ones}}
"""
JORDAN = f"""
nnspec: 1
name: jordan
inputs: {{x: [3, 2]}}
layers:
  - JordanRNN: {{units: 2, output_units: 2, return_sequences: true, output_initializer: ones, {ONES}}}
"""


def outputs(tmp_path: Path, spec: str, *steps: tuple[float, float]) -> list[tuple[float, ...]]:
    path = tmp_path / "spec.yaml"
    path.write_text(spec)
    found = build(load(path).graph)(np.array([steps], np.float32))
    return [tuple(row) for row in np.asarray(found[0]).tolist()]


def test_elman_by_hand(tmp_path: Path) -> None:
    """Each hidden unit is the sum of the inputs and of the last hidden units, each output the sum of the hidden units.

    h = 1+1 = 2, y = 2+2 = 4;   h = 1+1+2+2 = 6, y = 12;   h = 2+2+6+6 = 16, y = 32.
    """
    assert outputs(tmp_path, ELMAN, (1, 1), (1, 1), (2, 2)) == [(4, 4), (12, 12), (32, 32)]


def test_the_order_of_the_inputs_changes_the_outputs(tmp_path: Path) -> None:
    """h = 2+2 = 4, y = 8;   h = 1+1+4+4 = 10, y = 20;   h = 1+1+10+10 = 22, y = 44."""
    assert outputs(tmp_path, ELMAN, (2, 2), (1, 1), (1, 1)) == [(8, 8), (20, 20), (44, 44)]


def test_jordan_by_hand(tmp_path: Path) -> None:
    """The last outputs are fed back in the place of the hidden units.

    h = 1+1 = 2, y = 2+2 = 4;   h = 1+1+4+4 = 10, y = 20;   h = 2+2+20+20 = 44, y = 88.
    """
    assert outputs(tmp_path, JORDAN, (1, 1), (1, 1), (2, 2)) == [(4, 4), (20, 20), (88, 88)]


@pytest.mark.parametrize("kind", [keras.layers.SimpleRNN, keras.layers.GRU, keras.layers.LSTM, JordanRNN])
def test_backwards_is_forwards_on_the_reversed_sequence(kind: Any) -> None:
    """With one set of weights in both directions; sequences of 5, 3 and 1 steps, padded to 5 and masked."""
    tokens = np.array([[3, 1, 4, 1, 5], [2, 7, 1, 0, 0], [6, 0, 0, 0, 0]])
    embedding = keras.layers.Embedding(8, 3, mask_zero=True)
    both = keras.layers.Bidirectional(kind(4, return_sequences=True))
    both.build((None, None, 3))
    forward, backward = both.forward_layer, both.backward_layer
    random = np.random.RandomState(1)
    forward.set_weights([random.normal(size=weight.shape) for weight in forward.get_weights()])
    backward.set_weights(forward.get_weights())
    halves = np.asarray(both(embedding(tokens)))
    for row, length in enumerate((5, 3, 1)):
        reversed_alone = embedding(tokens[row : row + 1, :length][:, ::-1])
        expected = np.asarray(forward(reversed_alone))[0, ::-1]
        np.testing.assert_allclose(halves[row, :length, 4:], expected, rtol=1e-5, atol=2e-6)  # sums in another order
        assert not halves[row, length:, 4:].any()  # the backward half meets the padding first, and keeps its zeros


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def gates(weights: list[np.ndarray], x: np.ndarray) -> dict[str, np.ndarray]:
    """An LSTM over one sequence [steps, features]: each gate, cell state and hidden state at each step, [steps, units].

    Keras lays the four columns of the matrices out in the order input gate, forget gate, candidate, output gate.
    """
    kernel, recurrent, bias = weights
    units = len(recurrent)
    h = c = np.zeros(units)
    found: dict[str, list[np.ndarray]] = {name: [] for name in ("input", "forget", "output", "cell", "hidden")}
    for step in x:
        i, f, g, o = np.split(step @ kernel + h @ recurrent + bias, 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        for name, value in zip(found, (sigmoid(i), sigmoid(f), sigmoid(o), c, h), strict=True):
            found[name].append(value)
    return {name: np.array(values) for name, values in found.items()}


def lstm(**biases: float) -> tuple[Any, np.ndarray]:
    """An LSTM of 3 units with drawn weights, gates held open or shut by their biases, and a sequence for it."""
    layer = keras.layers.LSTM(3, return_sequences=True, return_state=True)
    layer.build((None, None, 2))
    random = np.random.RandomState(3)
    kernel, recurrent, bias = (random.normal(size=weight.shape) for weight in layer.get_weights())
    for place, name in enumerate(("input", "forget", "candidate", "output")):
        if name in biases:
            bias[3 * place : 3 * place + 3] = biases[name]
    layer.set_weights([kernel, recurrent, bias])
    return layer, random.normal(size=(1, 6, 2)).astype(np.float32)


def test_lstm_step_by_step() -> None:
    layer, x = lstm()
    expected = gates(layer.get_weights(), x[0])
    for steps in range(1, 7):
        hidden, last, cell = layer(x[:, :steps])
        np.testing.assert_allclose(hidden[0], expected["hidden"][:steps], atol=1e-6)
        np.testing.assert_allclose(last[0], expected["hidden"][steps - 1], atol=1e-6)
        np.testing.assert_allclose(cell[0], expected["cell"][steps - 1], atol=1e-6)
    assert all(0 < gate < 1 for name in ("input", "forget", "output") for gate in expected[name].flat)


def test_a_shut_forget_gate_forgets() -> None:
    """What came before a step leaves its cell by way of the hidden state alone; with the output shut too, not at all."""
    layer, x = lstm(forget=-50, output=-50)
    _, _, cell = layer(x)
    _, _, alone = layer(x[:, -1:])
    np.testing.assert_allclose(cell, alone, atol=1e-6)


def test_a_shut_input_gate_and_an_open_forget_gate_keep_the_cell() -> None:
    layer, x = lstm(input=-50, forget=50)
    start = np.array([[0.5, -2.0, 1.0]], np.float32)
    _, _, cell = layer(x, initial_state=[np.zeros((1, 3), np.float32), start])
    np.testing.assert_allclose(cell, start, atol=1e-6)


def test_a_shut_output_gate_hides_the_cell() -> None:
    layer, x = lstm(output=-50)
    hidden, _, cell = layer(x)
    np.testing.assert_allclose(hidden, 0, atol=1e-6)
    assert np.abs(cell).min() > 1e-2


def test_an_open_forget_gate_carries_the_gradient() -> None:
    """Over 100 steps the cell's gradient stays 1 (the constant error carousel of 1997); a simple network's vanishes."""
    series = tf.constant(np.random.RandomState(4).normal(size=(1, 100, 2)), tf.float32)
    layer, _ = lstm(input=-50, forget=50)
    zeros = tf.zeros((1, 3))
    assert gradient(lambda start: layer(series, initial_state=[zeros, start])[2], zeros) == pytest.approx(1.0)
    keras.utils.set_random_seed(1)
    simple = keras.layers.SimpleRNN(3)  # its recurrent matrix is orthogonal: it is tanh that makes the gradient vanish
    assert gradient(lambda start: simple(series, initial_state=start), zeros) < 1e-6


def gradient(function: Any, start: Any) -> float:
    """The norm of the gradient of the first output with respect to where it started."""
    with tf.GradientTape() as tape:
        tape.watch(start)
        first = function(start)[0, 0]
    return float(tf.norm(tape.gradient(first, start)))


def test_keras_begins_with_an_open_forget_gate() -> None:
    """Its bias starts at 1, as Gers, Schmidhuber and Cummins 2000 advise: without it the cell halves at each step."""
    layer = keras.layers.LSTM(3)
    layer.build((None, None, 2))
    np.testing.assert_array_equal(layer.get_weights()[2], [0] * 3 + [1] * 3 + [0] * 6)


@pytest.mark.parametrize(("name", "parameters"), PARAMETERS.items())
def test_size_by_hand(name: str, parameters: int) -> None:
    spec = check(SPECS / f"{name}.yaml").spec
    assert spec is not None
    assert spec.param_count == parameters
    assert spec.budget.params is not None and parameters <= spec.budget.params < 1.01 * parameters


@pytest.mark.long
@pytest.mark.parametrize("name", one_of_each([*PARAMETERS, "vgg_faces"]))
def test_a_step_of_training_lowers_the_loss_of_its_batch(name: str) -> None:
    """On the data that the repository ships, by the spec's own loss and optimizer."""
    prepared = prepare(load(SPECS / f"{name}.yaml"), Reporter())
    x, y, *weights = next(iter(prepared.feed.training(0, 0).take(1)))
    model, weight = prepared.model, weights[0] if weights else None
    before = float(model.evaluate(x, y, sample_weight=weight, verbose=0, return_dict=True)["loss"])
    model.train_on_batch(x, y, sample_weight=weight)
    assert float(model.evaluate(x, y, sample_weight=weight, verbose=0, return_dict=True)["loss"]) < before


def test_faces_of_ones_own(tmp_path: Path) -> None:
    """Another folder, other names of the classes, another size: one setting each, and the same number of weights."""
    for name in ("camera", "generator"):
        (tmp_path / name).mkdir()
    settings = [f"data.source.ImageFolder.path={tmp_path}", "params.image_size=96"]
    own, shipped = check(SPECS / "vgg_faces.yaml", settings), check(SPECS / "vgg_faces.yaml")
    assert own.spec is not None and shipped.spec is not None
    assert own.spec.graph.inputs[0].shape == (96, 96, 3)
    assert own.spec.param_count == shipped.spec.param_count == 76_370


def test_the_adding_problem_has_either_cell() -> None:
    for cell, gate_count in (("LSTM", 4), ("SimpleRNN", 1)):
        spec = check(SPECS / "adding_problem.yaml", [f"params.cell={cell}", "budget.params=5K"]).spec
        assert spec is not None
        assert [layer.kind for layer in spec.graph.layers] == [cell, "Dense"]
        assert spec.param_count == gate_count * (2 * 32 + 32 * 32 + 32) + 33


def test_a_stack_of_any_depth() -> None:
    spec = check(SPECS / "stacked_rnn.yaml", ["params.depth=5", "budget={params: 10K}"]).spec
    assert spec is not None
    assert [layer.args.get("return_sequences") for layer in spec.graph.layers[:-1]] == [True] * 4 + [False]
