"""Step models: a sequence in pieces gives what Keras gives for the whole, whatever it was cut into."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from export_networks import forecaster, series, tflite
from keras import layers

from nnspec.backend.own_layers.jordan import JordanRNN
from nnspec.export.errors import ExportError
from nnspec.export.pipeline import export

pytestmark = pytest.mark.tf


def listener(*recurrent: Any) -> Any:
    """A series of any length to two numbers at each step."""
    return forecaster(*recurrent, length=None)


def lstm(**args: Any) -> Any:
    return layers.LSTM(6, return_sequences=True, **args)


STREAMS = {
    "lstm": (lambda: listener(lstm()), 2),
    "stacked": (lambda: listener(lstm(), layers.GRU(5, return_sequences=True)), 3),
    "nested": (lambda: listener(keras.Sequential([keras.Input((None, 3)), lstm(), lstm()], name="both")), 4),
    "cells": (lambda: listener(layers.RNN([layers.LSTMCell(4), layers.GRUCell(5)], return_sequences=True)), 3),
    "jordan": (lambda: listener(JordanRNN(4, output_units=3, return_sequences=True)), 1),
    "last alone": (lambda: listener(lstm(), layers.SimpleRNN(5)), 3),
}


@pytest.mark.long
@pytest.mark.parametrize("name", STREAMS)
@pytest.mark.parametrize("steps", [None, 2])
def test_pieces_give_the_whole(name: str, steps: int | None, tmp_path: Path) -> None:
    make, states = STREAMS[name]
    wanted = tflite(quantize="none", state="carried", **({"length": steps} if steps else {}))
    artifact = export(make(), wanted, tmp_path, name="model", representative=series)
    assert artifact.ok, artifact.reasons
    assert artifact.runtimes == ("interpreter", "compiled_model")
    assert artifact.max_abs_diff < 1e-5
    assert artifact.fused_rnn_ops == 0
    assert len(artifact_states(artifact.path)) == states


def artifact_states(path: Path) -> list[str]:
    """The states that go in, each of which comes out."""
    signature = Interpreter(model_path=str(path)).get_signature_list()["serving_default"]
    given = [name for name in signature["inputs"] if "_state" in name]
    assert {f"{name}_next" for name in given} == {name for name in signature["outputs"] if "_state" in name}
    return given


@pytest.mark.long
def test_it_quantizes_and_is_measured(tmp_path: Path) -> None:
    model = listener(lstm())

    def metric(run: Any) -> float:
        (batch,) = series()
        return float(np.abs(run(batch)["next"] - model(batch["series"])).mean())

    wanted = tflite(quantize="dynamic", state="carried")
    artifact = export(
        model,
        wanted,
        tmp_path,
        name="model",
        representative=series,
        metric=metric,
        metric_goal="min",
        report_errors=True,
    )
    assert artifact.ok, artifact.reasons
    assert artifact.metric_after is not None
    assert 0 < artifact.metric_after < 0.05


def test_a_network_that_looks_ahead_is_found_out(tmp_path: Path) -> None:
    model = listener(layers.Conv1D(3, 3, padding="same"), lstm())
    artifact = export(model, tflite(quantize="none", state="carried"), tmp_path, name="model")
    assert not artifact.ok
    assert any("one step at a time" in note for note in artifact.notes)


@pytest.mark.parametrize(
    ("make", "layer", "says"),
    [
        (lambda: listener(layers.Bidirectional(lstm(), name="both")), "both", "needs the end of the sequence"),
        (lambda: listener(lstm(go_backwards=True, name="back")), "back", "needs the end of the sequence"),
        (lambda: forecaster(lstm()), None, "sequences of any length, and the network's is fixed"),
        (lambda: listener(layers.Dense(3)), None, "this one has no state"),
    ],
)
def test_what_cannot_be_fed_in_pieces(make: Any, layer: str | None, says: str, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=says) as caught:
        export(make(), tflite(state="carried"), tmp_path, name="model")
    assert caught.value.layer == layer


def test_a_layer_that_is_called_twice(tmp_path: Path) -> None:
    series = keras.Input((None, 3), name="series")
    shared = lstm(name="shared")
    model = keras.Model(series, layers.Add()([shared(series), shared(layers.ReLU()(series))]))
    with pytest.raises(ExportError, match="called twice"):
        export(model, tflite(state="carried"), tmp_path, name="model")
