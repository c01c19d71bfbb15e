"""`kill -9` at random moments of a training in a process of its own: the end is the same to the bit.

In the suite two kills of one network. NNSPEC_FULL=1: 136 kills over four that have everything that makes resuming hard,
and NNSPEC_SEED another draw of the moments.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from training_specs import CNN

pytestmark = pytest.mark.tf
FULL = os.environ.get("NNSPEC_FULL") == "1"
KILLS = 34 if FULL else 2
LONGEST = 2.5  # seconds from a first step to a kill: over several epochs, their ends, validation, and checkpoints

IMAGES = "nnspec: 1" + (
    CNN.replace("epochs: 3", "epochs: EPOCHS")
    .replace("decay_steps: 30", "decay_steps: 900")
    .replace("checkpoint_every: 2", "checkpoint_every: 7")
)
BILSTM = """\
nnspec: 1
name: bilstm
inputs: {series: [10, 4]}
layers:
  - Bidirectional: {layer: {LSTM: {units: 6, dropout: 0.2, recurrent_dropout: 0.3}}}
  - Dropout: 0.3
  - Dense: {units: 3, activation: softmax}
data: {source: {Arrays: {path: series.npz}}, split: {validation: 0.2}, batch_size: 8}
train: {epochs: EPOCHS, optimizer: {Adam: {learning_rate: 0.01}}, checkpoint_every: 7}
"""
# The plateau is met again and again, and the patience of the stop runs out before the epochs do.
LSTM = """\
nnspec: 1
name: lstm
inputs: {series: [10, 4]}
layers:
  - LSTM: {units: 6}
  - Dense: {units: 3, activation: softmax}
data: {source: {Arrays: {path: series.npz}}, split: {validation: 0.2}, batch_size: 8}
train:
  epochs: EPOCHS
  optimizer: {SGD: {learning_rate: 0.5}}
  checkpoint_every: 7
  callbacks:
    - ReduceLROnPlateau: {monitor: val_loss, factor: 0.7, patience: 1, min_delta: 0.001}
    - EarlyStopping: {monitor: val_loss, patience: PATIENCE, min_delta: 0.001, restore_best_weights: true}
"""
NETWORKS = {
    "cnn": IMAGES,
    "bilstm": BILSTM,
    "lstm": LSTM,
    "mirrored": IMAGES.replace("train:\n", "train:\n  strategy: mirrored\n"),  # over two logical devices
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made, draw = tmp_path_factory.mktemp("kills"), np.random.default_rng(0)
    for name, shape in (("images", (8, 8, 1)), ("series", (10, 4))):
        x, y = draw.standard_normal((240, *shape)).astype(np.float32), draw.integers(0, 3, 240)
        x[:, 0] += y.reshape(-1, *[1] * (x.ndim - 2)) * 0.3
        np.savez(made / f"{name}.npz", x=x, y=y)
    for name, text in NETWORKS.items():
        epochs, patience = ("60", "25") if FULL else ("12", "5")
        (made / f"{name}.yaml").write_text(text.replace("EPOCHS", epochs).replace("PATIENCE", patience))
    return made


MIRRORED = """
import tensorflow as tf
two = [tf.config.LogicalDeviceConfiguration()] * 2
tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], two)
from nnspec.cli.main import main
main()
"""


def train(spec: Path, run: Path, beat: Path) -> subprocess.Popen[bytes]:
    start = ["-c", MIRRORED] if spec.stem == "mirrored" else ["-m", "nnspec"]
    command = [sys.executable, *start, "train", str(spec), "--run", str(run), "--quiet"]
    environment = os.environ | {"NNSPEC_HEARTBEAT": str(beat)}
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def complete(run: Path) -> bool:
    return bool(json.loads((run / "record.json").read_text())["status"] == "complete")


def outcome(run: Path) -> tuple[str, int, list[dict[str, Any]]]:
    assert complete(run)
    record = json.loads((run / "record.json").read_text())
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    for line in lines:
        del line["time"], line["seconds"]
    return record["weights_sha256"], record["steps"], lines


@pytest.mark.parametrize("name", NETWORKS if FULL else ["cnn"])
@pytest.mark.long
def test_the_end_is_the_same_to_the_bit(name: str, folder: Path, tmp_path: Path) -> None:
    spec, beat = folder / f"{name}.yaml", tmp_path / "beat"
    assert train(spec, tmp_path / "whole", beat).wait() == 0
    draw = random.Random(f"{os.environ.get('NNSPEC_SEED', '0')} {name}")
    kills = 0
    while kills < KILLS:
        beat.unlink(missing_ok=True)
        process = train(spec, tmp_path / "killed", beat)
        while not beat.exists() and process.poll() is None:
            time.sleep(0.005)
        time.sleep(draw.uniform(0, LONGEST if FULL else 0.4))
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            kills += 1
        elif outcome(tmp_path / "killed") == outcome(tmp_path / "whole"):  # it came to its end: the next begins anew
            for path in (tmp_path / "killed").rglob("*"):
                path.is_file() and path.unlink()
            (tmp_path / "killed").rename(tmp_path / f"done{kills}")
        process.wait()
    if not complete(tmp_path / "killed"):  # the last kill may have come after the end
        assert train(spec, tmp_path / "killed", beat).wait() == 0
    assert outcome(tmp_path / "killed") == outcome(tmp_path / "whole")
    if name == "lstm":
        lines = outcome(tmp_path / "whole")[2]
        assert len({line["learning_rate"] for line in lines}) > 2, "the plateau was never met"
        assert len(lines) < 60, "the training was never stopped"
