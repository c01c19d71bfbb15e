"""The random draws of Keras's layers, numbered from a seed of the example instead of from the layers' own state."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import tensorflow as tf

from nnspec.backend.keras_internals.layers import drawing, seed_generators
from nnspec.data.counter_rng import tensor_mixed

STRIDE = 0x9E3779B9 - 2**32  # between the seeds of two draws for one example, as int32: 2**32 over the golden ratio


class Draws:
    """The draws of a list of layers.

    Attributes:
        count: how many there have been for the example; set back to draw the same again.
    """

    def __init__(self, layers: Sequence[Any]) -> None:
        self.generators = [generator for layer in layers for generator in seed_generators(layer)]
        self.count = 0
        self.epoch = 0

    def restart(self, epoch: int) -> None:
        self.count, self.epoch = 0, epoch

    @contextmanager
    def of(self, seed: Any, start: int) -> Iterator[None]:
        """Within it the layers draw from ``seed``, int32 [2], beginning with draw number ``start``."""
        self.count = start

        def draw(ordered: bool = True) -> Any:
            self.count += 1
            return seed + tf.constant([0, (self.count * STRIDE + 2**31) % 2**32 - 2**31], tf.int32)

        # AugMix picks its layers by Python's generator while the graph is made: once an epoch, alike in any process.
        state = random.getstate()
        random.seed(f"{self.epoch} {start}")
        try:
            with drawing(self.generators, draw):
                yield
        finally:
            random.setstate(state)


def permutation(seeds: Any, number: int) -> Any:
    """A permutation of the examples of a batch that follows from their seeds, int32 [batch, 2], and this number."""
    keys = tensor_mixed(tf.bitcast(seeds, tf.uint64), number)
    return tf.argsort(tf.bitcast(keys, tf.int64))
