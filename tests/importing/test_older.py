"""Files of Keras 1 and 2 are read as their version meant them: the answers are those of its formulae, in NumPy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import nnspec
from nnspec.codegen.python_code import python_code
from nnspec.importing.errors import ImportFailed
from nnspec.importing.imported import ImportedSpec, import_config
from nnspec.importing.read import read_model

pytestmark = pytest.mark.tf

DRAW = np.random.default_rng(0)
X = DRAW.normal(0, 2, (3, 5, 4)).astype("float32")
MODELS = Path(__file__).parents[3] / "shared" / "models" / "keras-models"


def written(folder: Path, layers: list[dict[str, Any]] | dict[str, Any], version: str = "2.2.4") -> ImportedSpec:
    """The spec of a JSON file of this version: a Sequential of these layers, or a whole model."""
    model = (
        layers
        if isinstance(layers, dict)
        else {"class_name": "Sequential", "config": {"name": "old", "layers": layers}}
    )
    path = folder / "old.json"
    path.write_text(json.dumps({**model, "keras_version": version}), encoding="utf-8")
    read = read_model(path)
    found = import_config(read.config)
    assert read.notes and version in read.notes[0]
    return found


def layer(kind: str, shape: list[int | None] | None = None, **config: Any) -> dict[str, Any]:
    first = {} if shape is None else {"batch_input_shape": [None, *shape]}
    return {"class_name": kind, "config": {"name": kind.lower(), **config, **first}}


def drawn(model: Any) -> list[np.ndarray]:
    values = [DRAW.normal(0, 0.5, weight.shape).astype("float32") for weight in model.weights]
    model.set_weights(values)
    return values


def hard_sigmoid(x: np.ndarray) -> np.ndarray:
    return np.clip(0.2 * x + 0.5, 0, 1)


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def lstm(x: np.ndarray, kernel: np.ndarray, recurrent: np.ndarray, bias: np.ndarray, gate: Any) -> np.ndarray:
    units = len(recurrent)
    hidden = state = np.zeros((len(x), units))
    for step in range(x.shape[1]):
        i, f, c, o = np.split(x[:, step] @ kernel + hidden @ recurrent + bias, 4, 1)
        state = gate(f) * state + gate(i) * np.tanh(c)
        hidden = gate(o) * np.tanh(state)
    return hidden


def gru(x: np.ndarray, kernel: np.ndarray, recurrent: np.ndarray, bias: np.ndarray, gate: Any) -> np.ndarray:
    units = len(recurrent)
    hidden = np.zeros((len(x), units))
    for step in range(x.shape[1]):
        z, r, h = np.split(x[:, step] @ kernel + bias, 3, 1)
        uz, ur, uh = np.split(recurrent, 3, 1)
        z, r = gate(z + hidden @ uz), gate(r + hidden @ ur)
        hidden = z * hidden + (1 - z) * np.tanh(h + (r * hidden) @ uh)
    return hidden


def test_hard_sigmoid_is_the_one_of_its_version(tmp_path: Path) -> None:
    found = written(tmp_path, [layer("Activation", [5, 4], activation="hard_sigmoid")])
    model = nnspec.build(found.spec)
    assert np.allclose(model(X), hard_sigmoid(X), atol=1e-6)
    assert not np.allclose(model(X), keras.activations.hard_sigmoid(X), atol=1e-3)
    today = import_config(
        {
            "class_name": "Sequential",
            "config": {"name": "n", "layers": [layer("Activation", [5, 4], activation="hard_sigmoid")]},
        }
    )
    assert "keras2" not in today.text


@pytest.mark.parametrize(
    ("config", "gate"),
    [
        ({"recurrent_activation": "hard_sigmoid"}, hard_sigmoid),
        ({"recurrent_activation": "sigmoid", "implementation": 2, "time_major": False}, sigmoid),
        ({}, hard_sigmoid),
        (
            {
                "inner_activation": "hard_sigmoid",
                "consume_less": "cpu",
                "forget_bias_init": "one",
                "inner_init": "orthogonal",
            },
            hard_sigmoid,
        ),
    ],
    ids=["2.2", "tf", "said nothing", "1"],
)
def test_an_lstm(tmp_path: Path, config: dict[str, Any], gate: Any) -> None:
    model = nnspec.build(written(tmp_path, [layer("LSTM", [5, 4], units=3, **config)]).spec)
    weights = drawn(model)
    assert np.allclose(model(X), lstm(X, *weights, gate), atol=1e-6)


@pytest.mark.parametrize("kind", ["GRU", "Bidirectional"])
def test_a_gru_without_reset_after(tmp_path: Path, kind: str) -> None:
    inner = layer("GRU", units=3, recurrent_activation="hard_sigmoid")
    first = (
        layer("GRU", [5, 4], **inner["config"]) if kind == "GRU" else layer(kind, [5, 4], layer=inner, merge_mode="sum")
    )
    model = nnspec.build(written(tmp_path, [first]).spec)
    weights = drawn(model)
    expected = gru(X, *weights[:3], hard_sigmoid)
    if kind == "Bidirectional":
        expected = expected + gru(X[:, ::-1], *weights[3:], hard_sigmoid)
    assert np.allclose(model(X), expected, atol=1e-6)


def test_arguments_of_keras_1(tmp_path: Path) -> None:
    """A Sequential is a list, sizes and regularizers have other names."""
    model = {
        "class_name": "Sequential",
        "config": [
            layer("Convolution2D", [8, 8, 3], nb_filter=4, nb_row=3, nb_col=2, border_mode="same", subsample=[2, 2])
            | {
                "config": layer(
                    "Convolution2D",
                    [8, 8, 3],
                    nb_filter=4,
                    nb_row=3,
                    nb_col=2,
                    border_mode="same",
                    subsample=[2, 2],
                    dim_ordering="tf",
                    init="he_normal",
                    W_regularizer={"name": "L1L2Regularizer", "l1": 0.0, "l2": 0.5},
                    b_constraint=None,
                    bias=True,
                    input_dtype="float32",
                )["config"]
            },
            layer("ZeroPadding2D", padding=[1, 0, 2, 0]),
            layer("LeakyReLU", alpha=0.1),
            layer("BatchNormalization", mode=0, epsilon=1e-5, gamma_init="one", beta_init="zero"),
            layer("Flatten"),
            layer("Dropout", p=0.5),
            layer(
                "Dense",
                output_dim=2,
                init="uniform",
                activation="linear",
                W_constraint={"name": "MaxNorm", "m": 3, "axis": 0},
                input_dim=None,
            ),
        ],
    }
    spec = written(tmp_path, model, "1.2.2").spec
    convolution, padding, leaky, normal, _, dropout, dense = spec.graph.layers
    assert (
        convolution.kind == "Conv2D" and convolution.args["kernel_size"] == [3, 2] and convolution.args["strides"] == 2
    )
    assert convolution.args["kernel_regularizer"].args == {"l2": 0.5}
    assert padding.args["padding"] == [[1, 0], [2, 0]] and leaky.args == {"negative_slope": 0.1}
    assert normal.args["epsilon"] == 1e-5 and dropout.args == {"rate": 0.5}
    assert dense.args["units"] == 2 and dense.args["kernel_constraint"].args["max_value"] == 3
    assert nnspec.build(spec).output_shape == (None, 2)


def test_leftovers_of_keras_2_refuse_nothing(tmp_path: Path) -> None:
    initializer = {"class_name": "GlorotUniform", "config": {"seed": None, "dtype": "float32"}}
    found = written(
        tmp_path,
        [
            layer(
                "DepthwiseConv2D",
                [8, 8, 3],
                kernel_size=[3, 3],
                groups=1,
                depthwise_initializer=initializer,
                kernel_initializer=initializer,
            ),
            layer("Conv2DTranspose", filters=2, kernel_size=[3, 3], groups=1, output_padding=None),
            layer("ReLU", max_value=6.0, negative_slope={"type": "ndarray", "value": 0.0}, threshold=0.0),
            layer("ThresholdedReLU", theta=0.5),
        ],
        "2.4.0",
    )
    assert [one.kind for one in found.spec.graph.layers] == ["DepthwiseConv2D", "Conv2DTranspose", "ReLU", "ReLU"]
    assert found.spec.graph.layers[3].args == {"threshold": 0.5}
    words = written(tmp_path, [layer("Embedding", [7], input_dim=9, output_dim=2, input_length=7, mask_zero=False)])
    assert nnspec.build(words.spec).output_shape == (None, 7, 2)


def functional(*layers: dict[str, Any], outputs: list[Any]) -> dict[str, Any]:
    entry = {
        "class_name": "InputLayer",
        "config": {"name": "x", "batch_input_shape": [None, 4], "dtype": "float32"},
        "inbound_nodes": [],
    }
    return {
        "class_name": "Model",
        "config": {
            "name": "old",
            "layers": [{**entry, "name": "x"}, *layers],
            "input_layers": [["x", 0, 0]],
            "output_layers": outputs,
        },
    }


def test_a_nested_model_is_called_from_1_on(tmp_path: Path) -> None:
    """Keras 2 counts a model's own making as its first call."""
    inner = {"name": "inner", "layers": [layer("Dense", [4], units=4, activation="tanh")]}
    nested = {
        "class_name": "Sequential",
        "name": "inner",
        "config": inner,
        "inbound_nodes": [[["x", 0, 0, {}]], [["inner", 1, 0, {}]]],
    }
    model = nnspec.build(written(tmp_path, functional(nested, outputs=[["inner", 2, 0]])).spec)
    kernel, bias = drawn(model)
    x = X[:, 0]
    assert np.allclose(model(x), np.tanh(np.tanh(x @ kernel + bias) @ kernel + bias), atol=1e-6)


