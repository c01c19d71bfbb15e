"""What the record says of where a run came from."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from nnspec.frontend.diagnostics import Source
from nnspec.frontend.pipeline import load
from nnspec.runs.git_state import git_state
from nnspec.runs.record import spec_sha256


def git(folder: Path, *words: str) -> str:
    author = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    return subprocess.run(["git", *author, *words], cwd=folder, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("version", ["2", "3", "4"])
def test_the_commit_of_the_spec(version: str, tmp_path: Path) -> None:
    spec, inside = tmp_path / "net.yaml", tmp_path / "data"
    inside.mkdir()
    assert git_state(tmp_path) is None
    git(tmp_path, "init", "-q")
    git(tmp_path, "config", "index.version", version)
    spec.write_text("nnspec: 1\n")
    (inside / "long.csv").write_text("1\n" * 500)
    (inside / "longer.csv").symlink_to("long.csv")
    git(tmp_path, "add", ".")
    assert git_state(tmp_path) is None  # there is no commit yet
    git(tmp_path, "commit", "-qm", "one")
    commit = git(tmp_path, "rev-parse", "HEAD").strip()
    assert git_state(tmp_path) == git_state(inside) == {"commit": commit, "changed": False}
    spec.write_text("nnspec: 2\n")
    assert git_state(inside) == {"commit": commit, "changed": True}
    spec.write_text("nnspec: 1\n")  # another time, the same content
    assert git_state(inside) == {"commit": commit, "changed": False}
    (tmp_path / "new.yaml").write_text("nnspec: 1\n")
    git(tmp_path, "add", ".")
    assert git_state(tmp_path) == {"commit": commit, "changed": True}


def test_packed_and_detached_and_of_another_work_tree(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    git(first, "init", "-q", "--object-format=sha256")
    (first / "net.yaml").write_text("nnspec: 1\n")
    git(first, "add", ".")
    git(first, "commit", "-qm", "one")
    commit = {"commit": git(first, "rev-parse", "HEAD").strip(), "changed": False}
    git(first, "worktree", "add", "-q", "-b", "other/branch", str(second))
    git(first, "pack-refs", "--all")
    assert git_state(first) == git_state(second) == commit
    git(first, "checkout", "-q", "--detach")
    assert git_state(first) == commit


def test_without_git_or_the_folder_there_is_none(tmp_path: Path) -> None:
    assert git_state(tmp_path / "missing") is None


def test_a_target_alone_decides_as_one_in_a_list() -> None:
    """How steps of recurrent layers are rounded follows from the export: it is another training."""
    text = "nnspec: 1\ninputs: {x: [5, 4]}\nlayers: [{GRU: 3}]\ntrain: {loss: mse, quantize: {}}\nexport: "
    unrolled = "{TFLite: {quantize: int8, runtime: unrolled}}"
    targets = (f"[{unrolled}]", unrolled, "{TFLite: {quantize: int8}}")
    listed, alone, other = (spec_sha256(load(Source.from_text(text + one, "n.yaml"))) for one in targets)
    assert listed == alone != other
