"""Bundles: what is in them, that they prove themselves without TensorFlow, and that nothing in them can change unseen."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import nnspec
from nnspec.cli.main import run
from nnspec.export.bundle.check import NoBundle, check, golden
from nnspec.layers.types import KindValue

pytestmark = pytest.mark.tf

SENTENCES = "Anna\tB-PER\nwent\tO\nto\tO\nParis\tB-LOC\n\nBo\tB-PER\nslept\tO\n\n" * 6
TAGGER = """
nnspec: 1
name: tagger
description: A tagger <for> tests.
inputs: {tokens: {shape: [null], dtype: int32}}
layers:
  - Embedding: {input_dim: $data.vocabulary_size, output_dim: 4, mask_zero: true}
  - Bidirectional: {layer: {LSTM: {units: 3, return_sequences: true}}}
  - {Dense: {units: $data.classes, activation: softmax}, name: tags}
data: {source: {Conll: {path: words.conll, lower: true}}, split: {validation: 0.25}}
train: {epochs: 1}
"""
# Python in which TensorFlow and Keras cannot be imported.
ALONE = "import sys; sys.modules['tensorflow'] = sys.modules['keras'] = None\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundle")
    (folder / "words.conll").write_text(SENTENCES, encoding="utf-8")
    (folder / "net.yaml").write_text(TAGGER, encoding="utf-8")
    nnspec.train(folder / "net.yaml", run=folder / "run")
    target = KindValue("TFLite", {"quantize": "none"})
    (artifact,) = nnspec.export(folder / "net.yaml", run=folder / "run", targets=[target], bundle=True)
    assert artifact.bundle == folder / "run" / "export" / "tagger.bundle" and artifact.to_json()["bundle"]
    return artifact.bundle


@pytest.fixture
def bundle(made: Path, tmp_path: Path) -> Path:
    """A copy that a test may spoil."""
    copy = tmp_path / "tagger.bundle"
    copy.mkdir()
    for path in made.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    return copy


def test_what_is_in_it(bundle: Path) -> None:
    names = {path.name for path in bundle.iterdir()}
    assert names == {
        "model.tflite", "labels.txt", "vocabulary.txt", "vocabulary.json", "preprocessing.json", "golden.npz", "manifest.json", "README.md",
    }  # fmt: skip
    manifest = json.loads((bundle / "manifest.json").read_text())
    assert (
        manifest["inputs"] == {"tokens": {"dtype": "int32", "shape": [1, None]}}
        or manifest["inputs"]["tokens"]["shape"][0] == 1
    )
    assert list(manifest["outputs"]) == ["tags"] and manifest["provenance"]["spec"] == "net.yaml"
    assert set(manifest["files"]) == names - {"manifest.json"}
    assert json.loads((bundle / "preprocessing.json").read_text()) == {"source": "Conll", "lower": True}
    assert (bundle / "labels.txt").read_text().splitlines() == ["O", "B-LOC", "B-PER"]
    text = (bundle / "README.md").read_text()
    assert (
        "{{" not in text
        and text.count("tokens") >= 5
        and "```kotlin" in text
        and "```swift" in text
        and "```cpp" in text
    )
    assert str(Path.cwd()) not in text and "words.conll" not in json.dumps(manifest)


def test_golden_answers_are_the_files_own(bundle: Path) -> None:
    cases = golden(bundle / "golden.npz")
    assert len(cases) == 3 and all(
        set(features) == {"tokens"} and set(outputs) == {"tags"} for features, outputs in cases
    )
    found = check(bundle)
    assert found == {"problems": [], "files": 7, "examples": 3, "max_difference": 0.0}


def test_it_is_proved_without_tensorflow(bundle: Path) -> None:
    block = ALONE + "from nnspec.cli.main import run\nsys.exit(run(['verify', sys.argv[1]]))"
    done = subprocess.run([sys.executable, "-c", block, str(bundle)], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and done.stdout.startswith("ok "), done.stderr[-1000:]


def test_the_readmes_python_runs(bundle: Path) -> None:
    code = (bundle / "README.md").read_text().split("```python\n")[1].split("```")[0]
    done = subprocess.run([sys.executable, "-c", ALONE + code], cwd=bundle, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and done.stdout.strip().endswith(" 0.0"), done.stderr[-1000:]


def test_one_changed_byte_is_found(bundle: Path) -> None:
    content = bytearray((bundle / "model.tflite").read_bytes())
    content[len(content) // 2] ^= 1
    (bundle / "model.tflite").write_bytes(content)
    assert check(bundle)["problems"] == ["model.tflite has changed: its SHA-256 is not that of the manifest"]
    assert run(["verify", str(bundle)]) == 5


@pytest.mark.parametrize("name", ["labels.txt", "golden.npz", "README.md"])
def test_a_missing_or_longer_file_is_found(bundle: Path, name: str) -> None:
    with open(bundle / name, "ab") as file:
        file.write(b"x")
    assert check(bundle)["problems"][0].startswith(f"{name} has ")
    (bundle / name).unlink()
    assert check(bundle)["problems"] == [f"{name} is missing"]


def test_another_answer_is_found(bundle: Path) -> None:
    """A manifest that was made anew for other answers does not hide that the model gives others."""
    arrays = dict(np.load(bundle / "golden.npz"))
    arrays["out.tags.2"] = arrays["out.tags.2"] + np.float32(0.01)
    np.savez(bundle / "golden.npz", **arrays)
    manifest = json.loads((bundle / "manifest.json").read_text())
    from nnspec.export.bundle.check import digest

    path = bundle / "golden.npz"
    manifest["files"]["golden.npz"] = {"bytes": path.stat().st_size, "sha256": digest(path)}
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    problems = check(bundle)["problems"]
    assert len(problems) == 2 and problems[0].startswith("example 2: `tags` is 0.01 from")


def test_folders_that_are_no_bundles(bundle: Path, tmp_path: Path) -> None:
    with pytest.raises(NoBundle, match="holds no manifest"):
        check(tmp_path)
    (bundle / "manifest.json").write_text('{"bundle": 99, "files": {}}')
    with pytest.raises(NoBundle, match="format 99"):
        check(bundle)
    (bundle / "manifest.json").write_text("[")
    assert run(["verify", str(bundle)]) == 2
    (bundle / "manifest.json").write_text(
        json.dumps({"bundle": 1, "files": {"../../etc/passwd": {"bytes": 1, "sha256": ""}}})
    )
    assert "no folders within" in check(bundle)["problems"][0]
