"""HDF5 files of Keras 1, 2 and 3: network and weights come, the answers are those of the versions' formulae."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from keras import layers
from old_files import layer, sequential, write

from nnspec.importing.errors import ImportFailed
from nnspec.importing.imported import import_config
from nnspec.importing.read import ModelConfig, read_model
from nnspec.importing.weights import trained_model

pytestmark = pytest.mark.tf

DRAW = np.random.default_rng(0)
SHARED = Path(__file__).parents[3] / "shared" / "models"


def draw(*shape: int) -> np.ndarray:
    return DRAW.normal(0, 0.5, shape).astype("float32")


def trained(path: Path) -> Any:
    read = read_model(path)
    model, _ = trained_model(path, read, import_config(read.config))
    return model


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def lstm(x: np.ndarray, kernel: np.ndarray, recurrent: np.ndarray, bias: np.ndarray, gate: Any = sigmoid) -> np.ndarray:
    hidden = state = np.zeros((len(x), len(recurrent)))
    for step in range(x.shape[1]):
        i, f, c, o = np.split(x[:, step] @ kernel + hidden @ recurrent + bias, 4, 1)
        state = gate(f) * state + gate(i) * np.tanh(c)
        hidden = gate(o) * np.tanh(state)
    return hidden


def test_an_lstm_of_keras_1_has_its_gates_one_by_one(tmp_path: Path) -> None:
    parts = {
        f"{what}_{gate}": draw(*shape) for gate in "icfo" for what, shape in (("W", (4, 3)), ("U", (3, 3)), ("b", (3,)))
    }
    config = layer(
        "LSTM", "lstm_1", [5, 4], output_dim=3, inner_activation="hard_sigmoid", activation="tanh", consume_less="cpu"
    )
    path = write(
        tmp_path / "one.h5",
        sequential(config, listed=True),
        {"lstm_1": [(f"lstm_1_{name}", value) for name, value in parts.items()]},
        version="1.2.2",
        backend="theano",
        training={
            "optimizer_config": {"class_name": "Adam", "config": {"lr": 0.25, "decay": 0.0}},
            "loss": "mse",
            "metrics": ["acc"],
        },
    )
    joined = [np.concatenate([parts[f"{what}_{gate}"] for gate in "ifco"], -1) for what in "WUb"]
    x = draw(2, 5, 4)
    expected = lstm(x, *joined, lambda value: np.clip(0.2 * value + 0.5, 0, 1))
    assert np.allclose(trained(path)(x), expected, atol=1e-6)
    text = import_config(read_model(path).config).text
    assert "optimizer: {Adam: 0.25}" in text and "metrics: [accuracy]" in text and "decay" not in text


def test_a_momentum_that_another_schedule_ruled_is_told_of(tmp_path: Path) -> None:
    for decay, noted in ((0.004, False), (0.01, True)):
        optimizer = {"class_name": "Nadam", "config": {"learning_rate": 0.25, "schedule_decay": decay}}
        config = sequential(layer("Dense", "last", [4], units=1))
        weights = {"last": [("kernel:0", draw(4, 1)), ("bias:0", draw(1))]}
        path = write(
            tmp_path / "one.h5", config, weights, "2.2.4", training={"optimizer_config": optimizer, "loss": "mse"}
        )
        found = import_config(read_model(path).config)
        assert any("schedule_decay" in note for note in found.notes) == noted
        assert ("Nadam" in found.text) != noted


def test_theano_turned_its_kernels_round(tmp_path: Path) -> None:
    kernel, bias, x = draw(3, 3, 2, 4), draw(4), draw(2, 6, 6, 2)
    config = sequential(layer("Convolution2D", "conv", [6, 6, 2], nb_filter=4, nb_row=3, nb_col=3, dim_ordering="tf"))
    answers = {}
    for backend in ("tensorflow", "theano"):
        weights = {"conv": [("conv_W", kernel), ("conv_b", bias)]}
        answers[backend] = trained(write(tmp_path / f"{backend}.h5", config, weights, "1.2.2", backend))(x)
    same = layers.Conv2D(4, 3)
    same.build(x.shape)
    same.set_weights([kernel, bias])
    assert np.allclose(answers["tensorflow"], same(x), atol=1e-6)
    same.set_weights([kernel[::-1, ::-1], bias])
    assert np.allclose(answers["theano"], same(x), atol=1e-6)


def test_kernels_of_keras_1_with_the_channels_first(tmp_path: Path) -> None:
    kernel, bias = draw(4, 2, 3, 3), draw(4)  # filters, channels, rows, columns
    config = sequential(layer("Convolution2D", "conv", [2, 6, 6], nb_filter=4, nb_row=3, nb_col=3, dim_ordering="th"))
    model = trained(write(tmp_path / "one.h5", config, {"conv": [("conv_W", kernel), ("conv_b", bias)]}, "1.2.2"))
    assert np.array_equal(model.layers[-1].kernel, kernel.transpose(2, 3, 1, 0))


def test_a_conv1d_of_keras_1_has_an_axis_more(tmp_path: Path) -> None:
    kernel, bias, x = draw(3, 1, 2, 4), draw(4), draw(2, 6, 2)
    config = sequential(layer("Convolution1D", "conv", [6, 2], nb_filter=4, filter_length=3))
    model = trained(write(tmp_path / "one.h5", config, {"conv": [("conv_W", kernel), ("conv_b", bias)]}, "1.1.1"))
    same = layers.Conv1D(4, 3)
    same.build(x.shape)
    same.set_weights([kernel[:, 0], bias])
    assert np.allclose(model(x), same(x), atol=1e-6)


@pytest.mark.parametrize("kind", ["CuDNNLSTM", "CuDNNGRU"])
def test_layers_for_cudnn(tmp_path: Path, kind: str) -> None:
    gates = 4 if kind == "CuDNNLSTM" else 3
    kernel, recurrent, bias = draw(4, 3 * gates), draw(3, 3 * gates), draw(2 * 3 * gates)
    turned = np.hstack([np.ascontiguousarray(gate).reshape(3, 4, order="C").T for gate in np.hsplit(kernel, gates)])
    stored = np.hstack([gate.T for gate in np.hsplit(recurrent, gates)])
    path = write(
        tmp_path / "gpu.h5",
        sequential(layer(kind, "rnn", [5, 4], units=3)),
        {"rnn": [("rnn/kernel:0", kernel), ("rnn/recurrent_kernel:0", stored), ("rnn/bias:0", bias)]},
    )
    x = draw(2, 5, 4)
    if kind == "CuDNNLSTM":
        expected = lstm(x, turned, recurrent, bias[:12] + bias[12:])
    else:
        hidden = np.zeros((2, 3))
        for step in range(5):
            z, r, h = np.split(x[:, step] @ turned + bias[:9], 3, 1)
            uz, ur, uh = np.split(hidden @ recurrent + bias[9:], 3, 1)
            z, r = sigmoid(z + uz), sigmoid(r + ur)
            hidden = z * hidden + (1 - z) * np.tanh(h + r * uh)
        expected = hidden
    assert np.allclose(trained(path)(x), expected, atol=1e-5)


def nested(frozen: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    inner = sequential(
        layer("Dense", "one", [4], units=3),
        layer("BatchNormalization", "norm", axis=-1, trainable=not frozen),
        layer("Dense", "two", units=3),
        layer("BatchNormalization", "again", axis=-1),
        name="inner",
    )
    values = {
        name: draw(*shape)
        for name, shape in {"one/kernel": (4, 3), "one/bias": (3,), "two/kernel": (3, 3), "two/bias": (3,)}.items()
    }
    values |= {f"{norm}/{part}": np.abs(draw(3)) + 0.5 for norm in ("norm", "again") for part in PARTS}
    return sequential({**inner, "config": {**inner["config"]}}, layer("Dense", "last", units=2)), values


PARTS = ("gamma", "beta", "moving_mean", "moving_variance")


@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_model_within_the_model_has_what_is_trained_first(tmp_path: Path, frozen: bool, chunked: bool) -> None:
    config, values = nested(frozen)
    config["config"]["layers"][0]["config"]["layers"][0]["config"]["batch_input_shape"] = [None, 4]
    config["config"]["layers"].insert(0, layer("InputLayer", "x", [4], dtype="float32"))
    last = [("last/kernel:0", draw(3, 2)), ("last/bias:0", draw(2))]
    norms = [f"norm/{part}" for part in PARTS]
    trained_first = ["one/kernel", "one/bias", *(norms[:2] if not frozen else []), "two/kernel", "two/bias"]
    trained_first += [
        "again/gamma",
        "again/beta",
        *(norms if frozen else norms[2:]),
        "again/moving_mean",
        "again/moving_variance",
    ]
    weights = {"x": [], "inner": [(f"{name}:0", values[name]) for name in trained_first], "last": last}
    model = trained(write(tmp_path / "two.h5", config, weights, chunked=chunked))
    x = draw(5, 4)

    def normal(value: np.ndarray, name: str) -> np.ndarray:
        gamma, beta, mean, variance = (values[f"{name}/{part}"] for part in PARTS)
        return (value - mean) / np.sqrt(variance + 1e-3) * gamma + beta

    y = normal(x @ values["one/kernel"] + values["one/bias"], "norm")
    y = normal(y @ values["two/kernel"] + values["two/bias"], "again")
    assert np.allclose(model(x), y @ last[0][1] + last[1][1], atol=1e-5)


def test_the_kernel_of_a_depthwise_convolution_has_another_name(tmp_path: Path) -> None:
    """In a model within the model, whose weights stand in one row, as MobileNet's do in most files that others tuned."""
    inner = sequential(
        layer("DepthwiseConv2D", "deep", [2, 2, 3], kernel_size=[1, 1], trainable=False),
        layer("BatchNormalization", "norm", axis=-1, trainable=False),
        name="inner",
    )
    kernel, values = draw(1, 1, 3, 1), {f"norm/{part}": np.abs(draw(3)) + 0.5 for part in PARTS}
    row = [("deep/depthwise_kernel:0", kernel), ("deep/bias:0", draw(3)), *((f"{k}:0", v) for k, v in values.items())]
    config = sequential(layer("InputLayer", "x", [2, 2, 3], dtype="float32"), inner)
    model = trained(write(tmp_path / "mobile.h5", config, {"x": [], "inner": row}))
    gamma, beta, mean, variance = values.values()
    x = draw(5, 2, 2, 3)
    expected = (x * kernel[0, 0, :, 0] + row[1][1] - mean) / np.sqrt(variance + 1e-3) * gamma + beta
    assert np.allclose(model(x), expected, atol=1e-5)


