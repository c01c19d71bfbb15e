"""What is not there is told before TensorFlow takes its seconds."""

from __future__ import annotations

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


def told(folder: Path, *arguments: str) -> tuple[int, str, str]:
    """Exit code, standard error, and which of TensorFlow and Keras the command has imported."""
    program = (
        "import sys\nfrom nnspec.cli.main import run\n"
        f"code = run({list(arguments)!r})\nprint(sorted({{'keras', 'tensorflow'}} & set(sys.modules)))\nsys.exit(code)"
    )
    ran = subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True)
    return ran.returncode, ran.stderr, ran.stdout.strip().splitlines()[-1]


@pytest.mark.parametrize("command", [["predict"], ["inspect"]])
@pytest.mark.parametrize("source", ["{ImageFolder: images}", "{Csv: {path: t.csv, target: b}}", "{Arrays: d.npz}"])
def test_an_input_that_is_not_there(tmp_path: Path, command: list[str], source: str) -> None:
    text = SPEC.replace("{Csv: {path: t.csv, target: b}}", source)
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    name = {"I": "photo.png", "C": "new.csv", "A": "new.npy"}[source[1]]
    code, said, loaded = told(tmp_path, *command, "net.yaml", name)
    assert code == 4 and f"error[E0901]: {name}: no such file or folder" in said and loaded == "[]"


def test_weights_to_begin_from_that_are_not_there(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(SPEC.replace("image: [8, 8, 3]", "x: [1]"), encoding="utf-8")
    (tmp_path / "t.csv").write_text("a,b\n1,x\n2,y\n3,x\n4,y\n", encoding="utf-8")
    code, said, loaded = told(tmp_path, "train", "net.yaml")
    assert code == 3 and "E0712" in said and "nowhere.keras" in said and loaded == "[]"


def test_a_table_beside_its_spec_is_found_from_another_folder(tmp_path: Path) -> None:
    from nnspec.cli.predict import read_inputs
    from nnspec.frontend.pipeline import load

    (tmp_path / "net.yaml").write_text(SPEC, encoding="utf-8")
    (tmp_path / "new.csv").write_text("a\n1\n", encoding="utf-8")
    assert read_inputs(load(tmp_path / "net.yaml"), ["new.csv"]) == ["new.csv"]
