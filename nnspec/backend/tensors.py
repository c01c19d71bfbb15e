"""What is asked of TensorFlow's tensors in several places."""

from __future__ import annotations

from typing import Any

import tensorflow as tf


def sizes(tensor: Any) -> list[Any]:
    """The sizes of a tensor, as numbers where they are known."""
    dynamic = tf.shape(tensor)
    return [size if size is not None else dynamic[axis] for axis, size in enumerate(tensor.shape)]
