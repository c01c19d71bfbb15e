"""Channels made alike: the network computes the same, and an int8 file of it more of that."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from nnspec.backend.equalize import equalized, pairs_of
from nnspec.export.pipeline import export
from nnspec.export.tflite.flatbuffer import Program, unpacked
from nnspec.export.tflite.four_bits import whole_numbers
from nnspec.layers.types import KindValue
from nnspec.report.text.artifacts import artifact_table

pytestmark = pytest.mark.tf


def outlier() -> keras.Model:
    """One channel of a depthwise convolution has 512 times the range of the others; then a pooled and a plain pair."""
    layers = keras.layers
    given = keras.Input((8, 8, 3), name="x")
    found = layers.Conv2D(6, 3, activation="relu", name="first")(given)
    found = layers.DepthwiseConv2D(3, use_bias=False, name="wide")(found)
    found = layers.ReLU()(layers.BatchNormalization(name="norm")(found))
    found = layers.Conv2D(5, 1, activation="relu", name="second")(layers.MaxPooling2D()(found))
    found = layers.Dense(3, name="last")(layers.GlobalAveragePooling2D()(found))
    model = keras.Model(given, found)
    norm, second = model.get_layer("norm"), model.get_layer("second")
    factor = np.array([512.0, 1, 1, 1, 1, 1], np.float32)
    norm.gamma.assign(norm.gamma * factor)
    norm.beta.assign((norm.beta + 0.1) * factor)
    second.kernel.assign(second.kernel / factor[:, None])
    return model


@pytest.mark.long
def test_a_network_computes_the_same_with_channels_alike(tmp_path: Path) -> None:
    model = outlier()
    x = np.random.default_rng(0).normal(size=(32, 8, 8, 3)).astype("float32")
    names = [(pair.first.name, pair.second.name) for pair in pairs_of(model)]
    assert names == [("first", "wide"), ("wide", "second"), ("second", "last")]
    made, remarks = equalized(model, [{"x": x[:1]}, {"x": x[1:2]}])
    assert any("wide and second" in remark for remark in remarks)
    assert np.allclose(made.predict(x, verbose=0), model.predict(x, verbose=0), rtol=1e-4, atol=1e-5)

    def noise(equalize: str) -> float:
        target = KindValue("TFLite", {"quantize": "int8", "equalize": equalize})
        found = export(model, target, tmp_path, name=equalize, representative=lambda: iter([{"x": x}]))
        assert any("equalized " in note for note in found.notes) is (equalize == "auto")
        return found.max_abs_diff

    assert noise("auto") < noise("none") / 2


def narrow() -> keras.Model:
    """A network whose weights 4 bits change much: an even and an odd convolution, one in groups, one of depth, a Dense."""
    keras.utils.set_random_seed(3)
    layers = keras.layers
    given = keras.Input((8, 8, 3), name="x")
    found = layers.Conv2D(8, 3, activation="relu", name="first")(given)
    found = layers.DepthwiseConv2D(3, depth_multiplier=2, activation="relu", use_bias=False, name="depth")(found)
    found = layers.Conv2D(5, 2, use_bias=False, name="second")(found)
    found = layers.ReLU()(layers.BatchNormalization(name="norm")(found))
    return keras.Model(given, layers.Dense(3, name="last")(layers.Flatten()(found)))


def positive() -> np.ndarray:
    """Values with a mean far from zero: what weights lose by rounding then moves the mean of what they make."""
    return np.random.default_rng(1).normal(2.0, 1.0, size=(48, 8, 8, 3)).astype("float32")


@pytest.mark.long
def test_biases_take_back_the_mean_error_of_weights_of_four_bits(tmp_path: Path) -> None:
    model, x = narrow(), positive()
    export(model, KindValue("TFLite", {"quantize": "none"}), tmp_path, name="plain")
    artifact = export(
        model,
        KindValue("TFLite", {"quantize": "int8x4", "io": "int8"}),
        tmp_path,
        name="four",
        representative=lambda: iter([{"x": x}]),
        report_errors=True,
    )
    assert any("operations take back mean errors" in note for note in artifact.notes), artifact.notes
    assert not any("in 8 bits" in note for note in artifact.notes)
    gains = [error.decibels - error.before for error in artifact.layer_errors if error.before is not None]
    assert len(gains) >= 4 and gains[-1] > 3  # decibels of the output
    model_of = unpacked(artifact.path.read_bytes())
    weights = [tensor for tensor in model_of.subgraphs[0].tensors if tensor.type == schema.TensorType.INT4]
    assert len(weights) == 4
    program = Program(model_of, model_of.subgraphs[0])
    by_size = {int(np.prod(tensor.shape)): tensor for tensor in weights}
    kernel = by_size[model.get_layer("first").kernel.shape.num_elements()]
    exact = np.moveaxis(model.get_layer("first").kernel.numpy(), -1, 0)
    scale = np.asarray(kernel.quantization.scale).reshape(-1, 1, 1, 1)
    assert np.abs(whole_numbers(program, kernel)).max() == 7
    error = np.square(whole_numbers(program, kernel) * scale - exact).sum((1, 2, 3))
    step = np.abs(exact).max((1, 2, 3), keepdims=True) / 7
    plain = np.square(np.round(exact / step) * step - exact).sum((1, 2, 3))
    assert (error <= plain * 1.1).all() and error.sum() < plain.sum()  # scales of least loss, not of the largest weight


@pytest.mark.long
def test_equalizing_tells_what_each_layer_gains_and_the_table_shows_it(tmp_path: Path) -> None:
    model = outlier()
    x = np.random.default_rng(0).normal(size=(32, 8, 8, 3)).astype("float32")
    target = KindValue("TFLite", {"quantize": "int8", "equalize": "auto"})
    artifact = export(model, target, tmp_path, name="m", representative=lambda: iter([{"x": x}]), report_errors=True)
    assert any("dB without that" in note for note in artifact.notes)
    by_layer = {error.layer: error for error in artifact.layer_errors}
    last = by_layer["last"]
    assert last.before is not None and last.decibels > last.before + 6
    assert "as it is" in artifact_table([artifact], 120)
    assert artifact.to_json()["layer_errors"][0].keys() == {"layer", "decibels", "lost", "before"}
