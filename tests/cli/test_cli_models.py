"""A model's file, or a run's folder, in place of a spec: every command on a trained network takes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

pytestmark = pytest.mark.tf

DATA = """\
data:
  source: {Arrays: {path: digits.npz, inputs: [x], targets: [y]}}
  split: {validation: 0.25, test: 0.25}
train: {loss: sparse_categorical_crossentropy, metrics: [accuracy]}
export: [{TFLite: {quantize: none}}]
"""


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A classifier whose class is the largest of four numbers, in an HDF5 file, and data that it judges rightly."""
    monkeypatch.chdir(tmp_path)
    dense = keras.layers.Dense(4, activation="softmax")
    made = keras.Sequential([keras.Input((4,), name="x"), dense])
    dense.set_weights([np.eye(4, dtype="float32") * 9, np.zeros(4, "float32")])
    made.save("largest.h5")
    x = np.random.default_rng(0).normal(0, 1, (40, 4)).astype("float32")
    np.savez("digits.npz", x=x, y=x.argmax(1))
    np.save("some.npy", x[:3])
    Path("data").mkdir()
    Path("data", "digits.yaml").write_text(DATA.replace("digits.npz", "../digits.npz"), encoding="utf-8")
    return made


@pytest.mark.long
def test_a_model_is_judged_and_shipped_without_a_training(nnspec: Any, model: Any) -> None:
    ran = nnspec("evaluate", "largest.h5", "--data", "data/digits.yaml", "--json")
    assert ran.code == 0 and ran.json["metrics"]["accuracy"] == 1.0 and ran.json["run"] == "runs/largest/1"
    assert "largest.h5 is now the run runs/largest/1" in ran.err and "classes in their order" in ran.err
    record = json.loads(Path("runs/largest/1/record.json").read_text())
    assert record["status"] == "imported" and record["imported"]["file"] == "largest.h5"
    ran = nnspec("export", "largest.h5", "--data", "data/digits.yaml", "--json")
    assert ran.code == 0 and ran.json["artifacts"][0]["metric_after"] == 1.0
    assert "largest.h5 is the run runs/largest/1" in ran.err and not Path("runs/largest/2").exists()
    assert Path("runs/largest/1/export/largest.tflite").is_file()


def test_the_folder_of_a_run_stands_for_its_spec(nnspec: Any, model: Any) -> None:
    ran = nnspec("import", "largest.h5", "--run", "mine", "--data", "data/digits.yaml")
    assert ran.code == 0 and "next: nnspec export mine" in ran.out
    assert nnspec("evaluate", "mine", "--json").json["metrics"]["accuracy"] == 1.0
    assert nnspec("check", "mine").code == 0 and "Dense" in nnspec("show", "mine").out
    ran = nnspec("predict", "mine", "--json", '{"x": [0, 1, 0, 0]}')
    assert ran.json["predictions"][0]["label"] in ("1", 1)
    assert nnspec("import", "largest.h5", "--run", "mine").code == 1  # it is there already


def test_without_data_what_is_unknown_is_said(nnspec: Any, model: Any) -> None:
    ran = nnspec("predict", "largest.h5", "some.npy", "--json")
    assert ran.code == 0 and "says nothing of labels" in ran.err
    values = np.array([item["values"] for item in ran.json["predictions"]])
    assert np.allclose(values, model(np.load("some.npy")), atol=1e-6)
    ran = nnspec("evaluate", "largest.h5")
    assert ran.code == 3 and "E0701" in ran.err and "--data" in ran.err
    assert nnspec("predict", "largest.h5", "a text").code == 4
    np.save("wrong.npy", np.zeros((3, 5)))
    ran = nnspec("predict", "largest.h5", "wrong.npy")
    assert ran.code == 4 and "takes the shape [4], and gets [5]" in ran.err
    ran = nnspec("export", "largest.h5", "--target", "tflite", "--json")
    assert ran.code == 0 and ran.json["artifacts"][0]["ok"]


def test_a_model_is_shown_and_drawn(nnspec: Any, model: Any) -> None:
    ran = nnspec("show", "largest.h5")
    assert ran.code == 0 and "Dense" in ran.out and not Path("runs").exists()
    assert nnspec("draw", "largest.h5", "-o", "picture.html").code == 0
    assert nnspec("evaluate", "data/digits.yaml", "--data", "data/digits.yaml").code == 2
    assert nnspec("export", "largest.h5", "--run", "mine").code == 2
    Path("broken.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(50))
    assert nnspec("show", "broken.h5").code == 4 and nnspec("export", "broken.h5").code == 4


def test_build_leaves_a_trained_model_as_it_is(nnspec: Any, model: Any) -> None:
    model.save("largest.keras")
    before = Path("largest.keras").read_bytes()
    for words in (["largest.keras"], ["largest.h5"], ["largest.keras", "-o", "largest.keras"]):
        ran = nnspec("build", *words)
        assert ran.code == 2 and "drawn weights" in ran.err and Path("largest.keras").read_bytes() == before
    assert nnspec("build", "largest.keras", "-o", "drawn.keras").code == 0


@pytest.mark.long
def test_a_model_is_measured_and_looked_into(nnspec: Any, model: Any) -> None:
    ran = nnspec("bench", "largest.h5", "--data", "data/digits.yaml", "--quiet", "--json")
    assert ran.code == 0 and ran.json["rows"][0]["name"] == "largest"
    assert nnspec("bench", "runs/largest/1", "--quiet").code == 0


def test_arrays_by_name(tmp_path: Path, nnspec: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    a, b = keras.Input((None, 2), name="a"), keras.Input((2,), name="b")
    both = keras.layers.Add(name="sum")([keras.layers.GlobalMaxPooling1D(name="most")(a), b])
    keras.Model([a, b], {"sum": both}, name="two").save("two.keras")
    np.savez("one.npz", a=np.array([[1.0, 5.0], [3.0, 2.0]]), b=np.array([1.0, 1.0]))
    np.savez("many.npz", a=np.ones((2, 3, 2)), b=np.zeros((2, 2)))
    found = nnspec("predict", "two.keras", "one.npz", "many.npz", "--json").json["predictions"]
    assert [item["values"] for item in found] == [[4.0, 6.0], [1.0, 1.0], [1.0, 1.0]]
    np.savez("short.npz", a=np.ones((2, 2)))
    assert nnspec("predict", "two.keras", "short.npz").code == 4
