"""Mean losses over steps that are those of the whole batch, however it is shared out among replicas.

Keras 3.15 divides the loss of padded sequences by the real steps of each replica, and takes the mean of these means:
where replicas have sentences of other lengths that is another loss than one device has for the same batch.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import tensorflow as tf
from keras.src.losses import loss as losses

MEANS = ("mean", "sum_over_batch_size")  # of masked steps
WEIGHTED = "mean_with_sample_weight"


@contextmanager
def whole_batch_means(strategy: Any | None) -> Iterator[None]:
    """Within it, train and test steps are traced whose losses divide by the steps of all replicas."""
    if strategy is None or strategy.num_replicas_in_sync == 1:
        yield
        return
    apply_mask, reduce_values = losses.apply_mask, losses.reduce_values

    def masked(sample_weight: Any, mask: Any, dtype: Any, reduction: str) -> Any:
        weight = apply_mask(sample_weight, mask, dtype, reduction)
        return weight if mask is None or reduction not in MEANS else weight * tf.cast(_share(mask), weight.dtype)

    def reduced(values: Any, sample_weight: Any = None, reduction: str = "sum_over_batch_size") -> Any:
        loss = reduce_values(values, sample_weight, reduction)
        if sample_weight is None or reduction != WEIGHTED:
            return loss
        return loss * tf.cast(_share(sample_weight), loss.dtype)

    losses.apply_mask, losses.reduce_values = masked, reduced
    try:
        yield
    finally:
        losses.apply_mask, losses.reduce_values = apply_mask, reduce_values


def _share(weights: Any) -> Any:
    """What this replica's steps weigh, of what they would weigh if all replicas had as many: a float32 scalar."""
    context = tf.distribute.get_replica_context()
    if context is None:
        return tf.constant(1.0)
    own = tf.reduce_sum(tf.cast(weights, tf.float32))
    total = context.all_reduce(tf.distribute.ReduceOp.SUM, own)
    return tf.math.divide_no_nan(own * context.num_replicas_in_sync, total)
