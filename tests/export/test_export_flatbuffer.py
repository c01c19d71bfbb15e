"""Each repair mends one defect of the converter: without it, the gate refuses the file."""

from __future__ import annotations

import functools
from pathlib import Path

import keras
import numpy as np
import pytest
from export_networks import forecaster, series, tflite
from keras import layers

from nnspec.export.pipeline import export
from nnspec.export.tflite import precise
from nnspec.export.tflite.flatbuffer import REPAIRS, repair

pytestmark = pytest.mark.tf


def accumulator(units: int = 4):
    """An LSTM whose cell counts far above 10 and back, so that a clipped cell ends with another sign."""
    model = forecaster(layers.LSTM(units, name="memory"), length=40, features=1)
    kernel, bias = (np.repeat(np.array(gates, np.float32), units) for gates in ([0, 0, 2, 0], [20, 20, 0, 20]))
    model.get_layer("memory").set_weights([kernel[None], np.zeros((units, 4 * units), np.float32), bias])
    return model


def one_unit():
    """One unit with gates that don't look at the input: their weights are zeros of the state's shape."""
    return accumulator(units=1)


def up_and_down():
    rise_and_fall = np.concatenate([np.ones(22), -np.ones(18)]).astype(np.float32)
    yield {"series": rise_and_fall[None, :, None]}


def faint_cells():
    """The second layer sees small inputs, and its cells stay under a half."""
    return forecaster(layers.LSTM(24, return_sequences=True, name="memory"), layers.LSTM(24, name="second"))


def both_ways():
    """The concatenation gives both directions' outputs one range, far wider than what the backward one has."""
    model = forecaster(layers.Bidirectional(layers.LSTM(16, return_sequences=True), name="memory"), length=30)
    backward = model.get_layer("memory").backward_layer
    backward.set_weights([0.3 * weight for weight in backward.get_weights()])
    return model


def bursts():
    """Series that fall silent: a state's first and last values, whence its range, are far smaller than the others."""
    (batch,) = series(length=30)
    batch["series"][:, 6:] = 0
    batch["series"][:, :6] *= 4
    yield batch


def of_one_feature():
    """A normalization leaves 0 of one feature, as the sum of two products that are alike; a value less itself is 0."""
    series = keras.Input((10, 1), name="series")
    sums = layers.Dense(3)(layers.LayerNormalization()(series)) + layers.Dense(3)(series)
    return keras.Model(series, {"sums": sums, "nothing": layers.Subtract()([series, series])})


def of_one():
    return series(features=1)


DEFECTS = {
    "separate_states": (one_unit, "none", up_and_down),
    "drop_state_writers": (forecaster, "float16", None),
    "unclip_cells": (accumulator, "none", up_and_down),
    "match_hidden_scales": (both_ways, "int8", bursts),
    "requantize_moves": (both_ways, "int8", bursts),
    "widen_cells": (faint_cells, "int8", series),
    "reset_states": (forecaster, "none", None),
    "widen_sums": (of_one_feature, "int8", of_one),
}


def test_every_repair_has_its_defect() -> None:
    assert {mend.__name__ for mend in REPAIRS} == set(DEFECTS)


@pytest.mark.long
@pytest.mark.parametrize("name", DEFECTS)
def test_without_its_repair_the_gate_refuses(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make, quantize, representative = DEFECTS[name]
    model, wanted = make(), tflite(quantize=quantize, runtime="interpreter")
    whole = export(model, wanted, tmp_path, name="whole", representative=representative)
    assert whole.ok, whole.reasons
    assert bool(whole.fused_rnn_ops) == (name != "widen_sums")

    fewer = [mend for mend in REPAIRS if mend.__name__ != name]
    monkeypatch.setattr(precise, "repair", functools.partial(repair, repairs=fewer))
    broken = export(model, wanted, tmp_path, name="broken", representative=representative)
    assert not broken.ok
    assert broken.reasons
    assert broken.path.name == "broken.failed.tflite"


def test_a_file_without_fused_kernels_is_left_alone(tmp_path: Path) -> None:
    dense = keras.Sequential([keras.Input((4,), name="x"), layers.Dense(2, name="y")])
    content = export(dense, tflite(), tmp_path, name="dense").path.read_bytes()
    assert repair(content) == content


def passing(length: int | None) -> keras.Model:
    """An output that is an input, one that is another output, one that is both."""
    series = keras.Input((length, 3), name="series")
    doubled = layers.Rescaling(2.0)(series)
    ends = {"given": series, "doubled": doubled, "again": layers.Dropout(0.5)(doubled), "twice": series}
    return keras.Model(series, {name: layers.Identity(name=name)(end) for name, end in ends.items()})


@pytest.mark.parametrize("length", [4, None])
def test_each_output_has_a_tensor_of_its_own(length: int | None, tmp_path: Path) -> None:
    artifact = export(passing(length), tflite(quantize="none"), tmp_path, name="net")
    assert artifact.ok and artifact.max_abs_diff == 0, artifact.reasons
    assert artifact.ops["RESHAPE" if length else "SLICE"] == 3


def test_a_state_that_is_the_output_too(tmp_path: Path) -> None:
    """Steps that are written out end in one value, which stands for the output and the state."""
    series = keras.Input((4, 3), name="series")
    found = dict(zip(("last", "state", "cell"), layers.LSTM(2, return_state=True)(series), strict=True))
    artifact = export(keras.Model(series, found), tflite(quantize="none", runtime="unrolled"), tmp_path, name="net")
    assert artifact.ok and artifact.max_abs_diff < 1e-6, artifact.reasons
