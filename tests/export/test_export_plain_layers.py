"""Layers that are written by operations which more chips have, or compute rightly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from export_networks import tflite
from keras import layers

from nnspec.backend.own_layers.activations import EXTRA_ACTIVATIONS
from nnspec.backend.own_layers.clip import Clip
from nnspec.backend.signature import keras_run
from nnspec.export.errors import ExportError
from nnspec.export.pipeline import export

pytestmark = pytest.mark.tf

IMAGES = np.random.default_rng(0).normal(0, 1, (6, 8, 8, 4)).astype("float32")


@pytest.mark.parametrize("quantize", ["none", "int8"])
def test_groups_of_a_convolution_are_written_one_by_one(quantize: str, tmp_path: Path) -> None:
    """LiteRT's GPU accelerator computes other numbers for one operation of several groups."""
    image = keras.Input((8, 8, 4), name="image")
    grouped: Any = layers.Conv2D(6, 3, groups=2, strides=2, padding="same", activation="relu", name="grouped")
    model = keras.Model(image, grouped(image))
    artifact = export(
        model, tflite(quantize=quantize), tmp_path, name="net", representative=lambda: [{"image": IMAGES}]
    )
    assert artifact.ok, artifact.reasons
    assert artifact.ops["CONV_2D"] == 2 and artifact.ops["CONCATENATION"] == 1
    assert "call" not in vars(grouped)


def test_along_one_axis_too(tmp_path: Path) -> None:
    series = keras.Input((9, 4), name="series")
    model = keras.Model(series, layers.Conv1D(4, 3, groups=4, dilation_rate=2, use_bias=False)(series))
    artifact = export(model, tflite(quantize="none"), tmp_path, name="net")
    assert artifact.ok and artifact.max_abs_diff < 1e-6, artifact.reasons


def test_a_vector_of_zeros_has_no_length_to_be_divided_by(tmp_path: Path) -> None:
    """XNNPACK makes no number of the quotient; the gate looks at zeros, too.

    The converter reads the first axis alone.
    """
    table = keras.Input((5, 3), name="table")
    outputs = {
        "rows": layers.UnitNormalization()(table),
        "whole": layers.UnitNormalization(axis=[-1, -2])(table),
        "cosines": layers.Dot((-1, 2), normalize=True, name="angles")([table, layers.ReLU()(table)]),
        "between": layers.Dot(1, normalize=True)([table, table]),
    }
    model = keras.Model(table, outputs)
    artifact = export(model, tflite(quantize="none"), tmp_path, name="net")
    assert artifact.ok and artifact.max_abs_diff < 1e-6, artifact.reasons
    assert model.get_layer("angles").normalize


def test_three_axes_of_places(tmp_path: Path) -> None:
    """TensorFlow moves their holes into the batch, and has no groups there on a CPU; PRELU takes four axes in all."""
    voxels, steps = keras.Input((4, 5, 4, 2), name="voxels"), keras.Input((2, 3, 4, 3, 1), name="steps")
    first = {"data_format": "channels_first"}
    outputs = {
        "holes": layers.Conv3D(2, 2, dilation_rate=(2, 1, 3), activation="relu")(voxels),
        "groups": layers.Conv3D(4, (2, 1, 2), groups=2, padding="same", use_bias=False)(voxels),
        "first": layers.Conv3D(2, (1, 2, 1), dilation_rate=2, **first)(voxels),
        "walked": layers.ConvLSTM3D(1, (1, 2, 1), dilation_rate=2, padding="same")(steps),
        "bent": layers.PReLU("random_uniform", shared_axes=[1])(voxels),
    }
    artifact = export(keras.Model([voxels, steps], outputs), tflite(quantize="none"), tmp_path, name="net")
    assert artifact.ok and artifact.max_abs_diff < 1e-5, artifact.reasons


