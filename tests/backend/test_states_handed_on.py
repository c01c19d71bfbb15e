"""States that one recurrent layer hands to another: the network of a spec computes what hand-written Keras does."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from nnspec.api import to_python
from nnspec.backend.lower import build
from nnspec.frontend.diagnostics import Source
from nnspec.frontend.pipeline import load

pytestmark = pytest.mark.tf

HEAD = "nnspec: 1\ninputs: {a: [5, 3], b: [4, 2]}\nlayers:\n"
ONE_WAY = """
  - {LSTM: {units: 3, return_state: true}, name: reader, from: a}
  - {LSTM: {units: 3, return_sequences: true}, from: [b, "reader:1", "reader:2"]}
  - {Dense: 2}
"""
BOTH_WAYS = """
  - {Bidirectional: {layer: {GRU: {units: 3, return_state: true}}}, name: reader, from: a}
  - {Bidirectional: {layer: {GRU: {units: 3}}, merge_mode: sum}, from: [b, "reader:1", "reader:2"]}
  - {Dense: 2}
"""

STACKED = """
  - {RNN: {cell: [{LSTMCell: 3}, {GRUCell: 2}], return_state: true}, name: reader, from: a}
  - {RNN: {cell: [{LSTMCell: 3}, {GRUCell: 2}]}, from: [b, "reader:1", "reader:2", "reader:3"]}
  - {Dense: 2}
"""


def one_way(a: Any, b: Any) -> Any:
    layers = keras.layers
    _, hidden, cell = layers.LSTM(3, return_state=True)(a)
    read = layers.LSTM(3, return_sequences=True)(b, initial_state=[hidden, cell])
    return layers.Dense(2)(read)  # made last: each layer draws the next seed


def both_ways(a: Any, b: Any) -> Any:
    layers = keras.layers
    _, ahead, back = layers.Bidirectional(layers.GRU(3, return_state=True))(a)
    read = layers.Bidirectional(layers.GRU(3), merge_mode="sum")(b, initial_state=[ahead, back])
    return layers.Dense(2)(read)


def stacked(a: Any, b: Any) -> Any:
    layers = keras.layers
    _, of_lstm, of_gru = layers.RNN([layers.LSTMCell(3), layers.GRUCell(2)], return_state=True)(a)
    read = layers.RNN([layers.LSTMCell(3), layers.GRUCell(2)])(b, initial_state=[of_lstm, of_gru])
    return layers.Dense(2)(read)


@pytest.mark.parametrize(("layers", "by_hand"), [(ONE_WAY, one_way), (BOTH_WAYS, both_ways), (STACKED, stacked)])
def test_states_are_those_of_hand_written_keras(layers: str, by_hand: Any) -> None:
    ours = build(load(Source.from_text(HEAD + layers, "net.yaml")).graph, seed=3)
    keras.utils.set_random_seed(3)
    a, b = keras.Input((5, 3), name="a"), keras.Input((4, 2), name="b")
    theirs = keras.Model({"a": a, "b": b}, by_hand(a, b))
    draw = np.random.default_rng(0)
    given = {"a": draw.normal(size=(2, 5, 3)).astype("float32"), "b": draw.normal(size=(2, 4, 2)).astype("float32")}
    assert [weight.shape for weight in ours.weights] == [weight.shape for weight in theirs.weights]
    np.testing.assert_array_equal(ours(given), theirs(given))
    assert not np.allclose(ours(given), ours({**given, "a": given["a"] + 1}))  # the states do reach the answer
    written: dict[str, Any] = {"__name__": "written"}
    exec(to_python(load(Source.from_text(HEAD + layers, "net.yaml"))), written)
    keras.utils.set_random_seed(3)
    np.testing.assert_array_equal(ours(given), written["build"]()(given))