def test_a_nested_model_is_called_with_tensors_by_name(tmp_path: Path) -> None:
    """Its second output alone is taken of the first call, its first alone of the second."""
    dense = [{**layer("Dense", [4], name=name, units=4), "name": name, "inbound_nodes": []} for name in ("d", "e")]
    given = {"batch_input_shape": [None, 4], "dtype": "float32"}
    entries = [
        {"class_name": "InputLayer", "name": name, "config": {"name": name, **given}, "inbound_nodes": []}
        for name in ("b", "a")
    ]
    dense[0]["inbound_nodes"], dense[1]["inbound_nodes"] = [[["a", 0, 0, {}]]], [[["b", 0, 0, {}]]]
    inner = {
        "name": "inner",
        "layers": [*entries, *dense],
        "input_layers": {"b": ["b", 0, 0], "a": ["a", 0, 0]},
        "output_layers": {"of_b": ["e", 0, 0], "of_a": ["d", 0, 0]},
    }
    doubled: dict[str, Any] = {"class_name": "Add", "name": "add", "config": {"name": "add"}}
    doubled["inbound_nodes"] = [[["x", 0, 0, {}], ["x", 0, 0, {}]]]
    nested: dict[str, Any] = {"class_name": "Functional", "name": "inner", "config": inner}
    x, twice = ["x", 0, 0, {}], ["add", 0, 0, {}]
    nested["inbound_nodes"] = [{"b": x, "a": twice}, {"b": twice, "a": x}]
    outputs = [["inner", 1, 1], ["inner", 2, 0]]
    model = nnspec.build(written(tmp_path, functional(doubled, nested, outputs=outputs), "2.12.0").spec)
    e, e_bias, d, d_bias = drawn(model)
    of_b, of_a = model(X[:, 0]).values()
    assert np.allclose(of_b, X[:, 0] @ e + e_bias, atol=1e-6)
    assert np.allclose(of_a, X[:, 0] @ d + d_bias, atol=1e-6)