def test_an_image_of_one_value_is_left_alone(tmp_path: Path) -> None:
    """Keras tells it by a quotient that is no number; kernels of TFLite take the smaller of that and 255."""
    image = keras.Input((4, 4, 3), name="image")
    model = keras.Model(image, layers.AutoContrast(value_range=(-1, 1))(image))
    flat = np.concatenate([np.full((1, 4, 4, 3), value, "float32") for value in (-0.5, 0, 0.25)])
    artifact = export(model, tflite(quantize="none"), tmp_path, name="net", representative=lambda: [{"image": flat}])
    assert artifact.ok and artifact.max_abs_diff < 1e-6, artifact.reasons


def test_numbers_are_counted(tmp_path: Path) -> None:
    numbers = keras.Input((3,), dtype="int32", name="numbers")
    outputs = {
        mode: layers.CategoryEncoding(4, output_mode=mode)(numbers) for mode in ("multi_hot", "count", "one_hot")
    } | {
        f"{mode} bins": layers.Discretization([0.0, 1.0], output_mode=mode)(layers.Rescaling(0.7)(numbers))
        for mode in ("multi_hot", "count")
    }
    outputs["mean"] = layers.Average()([numbers, numbers])
    drawn = [{"numbers": np.array([[0, 1, 1], [3, 3, 3], [2, 0, 1]], "int32")}]
    model = keras.Model(numbers, {name.replace(" ", "_"): one for name, one in outputs.items()})
    artifact = export(model, tflite(quantize="none"), tmp_path, name="net", representative=lambda: drawn)
    assert artifact.ok and artifact.max_abs_diff == 0, artifact.reasons


def test_channels_that_stand_first_are_moved_to_the_end(tmp_path: Path) -> None:
    """The inputs have names that no keyword of Python's could have."""
    series, image = keras.Input((3, 8), name="a-series"), keras.Input((4, 6, 6), name="2.image")
    first = {"data_format": "channels_first"}
    outputs = {
        "conv": layers.Conv1D(2, 3, **first)(series),
        "transposed": layers.Conv1DTranspose(2, 3, strides=2, **first)(series),
        "depthwise": layers.DepthwiseConv1D(3, **first)(series),
        "separable": layers.SeparableConv1D(2, 3, activation="relu", **first)(series),
        "pool": layers.AdaptiveMaxPooling2D(3, **first)(image),
        "image": layers.Conv2DTranspose(2, 3, padding="same", **first)(image),
        "voxels": layers.Conv3DTranspose(2, 2, **first)(layers.Reshape((4, 6, 3, 2))(image)),
        "steps": layers.ConvLSTM1D(2, 2, return_sequences=True, **first)(image),
    }
    model = keras.Model([series, image], outputs)
    artifact = export(model, tflite(quantize="none"), tmp_path, name="net")
    assert artifact.ok and artifact.max_abs_diff < 1e-5, artifact.reasons
    assert {layer.data_format for layer in model.layers if hasattr(layer, "data_format")} == {"channels_first"}


@pytest.mark.parametrize(
    ("layer", "says"),
    [
        (layers.MaxPooling3D(), "MaxPooling3D has no builtin operations"),
        (layers.AdaptiveAveragePooling3D(2), "AdaptiveAveragePooling3D has no builtin operations"),
        (layers.Conv3DTranspose(2, 2, dilation_rate=2), "a transposed convolution with holes has no builtin operation"),
        (layers.Conv3D(2, (2, 1, 2), strides=3, padding="same"), "at other places than TFLite and GPUs do"),
    ],
)
def test_what_the_converter_has_no_operations_for_is_named(layer: Any, says: str, tmp_path: Path) -> None:
    voxels = keras.Input((4, 4, 4, 1), name="voxels")
    with pytest.raises(ExportError, match=says) as caught:
        export(keras.Model(voxels, layer(voxels)), tflite(quantize="none"), tmp_path, name="net")
    assert caught.value.layer == layer.name and caught.value.hint


