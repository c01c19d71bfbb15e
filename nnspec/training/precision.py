"""Settings of the process that a training needs: the precision of layers, and operations that give the same bits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import keras
import tensorflow as tf


@contextmanager
def precision(policy: str) -> Iterator[None]:
    """Layers made within it compute in ``policy``: float32, mixed_bfloat16 or mixed_float16."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def fix_operations(deterministic: bool | None) -> bool:
    """Makes TensorFlow's operations give the same bits every time, for the rest of the process.

    Args:
        deterministic: None is yes on a CPU, and no on a GPU, where it costs a good deal.

    Returns:
        Whether they do.
    """
    wanted = not tf.config.list_physical_devices("GPU") if deterministic is None else deterministic
    if wanted:
        tf.config.experimental.enable_op_determinism()
    return wanted