def test_functions_of_tensorflow_by_their_inner_names(tmp_path: Path) -> None:
    function = {"module": "builtins", "class_name": "function", "config": "log_softmax_v2"}
    for activation in ("log_softmax_v2", function):
        found = written(tmp_path, [layer("Dense", [4], units=4, activation=activation)])
        assert "activation: log_softmax}" in found.text


def test_tensors_among_keywords(tmp_path: Path) -> None:
    attention = {
        "class_name": "MultiHeadAttention",
        "name": "mha",
        "config": {"name": "mha", "num_heads": 2, "key_dim": 3, "query_shape": [None, 5, 4]},
    }
    entry = {
        "class_name": "InputLayer",
        "name": "x",
        "config": {"name": "x", "batch_input_shape": [None, 5, 4], "dtype": "float32"},
        "inbound_nodes": [],
    }
    model = {
        "class_name": "Functional",
        "config": {
            "name": "old",
            "layers": [entry, {**attention, "inbound_nodes": [[["x", 0, 0, {"value": ["x", 0, 0]}]]]}],
            "input_layers": [["x", 0, 0]],
            "output_layers": [["mha", 0, 0]],
        },
    }
    assert nnspec.build(written(tmp_path, model, "2.8.0").spec).output_shape == (None, 5, 4)


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([layer("UpSampling2D", [4, 4, 1], size=[2, 2], interpolation="bilinear")], "half a pixel"),
        ([layer("BatchNormalization", [4], mode=1)], "does not know the argument `mode`"),
        ([layer("LSTM", [5, 4], units=3, time_major=True)], "does not know the argument `time_major`"),
        ([layer("Highway", [4])], "`highway` is a `Highway`, which Keras 3 no longer has"),
        ([{"class_name": "Dense", "config": 5}], "damaged|cannot"),
    ],
    ids=["bilinear", "mode", "time_major", "gone", "damaged"],
)
def test_what_cannot_be_said_is_refused(tmp_path: Path, layers: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(ImportFailed, match=message):
        written(tmp_path, layers)


def test_batch_normalization_of_several_devices(tmp_path: Path) -> None:
    found = written(tmp_path, [layer("SyncBatchNormalization", [4], axis=[1], momentum=0.9, epsilon=0.001)])
    assert "BatchNormalization: {axis: 1, momentum: 0.9}" in found.text


def test_masks_that_keras_3_joins_otherwise_are_refused(tmp_path: Path) -> None:
    def masking(name: str, value: float) -> dict[str, Any]:
        return {
            "class_name": "Masking",
            "name": name,
            "config": {"name": name, "mask_value": value},
            "inbound_nodes": [[["x", 0, 0, {}]]],
        }

    def joined(second: dict[str, Any], other: str) -> dict[str, Any]:
        add = {
            "class_name": "Add",
            "name": "add",
            "config": {"name": "add"},
            "inbound_nodes": [[["one", 0, 0, {}], [other, 0, 0, {}]]],
        }
        return functional(masking("one", 0.0), second, add, outputs=[["add", 0, 0]])

    with pytest.raises(ImportFailed, match="different masks"):
        written(tmp_path, joined(masking("two", 1.0), "two"))
    drop = {
        "class_name": "Dropout",
        "name": "drop",
        "config": {"name": "drop", "rate": 0.5},
        "inbound_nodes": [[["one", 0, 0, {}]]],
    }
    assert written(tmp_path, joined(drop, "drop")).spec.graph.layers


def test_the_old_sigmoid_is_saved_exported_and_written_to_python(tmp_path: Path) -> None:
    spec = written(
        tmp_path,
        [
            layer("LSTM", [5, 4], units=3, recurrent_activation="hard_sigmoid"),
            layer("Dense", units=2, activation="hard_sigmoid"),
        ],
    ).spec
    model = nnspec.build(spec)
    model.save(tmp_path / "old.keras")
    loaded = keras.models.load_model(tmp_path / "old.keras")
    assert np.array_equal(loaded(X), model(X))
    assert "keras2_hard_sigmoid" in import_config(json.loads(model.to_json())).text
    scope: dict[str, Any] = {"__name__": "made"}
    text = python_code(spec)
    exec(text, scope)
    again = scope["build"]()
    again.set_weights(model.get_weights())
    assert np.allclose(again(X), model(X), atol=1e-7) and "def keras2_hard_sigmoid" in text
    flat = nnspec.build(written(tmp_path, [layer("Dense", [4], units=2, activation="hard_sigmoid")]).spec)
    lite = tf.lite.Interpreter(model_content=tf.lite.TFLiteConverter.from_keras_model(flat).convert())
    lite.allocate_tensors()
    lite.set_tensor(lite.get_input_details()[0]["index"], X[:1, 0])
    lite.invoke()
    assert np.allclose(lite.get_tensor(lite.get_output_details()[0]["index"]), flat(X[:1, 0]), atol=1e-6)


@pytest.mark.skipif(not MODELS.is_dir(), reason="the models of others are not here")
def test_a_network_of_another(tmp_path: Path) -> None:
    """dl4j's functional_lstm of Keras 2.0.8: its gates are hard sigmoids."""
    h5py = pytest.importorskip("h5py")
    with h5py.File(MODELS / "dl4j-functional_lstm.h5") as file:
        config = json.loads(file.attrs["model_config"])
    gates = sum(each["config"].get("recurrent_activation") == "hard_sigmoid" for each in config["config"]["layers"])
    assert written(tmp_path, config, "2.0.8").text.count("keras2_hard_sigmoid") == gates > 0
