"""`nnspec verify`: exit codes, what it prints, and files of which nothing good can be said. TensorFlow is not needed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from nnspec.cli.main import run
from nnspec.export.bundle import check


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A bundle whose files are as its manifest says, but whose model is none."""
    (tmp_path / "model.tflite").write_bytes(b"\x1c\0\0\0TFL3 and nothing more")
    np.savez(tmp_path / "golden.npz", **{"in.x.0": np.zeros(2), "out.y.0": np.zeros(2)})
    write_manifest(tmp_path, quantize="none")
    return tmp_path


def write_manifest(folder: Path, **more: object) -> None:
    names = ("model.tflite", "golden.npz")
    files = {
        name: {"bytes": (folder / name).stat().st_size, "sha256": check.digest(folder / name)}
        for name in names
        if (folder / name).exists()
    }
    (folder / "manifest.json").write_text(json.dumps({"bundle": 1, "files": files, **more}))
    (folder / "manifest.sha256").write_text(check.seal(folder))


def problems(folder: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    assert run(["verify", str(folder), "--json"]) == 5
    found = json.loads(capsys.readouterr().out)
    assert found["ok"] is False
    return found["problems"]


@pytest.mark.slow
def test_a_model_that_cannot_be_read_is_a_failure_not_a_crash(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (problem,) = problems(folder, capsys)
    assert problem.startswith("the golden inputs cannot be run: ")


@pytest.mark.slow
def test_something_else_than_a_model(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "model.tflite").write_bytes(b"a letter")
    write_manifest(folder)
    assert problems(folder, capsys) == ["model.tflite is no TFLite file"]


def test_a_manifest_that_was_changed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder / "manifest.json"
    path.write_text(path.read_text().replace("none", "int8"))
    assert problems(folder, capsys)[0] == "manifest.json has changed: its SHA-256 is not that of manifest.sha256"
    (folder / "manifest.sha256").unlink()
    assert problems(folder, capsys)[0] == "manifest.sha256 is missing"


def test_a_manifest_that_names_no_model(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "model.tflite").unlink()
    write_manifest(folder)
    assert problems(folder, capsys) == ["model.tflite is not in the manifest"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "is no bundle: it holds no manifest.json"),
        ("[", "cannot be read"),
        ("[]", "is no manifest of a bundle"),
        ('{"bundle": 99, "files": {}}', "has format 99, this version reads 1"),
    ],
)
def test_folders_that_are_no_bundles(
    text: str | None, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if text is not None:
        (tmp_path / "manifest.json").write_text(text)
    assert run(["verify", str(tmp_path)]) == 2
    assert says in capsys.readouterr().err


def test_a_place_where_nothing_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verify", str(tmp_path / "gone")]) == 2
    assert "gone is not there" in capsys.readouterr().err


def test_a_file_that_is_no_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "notes.tflite").write_text("bread, milk")
    assert run(["verify", str(tmp_path / "notes.tflite")]) == 5
    assert capsys.readouterr().out.strip() == "failed: notes.tflite is no TFLite file"
