"""Layers that Keras writes by operations which chips lack, as others write them that compute the same.

An Embedding of Keras counts negative numbers from the end: LESS, ADD and SELECT before the GATHER. Masking, and the
operations that stand for its mask in a functional network, need REDUCE_ANY. Images are enlarged by copies: TILE. None
of those four is on every microcontroller and NPU; a plain GATHER, REDUCE_MAX and RESIZE_NEAREST_NEIGHBOR are.

A convolution of several groups is one operation, which LiteRT's GPU accelerator computes wrongly, without an error: for
phones it is written as a convolution for each group. A UnitNormalization divides by the root of a sum of squares, which
XNNPACK makes no number of where all of them are zero: the sum has a least value instead of the quotient a largest one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import keras
import tensorflow as tf

from nnspec.backend.keras_internals.layers import parts
from nnspec.backend.keras_internals.masks import any_operations, with_mask


def plain_calls(model: Any, *, apart: bool) -> Iterator[tuple[Any, Callable[..., Any]]]:
    """Layers and operations of a model, each with a call that computes the same by operations that more chips have.

    Args:
        apart: whether groups of a convolution are written one by one.
    """
    for layer in parts(model):
        if type(layer) is keras.layers.Embedding and layer.lora_rank is None and layer.quantization_mode is None:
            yield layer, partial(_rows, layer)
        if type(layer) is keras.layers.Masking:
            yield layer, partial(_masking, layer)
        if type(layer) is keras.layers.UpSampling2D and _copies(layer):
            yield layer, partial(_enlarged, layer)
        if type(layer) is keras.layers.UnitNormalization:
            yield layer, partial(_of_unit_length, layer)
        if apart and type(layer) in CONVOLUTIONS and _has_groups(layer):
            yield layer, partial(_by_groups, layer)
    for operation in any_operations(model):
        yield operation, partial(_any, axis=operation.axis, keepdims=operation.keepdims)


def _rows(layer: Any, inputs: Any, **flags: Any) -> Any:
    """The rows of a table; no number is negative where the table has a row for each."""
    return tf.gather(tf.convert_to_tensor(layer.embeddings), tf.cast(inputs, tf.int32))


def _masking(layer: Any, inputs: Any, **flags: Any) -> Any:
    counts = _any(tf.not_equal(inputs, layer.mask_value), axis=[-1], keepdims=True)
    found = tf.where(counts, inputs, tf.zeros([1], inputs.dtype))
    return with_mask(found, tf.squeeze(counts, axis=-1))


def _any(values: Any, axis: Any, keepdims: bool) -> Any:
    return tf.reduce_max(tf.cast(values, tf.float32), axis=axis, keepdims=keepdims) > 0.5


def _of_unit_length(layer: Any, inputs: Any, **flags: Any) -> Any:
    """Each vector by its length, which is 1e-12 at least."""
    axis = [layer.axis] if isinstance(layer.axis, int) else list(layer.axis)
    squares = tf.reduce_sum(tf.square(inputs), axis=axis, keepdims=True)
    return inputs * tf.math.rsqrt(tf.maximum(squares, 1e-24))


CONVOLUTIONS = (keras.layers.Conv1D, keras.layers.Conv2D)


def _has_groups(layer: Any) -> bool:
    plain = layer.lora_rank is None and layer.quantization_mode is None
    return bool(layer.groups > 1 and layer.data_format == "channels_last" and layer.padding != "causal" and plain)


def _by_groups(layer: Any, inputs: Any, **flags: Any) -> Any:
    """Each group's channels by their own kernels, side by side."""
    kernels = tf.split(tf.convert_to_tensor(layer.kernel), layer.groups, axis=-1)
    padding, strides, rates = layer.padding.upper(), list(layer.strides), list(layer.dilation_rate)
    made = [
        tf.nn.convolution(part, kernel, strides=strides, padding=padding, dilations=rates)
        for part, kernel in zip(tf.split(inputs, layer.groups, axis=-1), kernels, strict=True)
    ]
    found = tf.concat(made, axis=-1)
    found = found + layer.bias if layer.use_bias else found
    return found if layer.activation is None else layer.activation(found)


def _copies(layer: Any) -> bool:
    return (layer.interpolation, layer.data_format) == ("nearest", "channels_last")


def _enlarged(layer: Any, inputs: Any, **flags: Any) -> Any:
    """Each place repeated: whole factors make the nearest place the one that it was copied from."""
    if None in inputs.shape[1:3] or not inputs.dtype.is_floating:
        return type(layer).call(layer, inputs)
    height, width = (place * factor for place, factor in zip(inputs.shape[1:3], layer.size, strict=True))
    return tf.raw_ops.ResizeNearestNeighbor(images=inputs, size=[height, width])
