"""Several processes that train one model: the losses of one, and the same bits whatever happens to them.

NNSPEC_FULL=1 adds a killed chief, a stopped worker and a port that is taken.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from training_specs import CHAIN, SENTENCES, SOFTMAX

import nnspec
from nnspec.runs.errors import WorkersGaveUp
from nnspec.training.distributed import supervisor
from nnspec.training.distributed.supervisor import Patience, Workers

pytestmark = pytest.mark.tf
FULL = pytest.mark.skipif(os.environ.get("NNSPEC_FULL") != "1", reason="half a minute each: NNSPEC_FULL=1")

SPEC = """\
nnspec: 1
name: together
inputs: {image: [8, 8, 1]}
layers:
  - Conv2D: {filters: 4, kernel_size: 3, use_bias: false}
  - BatchNormalization: {synchronized: true}
  - ReLU
  - Flatten
  - Dense: {units: 3, activation: softmax}
data: {source: {Arrays: {path: train.npz, inputs: [x], targets: [y]}}, split: {validation: {path: held.npz}}, batch_size: 16}
train:
  epochs: 3
  optimizer: {Adam: {learning_rate: 0.01}}
  loss: SparseCategoricalCrossentropy
  callbacks: [{ReduceLROnPlateau: {monitor: val_loss, patience: 1, min_delta: 1.0}}]
  checkpoint_every: 4