def test_the_largest_of_whole_numbers_is_refused_by_name(tmp_path: Path) -> None:
    numbers = keras.Input((8, 3), dtype="int32", name="numbers")
    model = keras.Model(numbers, layers.MaxPooling1D(name="largest")(numbers))
    with pytest.raises(ExportError, match="over whole numbers") as caught:
        export(model, tflite(quantize="none"), tmp_path, name="net")
    assert caught.value.layer == "largest"


def test_what_draws_numbers_in_training_alone_is_left_out(tmp_path: Path) -> None:
    """MixUp draws them in any case, and leaves them unused."""
    image = keras.Input((4, 4, 3), name="image")
    model = keras.Model(image, layers.Flatten()(layers.MixUp()(image)))
    artifact = export(model, tflite(quantize="none"), tmp_path, name="net")
    assert artifact.ok and artifact.max_abs_diff == 0, artifact.reasons


def test_whole_numbers_are_taken_as_keras_takes_them(tmp_path: Path) -> None:
    """By the products of recurrent layers; and floats by an Embedding, which counts from the end below 0."""
    steps, numbers = keras.Input((4, 2), dtype="int32", name="steps"), keras.Input((3,), name="numbers")
    outputs = {
        "gru": layers.GRU(2)(steps),
        "lstm": layers.Bidirectional(layers.LSTM(2))(steps),
        "rows": layers.Embedding(5, 2)(numbers),
    }
    drawn = [{"steps": np.arange(8, dtype="int32").reshape(1, 4, 2), "numbers": np.array([[0.5, -2, 4]], "float32")}]
    artifact = export(
        keras.Model([steps, numbers], outputs),
        tflite(quantize="none"),
        tmp_path,
        name="net",
        representative=lambda: drawn,
    )
    assert artifact.ok and artifact.max_abs_diff < 1e-6, artifact.reasons


def test_bounds_and_functions_of_nnspec(tmp_path: Path) -> None:
    row = keras.Input((5,), name="row")
    outputs = {name: layers.Activation(EXTRA_ACTIVATIONS[name])(row) for name in ("ceil", "round")}
    outputs |= {"log1p": layers.Activation(EXTRA_ACTIVATIONS["log1p"])(Clip(-0.9)(row)), "between": Clip(-0.5, 2)(row)}
    artifact = export(keras.Model(row, outputs), tflite(quantize="none"), tmp_path, name="net")
    assert artifact.ok and artifact.max_abs_diff < 1e-6, artifact.reasons


def test_a_column_is_added_to_the_rows_of_one_example_too(tmp_path: Path) -> None:
    """Keras 3.15 takes it for a bias where the batch is known to be one example, and adds it to the columns."""
    table, column = keras.Input((3, 3), name="table"), keras.Input((3, 1), name="column")
    sums = {"rows": layers.Add()([table, column]), "column": column + layers.Dense(1)(column)}
    model = keras.Model([table, column], sums)
    features = {"table": IMAGES[:2, :3, :3, 0], "column": IMAGES[:2, :3, :1, 1]}
    run = keras_run(model)
    alone = run({name: value[:1] for name, value in features.items()})
    np.testing.assert_array_equal(alone["rows"][0], (features["table"] + features["column"])[0])
    np.testing.assert_allclose(alone["column"], run(features)["column"][:1], rtol=1e-6)
    artifact = export(model, tflite(quantize="none"), tmp_path, name="net", representative=lambda: [features])
    assert artifact.ok and artifact.max_abs_diff < 1e-6, artifact.reasons


def test_a_spectrum_of_one_channel_that_stands_first(tmp_path: Path) -> None:
    sound = keras.Input((1, 19), name="sound")
    spectrum: Any = layers.STFTSpectrogram(frame_length=4, frame_step=1, data_format="channels_first")(sound)
    artifact = export(keras.Model(sound, spectrum), tflite(quantize="none"), tmp_path, name="net")
    assert artifact.ok and artifact.max_abs_diff < 1e-5, artifact.reasons
