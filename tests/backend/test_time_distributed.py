"""`TimeDistributed` over a number of steps that varies: each step as the layer within alone, whatever the batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import nnspec.backend.kinds  # noqa: F401  has Keras count the steps

pytestmark = pytest.mark.tf

SIZES = [(3, 2), (2, 5), (1, 1), (1, 4)]  # batch and steps: Keras 3.15 took one for the other
EACH: dict[str, tuple[Callable[[], Any], tuple[int | None, ...]]] = {
    "LSTM": (lambda: layers.LSTM(3), (4, 2)),
    "an LSTM whose steps vary too": (lambda: layers.LSTM(3, return_sequences=True), (None, 2)),
    "Bidirectional": (lambda: layers.Bidirectional(layers.GRU(2)), (4, 2)),
    "Conv2D": (lambda: layers.Conv2D(2, 3), (None, 6, 1)),
    "Flatten": (lambda: layers.Flatten(), (4, 2)),
    "TimeDistributed": (lambda: layers.TimeDistributed(layers.Dense(3)), (None, 2)),
    "BatchNormalization": (lambda: layers.BatchNormalization(), (4,)),
}


def run(layer: Any, shape: tuple[int | None, ...], training: bool = False) -> Any:
    wanted = tf.TensorSpec((None, None, *shape))
    return tf.function(lambda x: layer(x, training=training), input_signature=[wanted])


def draw(shape: tuple[int | None, ...], batch: int, steps: int) -> Any:
    sizes = [batch, steps, *(size or 6 for size in shape)]
    return np.random.default_rng(0).normal(size=sizes).astype("float32")


@pytest.mark.parametrize("name", EACH)
def test_each_step_is_computed_by_itself(name: str) -> None:
    make, shape = EACH[name]
    inner = make()
    layer = layers.TimeDistributed(inner)
    layer.build((None, None, *shape))
    graph = run(layer, shape)
    for batch, steps in SIZES:
        x = draw(shape, batch, steps)
        wanted = np.stack([keras.ops.convert_to_numpy(inner(x[:, step])) for step in range(steps)], axis=1)
        np.testing.assert_allclose(graph(x), wanted, rtol=1e-5, atol=1e-6)


def test_masks_go_to_their_steps() -> None:
    layer = layers.TimeDistributed(layers.LSTM(3))
    x, mask = draw((4, 2), 3, 5), np.random.default_rng(1).integers(0, 2, (3, 5, 4)).astype(bool)
    wanted = layer(x, mask=mask)
    signature = [tf.TensorSpec((None, None, 4, 2)), tf.TensorSpec((None, None, 4), tf.bool)]
    graph = tf.function(lambda x, mask: layer(x, mask=mask), input_signature=signature)
    np.testing.assert_allclose(graph(x, mask), wanted, rtol=1e-5, atol=1e-6)


def test_training_moves_averages_at_each_step() -> None:
    """A batch of examples and steps together would have other statistics than Keras's step after step."""
    x = draw((4,), 3, 5)
    fixed, varying = (layers.TimeDistributed(layers.BatchNormalization(momentum=0.5)) for _ in range(2))
    wanted = fixed(x, training=True)
    varying.build((None, None, 4))
    np.testing.assert_allclose(run(varying, (4,), training=True)(x), wanted, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(varying.layer.moving_mean, fixed.layer.moving_mean, rtol=1e-5, atol=1e-6)
