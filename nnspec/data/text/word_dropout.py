"""Rare words that are unknown now and then while training, so that the network learns what to make of unknown ones.

Lample et al., Neural architectures for named entity recognition, NAACL 2016, section 4.1, replace words that stand once
in the training part with probability 0.5.
"""

from __future__ import annotations

from typing import Any

from nnspec.data.counter_rng import tensor_mixed
from nnspec.quick_classes import dataclass

UNKNOWN = 1


@dataclass(frozen=True, slots=True)
class Rare:
    """Words numbered `first` and up are rare, and unknown with this probability each time that they are met."""

    first: int
    probability: float

    def replaced(self, values: Any, rows: Any, starts: Any, seed: int, epoch: int) -> Any:
        """A batch of word numbers, [batch, steps], with rare ones unknown by chance.

        What becomes of a word is a pure function of seed, epoch and its place in the data: the same after a resume, and
        in batches of another size.

        Args:
            rows: int64 [batch], numbers of examples.
            starts: int64, where each example starts in its column.
        """
        import tensorflow as tf

        places = tf.gather(starts, rows)[:, None] + tf.range(tf.shape(values, tf.int64)[1])
        limit = tf.constant(min(int(self.probability * 2**64), 2**64 - 1), tf.uint64)
        chosen = (values >= self.first) & (tensor_mixed(places, epoch, seed) < limit)
        return tf.where(chosen, tf.cast(UNKNOWN, values.dtype), values)
