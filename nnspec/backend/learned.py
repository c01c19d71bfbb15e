"""What a Keras layer has learned from data by ``adapt``, as the arguments that say it."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np


def learned_of(layer: Any) -> dict[str, Any] | None:
    """Arguments of plain values; None where the layer has not been adapted.

    ``mean`` and ``variance``, ``bin_boundaries``, or ``vocabulary`` with its special tokens and, for ``tf_idf``,
    ``idf_weights``.
    """
    if isinstance(layer, keras.layers.Normalization):
        if layer.input_mean is not None or not layer.built:
            return None
        return {
            "mean": np.asarray(layer.adapt_mean, np.float32).tolist(),
            "variance": np.asarray(layer.adapt_variance, np.float32).tolist(),
        }
    if isinstance(layer, keras.layers.Discretization):
        found = layer.bin_boundaries
        return None if found is None else {"bin_boundaries": [float(number) for number in found]}
    return _vocabulary(layer)


def _vocabulary(layer: Any) -> dict[str, Any] | None:
    tokens = [str(token) if isinstance(token, str) else int(token) for token in layer.get_vocabulary()]
    special = len(tokens) - len(layer.get_vocabulary(include_special_tokens=False))
    if len(tokens) <= special:
        return None
    stored: dict[str, Any] = {}
    layer.save_own_variables(stored)
    weights = stored.get("idf_weights")
    if weights is None:
        return {"vocabulary": tokens}
    return {"vocabulary": tokens, "idf_weights": np.asarray(weights, np.float32)[: len(tokens)].tolist()}
