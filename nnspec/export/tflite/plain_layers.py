"""Layers that Keras writes by operations which chips lack, as others write them that compute the same.

An Embedding of Keras counts negative numbers from the end: LESS, ADD and SELECT before the GATHER. Masking, and the
operations that stand for its mask in a functional network, need REDUCE_ANY. Images are enlarged by copies: TILE. None
of those four is on every microcontroller and NPU; a plain GATHER, REDUCE_MAX and RESIZE_NEAREST_NEIGHBOR are.

A convolution of several groups is one operation, which LiteRT's GPU accelerator computes wrongly, without an error: for
phones it is written as a convolution for each group. A UnitNormalization divides by the root of a sum of squares, which
XNNPACK makes no number of where all of them are zero: the sum has a least value instead of the quotient a largest one.
So do vectors of a Dot with `normalize`. AutoContrast tells an image of one value by a quotient that is no number, and
the kernels of TFLite make numbers of it. The kernel of a PReLU takes four axes: of five it is written as a sum.

The converter has no operation for windows over channels that stand first: they are moved to the end and back. Nor has
it one that counts numbers: they become vectors of zeros and ones, of which the sum or the largest is taken. Groups of a
Conv3D, and its holes as TensorFlow writes them on a CPU, have none either: each group is one CONV_3D, its kernel with
zeros for holes, since LiteRT.js computes other numbers with holes. Nor is there one that divides whole numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import keras
import numpy as np
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
        if type(layer) is keras.layers.Dot and layer.normalize:
            yield layer, partial(_of_directions, layer)
        if type(layer) is keras.layers.Average:
            yield layer, partial(_mean_of, layer)
        if type(layer) is keras.layers.PReLU and len(layer.alpha.shape) > 3:
            yield layer, partial(_bent, layer)
        if type(layer) is keras.layers.AutoContrast:
            yield layer, partial(_stretched, layer)
        if type(layer) in (keras.layers.CategoryEncoding, keras.layers.Discretization) and _counts(layer):
            yield layer, partial(_counted, layer)
        if _is_written_out(layer, apart):
            yield layer, partial(_moved, layer, _by_groups)
        elif type(layer) in WINDOWS and layer.data_format == "channels_first":
            yield layer, partial(_moved, layer, type(layer).call)
        if _walks_over_maps(layer) and (layer.data_format == "channels_first" or _has_holes(layer.cell)):
            yield layer.cell, partial(_moved_step, layer.cell)
    for operation in any_operations(model):
        yield operation, partial(_any, axis=operation.axis, keepdims=operation.keepdims)


def _rows(layer: Any, inputs: Any, **flags: Any) -> Any:
    """The rows of a table; no whole number is negative where the table has a row for each."""
    if inputs.dtype.is_floating:  # a float may well be, and Keras counts from the end
        return type(layer).call(layer, inputs)
    return tf.gather(tf.convert_to_tensor(layer.embeddings), tf.cast(inputs, tf.int32))


def _masking(layer: Any, inputs: Any, **flags: Any) -> Any:
    counts = _any(tf.not_equal(inputs, layer.mask_value), axis=[-1], keepdims=True)
    found = tf.where(counts, inputs, tf.zeros([1], inputs.dtype))
    return with_mask(found, tf.squeeze(counts, axis=-1))


def _any(values: Any, axis: Any, keepdims: bool) -> Any:
    return tf.reduce_max(tf.cast(values, tf.float32), axis=axis, keepdims=keepdims) > 0.5


def _of_unit_length(layer: Any, inputs: Any, **flags: Any) -> Any:
    """Each vector by its length, which is 1e-12 at least."""
    return _directions(inputs, [layer.axis] if isinstance(layer.axis, int) else layer.axis, 1e-12)


def _directions(vectors: Any, axes: Sequence[int], least: float) -> Any:
    """The axes in order: the converter looks at the first alone, and takes it for all of them if it is the last."""
    along = sorted(axis % len(vectors.shape) for axis in axes)
    squares = tf.reduce_sum(tf.square(vectors), axis=along, keepdims=True)
    return vectors * tf.math.rsqrt(tf.maximum(squares, least**2))


def _of_directions(layer: Any, inputs: Any, **flags: Any) -> Any:
    """The products of vectors by their lengths, which are 1e-7 at least."""
    axes = [layer.axes] * 2 if isinstance(layer.axes, int) else layer.axes
    layer.normalize = False
    try:
        vectors = [_directions(one, [axis], keras.backend.epsilon()) for one, axis in zip(inputs, axes, strict=True)]
        return type(layer).call(layer, vectors)
    finally:
        layer.normalize = True


def _mean_of(layer: Any, inputs: Any, **flags: Any) -> Any:
    """Keras divides whole numbers in float64."""
    return type(layer).call(layer, [one if one.dtype.is_floating else tf.cast(one, tf.float32) for one in inputs])


def _bent(layer: Any, inputs: Any, **flags: Any) -> Any:
    """The converter makes a PRELU, which takes four axes, of what Keras writes."""
    return tf.maximum(inputs, 0.0) + layer.alpha * tf.minimum(inputs, 0.0)


def _stretched(layer: Any, images: Any, *args: Any, **flags: Any) -> Any:
    """Each channel of each image from its least and largest value to the range; left alone where the two are one.

    They are one to Keras, too, where 255 by their difference is more than float32 can say.
    """
    images = tf.cast(images, tf.float32)
    low, high = layer.value_range
    bytes_of = 255.0 / (high - low)
    shades = (images - low) * bytes_of
    least = tf.reduce_min(shades, axis=[1, 2], keepdims=True)
    width = tf.reduce_max(shades, axis=[1, 2], keepdims=True) - least
    flat = width <= 255.0 / float(np.finfo(np.float32).max)
    factor = 255.0 / tf.where(flat, tf.ones_like(width), width)
    wide = tf.clip_by_value((shades - least) * factor, 0.0, 255.0) / bytes_of + low
    return tf.where(flat, images, wide)


def _counts(layer: Any) -> bool:
    return layer.output_mode in ("multi_hot", "count") and not layer.sparse


def _counted(layer: Any, inputs: Any, count_weights: Any = None) -> Any:
    """Which of the numbers `[batch, numbers]` or `[batch]` there are, or how often; those beyond the last are none."""
    bins = type(layer) is keras.layers.Discretization
    numbers = keras.ops.digitize(inputs, layer.bin_boundaries) if bins else inputs
    depth = len(layer.bin_boundaries) + 1 if bins else layer.num_tokens
    dtype = layer.output_dtype if bins else layer.dtype
    vectors = tf.one_hot(tf.cast(numbers, tf.int32), depth, dtype=tf.float32)
    if count_weights is not None:
        vectors *= tf.cast(count_weights, tf.float32)[..., tf.newaxis]
    gathered = tf.reduce_sum if layer.output_mode == "count" else tf.reduce_max
    return tf.cast(gathered(vectors, axis=1 if len(numbers.shape) > 1 else 0), dtype)


CONVOLUTIONS = (keras.layers.Conv1D, keras.layers.Conv2D, keras.layers.Conv3D)
EVERY_CONVOLUTION = tuple(
    getattr(keras.layers, f"{kind}{rank}D{suffix}")
    for kind, suffix, ranks in (
        ("Conv", "", (1, 2, 3)),
        ("Conv", "Transpose", (1, 2, 3)),
        ("DepthwiseConv", "", (1, 2)),
        ("SeparableConv", "", (1, 2)),
    )
    for rank in ranks
)
POOLING = ("Max", "Average", "AdaptiveMax", "AdaptiveAverage")
WINDOWS = (
    *EVERY_CONVOLUTION,
    *(getattr(keras.layers, f"{kind}Pooling{rank}D") for kind in POOLING for rank in (1, 2)),
    keras.layers.STFTSpectrogram,
)


def _moved(layer: Any, call: Callable[..., Any], inputs: Any, **flags: Any) -> Any:
    """What a layer's call gives, its channels at the end while it runs."""
    if layer.data_format == "channels_last":
        return call(layer, inputs)
    with _channels_last(layer):
        return _to_first(call(layer, _to_last(inputs)))


