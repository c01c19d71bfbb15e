"""Numbers that look drawn but follow from keys: splitmix64, the same bits in NumPy and in TensorFlow.

Steele, Lea and Flood, Fast Splittable Pseudorandom Number Generators, OOPSLA 2014.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

GOLDEN = 0x9E3779B97F4A7C15
ROUNDS = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))
LAST = 31


def mixed(numbers: np.ndarray, *keys: int) -> np.ndarray:
    """uint64 of the shape of `numbers`, each mixed with every key in turn."""
    import numpy as np

    found = np.asarray(numbers, np.uint64)
    for key in keys:
        found = found + np.uint64((key + 1) * GOLDEN % 2**64)
        for shift, factor in ROUNDS:
            found = (found ^ (found >> np.uint64(shift))) * np.uint64(factor)
        found = found ^ (found >> np.uint64(LAST))
    return found


def tensor_mixed(numbers: Any, *keys: int) -> Any:
    """`mixed` of a tensor."""
    import tensorflow as tf

    def folded(value: Any, shift: int) -> Any:
        return tf.bitwise.bitwise_xor(value, tf.bitwise.right_shift(value, tf.constant(shift, tf.uint64)))

    found = tf.cast(numbers, tf.uint64)
    for key in keys:
        found += tf.constant((key + 1) * GOLDEN % 2**64, tf.uint64)
        for shift, factor in ROUNDS:
            found = folded(found, shift) * tf.constant(factor, tf.uint64)
        found = folded(found, LAST)
    return found
