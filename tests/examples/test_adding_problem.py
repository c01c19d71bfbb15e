"""The example of the adding problem runs from a fresh checkout and draws its plot."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest

pytest.importorskip("matplotlib")
pytestmark = pytest.mark.tf

SCRIPT = Path(__file__).parents[2] / "examples/adding_problem.py"


@pytest.mark.long
def test_both_cells_are_trained_and_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [str(SCRIPT), "--epochs", "1", "--out", "plot.png"])
    runpy.run_path(str(SCRIPT), run_name="__main__")
    printed = capsys.readouterr().out
    for cell in ("SimpleRNN", "LSTM"):
        assert f"{cell}: mean squared error 0." in printed
        assert (tmp_path / f"runs/adding_{cell}/1/best.keras").is_file()
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")
