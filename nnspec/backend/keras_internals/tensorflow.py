"""TensorFlow's own private names."""

from __future__ import annotations

from typing import Any

from tensorflow.compiler.tf2xla.python import xla

KEYS = 100  # more than the groups of devices of one strategy


def strategy_with_keys(kind: Any, *arguments: Any) -> Any:
    """A strategy whose collective operations have keys of their own in this process.

    TensorFlow 2.21 counts them from the same number for each strategy: after one network had been trained, the sums of
    another's gradients met those of the first, and the training failed for their shapes. No argument sets the number.

    Args:
        kind: ``tf.distribute.MirroredStrategy`` or ``MultiWorkerMirroredStrategy``.
        arguments: its own.
    """
    kind._collective_key_base += KEYS
    return kind(*arguments)


def dynamic_update_slice(tensor: Any, update: Any, start: Any) -> Any:
    """``tensor`` with ``update`` written at ``start``, as the operation that TFLite has a builtin for.

    ``tf.tensor_scatter_nd_update`` is public and computes the same, as an operation that copies all of the tensor.
    """
    return xla.dynamic_update_slice(tensor, update, start)


def one_scale_for_dense(converter: Any) -> None:
    """Makes a ``tf.lite.TFLiteConverter`` give the weights of a matrix product one scale, not one for each column.

    TensorFlow has that switch for runtimes that know no more, and no public name of it.
    """
    converter._experimental_disable_per_channel_quantization_for_dense_layers = True
