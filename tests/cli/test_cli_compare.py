"""`nnspec compare`: runs side by side, and the page of one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def run(path: Path, tiny: Path, loss: float) -> Path:
    path.mkdir()
    (path / "spec.yaml").write_text(tiny.read_text(), encoding="utf-8")
    (path / "record.json").write_text(json.dumps({"name": "tiny", "status": "complete"}), encoding="utf-8")
    (path / "metrics.jsonl").write_text(json.dumps({"epoch": 1, "loss": loss}) + "\n", encoding="utf-8")
    return path


def test_two_runs(nnspec: Any, tiny: Path, tmp_path: Path) -> None:
    first, second = run(tmp_path / "1", tiny, 0.5), run(tmp_path / "2", tiny, 0.25)
    ran = nnspec("compare", first, second)
    assert ran.code == 0 and "0.5000" in ran.out and "0.2500" in ran.out and "next: nnspec compare" in ran.out
    page = tmp_path / "both.html"
    found = nnspec("compare", first, second, "-o", page, "--json").json
    assert found["page"] == str(page) and page.stat().st_size > 10_000
    assert [one["metrics"]["loss"] for one in found["runs"]] == [0.5, 0.25]


def test_one_run_gets_its_page(nnspec: Any, tiny: Path, tmp_path: Path) -> None:
    folder = run(tmp_path / "1", tiny, 0.5)
    ran = nnspec("compare", folder)
    assert ran.code == 0 and (folder / "report.html").is_file() and "report.html" in ran.out


def test_a_folder_that_is_no_run(nnspec: Any, tmp_path: Path) -> None:
    ran = nnspec("compare", tmp_path)
    assert ran.code == 2 and "is no run folder" in ran.err
    (tmp_path / "runs" / "a" / "1").mkdir(parents=True)
    (tmp_path / "runs" / "a" / "1" / "record.json").write_text("{}")
    assert f"such as {tmp_path}/runs/a/1" in " ".join(nnspec("compare", tmp_path / "runs").err.split())