def test_a_file_of_keras_3(tmp_path: Path) -> None:
    given = keras.Input((6, 2), name="x")
    inner = keras.Sequential(
        [keras.Input((6, 3)), layers.Bidirectional(layers.GRU(2, return_sequences=True)), layers.BatchNormalization()],
        name="inner",
    )
    y = layers.MultiHeadAttention(2, 3)(inner(layers.Dense(3)(given)), inner(layers.Dense(3)(given)))
    model = keras.Model(given, layers.SeparableConv1D(2, 3)(y))
    for weight in model.weights:
        weight.assign(np.abs(draw(*weight.shape)))
    model.save(tmp_path / "three.h5")
    x = draw(2, 6, 2)
    assert np.array_equal(trained(tmp_path / "three.h5")(x), model(x))


# Files that are damaged, or made to harm

GOOD = sequential(layer("Dense", "one", [4], units=3))
WEIGHTS = {"one": [("one/kernel:0", np.zeros((4, 3), "float32")), ("one/bias:0", np.zeros(3, "float32"))]}


def edited(path: Path, edit: Any) -> Path:
    write(path, GOOD, WEIGHTS)
    with h5py.File(path, "r+") as file:
        edit(file)
    return path


def replaced(make: Any) -> Any:
    def edit(file: Any) -> None:
        group = file["model_weights/one/one"]
        del group["kernel:0"]
        make(group)

    return edit