"""
STEPS = 3 * 20


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("workers")
    generator = np.random.default_rng(0)
    for name, count in (("train", 320), ("held", 50)):
        images = generator.standard_normal((count, 8, 8, 1)).astype(np.float32)
        np.savez(folder / f"{name}.npz", x=images, y=generator.integers(0, 3, count))
    (folder / "together.yaml").write_text(SPEC)
    return folder / "together.yaml"


@dataclass
class Watched:
    """A supervised training of which a test knows the processes."""

    spec: Path
    run: Path
    patience: Patience = field(default_factory=lambda: Patience(start=90, stall=20))
    said: list[str] = field(default_factory=list)
    code: int | None = None

    def train(self, disturb: Callable[[Watched], None] | None = None) -> dict[str, Any]:
        """The record of the run; meanwhile `disturb` does its worst, in another thread."""
        command = [sys.executable, "-m", "nnspec", "train", str(self.spec), "--set", "train.strategy=multi_worker"]
        workers = Workers(
            [*command, "--run", str(self.run), "--quiet"], 2, self.run / "workers", self.patience, self.said.append
        )
        worst = threading.Thread(target=disturb or (lambda watched: None), args=(self,), daemon=True)
        worst.start()
        workers.run()
        worst.join(5)
        return json.loads((self.run / "record.json").read_text())

    def pids(self, attempt: int = 0) -> list[int]:
        started = wait(lambda: [line for line in self.said if line.startswith("started")][attempt : attempt + 1])
        return [int(number) for number in re.findall(r"\d+", started[0])]

    def checkpoint(self) -> None:
        """Returns once there is something to go on from."""
        wait(lambda: list((self.run / "checkpoints").glob("step-*")))


def wait(found: Callable[[], Any], seconds: float = 90) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = found()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError("waited in vain")


def outcome(run: Path, record: dict[str, Any]) -> tuple[str, list[dict[str, Any]]]:
    """What must be equal: the weights, and the metrics of each epoch."""
    return record["weights_sha256"], [
        {name: value for name, value in line.items() if name not in ("time", "seconds")} for line in lines(run)
    ]


@FULL
@pytest.mark.parametrize("text", [CHAIN, SOFTMAX], ids=["crf", "softmax"])
def test_a_tagger_trains_as_in_one_process(text: str, tmp_path: Path) -> None:
    (tmp_path / "sentences.conll").write_text(SENTENCES, encoding="utf-8")
    path = tmp_path / "chain.yaml"
    path.write_text("nnspec: 1" + text)
    Watched(path, tmp_path / "two").train()
    alone = nnspec.train(path, run=tmp_path / "one")
    for ours, theirs in zip(lines(alone.run), lines(tmp_path / "two"), strict=True):
        assert theirs["loss"] == pytest.approx(ours["loss"], rel=1e-5)
        assert theirs["val_loss"] == pytest.approx(ours["val_loss"], rel=1e-5)


def lines(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def undisturbed(spec: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, list[dict[str, Any]]]:
    run = tmp_path_factory.mktemp("undisturbed") / "run"
    watched = Watched(spec, run)
    record = watched.train()
    assert record["status"] == "complete"
    assert record["steps"] == STEPS
    assert "all 2 workers ended well" in watched.said[-1]
    assert (run / "report.html").is_file()
    return outcome(run, record)


@pytest.mark.long
def test_losses_are_those_of_one_process(undisturbed: Any, spec: Path, tmp_path: Path) -> None:
    nnspec.train(spec, run=tmp_path / "run")
    _, single = outcome(tmp_path / "run", json.loads((tmp_path / "run" / "record.json").read_text()))
    assert len(single) == len(undisturbed[1]) == 3
    # Sums are taken in another order, and training makes their last bits grow: epoch by epoch less is asked.
    for one, several, bound in zip(single, undisturbed[1], (1e-6, 1e-5, 1e-3), strict=True):
        assert several["loss"] == pytest.approx(one["loss"], abs=bound)
        assert several["val_loss"] == pytest.approx(one["val_loss"], abs=10 * bound)
        assert several["learning_rate"] == one["learning_rate"]


def killed(number: int, how: signal.Signals) -> Callable[[Watched], None]:
    def disturb(watched: Watched) -> None:
        pids = watched.pids()
        watched.checkpoint()
        os.kill(pids[number], how)

    return disturb


@pytest.mark.parametrize(
    ("number", "how"),
    [(1, signal.SIGKILL), pytest.param(0, signal.SIGKILL, marks=FULL), pytest.param(1, signal.SIGSTOP, marks=FULL)],
)
@pytest.mark.long
def test_a_lost_worker_costs_no_bit(
    number: int, how: signal.Signals, undisturbed: Any, spec: Path, tmp_path: Path
) -> None:
    watched = Watched(spec, tmp_path / "run")
    record = watched.train(killed(number, how))
    log = (tmp_path / "run" / "workers" / "supervisor.log").read_text()
    assert len(re.findall("started workers", log)) == 2, log
    # One that stands still is noticed by TensorFlow in the others, or by the supervisor: whoever is first.
    stopped = "no sign of life" in log or "worker 0 ended: exit code 75" in log
    assert stopped if how == signal.SIGSTOP else f"worker {number} ended: SIGKILL" in log
    assert record["resumed_from"]
    assert outcome(tmp_path / "run", record) == undisturbed


@FULL
def test_a_port_that_is_taken(undisturbed: Any, spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        free, calls = supervisor.free_ports, []

        def ports(count: int) -> list[int]:
            calls.append(count)
            return [taken.getsockname()[1], free(1)[0]] if len(calls) == 1 else free(count)

        monkeypatch.setattr(supervisor, "free_ports", ports)
        watched = Watched(spec, tmp_path / "run", Patience(start=60, stall=20))
        record = watched.train()
    assert len(calls) == 2
    assert outcome(tmp_path / "run", record) == undisturbed


@FULL
def test_a_worker_with_other_data_is_named(spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start = Workers._start

    def other(self: Workers, cluster: Any, heartbeat: Path) -> Any:
        if cluster.index == 1:
            self = Workers([*self.command, "--set", "data.batch_size=32"], self.count, self.logs)
        return start(self, cluster, heartbeat)

    monkeypatch.setattr(Workers, "_start", other)
    with pytest.raises(WorkersGaveUp, match="exit code 1"):
        Watched(spec, tmp_path / "run").train()
    assert "worker 1" in (text := (tmp_path / "run" / "workers" / "worker-1.log").read_text())
    assert "has another spec than the chief" in text
