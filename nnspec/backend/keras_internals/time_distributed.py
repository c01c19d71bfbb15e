"""`TimeDistributed` over a number of steps that varies.

Keras 3.15 counts there the examples of the batch and takes them for the steps: of longer sequences it computes the
first steps alone, without a word, and it fails on shorter ones. With a fixed number of steps it is right, and left so.
"""

from __future__ import annotations

import functools
from typing import Any

import keras
import tensorflow as tf

from nnspec.backend.keras_internals.layers import takes_mask, takes_training
from nnspec.backend.tensors import sizes

_fixed_steps = keras.layers.TimeDistributed.call


@functools.wraps(_fixed_steps)
def _call(self: Any, inputs: Any, training: Any = None, mask: Any = None) -> Any:
    if inputs.shape[1] is not None:
        return _fixed_steps(self, inputs, training=training, mask=mask)
    if training and self.layer.non_trainable_variables:
        return _one_by_one(self, inputs, training, mask)
    return _all_at_once(self, inputs, training, mask)


def _all_at_once(wrapper: Any, inputs: Any, training: Any, mask: Any) -> Any:
    """The steps of all examples as one batch: each answers for itself."""
    outputs = wrapper.layer.call(_folded(inputs), **_arguments(wrapper, training, mask, _folded))
    return _reshaped(outputs, [*sizes(inputs)[:2], *sizes(outputs)[1:]])


def _one_by_one(wrapper: Any, inputs: Any, training: Any, mask: Any) -> Any:
    """Step after step, as with a fixed number of them: each draws its own dropout and moves averages."""

    def step(index: Any) -> Any:
        taken = functools.partial(tf.gather, indices=index, axis=1)
        return wrapper.layer.call(taken(inputs), **_arguments(wrapper, training, mask, taken))

    outputs = tf.map_fn(step, tf.range(tf.shape(inputs)[1]), fn_output_signature=wrapper.layer.compute_dtype)
    outputs = tf.transpose(outputs, [1, 0, *range(2, len(outputs.shape))])
    outputs.set_shape(wrapper.compute_output_shape(tuple(inputs.shape)))
    return outputs


def _folded(tensor: Any) -> Any:
    """`[batch, steps, ...]` as `[batch * steps, ...]`."""
    batch, steps, *rest = sizes(tensor)
    return _reshaped(tensor, [batch * steps, *rest])


def _reshaped(tensor: Any, wanted: list[Any]) -> Any:
    """The tensor in another shape; where one size is open, the others stay known to what converts the graph."""
    unknown = [size for size in wanted if not isinstance(size, int)]
    return tf.reshape(
        tensor, [size if isinstance(size, int) else -1 for size in wanted] if len(unknown) == 1 else wanted
    )


def _arguments(wrapper: Any, training: Any, mask: Any, taken: Any) -> dict[str, Any]:
    """What the layer within is called with beside its input, as Keras calls it."""
    arguments = {}
    if mask is not None and takes_mask(wrapper.layer):
        arguments["mask"] = taken(mask)
    if takes_training(wrapper.layer):
        arguments["training"] = training
    return arguments


def count_steps() -> None:
    """Has Keras count the steps, from now on."""
    keras.layers.TimeDistributed.call = _call
