"""What people's files hold: layers as activations, losses in lists, operations in HDF5, states that go on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops

from nnspec.backend.keras_internals.names import PUBLIC_NAMES
from nnspec.backend.lower import build
from nnspec.importing.errors import ImportFailed
from nnspec.importing.imported import ImportedSpec, import_config
from nnspec.importing.older import modernized
from nnspec.importing.read import read_model
from nnspec.importing.training import UNSAVED
from nnspec.importing.weights import carry_weights, trained_model

pytestmark = pytest.mark.tf

X = np.random.default_rng(0).normal(0, 2, (3, 4)).astype("float32")


def imported(model: keras.Model, version: str | None = None) -> ImportedSpec:
    config = json.loads(model.to_json())
    return import_config(modernized(config, version)[0] if version else config)


def test_a_layer_as_activation_is_a_layer_behind(tmp_path: Path) -> None:
    shared = layers.Dense(4, activation=layers.LeakyReLU(0.1), name="shared")
    given = keras.Input((4,))
    hidden = layers.TimeDistributed(keras.Sequential([layers.Dense(3, activation=layers.ELU())]))(
        layers.RepeatVector(2)(given)
    )
    model = keras.Model(given, [shared(shared(given)), layers.Dense(2, activation=layers.ReLU(max_value=6.0))(hidden)])
    model.save(tmp_path / "model.keras")
    read = read_model(tmp_path / "model.keras")
    found = import_config(read.config)
    assert "LeakyReLU: 0.1" in found.text and "activation: linear" not in found.text
    ours, _ = trained_model(tmp_path / "model.keras", read, found)
    for expected, answer in zip(model(X), ours(X).values(), strict=True):
        assert np.array_equal(expected, answer)


def test_a_softmax_as_activation_is_the_function_which_sees_no_mask() -> None:
    given = keras.Input((4, 1))
    hidden = layers.Dense(4, activation=layers.Softmax())(layers.Masking()(given))
    model = keras.Model(given, layers.Dense(2, activation=layers.Activation("tanh"))(hidden))
    found = imported(model)
    ours = build(found.spec.graph)
    carry_weights(model, ours, found.origins)
    x = np.where(X[:, :, None] > 0, X[:, :, None], 0)
    assert np.array_equal(ours(x), model(x)) and "activation: softmax" in found.text


@pytest.mark.parametrize(
    "make",
    [
        lambda: layers.Dense(2, activation=layers.PReLU(), name="guilty"),
        lambda: layers.TimeDistributed(layers.Dense(2, activation=layers.PReLU()), name="guilty"),
        lambda: layers.LSTM(2, recurrent_activation=layers.LeakyReLU(), name="guilty"),
    ],
)
def test_another_layer_as_activation_is_named_as_such(make: Any) -> None:
    given = keras.Input((4, 3))
    with pytest.raises(ImportFailed, match="`guilty` has a layer as an activation, a"):
        imported(keras.Model(given, make()(given)))


def test_operations_in_an_hdf5_file_of_keras_3_come_although_it_does_not_say_that_they_are_some(tmp_path: Path) -> None:
    given = keras.Input((4,))
    hidden = layers.Dense(4)(given / 4.0)
    model = keras.Model(given, layers.Add()([hidden, hidden]) + ops.relu(given[:, ::-1]))
    model.save(tmp_path / "model.h5")
    read = read_model(tmp_path / "model.h5")
    ours, _ = trained_model(tmp_path / "model.h5", read, import_config(read.config))
    assert np.array_equal(ours(X), model(X))


def test_an_hdf5_file_of_keras_3_has_casts_and_layers_by_the_names_of_their_classes(tmp_path: Path) -> None:
    given = keras.Input((4, 4))
    attended = layers.GroupQueryAttention(2, 2, 1)(given, given)
    model = keras.Model(given, attended * ops.cast(ops.ones_like(attended, dtype="float32"), "float32"))
    model.save(tmp_path / "model.h5")
    read = read_model(tmp_path / "model.h5")
    ours, _ = trained_model(tmp_path / "model.h5", read, import_config(read.config))
    x = np.stack([X[:, :1] * X, X[:, 1:2] * X])[:, [0, 1, 2, 0]]
    assert np.array_equal(ours(x), model(x))


class Forgetful(layers.Layer):
    """Its configuration lacks what every layer says of itself."""

    def call(self, x: Any) -> Any:
        return x

    def get_config(self) -> dict[str, Any]:
        return {"units": 3}


def test_a_layer_of_ones_own_in_an_hdf5_file_is_no_operation(tmp_path: Path) -> None:
    given = keras.Input((4,))
    keras.Model(given, Forgetful()(given)).save(tmp_path / "model.h5")
    with pytest.raises(ImportFailed, match="is of the class `Forgetful`"):
        import_config(read_model(tmp_path / "model.h5").config)


def test_the_public_names_of_classes_are_those_that_keras_has() -> None:
    def is_layer(cls: Any) -> bool:
        return isinstance(cls, type) and issubclass(cls, layers.Layer)

    public = {name: cls.__name__ for name, cls in vars(layers).items() if is_layer(cls)}
    other = {cls: name for name, cls in public.items() if cls not in public}
    assert other == PUBLIC_NAMES


def two_outputs() -> keras.Model:
    given = keras.Input((4,))
    return keras.Model(given, [layers.Dense(1, name="age")(given), layers.Dense(3, "softmax", name="kind")(given)])


def test_losses_and_metrics_in_lists_are_those_of_the_outputs() -> None:
    model = two_outputs()
    model.compile("sgd", ["mse", "categorical_crossentropy"], metrics=[None, ["accuracy"]], loss_weights=[0.5, 1.0])
    train = imported(model).spec.resolved["train"]
    assert train["loss"] == {"age": "mse", "kind": "categorical_crossentropy"}
    assert train["metrics"] == {"kind": ["accuracy"]} and train["loss_weights"] == {"age": 0.5, "kind": 1.0}


def test_what_a_spec_cannot_say_of_a_training_does_not_refuse_the_network() -> None:
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3, "softmax")])
    metrics = [keras.metrics.MeanIoU(3), keras.metrics.MeanSquaredError(dtype="float16")]
    model.compile("adam", keras.losses.Dice(), metrics=metrics[:1], weighted_metrics=metrics[1:])
    found = imported(model)
    assert "{MeanIoU: 3}" in found.text and "Dice" in found.text and "weighted" not in found.text
    assert any(note.startswith("left out: the weighted metrics: `dtype` of MeanSquaredError") for note in found.notes)


def test_the_optimizer_of_an_hdf5_file_of_keras_3_comes(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3, "softmax")])
    model.compile(keras.optimizers.Lion(keras.optimizers.schedules.ExponentialDecay(0.01, 10, 0.5), beta_1=0.8), "mse")
    model.save(tmp_path / "model.h5")
    text = import_config(read_model(tmp_path / "model.h5").config).text
    assert "Lion" in text and "beta_1: 0.8" in text and "ExponentialDecay" in text


def test_parts_of_ones_own_that_change_no_answer_are_left_out() -> None:
    inner = {"class_name": "Own", "module": None, "registered_name": "tests>Own", "config": {}}
    model = keras.Sequential([keras.Input((4, 2)), layers.TimeDistributed(layers.Dense(3)), layers.LSTM(2)])
    config = json.loads(model.to_json())
    config["config"]["layers"][1]["config"]["layer"]["config"]["kernel_initializer"] = inner
    config["config"]["layers"][2]["config"]["recurrent_constraint"] = inner
    found = import_config(config)
    assert [note.split(" of ")[0] for note in found.notes] == [
        "left out: the `kernel_initializer`",
        "left out: the `recurrent_constraint`",
    ]
    assert "Own" not in found.text


def test_what_keras_does_not_save_of_a_loss_is_said() -> None:
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3)])
    model.compile("adam", keras.losses.Huber(2.0))
    said = [note for note in imported(model).notes if "Keras does not save" in note]
    assert said == ["Keras does not save the `delta` of Huber: the spec has the default, 1.0"]
    lost = {kind for kind, name in UNSAVED.items() if name not in getattr(keras.losses, kind)().get_config()}
    assert lost == set(UNSAVED)


def test_one_loss_is_that_of_every_output() -> None:
    model = two_outputs()
    model.compile("sgd", "mse")
    assert list(imported(model).spec.resolved["train"]["loss"]) == ["age", "kind"]


def test_each_output_was_judged_by_every_metric_of_a_list_of_keras_2() -> None:
    config: dict[str, Any] = json.loads(two_outputs().to_json())
    config["compile_config"] = {"loss": ["mse", "mse"], "metrics": ["mae"], "optimizer_config": {"class_name": "SGD", "config": {"lr": 0.1}}}  # fmt: skip
    found = import_config(modernized(config, "2.4.0")[0]).spec.resolved["train"]
    assert found["metrics"] == {"age": ["mae"], "kind": ["mae"]}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.LSTM(2, stateful=True), "stateful: each batch goes on where the one before ended"),
        (lambda: layers.Bidirectional(layers.LSTM(2, stateful=True)), "`bidirectional.*` is stateful"),
        (lambda: layers.Dense(2), "quantized by Keras, which no spec says"),
    ],
)
def test_what_hangs_on_more_than_inputs_and_weights_is_refused(make: Any, message: str) -> None:
    model = keras.Sequential([keras.Input(batch_shape=(1, 5, 4)), make()])
    if "quantized" in message:
        model.quantize("int8")
    with pytest.raises(ImportFailed, match=message) as failed:
        imported(model)
    assert failed.value.hint


@pytest.mark.parametrize("kind", ["LoRA", "SpectralNormalization"])
def test_weights_of_an_hdf5_file_go_where_their_names_say(kind: str, tmp_path: Path) -> None:
    """What is trained stands first there, also within one layer; all of these have one shape."""
    row = keras.Input((4,), name="row")
    dense = keras.layers.Dense(4, use_bias=kind != "LoRA")
    model = keras.Model(row, (dense if kind == "LoRA" else keras.layers.SpectralNormalization(dense))(row))
    if kind == "LoRA":
        dense.enable_lora(4)
    for number, weight in enumerate(model.weights):
        weight.assign(np.random.default_rng(number).normal(size=weight.shape))
    path = tmp_path / "model.h5"
    model.save(path)
    read = read_model(path)
    found, _ = trained_model(path, read, import_config(read.config))
    given = np.random.default_rng(9).normal(size=(3, 4)).astype("float32")
    np.testing.assert_array_equal(found(given), model(given))
