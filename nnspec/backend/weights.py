"""Weights put into a layer that is built, and what follows from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from nnspec.backend.keras_internals.layers import parts


def give_weights(layer: Any, values: Sequence[np.ndarray]) -> None:
    """``layer.set_weights``; a Normalization computes with copies of its weights, which are made again.

    Raises:
        ValueError: other shapes than the layer has.
    """
    layer.set_weights(values)
    for part in parts(layer):
        if isinstance(part, keras.layers.Normalization):
            part.finalize_state()
