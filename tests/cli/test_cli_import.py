"""`nnspec import` and `nnspec to-python`: files in, files out, and files that are no models."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import nnspec as package

pytestmark = pytest.mark.tf


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)
    made = keras.Sequential(
        [keras.Input((4,), name="x"), keras.layers.Dense(3, activation="relu", name="first"), keras.layers.Dense(2)],
        name="small",
    )
    made.save("small.keras")
    return made


def test_a_file_becomes_a_spec(nnspec: Any, model: Any) -> None:
    ran = nnspec("import", "small.keras")
    assert (
        ran.code == 0
        and "wrote small.yaml: 2 layers and 23 parameters" in ran.out
        and "next: nnspec show small.yaml" in ran.out
    )
    assert "wrote small_weights.keras" in ran.out
    assert nnspec("check", "small.yaml").code == 0 and nnspec("fmt", "--check", "small.yaml").code == 0
    assert nnspec("import", "small.keras").code == 2  # it is there already
    assert "there is no folder `no`" in nnspec("import", "small.keras", "-o", "no/net.yaml").err
    assert nnspec("import", "small.keras", "--force").code == 0
    found = nnspec("import", "small.keras", "-o", "-", "--json").json
    assert found["ok"] and "name: first" in found["spec"] and found["params"] == 23


def test_weights_travel(nnspec: Any, model: Any) -> None:
    ran = nnspec("import", "small.keras", "--weights", "start.keras")
    assert ran.code == 0 and "initial_weights: start.keras" in Path("small.yaml").read_text()
    x = np.ones((2, 4), "float32")
    assert np.array_equal(keras.models.load_model("start.keras")(x), model(x))
    assert package.load("small.yaml").spec.train.initial_weights == str(Path("start.keras").resolve())
    model.save("old.h5")
    assert nnspec("import", "old.h5", "-o", "sub.yaml").code == 0
    assert "initial_weights: sub_weights.keras" in Path("sub.yaml").read_text()
    assert np.array_equal(keras.models.load_model("sub_weights.keras")(x), model(x))
    ran = nnspec("import", "old.h5", "-o", "alone.yaml", "--no-weights")
    assert ran.code == 0 and not Path("alone_weights.keras").exists()
    assert nnspec("import", "old.h5", "-o", "b.yaml", "--no-weights", "--weights", "w.keras").code == 2


def test_json_and_functions(nnspec: Any, model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("small.json").write_text(model.to_json(), encoding="utf-8")
    assert nnspec("import", "small.json").code == 0
    assert nnspec("import", "small.json", "-o", "b.yaml", "--weights", "w.keras").code == 2
    Path("making_models.py").write_text(
        "import keras\ndef make():\n    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(7)], name='made')\n"
    )
    ran = nnspec("import", "making_models:make")
    assert ran.code == 2 and "--trust" in ran.err and not Path("made.yaml").exists()
    assert nnspec("import", "making_models:make", "--trust").code == 0
    assert "Dense: 7" in Path("made.yaml").read_text()
    assert nnspec("import", "making_models:nothing", "--trust").code == 2
    sys.modules.pop("making_models", None)


def test_code_that_raises_and_models_that_are_code_are_no_bug(
    nnspec: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("own_models.py").write_text(
        "import keras\nclass Own(keras.Model):\n    def call(self, x):\n        return x\n"
        "def raises():\n    raise ValueError('no such size')\nmade = Own\nnumber = 3\n"
    )
    for name, says in (("raises", "ValueError: no such size"), ("made", "`Own` was never called"), ("number", "int")):
        ran = nnspec("import", f"own_models:{name}", "--trust")
        assert ran.code in (2, 4) and says in ran.err and "bug" not in ran.err
    sys.modules.pop("own_models", None)


def damage(name: str) -> None:
    whole = Path("small.keras").read_bytes()
    if name == "cut.keras":
        Path(name).write_bytes(whole[: len(whole) // 2])
    elif name == "hollow.keras":
        with zipfile.ZipFile(name, "w") as archive:
            archive.writestr("metadata.json", "{}")
    elif name == "noise.keras":
        with zipfile.ZipFile(name, "w") as archive:
            archive.writestr("config.json", b"\xff\xfe{")
    elif name == "other.json":
        Path(name).write_text('{"class_name": 3}')
    elif name == "list.json":
        Path(name).write_text("[" * 100_000)
    elif name == "old.h5":
        Path(name).write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
    elif name == "empty.keras":
        Path(name).touch()
    elif name == "wiring.json":
        config = json.loads(Path("small.json").read_text())
        config["config"]["output_layers"] = [["nobody", 0, 0]]
        Path(name).write_text(json.dumps(config))


@pytest.mark.parametrize(
    "name",
    ["cut.keras", "hollow.keras", "noise.keras", "other.json", "list.json", "old.h5", "empty.keras", "wiring.json"],
)
def test_files_that_are_no_models(nnspec: Any, model: Any, name: str) -> None:
    functional = keras.Model(model.inputs, model.outputs)
    Path("small.json").write_text(functional.to_json(), encoding="utf-8")
    damage(name)
    ran = nnspec("import", name, "-o", "x.yaml")
    assert ran.code == 4 and ran.err.startswith("error: ") and "Traceback" not in ran.err
    assert not Path("x.yaml").exists()


def test_a_file_of_another_version_is_said(nnspec: Any, model: Any) -> None:
    with zipfile.ZipFile("small.keras") as old, zipfile.ZipFile("two.keras", "w") as new:
        new.writestr("config.json", old.read("config.json"))
        new.writestr("metadata.json", json.dumps({"keras_version": "2.15.0"}))
    ran = nnspec("import", "two.keras")
    assert ran.code == 0 and "Keras 2.15.0 wrote this file" in ran.err


def test_no_keras_is_needed_to_read_a_file(model: Any) -> None:
    block = "import sys; sys.modules['keras'] = sys.modules['tensorflow'] = None\nfrom nnspec.cli.main import run\nsys.exit(run(['import', 'small.keras', '-o', '-']))"
    done = subprocess.run([sys.executable, "-c", block], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "- Dense: 2" in done.stdout


def test_to_python(nnspec: Any, tiny: Path, tmp_path: Path) -> None:
    ran = nnspec("to-python", tiny)
    assert ran.code == 0 and "def build() -> keras.Model:" in ran.out
    out = tmp_path / "tiny.py"
    assert nnspec("to-python", tiny, "-o", out).code == 0 and "x = layers.Dense(8" in out.read_text()
    assert nnspec("to-python", tiny, "-o", out).code == 2
    assert nnspec("to-python", tiny, "-o", out, "--force", "--set", "layers.0.Dense.units=9").code == 0
    assert "Dense(9" in out.read_text()
