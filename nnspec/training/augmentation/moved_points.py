"""Points and boxes in an image that is flipped, turned, shifted, sheared or zoomed: they go where their pixels go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tensorflow as tf


def moved(layer: Any, transformation: Mapping[str, Any], values: Any, how: str, size: tuple[int, int]) -> Any:
    """Places in one image after a layer has moved it.

    Args:
        transformation: of a batch of this one image, as the layer's ``get_random_transformation`` gives it.
        values: float [..., n]: x, y, x, y, ... or x1, y1, x2, y2, ...; pixel (0, 0) is the middle of the first one.
        how: ``points`` or ``boxes`` in pixels; ``relative_`` of either: from 0 to 1 over width and height.
        size: height and width of the image.

    Returns:
        Of the shape of ``values``. Boxes are the upright ones around the moved corners. Nothing is clipped.

    Raises:
        ValueError: a layer whose map is not known.
    """
    height, width = size
    scale = tf.constant([width, height], tf.float32)
    pairs = tf.reshape(tf.cast(values, tf.float32), (-1, 2))
    if how.startswith("relative"):
        pairs = pairs * scale - 0.5
    matrix, offset = _map(layer, transformation, height, width)
    if how.endswith("boxes"):
        low, high = tf.unstack(tf.reshape(pairs, (-1, 2, 2)), axis=1)
        corners = tf.stack([low, high, *(tf.stack([a[:, 0], b[:, 1]], -1) for a, b in ((low, high), (high, low)))], 1)
        corners = tf.einsum("ij,bkj->bki", matrix, corners) + offset
        pairs = tf.stack([tf.reduce_min(corners, 1), tf.reduce_max(corners, 1)], 1)
        pairs = tf.reshape(pairs, (-1, 2))
    else:
        pairs = tf.einsum("ij,kj->ki", matrix, pairs) + offset
    if how.startswith("relative"):
        pairs = (pairs + 0.5) / scale
    return tf.reshape(pairs, tf.shape(values))


def _map(layer: Any, transformation: Mapping[str, Any], height: int, width: int) -> tuple[Any, Any]:
    """Where pixels go: a matrix float32 [2, 2] and an offset [2], both of (x, y)."""
    kind = type(layer).__name__
    identity = tf.eye(2)
    middle = tf.constant([(width - 1) / 2, (height - 1) / 2], tf.float32)
    if kind == "RandomFlip":
        flipped = tf.cast(tf.reshape(transformation["flips"], ()), tf.float32)
        signs = tf.stack([1 - 2 * flipped * (word in layer.mode) for word in ("horizontal", "vertical")])
        return tf.linalg.diag(signs), middle - signs * middle
    if kind == "RandomTranslation":
        return identity, tf.reshape(transformation["translations"], (2,))
    # The others tell where a pixel of the new image comes from: the inverse is where it goes.
    if kind == "RandomRotation":
        found = tf.reshape(tf.cast(transformation["rotation_matrix"], tf.float32), (8,))
        origin, start = tf.reshape(tf.gather(found, [0, 1, 3, 4]), (2, 2)), tf.gather(found, [2, 5])
    elif kind == "RandomZoom":
        zooms = tf.stack([tf.reshape(transformation[f"{side}_zoom"], ()) for side in ("width", "height")])
        origin, start = tf.linalg.diag(zooms), middle - zooms * middle
    elif kind == "RandomShear":
        x, y = tf.unstack(tf.reshape(tf.cast(transformation["shear_factor"], tf.float32), (2,)))
        origin, start = tf.stack([tf.stack([1.0, x]), tf.stack([y, 1.0])]), tf.zeros(2)
    else:
        raise ValueError(f"points cannot follow {kind}")
    inverse = tf.linalg.inv(origin)
    return inverse, -tf.linalg.matvec(inverse, start)
