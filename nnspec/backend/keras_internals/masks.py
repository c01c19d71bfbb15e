"""Masks within a functional network: the operations that stand for them, and what a tensor carries along."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
from keras.src.backend import set_keras_mask
from keras.src.ops.numpy import Any as AnyOperation

from nnspec.backend.keras_internals.layers import parts


def any_operations(model: Any) -> Iterator[Any]:
    """The operations `any` of a network and of those within it: what `Masking.compute_mask` leaves in the graph.

    They have attributes `axis` and `keepdims`, and a `call`.
    """
    seen: set[int] = set()
    for layer in [model, *parts(model)]:
        for operation in layer.operations if isinstance(layer, keras.Model) and hasattr(layer, "operations") else ():
            if type(operation) is AnyOperation and id(operation) not in seen:
                seen.add(id(operation))
                yield operation


def with_mask(tensor: Any, mask: Any) -> Any:
    """The tensor, which carries the mask to the next layer."""
    set_keras_mask(tensor, mask=mask)
    return tensor
