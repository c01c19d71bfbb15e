"""Random networks trained by nnspec and by hand-written Keras: the same loss, metrics and weights.

Eight by default; three hundred with NNSPEC_FULL=1. `NNSPEC_DRAW=17` trains that one alone.
"""

from __future__ import annotations

import os
from pathlib import Path

import keras
import numpy as np
import pytest
from random_networks import Batches, Draw

from nnspec.api import open_data
from nnspec.frontend.pipeline import load
from nnspec.training.train import train

pytestmark = pytest.mark.tf

FULL = os.environ.get("NNSPEC_FULL") == "1"
ALONE = os.environ.get("NNSPEC_DRAW")
SEEDS = [int(ALONE)] if ALONE else range(300 if FULL else 8)
TOLERANCE = 1e-5


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.long
def test_one_training_equals_hand_written_keras(seed: int, tmp_path: Path) -> None:
    keras.backend.clear_session()
    draw = Draw(seed)
    spec = load(draw.write(tmp_path))
    parts = {name: split.indices for name, split in open_data(spec).splits.items()}
    result = train(spec, run=tmp_path / "run")

    keras.backend.clear_session()
    by_hand, training = draw.model(), Batches(draw, parts["train"], training=True)
    held_out = Batches(draw, parts["validation"], training=False) if draw.validation else None
    history = by_hand.fit(
        iter(training),
        epochs=draw.epochs,
        steps_per_epoch=training.steps,
        validation_data=held_out and held_out.again,
        verbose=0,
    ).history

    assert set(result.metrics) == set(history)
    for name, values in history.items():
        np.testing.assert_allclose(result.metrics[name], values[-1], rtol=TOLERANCE, atol=TOLERANCE, err_msg=name)
    ours, theirs = result.model.weights, by_hand.weights
    assert [weight.path for weight in ours] == [weight.path for weight in theirs]
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(
            np.asarray(mine), np.asarray(other), rtol=TOLERANCE, atol=TOLERANCE, err_msg=mine.path
        )
