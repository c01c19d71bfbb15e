"""`nnspec runs`: what there is, and what is best."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from nnspec.runs.run_folder import RunFolder


def run(path: Path, accuracy: float | None, **record: Any) -> None:
    path.mkdir(parents=True)
    best = {"monitor": "val_accuracy", "mode": "max", "value": accuracy, "epoch": 1}
    found = {"name": "net", "status": "complete", "started": "2026-01-02T03:04:05+00:00", "best": best, **record}
    (path / "record.json").write_text(json.dumps(found), encoding="utf-8")
    (path / "metrics.jsonl").write_text(
        json.dumps({"epoch": 1, "seconds": 75.0, "val_accuracy": accuracy}) + "\n", encoding="utf-8"
    )


def test_runs_are_listed_in_order(nnspec: Any, tmp_path: Path) -> None:
    for name, accuracy in (("net/2", 0.9), ("net/10", 0.7), ("other/1", 0.8)):
        run(tmp_path / name, accuracy)
    (tmp_path / "net" / "2" / "checkpoints").mkdir()
    (tmp_path / "notes.txt").touch()
    ran = nnspec("runs", tmp_path)
    assert ran.code == 0 and "1 min 15 s" in ran.out and "0.9000" in ran.out and "next: nnspec compare" in ran.out
    found = nnspec("runs", tmp_path, "--json").json["runs"]
    assert [Path(one["run"]).relative_to(tmp_path).as_posix() for one in found] == ["net/2", "net/10", "other/1"]
    assert found[0]["seconds"] == 75.0 and found[0]["best"]["monitor"] == "val_accuracy"


def test_the_best_comes_first_and_one_without_a_score_last(nnspec: Any, tmp_path: Path) -> None:
    for name, accuracy in (("a", 0.7), ("b", None), ("c", 0.9)):
        run(tmp_path / name, accuracy)
    found = nnspec("runs", tmp_path, "--best", "--json").json["runs"]
    assert [Path(one["run"]).name for one in found] == ["c", "a", "b"]


def test_only_runs_of_one_network_are_to_be_compared(nnspec: Any, tmp_path: Path) -> None:
    run(tmp_path / "cat" / "1", 0.7, name="cat")
    run(tmp_path / "dog" / "1", 0.8, name="dog")
    assert "compare" not in nnspec("runs", tmp_path).out
    for number, accuracy in ((2, 0.6), (3, 0.9)):
        run(tmp_path / "dog" / str(number), accuracy, name="dog", started=f"2026-01-0{number}T03:04:05+00:00")
    assert f"compare {tmp_path}/dog/2 {tmp_path}/dog/3" in nnspec("runs", tmp_path).out
    assert f"compare {tmp_path}/dog/3 {tmp_path}/dog/1" in nnspec("runs", tmp_path, "--best").out


def test_where_nothing_is(nnspec: Any, tmp_path: Path) -> None:
    assert nnspec("runs", tmp_path / "gone").code == 2
    empty = nnspec("runs", tmp_path)
    assert empty.code == 0 and "no run in" in empty.out
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "record.json").write_text("{", encoding="utf-8")
    assert nnspec("runs", tmp_path, "--json").json["runs"][0]["status"] == "damaged record"


def test_the_metrics_of_a_resumed_run_are_cut_by_lines_whatever_they_hold(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    run.metrics.write_bytes(b'{"name": "a\xe2\x80\xa8b"}\n\x80\n{"epoch": 3}\n')  # a line separator of Unicode's
    run.cut_metrics(2)
    assert run.metrics.read_bytes() == b'{"name": "a\xe2\x80\xa8b"}\n\x80\n'
