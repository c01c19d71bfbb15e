"""Layers and models of one's own, opened: what their `call` does with layers and operations of Keras, as a network.

Their code runs once, on tensors that stand for inputs; so this is for code that its user trusts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import keras
import numpy as np

from nnspec.backend.keras_internals.messages import keras_message
from nnspec.backend.own_layers.positions import PositionEmbedding

MOST = 16  # layers within layers


class NotOpened(Exception):
    """A layer or a model does what cannot be followed; the message names it.

    Attributes:
        hint: what to do.
    """

    def __init__(self, message: str, hint: str = "write its `call` with layers and keras.ops alone") -> None:
        super().__init__(message)
        self.hint = hint


def opened(model: Any) -> tuple[Any, tuple[str, ...]]:
    """A model of Keras's own layers and operations that computes the same, with the same weights, and notes.

    Args:
        model: of any class; its layers are not copied.

    Raises:
        NotOpened: a `call` cannot be followed, or computes with weights of its own.
    """
    found, kinds = model, Counter[str]()
    seen: set[int] = set()
    if not _is_functional(model):
        kinds[type(model).__name__] += 1
        found = _traced(model)
    elif is_own(model):  # it only trains in its own way
        found = keras.Model(model.inputs, model.outputs, name=model.name)
    for _ in range(MOST):
        own = [layer for layer in _layers(found) if is_own(layer)]
        if not own:
            break
        kinds.update(type(layer).__name__ for layer in own if id(layer) not in seen)
        seen.update(map(id, own))
        found, _ = _flat(found)
    else:
        raise NotOpened(f"layers within layers more than {MOST} deep")
    if any(_is_sum(operation) for operation in getattr(found, "operations", ())):
        with_positions, positions = _flat(found)
        found = with_positions if positions else found
    if found is model:
        return model, ()
    if found.count_params() != model.count_params():
        counts = f"{model.count_params():,} weights, of which {found.count_params():,} are of layers of Keras"
        names = ", ".join(f"`{kind}`" for kind in kinds)
        message = f"{names}: a `call` computes with weights of its own ({counts})"
        raise NotOpened(message, "give such weights to a layer of Keras, or make it a layer of a plugin")
    notes = _compile(found, model)
    listed = ", ".join(f"`{kind}`" + (f" ({count})" if count > 1 else "") for kind, count in kinds.items())
    told = (f"what {listed} does stands in the spec, as it is without `training`",) if kinds else ()
    return found, (*told, *notes)


def is_own(layer: Any) -> bool:
    """Whether a layer is of a class that is neither Keras's nor nnspec's, or runs a function of one's own."""
    return isinstance(layer, keras.layers.Lambda) or not type(layer).__module__.startswith(("keras.", "nnspec."))


def _is_functional(model: Any) -> bool:
    """Whether a model computes what its layers do as Keras connects them: only the training of its class may be own."""
    base = next((kind for kind in type(model).__mro__ if kind.__module__.startswith("keras.")), None)
    is_network = base is not None and base.__name__ in ("Functional", "Sequential")
    return is_network and type(model).call is getattr(base, "call", None)


def _layers(model: Any) -> Iterator[Any]:
    """The layers of a model and of the models in it."""
    for layer in model.layers:
        if isinstance(layer, keras.Model) and _is_functional(layer):
            yield from _layers(layer)
        else:
            yield layer


def _traced(model: Any) -> Any:
    """A subclass of keras.Model as a network, with the inputs that it was called with before."""
    shapes = model.get_build_config() if model.built else None
    given = (shapes or {}).get("input_shape")
    if given is None:
        message = f"`{type(model).__name__}` was never called: the shape of its input is not known"
        raise NotOpened(message, "call it once, on one example, before it is returned")
    try:
        inputs = _inputs(given)
        return keras.Model(inputs, model.call(inputs), name=model.name)
    except Exception as error:
        raise NotOpened(f"`{type(model).__name__}` cannot be followed: {keras_message(error)}") from error


def _inputs(shape: Any) -> Any:
    """An input for each shape of what a model was called with."""
    if isinstance(shape, Mapping):
        return {name: keras.Input(batch_shape=one, name=name) for name, one in shape.items()}
    if shape and not isinstance(shape[0], int | None):
        return [keras.Input(batch_shape=one) for one in shape]
    return keras.Input(batch_shape=shape)


def _flat(model: Any) -> tuple[Any, int]:
    """The model with its own layers opened by one level, and how many tables of positions became layers."""
    whole = model
    if isinstance(model, keras.Sequential) or model.compiled:  # Keras would make a loss of one's own again
        whole = keras.Model(model.input, model.output, name=model.name)
    positions = 0

    def called(layer: Any, *args: Any, **kwargs: Any) -> Any:
        nonlocal positions
        if not isinstance(layer, keras.Layer):
            found = _with_positions(layer, args)
            positions += found is not None
            return layer(*args, **kwargs) if found is None else found
        holds = isinstance(layer, keras.Model) and any(is_own(one) for one in _layers(layer))
        return _followed(layer, args, kwargs) if holds or is_own(layer) else layer(*args, **kwargs)

    found = keras.models.clone_model(whole, clone_function=lambda layer: layer, call_function=called)
    return found, positions


def _followed(layer: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    """What the `call` of a layer gives for tensors that stand for inputs."""
    if "training" in kwargs:
        kwargs["training"] = None  # as where nobody says it
    try:
        return layer.call(*args, **kwargs)
    except Exception as error:
        kind = f"the layer `{layer.name}` ({type(layer).__name__})"
        raise NotOpened(f"{kind} cannot be followed: {keras_message(error)}") from error


def _is_sum(operation: Any) -> bool:
    return type(operation).__name__ == "Add" and not isinstance(operation, keras.Layer)


def _with_positions(operation: Any, args: Any) -> Any:
    """`x + table` with a row for each step, which is what Keras made of an Embedding of the positions, as a layer."""
    if not _is_sum(operation) or len(args) != 2:
        return None
    x, table = args if keras.utils.is_keras_tensor(args[0]) else reversed(args)
    shape = tuple(getattr(table, "shape", ()))
    if keras.utils.is_keras_tensor(table) or not keras.utils.is_keras_tensor(x) or len(x.shape) < 3:
        return None
    if len(shape) < 2 or any(size != 1 for size in shape[:-2]) or shape[-2:] != tuple(x.shape[-2:]):
        return None
    layer = PositionEmbedding(shape[-2])
    result = layer(x)
    layer.set_weights([np.asarray(table).reshape(shape[-2:])])
    return result


def _compile(found: Any, model: Any) -> tuple[str, ...]:
    """Gives the opened form what the model was compiled with; a note where that only the model itself can make."""
    if not getattr(model, "compiled", False):
        return ()
    try:
        found.compile_from_config(model.get_compile_config())
    except Exception as error:  # whatever the code of a loss or a metric raises
        reason = keras_message(error).partition(". ")[0]
        return (f"optimizer, loss and metrics are left out: they cannot be made again ({reason})",)
    return ()
