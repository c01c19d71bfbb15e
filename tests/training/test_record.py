"""What the record says of where a run came from."""

from __future__ import annotations

import subprocess
from pathlib import Path

from nnspec.runs.record import git_state


def git(folder: Path, *words: str) -> str:
    author = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    return subprocess.run(["git", *author, *words], cwd=folder, capture_output=True, text=True, check=True).stdout


def test_the_commit_of_the_spec(tmp_path: Path) -> None:
    assert git_state(tmp_path) is None
    git(tmp_path, "init", "-q")
    (tmp_path / "net.yaml").write_text("nnspec: 1\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "one")
    commit = git(tmp_path, "rev-parse", "HEAD").strip()
    assert git_state(tmp_path) == {"commit": commit, "changed": False}
    (tmp_path / "net.yaml").write_text("nnspec: 1\nname: two\n")
    assert git_state(tmp_path) == {"commit": commit, "changed": True}


def test_without_git_or_the_folder_there_is_none(tmp_path: Path) -> None:
    assert git_state(tmp_path / "missing") is None