def virtual(group: Any) -> None:
    layout = h5py.VirtualLayout((4, 3), "float32")
    layout[:] = h5py.VirtualSource("other.h5", "secret", (4, 3))
    group.create_virtual_dataset("kernel:0", layout)


def outside(group: Any) -> None:
    group.create_dataset("kernel:0", (4, 3), "float32", external=[("/etc/passwd", 0, h5py.h5f.UNLIMITED)])


HARMFUL = {
    "a link to another file": (replaced(lambda group: group.__setitem__("kernel:0", h5py.ExternalLink("/etc/passwd", "/x"))), "not followed"),
    "a link within": (replaced(lambda group: group.__setitem__("kernel:0", h5py.SoftLink("/model_weights/one/one/bias:0"))), "not followed"),
    "values elsewhere": (replaced(virtual), "another file"),
    "bytes elsewhere": (replaced(outside), "another file"),
    "far too large": (replaced(lambda group: group.create_dataset("kernel:0", (2**20, 2**14), "float32", chunks=(1024, 1024))), "times as large"),
    "texts": (replaced(lambda group: group.__setitem__("kernel:0", np.array([b"a"]))), "the type"),
    "a group": (replaced(lambda group: group.create_group("kernel:0")), "no array"),
    "missing": (replaced(lambda group: None), "which it lists"),
    "other shapes": (replaced(lambda group: group.__setitem__("kernel:0", np.zeros((3, 4), "float32"))), "have the shapes"),
    "no weights of a layer": (lambda file: file["model_weights"].attrs.__setitem__("layer_names", np.array([b"one"])) or file["model_weights/one"].attrs.__setitem__("weight_names", np.zeros(0)), "no weights of the layer"),
    "weights of nobody": (lambda file: (file["model_weights"].move("one", "other"), file["model_weights"].attrs.__setitem__("layer_names", np.array([b"other"]))), "has none"),
}  # fmt: skip


@pytest.mark.parametrize("name", HARMFUL)
def test_files_made_to_harm_are_refused(name: str, tmp_path: Path) -> None:
    edit, says = HARMFUL[name]
    with pytest.raises(ImportFailed, match=says):
        trained(edited(tmp_path / "bad.h5", edit))


