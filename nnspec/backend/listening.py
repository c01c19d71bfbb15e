"""What layers within a network give, kept while it computes: for losses of values that are no outputs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

import keras

from nnspec.backend.aware.model import AwareModel
from nnspec.backend.keras_internals.layers import nodes_of, run_nodes


class _Heard(threading.local):
    """Each replica computes in a thread of its own."""

    def __init__(self) -> None:
        self.values: dict[int, Any] = {}


def listen(model: Any, calls: tuple[tuple[str, int], ...]) -> Callable[[], Mapping[int, Any]]:
    """Lets a functional model keep what some calls of its layers give.

    Args:
        calls: the layers as Keras names them, and which of their calls.

    Returns:
        A function that gives the tensors of the last pass, by the number of the call.
    """
    heard = _Heard()

    def keep(operation: Any, number: int, found: Any) -> None:
        if (operation.name, number) in calls:
            heard.values[calls.index((operation.name, number))] = keras.tree.flatten(found)[0]

    if isinstance(model, AwareModel):
        model.keep = keep
        return lambda: heard.values
    whole, nodes = model.call, nodes_of(model)

    def each(operation: Any, number: int, args: Any, kwargs: Any) -> Any:
        found = operation(*args, **kwargs)
        keep(operation, number, found)
        return found

    def call(inputs: Any, training: bool | None = None, mask: Any = None, **kwargs: Any) -> Any:
        if any(keras.backend.is_keras_tensor(value) for value in keras.tree.flatten(inputs)):
            return whole(inputs, training=training, mask=mask, **kwargs)
        return run_nodes(model, inputs, nodes, lambda name, value: value, each)

    model.call = call
    return lambda: heard.values
