"""Words and arguments of Keras's kinds that it has no public list of. For the generated catalogue alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras

# The modules whose `get` reads words, by category: `keras.losses.get` is public, and what it knows is not.
IDENTIFIERS: dict[str, Any] = {
    "activation": keras.src.activations,
    "initializer": keras.src.initializers,
    "regularizer": keras.src.regularizers,
    "constraint": keras.src.constraints,
    "optimizer": keras.src.optimizers,
    "loss": keras.src.losses,
    "metric": keras.src.metrics,
}


def known_words(category: str) -> Mapping[str, Any]:
    """What ``get`` of a category knows: word -> class or function. Kinds are among them by their names."""
    words: Mapping[str, Any] = IDENTIFIERS[category].ALL_OBJECTS_DICT
    return words


def ignores_factor(cls: type) -> bool:
    """Whether a random image layer has a ``factor`` in its signature by inheritance alone, and refuses it.

    Keras says so by a class attribute; its signature and documentation do not.
    """
    return not getattr(cls, "_USE_BASE_FACTOR", True)
