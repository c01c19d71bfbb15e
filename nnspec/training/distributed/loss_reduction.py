"""Mean losses over steps that are those of the whole batch, however it is shared out among replicas.

Keras 3.15 divides the loss of padded sequences by the real steps of each replica, and takes the mean of these means:
where replicas have sentences of other lengths that is another loss than one device has for the same batch.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import tensorflow as tf

from nnspec.backend.keras_internals.losses import scaled_means


def whole_batch_means(strategy: Any | None) -> AbstractContextManager[None]:
    """Within it, train and test steps are traced whose losses divide by the steps of all replicas."""
    if strategy is None or strategy.num_replicas_in_sync == 1:
        return nullcontext()
    return scaled_means(_share)


def _share(weights: Any) -> Any:
    """What this replica's steps weigh, of what they would weigh if all replicas had as many: a float32 scalar."""
    context = tf.distribute.get_replica_context()
    if context is None:
        return tf.constant(1.0)
    own = tf.reduce_sum(tf.cast(weights, tf.float32))
    total = context.all_reduce(tf.distribute.ReduceOp.SUM, own)
    return tf.math.divide_no_nan(own * context.num_replicas_in_sync, total)
