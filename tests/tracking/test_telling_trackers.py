"""Who tells trackers of a run: what they are told, what a resume tells, and that nothing of theirs ends a training."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from heard import Heard

from nnspec.console.progress import Plan, Reporter
from nnspec.frontend.pipeline import load
from nnspec.frontend.spec import Spec
from nnspec.runs.run_folder import RunFolder
from nnspec.tracking import telling
from nnspec.tracking.telling import telling_trackers
from nnspec.tracking.tracker import epoch_of, flat, tracked_run

SPEC = """
nnspec: 1
name: tiny
params: {units: 4}
inputs: {x: [2]}
layers: [{Dense: $units}, {Dense: 1}]
data: {source: {Csv: {path: table.csv, target: y}}}
train: {epochs: 3, loss: MeanSquaredError, optimizer: {SGD: {learning_rate: 0.5}}, track: [mlflow]}
"""


class Fake:
    """A tracker that keeps what it is told, for all runs of it."""

    def __init__(self, told: list[Any], fail: Callable[[str], None] = lambda call: None) -> None:
        self.told, self.fail = told, fail

    def open(self, run: Any, known: Any) -> dict[str, str]:
        self.fail("open")
        self.told.append(("open", known.get("run")))
        return {"run": "7"}

    def log(self, epoch: Any) -> None:
        self.fail("log")
        self.told.append((epoch.number, epoch.values["loss"]))

    def close(self, ending: Any, best: Any, files: Any) -> None:
        self.fail("close")
        self.told.append((ending, dict(best), [path.name for path in files]))


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Spec:
    monkeypatch.chdir(tmp_path)
    Path("table.csv").write_text("a,b,y\n" + "1,2,3\n2,1,4\n" * 10)
    Path("net.yaml").write_text(SPEC)
    return load(Path("net.yaml"))


def run(spec: Spec, epochs: range, status: str, reporter: Reporter) -> None:
    """What a training does to its folder and its reporter."""
    folder = Path("runs/tiny/1")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "record.json").write_text(json.dumps({"status": "running", "monitor": "loss"}))
    with telling_trackers(reporter, spec) as watched:
        watched.begin(Plan(str(folder), 3, 5))
        for epoch in epochs:
            line = {"epoch": epoch + 1, "time": "2026-01-01T00:00:00+00:00", "steps": 5, "loss": 1 / (epoch + 1)}
            with open(folder / "metrics.jsonl", "a") as file:
                file.write(json.dumps(line) + "\n")
            watched.epoch(epoch, {"loss": 1.0}, 0.1)
        (folder / "record.json").write_text(json.dumps({"status": status, "monitor": "loss"}))
        watched.end()


def give(monkeypatch: pytest.MonkeyPatch, tracker: Any) -> None:
    monkeypatch.setattr(telling, "tracker", lambda name: tracker)


def test_each_epoch_is_told_once_over_an_interruption(spec: Spec, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []
    said = Heard()
    give(monkeypatch, Fake(told))
    run(spec, range(2), "interrupted", said)
    give(monkeypatch, Fake(told))
    run(spec, range(2, 3), "complete", said)
    assert told[:3] == [("open", None), (1, 1.0), (2, 0.5)]
    assert told[3] == ("interrupted", {"best_loss": 0.5, "best_epoch": 2}, ["record.json", "metrics.jsonl"])
    assert told[4:6] == [("open", "7"), (3, 1 / 3)]
    assert told[6][0] == "complete"
    assert said.said == []


def test_one_that_cannot_be_reached_is_told_everything_later(spec: Spec, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []
    said = Heard()
    give(monkeypatch, Fake(told, lambda call: (_ for _ in ()).throw(ConnectionError("no route"))))
    run(spec, range(2), "interrupted", said)
    assert told == []
    assert said.said[-1] == "warning: mlflow: no route; it lacks 2 epochs"
    give(monkeypatch, Fake(told))
    run(spec, range(2, 3), "complete", said)
    assert [entry[0] for entry in told] == ["open", 1, 2, 3, "complete"]


@pytest.mark.parametrize("call", ["open", "log", "close"])
@pytest.mark.parametrize("error", [ValueError("it broke\nand more"), SystemExit(3)])
def test_one_that_fails_costs_a_warning(spec: Spec, monkeypatch: pytest.MonkeyPatch, call: str, error: Any) -> None:
    def fail(now: str) -> None:
        if now == call:
            raise error

    said = Heard()
    give(monkeypatch, Fake([], fail))
    run(spec, range(3), "complete", said)
    problem = "ValueError: it broke" if isinstance(error, ValueError) else "it ended itself"
    missing = "it lacks the files" if call == "close" else "it lacks 3 epochs"
    assert said.said[-1] == f"warning: mlflow: {problem}; {missing}"
    assert set(said.said[:-1]) <= {f"warning: mlflow: {problem}"}


def test_one_that_never_answers_is_waited_for_in_bounds(spec: Spec, monkeypatch: pytest.MonkeyPatch) -> None:
    forever = threading.Event()
    said = Heard()
    monkeypatch.setattr(telling, "PATIENCE", 0.1)
    monkeypatch.setattr(telling, "SILENCE", 0.05)
    give(monkeypatch, Fake([], lambda call: forever.wait(30) and None))
    run(spec, range(3), "complete", said)
    assert said.said[0] == "mlflow is being told of the run"
    assert said.said[1].startswith("warning: mlflow: no answer within 0 s; it lacks")
    forever.set()
    [thread] = [one for one in threading.enumerate() if one.name == "tracker mlflow"]
    thread.join(10)


def test_a_package_that_is_missing_is_named(spec: Spec, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(call: str) -> None:
        raise ModuleNotFoundError("No module named 'mlflow'", name="mlflow")

    said = Heard()
    give(monkeypatch, Fake([], missing))
    run(spec, range(1), "complete", said)
    assert said.said[-1] == 'warning: mlflow: mlflow is not installed: pip install "nnspec[mlflow]"; it lacks 1 epoch'


def test_workers_that_write_nothing_tell_nobody(spec: Spec, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []
    give(monkeypatch, Fake(told))
    with telling_trackers(Heard(), spec) as watched:
        watched.begin(Plan("runs/tiny/1", 3, 5, writes=False))
    assert told == []


@pytest.mark.parametrize("kept", ['{"run": "../..", "epochs": "-1"}', '{"epochs": 2}', "[]", "{", '{"epochs": "9"}'])
def test_what_stands_in_a_run_folder_is_anybodys(spec: Spec, monkeypatch: pytest.MonkeyPatch, kept: str) -> None:
    """The last names no run, so what it says was told to none."""
    told: list[Any] = []
    Path("runs/tiny/1/tracking").mkdir(parents=True)
    Path("runs/tiny/1/tracking/mlflow.json").write_text(kept)
    give(monkeypatch, Fake(told))
    run(spec, range(2), "complete", Heard())
    assert [entry[0] for entry in told] == ["open", 1, 2, "complete"]


def test_settings_and_numbers(spec: Spec) -> None:
    found = tracked_run(telling.RunFolder(Path("runs/tiny/4")), spec)
    assert found.title == "tiny/4"
    settings = dict(found.settings)
    assert settings["train.optimizer.SGD.learning_rate"] == 0.5
    assert (settings["params.units"], settings["train.epochs"], settings["parameters"]) == (4, 3, 17)
    assert settings["train.track"] == '["mlflow"]'
    assert not any(name.startswith("layers") for name in settings)
    assert dict(flat({"a": {"b": {}, "c": [1]}, "d": None})) == {"a.b": "{}", "a.c": "[1]", "d": None}
    line = {"epoch": 2, "time": "1970-01-01T00:00:05+00:00", "steps": 9, "loss": 1, "iou": [0.5, None], "nan": None}
    assert epoch_of(line).values == {"loss": 1.0, "iou.0": 0.5}
    assert epoch_of(line).time == 5.0


def test_what_is_exported_later_is_given_to_those_that_know_the_run(
    spec: Spec, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told: list[Any] = []
    said = Heard()
    folder = RunFolder(tmp_path / "runs/tiny/1")
    file, page = tmp_path / "net.tflite", tmp_path / "net.web"
    file.write_bytes(b"net")
    page.mkdir()
    give(monkeypatch, Fake(told))
    (tmp_path / "runs/tiny/1").mkdir(parents=True)
    telling.tell_of_exports(said, spec, folder, [file])
    assert told == []  # nobody knows the run
    run(spec, range(2), "complete", said)
    told.clear()
    (folder.path / "report.html").write_text("<html></html>")
    telling.tell_of_exports(said, spec, folder, [file, page])
    assert told == [("open", "7"), ("complete", {}, ["net.tflite", "report.html"])]
    assert said.said == ["net.web is a folder, which is not given to mlflow"]
    give(monkeypatch, Fake(told, lambda call: (_ for _ in ()).throw(ConnectionError("no route"))))
    telling.tell_of_exports(said, spec, folder, [file])
    assert said.said[-1] == "warning: mlflow: no route; it lacks the files"
