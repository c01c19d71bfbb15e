"""`nnspec draw`, and the folding of `nnspec show`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

RESNET = Path(__file__).parent.parent.parent / "specs" / "resnet152.yaml"


@pytest.mark.slow
@pytest.mark.parametrize("ending, start", [("html", b"<!doctype html>"), ("svg", b"<svg"), ("png", b"\x89PNG")])
def test_each_ending_is_its_format(nnspec: Any, tiny: Path, tmp_path: Path, ending: str, start: bytes) -> None:
    path = tmp_path / f"out.{ending}"
    ran = nnspec("draw", tiny, "-o", path)
    assert ran.code == 0 and "next: nnspec show" in ran.out
    assert path.read_bytes().startswith(start)
    assert nnspec("draw", tiny, "-o", path, "--json").json == {
        "ok": True,
        "path": str(path),
        "bytes": path.stat().st_size,
    }


def test_another_ending_is_refused(nnspec: Any, tiny: Path, tmp_path: Path) -> None:
    ran = nnspec("draw", tiny, "-o", tmp_path / "a.pdf")
    assert ran.code == 2 and ".svg" in ran.err
    assert not list(tmp_path.glob("*.pdf"))


def test_a_folder_that_is_not_there_leaves_nothing(nnspec: Any, tiny: Path, tmp_path: Path) -> None:
    ran = nnspec("draw", tiny, "-o", tmp_path / "none" / "a.html")
    assert ran.code == 1 and "Traceback" not in ran.err


def test_an_invalid_spec_is_reported(nnspec: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("nnspec: 1\ninputs: {x: [4]}\nlayers: [Dens: 3]\n", encoding="utf-8")
    ran = nnspec("draw", path, "-o", tmp_path / "a.html")
    assert ran.code == 3 and "Dense" in ran.err and not (tmp_path / "a.html").exists()


@pytest.mark.slow
def test_show_folds_equal_rounds_with_their_sum(nnspec: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "140")
    ran = nnspec("show", RESNET)
    row = next(line for line in ran.out.splitlines() if line.startswith("35 × bottleneck"))
    assert "350 layers" in row and "39,262,720" in row and "1315 /16" in row
    assert len(ran.out.splitlines()) < 40 and "--full" in ran.out
    full = nnspec("show", RESNET, "--full")
    assert len(full.out.splitlines()) > 517 and "35 ×" not in full.out


@pytest.mark.slow
@pytest.mark.parametrize("columns", [80, 100, 140])
def test_show_fits_the_terminal(nnspec: Any, monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    table = nnspec("show", RESNET).out.split("\nnext:")[0]
    assert max(map(len, table.splitlines())) <= columns


def test_without_the_extra_it_says_what_to_install(nnspec: Any, tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "py_mini_racer", None)
    output = tiny.with_suffix(".svg")
    ran = nnspec("draw", tiny, "-o", output)
    assert ran.code == 1 and "bug" not in ran.err and 'pip install "nnspec[draw]"' in ran.err
    assert not output.exists()
    assert nnspec("draw", tiny, "-o", output, "--json").json["error"]["kind"] == "drawing"