def _walks_over_maps(layer: Any) -> bool:
    return isinstance(layer, keras.layers.ConvLSTM1D | keras.layers.ConvLSTM2D | keras.layers.ConvLSTM3D)


def _moved_step(cell: Any, inputs: Any, states: Any, **flags: Any) -> Any:
    """One step of a ConvLSTM, the channels of maps and states at its end while it runs."""
    if cell.data_format == "channels_last":
        return _step_with_holes(cell, inputs, states)
    with _channels_last(cell):
        found, after = _step_with_holes(cell, _to_last(inputs), [_to_last(state) for state in states])
    return _to_first(found), [_to_first(state) for state in after]


def _step_with_holes(cell: Any, inputs: Any, states: Any) -> Any:
    """The product of the input is taken with the holes of the cell."""
    if not _has_holes(cell):
        return type(cell).call(cell, inputs, states)

    def product(maps: Any, kernel: Any, bias: Any = None, padding: str = "valid") -> Any:
        found = _slid(cell, maps, kernel, padding)
        return found if bias is None else found + bias

    cell.input_conv = product
    try:
        return type(cell).call(cell, inputs, states)
    finally:
        del cell.input_conv


@contextmanager
def _channels_last(layer: Any) -> Iterator[None]:
    layer.data_format = "channels_last"
    try:
        yield
    finally:
        layer.data_format = "channels_first"


