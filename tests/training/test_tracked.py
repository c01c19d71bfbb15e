"""A training that is interrupted and resumed tells each of its epochs once, whatever becomes of another tracker."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from typing import Any

import pytest
from training_specs import PLAIN, WriteSpec

import nnspec
from nnspec.console.progress import Reporter
from nnspec.runs.errors import Interrupted
from nnspec.tracking import telling

pytestmark = pytest.mark.tf


class Listener:
    told: list[Any]

    def open(self, run: Any, known: Any) -> dict[str, str]:
        return {"run": "1"}

    def log(self, epoch: Any) -> None:
        self.told.append((epoch.number, epoch.values["val_loss"]))

    def close(self, ending: Any, best: Any, files: Any) -> None:
        self.told.append((ending, sorted(path.name for path in files)))


class Broken(Listener):
    def log(self, epoch: Any) -> None:
        raise ConnectionError("no route to host")


class Impatient(Reporter):
    """Stops the training after its first epoch, once."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.stopped = False

    def say(self, text: str) -> None:
        self.texts.append(text)

    def epoch(self, epoch: int, logs: Mapping[str, Any], seconds: float) -> None:
        if not self.stopped:
            self.stopped = True
            os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.long
def test_a_resumed_training_goes_on_being_tracked(spec: WriteSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []
    monkeypatch.setattr(Listener, "told", told, raising=False)
    monkeypatch.setattr(telling, "tracker", lambda name: Broken() if name == "wandb" else Listener())
    tracked = spec(PLAIN, "train.track=[mlflow, wandb]")
    reporter = Impatient()
    with pytest.raises(Interrupted):
        nnspec.train(tracked, reporter=reporter)
    result = nnspec.train(spec(PLAIN, "train.track=[mlflow, wandb]", "train.epochs=4"), reporter=reporter)
    assert str(result.run) == "runs/plain/1"
    assert [entry[0] for entry in told] == [1, "interrupted", 2, 3, 4, "complete"]
    assert told[4] == (4, pytest.approx(result.metrics["val_loss"]))
    assert told[-1][1] == ["best.keras", "metrics.jsonl", "record.json", "report.html", "results.json", "spec.yaml"]
    assert reporter.texts[-1] == "warning: wandb: no route to host; it lacks 4 epochs"


@pytest.mark.long
def test_who_tracks_may_change_while_a_run_is_interrupted(spec: WriteSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []
    monkeypatch.setattr(Listener, "told", told, raising=False)
    monkeypatch.setattr(telling, "tracker", lambda name: Listener())
    with pytest.raises(Interrupted):
        nnspec.train(spec(PLAIN, "train.epochs=2"), reporter=Impatient())
    nnspec.train(spec(PLAIN, "train.epochs=2", "train.track=tensorboard"), reporter=Reporter())
    assert [entry[0] for entry in told] == [1, 2, "complete"]
