"""The sum of two tensors, which Keras 3.15 gets wrong for a batch of one example."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import tensorflow as tf
from keras.src.backend.tensorflow import numpy as backend


@contextmanager
def plain_sums() -> Iterator[None]:
    """While open, `keras.ops.add` lets no summand pass for a bias that is none.

    Keras takes whatever has one size above 1 for the bias of a convolution: where the batch is known to be one example,
    a column `[1, 3, 1]` added to a table `[1, 3, 3]` goes to its columns instead of its rows, without an error, and the
    sum of two columns is an operation that TFLite's converter ends at.
    """
    before = backend.add
    backend.add = lambda x1, x2: _sum(before, x1, x2)
    try:
        yield
    finally:
        backend.add = before


def _sum(add: Any, x1: Any, x2: Any) -> Any:
    ranks = [len(getattr(one, "shape", ())) for one in (x1, x2)]
    same = getattr(x1, "dtype", None) == getattr(x2, "dtype", 0)
    return tf.add(x1, x2) if same and min(ranks) > 1 else add(x1, x2)
