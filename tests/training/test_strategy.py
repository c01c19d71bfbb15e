"""Two logical CPU devices stand in for two GPUs: the same losses as on one, and the same bits after a kill."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from training_specs import CHAIN, CNN, SENTENCES, SOFTMAX, WriteSpec

from nnspec.frontend.diagnostics import SpecError
from nnspec.training.distributed.strategy import choose_strategy, restrictions, surprises

pytestmark = pytest.mark.tf

SCRIPT = """
import json, sys
from pathlib import Path
import tensorflow as tf
two = [tf.config.LogicalDeviceConfiguration()] * 2
tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], two)
from nnspec.frontend.pipeline import load
from nnspec.console.progress import Reporter
from nnspec.training.train import train

class Kill(Reporter):
    left = 9
    def step(self, done, logs):
        Kill.left -= 1
        if Kill.left == 0:
            raise KeyboardInterrupt

def run(strategy, folder, reporter=None):
    settings = ["layers.3.Dropout=0.0", "train.optimizer={SGD: 0.05}", "data.batch_size=6"]
    spec = load(Path("net.yaml"), [f"train.strategy={strategy}", *settings])
    return train(spec, run=Path(folder), reporter=reporter)

single, mirrored = run("single", "one"), run("mirrored", "two")
try:
    run("mirrored", "again", Kill())
except KeyboardInterrupt:
    pass
again = run("mirrored", "again")
losses = [[json.loads(line)["val_loss"] for line in open(f"{name}/metrics.jsonl")] for name in ("one", "two")]
print(json.dumps([losses, mirrored.weights_sha256, again.weights_sha256, str(again.resumed_from)]))
"""


@pytest.mark.long
def test_two_replicas_train_as_one_and_resume_exactly(spec: WriteSpec, folder: Path) -> None:
    spec(CNN)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    (one, two), whole, resumed, place = json.loads(done.stdout.splitlines()[-1])
    assert one == pytest.approx(two, rel=1e-3)
    assert whole == resumed and place != "None"


# Several networks one after the other, so that none meets the sums of another.
IN_TURN = """
import json, sys
from pathlib import Path
import tensorflow as tf
two = [tf.config.LogicalDeviceConfiguration()] * 2
tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], two)
from nnspec.frontend.pipeline import load
from nnspec.training.train import train

def losses(name, strategy):
    train(load(Path(f"{name}.yaml"), [f"train.strategy={strategy}"]), run=Path(f"{name}-{strategy}"))
    return [[json.loads(line)[key] for key in ("loss", "val_loss")] for line in open(f"{name}-{strategy}/metrics.jsonl")]

print(json.dumps({name: [losses(name, "single"), losses(name, "mirrored")] for name in sys.argv[1:]}))
"""
# Steps that a mask of Keras's hides, and no weight of the data.
MASKED = """
name: masked
inputs: {x: [9, 3]}
layers:
  - Masking: 0.0
  - Bidirectional: {layer: {LSTM: {units: 6, return_sequences: true}}}
  - Dense: {units: 3, activation: softmax}
data: {source: {Arrays: {path: series.npz}}, split: {validation: 0.25}, batch_size: 6}
train: {epochs: 2, optimizer: {SGD: 0.05}, loss: SparseCategoricalCrossentropy}
"""


@pytest.mark.long
def test_all_steps_count_alike_however_they_are_shared_out(folder: Path) -> None:
    """The loss is the mean over the steps of the whole batch, although devices have sequences of other lengths."""
    (folder / "sentences.conll").write_text(SENTENCES, encoding="utf-8")
    draw = np.random.default_rng(0)
    x = draw.standard_normal((48, 9, 3)).astype(np.float32)
    x[np.arange(9) >= draw.integers(1, 10, (48, 1))] = 0
    np.savez(folder / "series.npz", x=x, y=draw.integers(0, 3, (48, 9)))
    texts = {"chain": CHAIN, "softmax": SOFTMAX, "masked": MASKED}
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(f"nnspec: 1{text}")
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        [sys.executable, "-c", IN_TURN, *texts],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    for name, (one, two) in json.loads(done.stdout.splitlines()[-1]).items():
        assert np.array(two) == pytest.approx(np.array(one), rel=1e-5), name


def test_what_several_devices_cannot_do_is_said_at_its_line(spec: WriteSpec) -> None:
    loaded = spec(CNN, "train.optimizer={Adam: {gradient_accumulation_steps: 2}}", "data.batch_size=9")
    batch, accumulation = restrictions(loaded, 2)
    assert "9" in batch.message and batch.span is not None
    assert "gradient_accumulation_steps" in accumulation.message
    assert [warning.code for warning in surprises(spec(CNN), object())] == ["W0703", "W0703"]


def test_without_the_devices_there_is_a_clear_refusal(spec: WriteSpec) -> None:
    assert choose_strategy(spec(CNN)) is None
    for name in ("tpu", "multi_worker"):
        with pytest.raises(SpecError, match="E0710"):
            choose_strategy(spec(CNN, f"train.strategy={name}"))
