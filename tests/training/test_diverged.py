"""A loss that becomes nan ends the training, keeps the last good checkpoint, and is traced to its layer."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from training_specs import CNN, WriteSpec

from nnspec.data.errors import DataError
from nnspec.runs.errors import TrainingError
from nnspec.training.checkpoint import Checkpoints
from nnspec.training.train import train

pytestmark = pytest.mark.tf

RUN = Path("runs/cnn/1")
WILD = "train.optimizer={SGD: {learning_rate: 1e30}}"


def test_the_step_is_told_and_the_last_good_checkpoint_kept(spec: WriteSpec) -> None:
    with pytest.raises(TrainingError, match=r"infinite or nan in step [23] of epoch 1.*train\.debug=true"):
        train(spec(CNN, WILD, "train.checkpoint_every=1"))
    record = json.loads((RUN / "record.json").read_text())
    found = Checkpoints(RUN / "checkpoints").newest()
    assert record["status"] == "diverged" and found.tree is not None
    assert found.tree["position"]["total"] == record["steps"] - 1


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("", ""), "Dense `dense` ("),
        (
            ("  - ReLU\n", "  - {Rescaling: {scale: 1e38}, name: huge}\n  - {Rescaling: {scale: 1e38}, name: boom}\n"),
            "net.yaml:9:6) is the first",
        ),
    ],
)
def test_debug_finds_the_layer(spec: WriteSpec, change: tuple[str, str], told: str) -> None:
    overrides = ["train.debug=true"] + ([] if change[0] else [WILD])
    with pytest.raises(TrainingError) as caught:
        train(spec(CNN.replace(*change) if change[0] else CNN, *overrides))
    assert told in str(caught.value)


def test_data_that_are_nan_are_refused_before_a_step(spec: WriteSpec, folder: Path) -> None:
    images = dict(np.load("images.npz"))
    images["x"][5] = np.nan
    np.savez("images.npz", **images)
    with pytest.raises(DataError, match="example 5 has nan"):
        train(spec(CNN, "train.debug=true", "data.split={test: 0.1}"))


BLOWN = ("data.batch_size=80", "data.split={}", "train.epochs=2", "data.augment=[]", "train.checkpoint_every=null")
HUGE = "train.optimizer={SGD: {learning_rate: 1e30, weight_decay: 1e30}}"


def test_weights_are_looked_at_where_the_loss_is_finite(spec: WriteSpec) -> None:
    """The loss of the only step of an epoch is taken before its weights are lost."""
    with pytest.raises(TrainingError, match=r"the weights `.*kernel` of Conv2D `conv2d` \(.* after epoch 1, step 1;"):
        train(spec(CNN, HUGE, *BLOWN))
    record = json.loads((RUN / "record.json").read_text())
    assert record["status"] == "diverged" and not list((RUN / "checkpoints").glob("step-*"))


def test_debug_finds_the_step_that_lost_the_weights(spec: WriteSpec) -> None:
    with pytest.raises(TrainingError, match=r"after epoch 1, step 1: in step 1 of epoch 1 "):
        train(spec(CNN, HUGE, *BLOWN, "train.debug=true"))


FAR = (*BLOWN[0:1], "data.split={validation: {inputs: far, targets: y}}", *BLOWN[2:])


def far_images() -> None:
    """Images whose squares are more than float32 holds, in the validation part alone."""
    images = dict(np.load("images.npz"))
    np.savez("images.npz", **images, far=np.full_like(images["x"], 1e38))


@pytest.mark.parametrize("epochs", ["train.epochs=1", "train.epochs=2"])
def test_a_loss_of_the_validation_part_that_is_no_number_ends_any_epoch(spec: WriteSpec, epochs: str) -> None:
    far_images()
    with pytest.raises(TrainingError, match=r"`val_loss` is infinite or nan after epoch 1, step 1;.*debug=true"):
        train(spec(CNN, *FAR, epochs))
    assert json.loads((RUN / "record.json").read_text())["status"] == "diverged"


def test_debug_finds_the_cause_in_the_validation_part(spec: WriteSpec) -> None:
    far_images()
    with pytest.raises(TrainingError, match="in batch 1 of the validation part every output is finite, the loss"):
        train(spec(CNN, *FAR, "train.debug=true"))


def test_a_callback_that_ends_the_training_hides_no_loss(spec: WriteSpec) -> None:
    with pytest.raises(TrainingError, match=r"the loss became infinite or nan in step [23] of epoch 1"):
        train(spec(CNN, WILD, "train.callbacks=[TerminateOnNaN]"))
