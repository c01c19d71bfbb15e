"""Channels made alike: the network computes the same, and an int8 file of it more of that."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from nnspec.backend.equalize import equalized, pairs_of
from nnspec.export.pipeline import export
from nnspec.layers.types import KindValue

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