def _to_last(maps: Any) -> Any:
    return tf.transpose(maps, [0, *range(2, len(maps.shape)), 1])


def _to_first(maps: Any) -> Any:
    last = len(maps.shape) - 1
    return tf.transpose(maps, [0, last, *range(1, last)])


def _is_written_out(layer: Any, apart: bool) -> bool:
    """A convolution whose groups or holes are written otherwise than Keras does."""
    if type(layer) not in CONVOLUTIONS or layer.lora_rank is not None or layer.quantization_mode is not None:
        return False
    if layer.rank == 3:
        return bool(layer.groups > 1 or _has_holes(layer))
    return bool(layer.groups > 1 and layer.padding != "causal" and apart)


def _has_holes(layer: Any) -> bool:
    """Those along three axes, which TensorFlow moves into the batch."""
    return bool(layer.rank == 3 and max(layer.dilation_rate) > 1)


def _by_groups(layer: Any, inputs: Any) -> Any:
    """Each group's channels by their own kernels, side by side."""
    kernels = tf.split(tf.convert_to_tensor(layer.kernel), layer.groups, axis=-1)
    parts_of = tf.split(inputs, layer.groups, axis=-1)
    made = [_slid(layer, part, kernel, layer.padding) for part, kernel in zip(parts_of, kernels, strict=True)]
    found = tf.concat(made, axis=-1)
    found = found + layer.bias if layer.use_bias else found
    return found if layer.activation is None else layer.activation(found)


def _slid(layer: Any, maps: Any, kernel: Any, padding: str) -> Any:
    """A kernel over maps; `tf.nn.convolution` would move the holes of three axes into the batch."""
    strides, rates = list(layer.strides), list(layer.dilation_rate)
    if layer.rank == 3:
        return tf.nn.conv3d(maps, _with_zeros(kernel, rates), [1, *strides, 1], padding.upper())
    return tf.nn.convolution(maps, kernel, strides=strides, padding=padding.upper(), dilations=rates)


def _with_zeros(kernel: Any, rates: Sequence[int]) -> Any:
    """A kernel whose holes are zeros."""
    for axis, rate in enumerate(rates):
        shape = kernel.shape.as_list()
        gap = tf.zeros([*shape[:axis], rate - 1, *shape[axis + 1 :]], kernel.dtype)
        kernel = tf.concat([one for place in tf.split(kernel, shape[axis], axis) for one in (place, gap)][:-1], axis)
    return kernel


def _copies(layer: Any) -> bool:
    return (layer.interpolation, layer.data_format) == ("nearest", "channels_last")


def _enlarged(layer: Any, inputs: Any, **flags: Any) -> Any:
    """Each place repeated: whole factors make the nearest place the one that it was copied from."""
    if None in inputs.shape[1:3] or not inputs.dtype.is_floating:
        return type(layer).call(layer, inputs)
    height, width = (place * factor for place, factor in zip(inputs.shape[1:3], layer.size, strict=True))
    return tf.raw_ops.ResizeNearestNeighbor(images=inputs, size=[height, width])
