"""Every callback that a spec can name trains, writes into the run's folder, and goes on after an interruption."""

from __future__ import annotations

import csv
import inspect
import json
import os
import re
import signal
from pathlib import Path
from typing import Any

import keras
import pytest
from training_specs import CNN, WriteSpec

from nnspec.backend.refused import REFUSED
from nnspec.catalog.callbacks import acts
from nnspec.catalog.kinds import catalog
from nnspec.console.progress import Reporter
from nnspec.layers.types import KindValue
from nnspec.runs.errors import Interrupted
from nnspec.training.train import train

pytestmark = pytest.mark.tf

EVERY = """
  callbacks:
    - EarlyStopping: {monitor: val_accuracy, mode: MODE, patience: 9, restore_best_weights: true}
    - ReduceLROnPlateau: {monitor: loss, mode: min, factor: 0.5, patience: 0, min_delta: 10.0, cooldown: 1}
    - CSVLogger: {filename: log.csv, separator: ";"}
    - ModelCheckpoint: {filepath: "kept-{epoch}.keras", monitor: val_loss, save_best_only: true}
    - ModelCheckpoint: {filepath: steps.weights.h5, save_weights_only: true, save_freq: 3}
    - SwapEMAWeights: {swap_on_epoch: true}
    - TerminateOnNaN
"""
AVERAGED = CNN.replace(
    "{AdamW: {learning_rate: {CosineDecay: {initial_learning_rate: 0.02, decay_steps: 30}}, clipnorm: 1.0}}",
    "{Adam: {learning_rate: 0.02, use_ema: true, ema_momentum: 0.9}}",
)


def test_what_callbacks_do_is_what_keras_has_them_do() -> None:
    """Keras tells by its code alone."""
    for kind in catalog().kinds("callback"):
        does, code = acts(KindValue(kind, {})), inspect.getsource(getattr(keras.callbacks, kind))
        assert does.sets_rate == ("optimizer.learning_rate = " in code or "learning_rate.assign" in code), kind
        assert does.stops == ("stop_training = True" in code and "self.monitor" in code), kind
        assert does.chooses == (does.stops or "save_best_only" in code), kind
        only_then = re.search(r"if self\.(save_best_only):", code)
        assert does.looks_if == (only_then and only_then[1]), kind


class Stops(Reporter):
    """Interrupts after so many steps."""

    def __init__(self, after: int) -> None:
        self.left = after

    def step(self, done: int, logs: Any) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGINT)


def test_the_catalogue_has_these_and_says_why_it_lacks_others() -> None:
    kinds = set(catalog().kinds("callback"))
    assert kinds == {kind for kind in kinds if kind in EVERY}
    for kind in ("TensorBoard", "OrbaxCheckpoint", "RemoteMonitor", "LearningRateScheduler", "BackupAndRestore"):
        assert REFUSED[kind] and kind not in kinds


@pytest.mark.parametrize("mode", ["auto", "max", "min"])
@pytest.mark.long
def test_every_callback_resumes(mode: str, spec: WriteSpec, folder: Path) -> None:
    loaded = spec(AVERAGED + EVERY.replace("MODE", mode))
    whole = train(loaded, run=Path("whole"))
    with pytest.raises(Interrupted):
        train(loaded, run=Path("stopped"), reporter=Stops(8))
    result = train(loaded, run=Path("stopped"))
    assert result.resumed_from is not None and result.weights_sha256 == whole.weights_sha256
    logs = [Path(run, "log.csv").read_text(encoding="utf-8").splitlines() for run in ("whole", "stopped")]
    found = [list(csv.reader(lines, delimiter=";")) for lines in logs]
    assert found[0] == found[1] and len(found[0]) == 4
    kept = [{path.name for path in Path(run).glob("kept-*")} for run in ("whole", "stopped")]
    assert kept[0] == kept[1] and kept[0]
    assert all((Path(run) / "steps.weights.h5").is_file() for run in ("whole", "stopped"))


@pytest.mark.long
def test_phases_that_are_taken_back(spec: WriteSpec) -> None:
    """The run that was interrupted in them is not resumed."""
    with pytest.raises(Interrupted):
        train(spec(CNN, "train.phases=[{epochs: 2}]", "train.epochs=null"), reporter=Stops(3))
    result = train(spec(CNN, "train.phases=null", "train.epochs=1"))
    assert result.epochs == 1 and result.resumed_from is None
    assert json.loads((result.run / "record.json").read_text())["status"] == "complete"
