"""The Graph as Keras: against the same network written by hand, and what Keras refuses at its place in the spec."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from textwrap import dedent
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from nnspec.backend.kinds import instantiate
from nnspec.backend.lower import build
from nnspec.frontend.diagnostics import SpecError
from nnspec.frontend.pipeline import load
from nnspec.frontend.spec import Graph, keras_name
from nnspec.layers.types import KindValue

pytestmark = pytest.mark.tf

RANDOM = np.random.default_rng(0)


def graph(folder: Path, text: str) -> Graph:
    path = folder / "net.yaml"
    path.write_text("nnspec: 1\n" + dedent(text), encoding="utf-8")
    return load(path).graph


def steps(model: Any, x: Any, y: np.ndarray) -> list[np.ndarray]:
    """The weights after three training steps from a fixed seed of the process."""
    model.compile(keras.optimizers.Adam(0.01), keras.losses.SparseCategoricalCrossentropy())
    for _ in range(3):
        model.train_on_batch(x, y)
    return [np.asarray(weight) for weight in model.weights]


def assert_same(ours: Any, theirs: Any, x: Any, classes: int) -> None:
    y = RANDOM.integers(0, classes, len(next(iter(x.values())) if isinstance(x, dict) else x))
    np.testing.assert_array_equal(ours(x), theirs(x))
    for mine, other in zip(steps(ours, x, y), steps(theirs, x, y), strict=True):
        np.testing.assert_array_equal(mine, other)


@pytest.mark.long
def test_convolutions_train_as_by_hand(tmp_path: Path) -> None:
    network = graph(
        tmp_path,
        """
        inputs: {image: [8, 8, 1]}
        layers:
          - Conv2D: {filters: 4, kernel_size: 3, padding: same, kernel_initializer: {HeNormal: {}}}
          - parallel:
              - [{Conv2D: {filters: 4, kernel_size: 3, padding: same}}, BatchNormalization]
              - []
            merge: Add
          - ReLU
          - Dropout: 0.5
          - Flatten
          - Dense: {units: 3, activation: softmax, kernel_regularizer: {L2: 0.01}}
        """,
    )
    ours = build(network, seed=7)
    keras.utils.set_random_seed(7)
    image = keras.Input((8, 8, 1))
    x = layers.Conv2D(4, 3, padding="same", kernel_initializer=keras.initializers.HeNormal())(image)
    left = layers.BatchNormalization()(layers.Conv2D(4, 3, padding="same")(x))
    x = layers.Dropout(0.5)(layers.ReLU()(layers.Add()([left, x])))
    x = layers.Dense(3, "softmax", kernel_regularizer=keras.regularizers.L2(0.01))(layers.Flatten()(x))
    assert_same(ours, keras.Model(image, x), RANDOM.normal(size=(8, 8, 8, 1)).astype("float32"), 3)


@pytest.mark.long
def test_recurrent_layers_with_masks_and_dropout_train_as_by_hand(tmp_path: Path) -> None:
    network = graph(
        tmp_path,
        """
        inputs: {tokens: {shape: [null], dtype: int32}}
        layers:
          - Embedding: {input_dim: 20, output_dim: 4, mask_zero: true}
          - Bidirectional: {layer: {LSTM: {units: 3, return_sequences: true, dropout: 0.2, recurrent_dropout: 0.2}}}
          - RNN: {cell: [{GRUCell: 3}, {LSTMCell: 2}]}
          - Dense: {units: 4, activation: softmax}
        """,
    )
    ours = build(network, seed=3)
    keras.utils.set_random_seed(3)
    tokens = keras.Input((None,), dtype="int32")
    x = layers.Embedding(20, 4, mask_zero=True)(tokens)
    x = layers.Bidirectional(layers.LSTM(3, return_sequences=True, dropout=0.2, recurrent_dropout=0.2))(x)
    x = layers.RNN([layers.GRUCell(3), layers.LSTMCell(2)])(x)
    theirs = keras.Model(tokens, layers.Dense(4, "softmax")(x))
    sequences = RANDOM.integers(1, 20, (6, 5)).astype("int32")
    sequences[:, 3:] = 0
    assert_same(ours, theirs, sequences, 4)


@pytest.mark.long
def test_shared_layers_states_and_attention_train_as_by_hand(tmp_path: Path) -> None:
    network = graph(
        tmp_path,
        """
        inputs: {left: [4, 6], right: [4, 6]}
        layers:
          - {LSTM: {units: 6, return_sequences: true, return_state: true}, name: encode, from: left}
          - {LSTM: {units: 6, return_sequences: true}, name: decode, from: [right, "encode:1", "encode:2"]}
          - {MultiHeadAttention: {num_heads: 2, key_dim: 3}, name: look, from: [decode, encode]}
          - {Dense: 5, name: shared, from: look}
          - {reuse: shared, name: again, from: decode}
          - {Concatenate: , name: both, from: [shared, again]}
          - GlobalAveragePooling1D
          - Dense: {units: 2, activation: softmax}
        """,
    )
    ours = build(network, seed=5)
    keras.utils.set_random_seed(5)
    left, right = keras.Input((4, 6), name="left"), keras.Input((4, 6), name="right")
    states = layers.LSTM(6, return_sequences=True, return_state=True)(left)
    decoded = layers.LSTM(6, return_sequences=True)(right, initial_state=states[1:])
    looked = layers.MultiHeadAttention(2, 3)(decoded, states[0])
    shared = layers.Dense(5)
    x = layers.GlobalAveragePooling1D()(layers.Concatenate()([shared(looked), shared(decoded)]))
    theirs = keras.Model({"left": left, "right": right}, layers.Dense(2, "softmax")(x))
    batch = {name: RANDOM.normal(size=(8, 4, 6)).astype("float32") for name in ("left", "right")}
    assert len(ours.layers) == len(theirs.layers)
    assert_same(ours, theirs, batch, 2)


def test_call_arguments_by_name(tmp_path: Path) -> None:
    network = graph(
        tmp_path,
        """
        inputs: {q: [3, 4], v: [5, 4]}
        layers:
          - {MultiHeadAttention: {num_heads: 1, key_dim: 4}, from: {value: v, query: q}}
        """,
    )
    model = build(network)
    found = model({"q": np.ones((2, 3, 4), "float32"), "v": np.ones((2, 5, 4), "float32")})
    assert found.shape == (2, 3, 4)  # as long as the query


def test_call_flags_reach_keras(tmp_path: Path) -> None:
    network = graph(
        tmp_path,
        """
        inputs: {x: [3, 4]}
        layers:
          - {BatchNormalization: , name: norm, call: {training: true}}
          - {reuse: norm, name: frozen, from: x, call: {training: false}}
          - {Attention: , name: look, from: [norm, norm], call: {return_attention_scores: true, use_causal_mask: true}}
        outputs: [norm, frozen, "look:1"]
        """,
    )
    x = RANDOM.normal(3, 2, (8, 3, 4)).astype("float32")
    normed, frozen, scores = (np.asarray(value) for value in build(network)(x).values())
    assert abs(normed.mean()) < 0.01 and frozen.mean() > 2  # by the batch; by the running mean, still 0
    np.testing.assert_allclose(scores.sum(-1), 1, rtol=1e-5)
    assert not scores[:, 0, 1:].any()  # the first place sees itself alone


def test_several_outputs_come_by_name(tmp_path: Path) -> None:
    network = graph(
        tmp_path,
        """
        inputs: {x: [4]}
        layers:
          - {Dense: 3, name: a}
          - {Dense: 2, name: b}
        outputs: [a, b]
        """,
    )
    found = build(network)(np.ones((1, 4), "float32"))
    assert {name: tensor.shape[-1] for name, tensor in found.items()} == {"a": 3, "b": 2}


def test_scopes_become_dots(tmp_path: Path) -> None:
    network = graph(
        tmp_path,
        """
        inputs: {x: [4]}
        blocks: {twice: {layers: [{Dense: 3, name: one}, {Dense: 3, name: two}]}}
        layers: [{twice: , name: stage}]
        """,
    )
    assert [layer.name for layer in build(network).layers[1:]] == ["stage.one", "stage.two"]
    assert keras_name("stage/a net") == "stage.a_net"
    assert [keras_name(name) for name in ("größe", "日本", "_a", "")] == ["gr__e", "n__", "n_a", "n"]


def test_what_keras_refuses_is_blamed_on_its_line(tmp_path: Path) -> None:
    network = graph(tmp_path, "inputs: {x: [4]}\nlayers:\n  - Flatten\n  - {Dense: 3}\n")
    flatten, dense = network.layers
    dense = replace(dense, args={"units": 3, "kernel_initializer": "nowhere"})
    with pytest.raises(SpecError) as caught:
        build(replace(network, layers=(flatten, dense)))
    (problem,) = caught.value.diagnostics
    assert (problem.code, problem.span and problem.span.line) == ("E0602", 5)
    assert "nowhere" in problem.message and "\n" not in problem.message


def test_what_only_the_data_can_tell_must_be_known_to_build(tmp_path: Path) -> None:
    text = "inputs: {x: [4]}\nlayers:\n  - {Dense: $data.classes}\ndata: {source: {Arrays: nowhere.npz}}\n"
    with pytest.raises(SpecError, match=r"data\.classes.*only the data"):
        build(graph(tmp_path, text))


def test_an_input_that_does_not_fit_names_what_it_is(tmp_path: Path) -> None:
    network = graph(tmp_path, "inputs: {x: [4], y: [5]}\nlayers:\n  - {Dense: 3, from: x, name: d}\n")
    wrong = replace(network.layers[0], kind="Conv2D", args={"filters": 2, "kernel_size": 3})
    with pytest.raises(SpecError) as caught:
        build(replace(network, layers=(wrong,)))
    (problem,) = caught.value.diagnostics
    assert problem.code == "E0601" and "float32 [batch, 4]" in problem.notes[0].message
    assert "Arguments received" not in problem.message


def test_kinds_nest_by_what_their_arguments_hold() -> None:
    rate = KindValue("CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 10})
    optimizer = instantiate("optimizer", KindValue("SGD", {"learning_rate": rate, "momentum": 0.5}))
    assert float(optimizer.learning_rate) == pytest.approx(0.1) and optimizer.momentum == 0.5
    layer = instantiate("layer", KindValue("Dense", {"units": 2, "kernel_initializer": KindValue("Identity", {})}))
    assert isinstance(layer.kernel_initializer, keras.initializers.Identity)  # there is a layer of that name too
    activation = KindValue("LeakyReLU", {"negative_slope": 0.5})
    layer = instantiate("layer", KindValue("Dense", {"units": 2, "activation": activation}))
    assert float(layer.activation(np.float32(-2))) == -1.0


class Doubled(layers.Layer):
    """A layer from outside Keras."""

    def call(self, inputs: Any) -> Any:
        return 2 * inputs


def test_a_plugin_layer_is_found_where_the_graph_says(tmp_path: Path) -> None:
    network = graph(tmp_path, "inputs: {x: [4]}\nlayers: [Identity]\n")
    doubled = replace(network.layers[0], kind="Doubled", args={})
    network = replace(network, layers=(doubled,), plugins={"Doubled": f"{__name__}:Doubled"})
    np.testing.assert_array_equal(build(network)(np.ones((1, 4), "float32")), 2 * np.ones((1, 4)))


def test_the_model_loads_without_nnspec(tmp_path: Path) -> None:
    model = build(graph(tmp_path, "inputs: {x: [4]}\nlayers: [{Dense: 3}, {Dense: {units: 2, activation: relu}}]\n"))
    model.save(tmp_path / "net.keras")
    x = RANDOM.normal(size=(3, 4)).astype("float32")
    np.testing.assert_array_equal(keras.models.load_model(tmp_path / "net.keras")(x), model(x))
