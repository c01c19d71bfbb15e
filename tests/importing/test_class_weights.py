"""Weights by the classes of layers: `.keras` files of Keras 2.12 to 2.15, and `.weights.h5` beside a JSON file."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from keras import layers
from old_files import layer, sequential

import nnspec
from nnspec.cli.main import run
from nnspec.importing.errors import ImportFailed
from nnspec.importing.imported import import_config
from nnspec.importing.read import read_model
from nnspec.importing.weights import trained_model

pytestmark = pytest.mark.tf

DRAW = np.random.default_rng(0)
X = DRAW.normal(0, 1, (2, 5, 4)).astype("float32")
INNER = sequential(layer("Dense", "first", [5, 6], units=3), layer("Dense", "second", units=6), name="inner")
CONFIG = sequential(
    layer("InputLayer", "x", [5, 4], dtype="float32"),
    layer("Bidirectional", "both", layer=layer("LSTM", "lstm", units=3, return_sequences=True)),
    layer("Dropout", "drop", rate=0.5),
    INNER,
    layer(
        "RNN",
        "cells",
        cell=layer("StackedRNNCells", "stack", cells=[layer("LSTMCell", "a", units=2), layer("GRUCell", "b", units=2)]),
    ),
    layer("Dense", "hidden", units=3),
    layer("Dense", "last", units=1),
)


def network() -> keras.Model:
    """The same network in Keras 3."""
    cells = [layers.LSTMCell(2), layers.GRUCell(2, reset_after=False)]
    inner = [layers.Dense(3), layers.Dense(6)]
    lstm = layers.Bidirectional(layers.LSTM(3, return_sequences=True))
    model = keras.Sequential([keras.Input((5, 4)), lstm, *inner, layers.RNN(cells), layers.Dense(3), layers.Dense(1)])
    for weight in model.weights:
        weight.assign(DRAW.normal(0, 0.5, weight.shape))
    return model


def kept(model: keras.Model, top: str) -> dict[str, Any]:
    """The groups of Keras 2.12 and 2.13, which counted each layer with weights twice, or of 2.14 and 2.15."""
    both, first, second, cells, hidden, last = model.layers
    step = 2 if top.startswith("_") else 1

    def nth(name: str, number: int) -> str:
        return name + (f"_{number * step}" if number else "")

    found = {
        f"{top}/bidirectional/forward_layer/cell": both.forward_layer.cell,
        f"{top}/bidirectional/backward_layer/cell": both.backward_layer.cell,
        f"{top}/sequential/{top}/dense": first,
        f"{top}/sequential/{top}/{nth('dense', 1)}": second,
        f"{top}/rnn/cell/cells/lstm_cell": cells.cell.cells[0],
        f"{top}/rnn/cell/cells/gru_cell": cells.cell.cells[1],
        f"{top}/dense": hidden,
        f"{top}/{nth('dense', 1)}": last,
    }
    return {
        f"{way}/vars/{number}": value for way, one in found.items() for number, value in enumerate(one.get_weights())
    }


def saved(path: Path, config: dict[str, Any], arrays: dict[str, Any], version: str = "2.13.1") -> Path:
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        for name, values in arrays.items():
            file[name] = values
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": version}))
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("model.weights.h5", content.getvalue())
    return path


def trained(path: Path) -> keras.Model:
    read = read_model(path)
    return trained_model(path, read, import_config(read.config))[0]


@pytest.mark.parametrize("top", ["_layer_checkpoint_dependencies", "layers"])
def test_a_keras_file_of_keras_2_comes_with_its_weights(top: str, tmp_path: Path) -> None:
    model = network()
    path = saved(tmp_path / "old.keras", CONFIG, kept(model, top))
    assert np.array_equal(trained(path)(X), model(X))


def test_parts_of_a_layer_whose_order_nobody_knows_are_refused(tmp_path: Path) -> None:
    arrays = {f"layers/dense/{part}/vars/0": np.zeros((4, 1), "float32") for part in ("one", "other")}
    path = saved(tmp_path / "old.keras", sequential(layer("Dense", "last", [4], units=1)), arrays)
    with pytest.raises(ImportFailed, match="`last` have the parts `one`, `other`, whose order"):
        trained(path)


def test_weights_of_more_layers_than_there_are_are_refused(tmp_path: Path) -> None:
    arrays = {f"layers/{name}/vars/0": np.zeros((4, 1), "float32") for name in ("dense", "dense_1")}
    arrays |= {"layers/dense/vars/1": np.zeros(1, "float32")}
    path = saved(tmp_path / "old.keras", sequential(layer("Dense", "last", [4], units=1)), arrays)
    with pytest.raises(ImportFailed, match="weights of `dense_1`, by the name of its class, which is no layer"):
        trained(path)


@pytest.mark.parametrize("trouble", ["link", "missing"])
def test_weights_that_lie_elsewhere_are_not_followed(trouble: str, tmp_path: Path) -> None:
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        if trouble == "link":
            file["layers/dense/vars/0"] = h5py.ExternalLink(str(tmp_path / "secret.h5"), "/x")
    with zipfile.ZipFile(tmp_path / "old.keras", "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "2.15.0"}))
        archive.writestr("config.json", json.dumps(sequential(layer("Dense", "last", [4], units=1))))
        archive.writestr("model.weights.h5", content.getvalue())
    with pytest.raises(ImportFailed, match="lead to another place" if trouble == "link" else "no weights of the layer"):
        trained(tmp_path / "old.keras")


@pytest.mark.parametrize("name", ["model.weights.h5", "old.h5"])
def test_a_json_file_takes_its_weights_from_another(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(3, "relu"), layers.Dropout(0.5), layers.Dense(3)])
    given = keras.Input((4,))
    model = keras.Model(given, layers.Dense(2)(inner(layers.BatchNormalization()(given))))
    for weight in model.weights:
        if "seed" not in weight.name:
            weight.assign(DRAW.uniform(0.1, 1, weight.shape))
    Path("model.json").write_text(model.to_json(), encoding="utf-8")
    if name == "old.h5":
        model.save(name)
        with h5py.File(name, "a") as file:
            del file.attrs["model_config"]
    else:
        model.save_weights(name)
    assert run(["import", "model.json", "--weights-from", name, "-o", "net.yaml"]) == 0
    found = keras.models.load_model("net_weights.keras")
    assert np.array_equal(found(X[0]), model(X[0]))
    assert Path(nnspec.load(Path("net.yaml")).spec.train.initial_weights).samefile("net_weights.keras")


@pytest.mark.parametrize("more", [["--no-weights"], ["--run", "there"]])
def test_weights_from_goes_with_a_json_file_alone(
    more: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    model = keras.Sequential([keras.Input((4,)), layers.Dense(1)])
    model.save("whole.keras")
    model.save_weights("w.weights.h5")
    Path("model.json").write_text(model.to_json(), encoding="utf-8")
    assert run(["import", "whole.keras", "--weights-from", "w.weights.h5"]) == 2
    assert run(["import", "model.json", "--weights-from", "w.weights.h5", *more]) == 2 and not Path("there").exists()
