"""What a killed process leaves beside a file is removed by the next that writes there; what is at work stays."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nnspec.console import atomic_files
from nnspec.console.atomic_files import unfinished, write_text
from nnspec.export.files import workshop


@pytest.fixture
def gone() -> int:
    """The number of a process that has ended."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return ended.pid


def named(process: int, stem: str = "report") -> str:
    return unfinished(stem).replace(f"-{os.getpid()}-", f"-{process}-")


def test_what_a_killed_process_left_goes(tmp_path: Path, gone: int) -> None:
    (tmp_path / f"{named(gone)}.html").touch()
    (tmp_path / named(gone, "export")).mkdir()
    (tmp_path / named(gone, "export") / "half.tflite").touch()
    kept = [f"{named(os.getppid())}.html", ".lock", ".report.html", f".report.{gone}.html"]
    for name in kept:
        (tmp_path / name).touch()
    write_text(tmp_path / "report.html", "whole")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*kept, "report.html"])


def test_a_link_is_not_followed(tmp_path: Path, gone: int) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "file").touch()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / named(gone)).symlink_to(tmp_path / "own")
    with workshop(tmp_path / "out"):
        pass
    assert (tmp_path / "own" / "file").exists() and list((tmp_path / "out").iterdir()) == []


def test_a_name_of_another_machine_stays(tmp_path: Path, gone: int, monkeypatch: pytest.MonkeyPatch) -> None:
    name = named(gone).replace(atomic_files._MACHINE, "00000000")
    (tmp_path / name).touch()
    write_text(tmp_path / "a", "")
    assert (tmp_path / name).exists()