def test_weights_alone_and_damaged_files_are_said(tmp_path: Path) -> None:
    with pytest.raises(ImportFailed, match="weights alone"):
        read_model(write(tmp_path / "weights.h5", None, WEIGHTS))
    path = write(tmp_path / "cut.h5", GOOD, WEIGHTS)
    path.write_bytes(path.read_bytes()[:600])
    with pytest.raises(ImportFailed, match="damaged"):
        trained(path)
    with h5py.File(tmp_path / "noise.h5", "w") as file:
        file.attrs["model_config"] = b"\xff{"
    with pytest.raises(ImportFailed, match="JSON"):
        read_model(tmp_path / "noise.h5")


def oracle(path: Path) -> Any:
    """The model as the Keras that wrote it loads it; skips without one."""
    if read_model(path).is_current:
        return keras.models.load_model(path, compile=False)
    tf_keras = pytest.importorskip("tf_keras", reason="tf_keras, which loads models of Keras 2, is not installed")
    return tf_keras.models.load_model(path, compile=False)


MODELS = [
    "mlperf-tiny/ad/ad01.h5",
    "mlperf-tiny/ic/pretrainedResnet.h5",
    "mlperf-tiny/kws/kws_ref_model",
    "mlperf-tiny/sww/str_ww_ref_model.h5",
]
MODELS += [
    f"keras-models/{name}"
    for name in (
        "mltk-autoencoder_example.h5",
        "fer-emotion.hdf5",
        "dl4j-tfkeras-convlstm2d_0.h5",
        "drug-likeness.keras",
    )
]


@pytest.mark.parametrize("name", MODELS)
def test_models_of_others_answer_as_they_did(name: str, tmp_path: Path) -> None:
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"{path} is not here")
    ours = trained(path)
    if path.suffix == ".keras":  # HDF5 under this name: Keras believes the name
        os.symlink(path, tmp_path / "model.h5")
        path = tmp_path / "model.h5"
    theirs = oracle(path)
    given = [draw(2, *(size or 7 for size in tensor.shape[1:])) for tensor in ours.inputs]
    one, other = (model(given if len(given) > 1 else given[0]) for model in (ours, theirs))
    for left, right in zip(keras.tree.flatten(one), keras.tree.flatten(other), strict=True):
        assert np.allclose(left, right, rtol=1e-5, atol=1e-5)


def test_the_configuration_of_a_training_is_read(tmp_path: Path) -> None:
    metric = {"class_name": "MeanMetricWrapper", "config": {"name": "accuracy", "fn": "categorical_accuracy"}}
    training = {
        "loss": {
            "class_name": "CategoricalCrossentropy",
            "config": {"fn": "categorical_crossentropy", "reduction": "auto"},
        },
        "metrics": [[metric]],
        "optimizer_config": {
            "class_name": "Custom>SGD",
            "config": {"learning_rate": 0.5, "momentum": 0.5, "name": "SGD"},
        },
    }
    text = import_config(read_model(write(tmp_path / "a.h5", GOOD, WEIGHTS, "2.8.0", training=training)).config).text
    assert "optimizer: {SGD: {learning_rate: 0.5, momentum: 0.5}}" in text
    assert "loss: CategoricalCrossentropy" in text and "metrics: [accuracy]" in text
    assert json.loads(json.dumps(training)) == training


@pytest.mark.parametrize("kind", ["external", "soft"])
@pytest.mark.parametrize("place", ["layer", "way", "by_class"])
def test_no_link_on_the_way_to_a_weight_is_followed(kind: str, place: str, tmp_path: Path) -> None:
    with h5py.File(tmp_path / "other.h5", "w") as other:
        other["there/last/kernel"] = other["there/last/vars/0"] = np.ones((4, 1), "float32")
        other["there/last"].attrs["weight_names"] = [b"kernel"]
        other["there/dense/vars/0"] = np.ones((4, 1), "float32")
    name = "far/last" if place == "way" else "last"
    path = write(tmp_path / "model.h5", sequential(layer("Dense", name, [4], units=1, use_bias=False)), {"unused": []})
    target = "/there" if place != "layer" else "/there/last"
    with h5py.File(path, "a") as file:
        groups = file["model_weights"]
        groups.attrs["layer_names"] = [name.encode()]
        link = h5py.ExternalLink("other.h5", target) if kind == "external" else h5py.SoftLink(target)
        if kind == "soft":
            h5py.File(tmp_path / "other.h5", "r").copy("there", file)
        if place == "by_class":
            file["layers"] = link
        else:
            groups[name.split("/")[0]] = link
    if place == "by_class":
        read = ModelConfig(read_model(path).config, "2.15.0", weights="alone")
        with h5py.File(path, "a") as file:
            del file["model_weights"]
    else:
        read = read_model(path)
    with pytest.raises(ImportFailed, match="is a link to another place or file, which is not followed"):
        trained_model(path, read, import_config(read.config))
