"""Layers that are written by operations which more chips have, or compute rightly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from export_networks import tflite
from keras import layers

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
    """XNNPACK makes no number of the quotient; the gate looks at zeros, too."""
    row = keras.Input((5,), name="row")
    model = keras.Model(row, layers.UnitNormalization()(row))
    artifact = export(model, tflite(quantize="none"), tmp_path, name="net")
    assert artifact.ok and artifact.max_abs_diff < 1e-6, artifact.reasons


@pytest.mark.parametrize(
    ("layer", "says"),
    [
        (layers.MaxPooling3D(), "MaxPooling3D has no builtin operations"),
        (layers.AdaptiveAveragePooling3D(2), "AdaptiveAveragePooling3D has no builtin operations"),
        (layers.Conv3DTranspose(2, 2, dilation_rate=2), "a transposed convolution with holes has no builtin operation"),
    ],
)
def test_what_the_converter_has_no_operations_for_is_named(layer: Any, says: str, tmp_path: Path) -> None:
    voxels = keras.Input((4, 4, 4, 1), name="voxels")
    with pytest.raises(ExportError, match=says) as caught:
        export(keras.Model(voxels, layer(voxels)), tflite(quantize="none"), tmp_path, name="net")
    assert caught.value.layer == layer.name and caught.value.hint
