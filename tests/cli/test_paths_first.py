"""What is not there is told before TensorFlow takes its seconds."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SPEC = """
nnspec: 1
inputs: {image: [8, 8, 3]}
layers: [Flatten, {Dense: {units: 2, activation: softmax}}]
data: {source: {Csv: {path: t.csv, target: b}}}
train: {loss: SparseCategoricalCrossentropy, initial_weights: nowhere.keras}
"""
NAMES = {
    "{ImageFolder: images}": "photo.png",
    "{Csv: {path: t.csv, target: b}}": "new.csv",
    "{Arrays: d.npz}": "new.npy",
}
COMMANDS = [(command, source) for command in ("predict", "inspect") for source in NAMES]
# Runs command lines, each in its folder; the exit code and standard error of each, and what was imported up to then.
PROGRAM = """
import contextlib, io, json, os, sys
from nnspec.cli.main import run
told = []
for folder, arguments in json.loads(sys.argv[1]):
    os.chdir(folder)
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
        code = run(arguments)
    told.append((code, said.getvalue(), sorted({"keras", "tensorflow"} & set(sys.modules))))
print(json.dumps(told))
"""
Told = tuple[int, str, list[str]]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Told]:
    """Of each command and source, what a process says that runs them all; the weights' stand under `train`."""
    lines: list[tuple[str, list[str]]] = []
    for command, source in COMMANDS:
        folder = tmp_path_factory.mktemp(command)
        text = SPEC.replace("{Csv: {path: t.csv, target: b}}", source)
        (folder / "net.yaml").write_text(text, encoding="utf-8")
        lines.append((str(folder), [command, "net.yaml", NAMES[source]]))
    folder = tmp_path_factory.mktemp("train")
    (folder / "net.yaml").write_text(SPEC.replace("image: [8, 8, 3]", "x: [1]"), encoding="utf-8")
    (folder / "t.csv").write_text("a,b\n1,x\n2,y\n3,x\n4,y\n", encoding="utf-8")
    lines.append((str(folder), ["train", "net.yaml"]))
    ran = subprocess.run([sys.executable, "-c", PROGRAM, json.dumps(lines)], capture_output=True, text=True, check=True)
    return dict(zip([*COMMANDS, ("train", "weights")], json.loads(ran.stdout), strict=True))


@pytest.mark.parametrize(("command", "source"), COMMANDS)
def test_an_input_that_is_not_there(told: dict[tuple[str, str], Told], command: str, source: str) -> None:
    code, said, loaded = told[command, source]
    assert code == 4 and f"error[E0901]: {NAMES[source]}: no such file or folder" in said and loaded == []


def test_weights_to_begin_from_that_are_not_there(told: dict[tuple[str, str], Told]) -> None:
    code, said, loaded = told["train", "weights"]
    assert code == 3 and "E0712" in said and "nowhere.keras" in said and loaded == []


def test_a_table_beside_its_spec_is_found_from_another_folder(tmp_path: Path) -> None:
    from nnspec.cli.predict import read_inputs
    from nnspec.frontend.pipeline import load

    (tmp_path / "net.yaml").write_text(SPEC, encoding="utf-8")
    (tmp_path / "new.csv").write_text("a\n1\n", encoding="utf-8")
    assert read_inputs(load(tmp_path / "net.yaml"), ["new.csv"]) == ["new.csv"]
