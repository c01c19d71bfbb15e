"""Rounding to whole numbers and back, with the gradients of what is rounded (Jacob et al. 2018; straight through).

Weights are symmetric: of 8 bits -127 to 127, of 4 bits -7 to 7, with one scale for each place along the axes of the
channels, from the largest weight there. Values have the 256 numbers of int8 over a range that holds zero. A bias has
steps of the input's scale times the weight's, as the kernels add it to sums of their products. Values of 16 bits have
65,536 numbers about zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

SMALLEST = 1e-9  # of a scale: of weights that are all zero
STEPS = 255.0
HALF = 32768.0  # of the numbers of 16 bits, whose zero is zero


def weight_scale(weight: Any, axes: Sequence[int], bits: int) -> Any:
    """The scale of each channel, with the rank of the weight. No gradient passes: the range follows the weight."""
    rank = len(weight.shape)
    kept = {axis % rank for axis in axes}
    others = [axis for axis in range(rank) if axis not in kept]
    largest = tf.reduce_max(tf.abs(weight), axis=others, keepdims=True)
    return tf.stop_gradient(tf.maximum(largest / float(2 ** (bits - 1) - 1), SMALLEST))


def rounded(value: Any, scale: Any) -> Any:
    """The nearest multiples of a scale; the gradient passes as if nothing were rounded."""
    return value + tf.stop_gradient(tf.round(value / scale) * scale - value)


def by_gate(weight: Any, gates: int, bits: int) -> Any:
    """Rounded weights of a cell ``[inputs, gates * units]``, a scale for each gate's matrix, as fused kernels have."""
    parts = tf.split(weight, gates, axis=-1)
    return tf.concat([rounded(part, weight_scale(part, (), bits)) for part in parts], axis=-1)


def in_range(value: Any, low: Any, high: Any) -> Any:
    """Rounded to 256 steps from ``low`` to ``high``, scalars; also the mark by which the converter knows the range."""
    if isinstance(low, float):
        return tf.quantization.fake_quant_with_min_max_args(value, low, high)
    return tf.quantization.fake_quant_with_min_max_vars(value, low, high)


def halves_away(value: Any, low: Any, high: Any) -> Any:
    """A value whose halves `in_range` rounds away from zero, as the kernel of means does with numbers from -128.

    `in_range` rounds them up. A mean of n whole numbers is at least 1/n from the next half, so that a thousandth of a
    step moves halves alone, and what float32 has put beside one.
    """
    scale = tf.stop_gradient((high - low) / STEPS)
    zero = tf.round(-low / scale) - 128.0
    number = tf.stop_gradient(value) / scale + zero
    return value + tf.stop_gradient(tf.sign(number) * scale * 1e-3)


def in_wide_range(value: Any, low: Any, high: Any) -> Any:
    """Rounded to the 65,536 numbers of int16 about zero that hold ``low`` to ``high``, scalars."""
    most = tf.maximum(-low, high)
    return tf.quantization.fake_quant_with_min_max_vars(value, -most, most * (HALF - 1) / HALF, num_bits=16)


def extent(value: Any) -> tuple[Any, Any]:
    """The least and the largest value, zero included."""
    least, most = tf.reduce_min(value), tf.reduce_max(value)
    return tf.stop_gradient(tf.minimum(least, 0.0)), tf.stop_gradient(tf.maximum(most, 1e-6))
