"""Layers and tensors: what is inside a layer, what made a tensor, which mask it carries."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
from keras.src.layers.preprocessing.image_preprocessing.base_image_preprocessing_layer import (
    BaseImagePreprocessingLayer,
)

# The base of the layers that change images by one drawn transformation, which masks and points can then follow
# (`get_random_transformation`, `transform_images`, `transform_segmentation_masks`). It has no public name.
ImageLayer = BaseImagePreprocessingLayer


def parts(layer: Any, include_self: bool = True) -> Iterator[Any]:
    """A layer and all those inside it, at any depth: cells, wrapped layers, nested models.

    ``Model.layers`` lists one level, and a wrapper or a recurrent layer has no public list at all.
    """
    yield from layer._flatten_layers(include_self=include_self)


def maker(tensor: Any) -> Any:
    """The layer or operation whose call made a symbolic tensor. Nothing public leads from a tensor to it."""
    return tensor._keras_history.operation


def taken_by(tensor: Any) -> list[Any]:
    """The symbolic tensors that the call was given which made this one."""
    history = tensor._keras_history
    return list(history.operation._inbound_nodes[history.node_index].input_tensors)


def first_call(layer: Any) -> tuple[list[Any], dict[str, Any]]:
    """The arguments that a layer of a functional model was first called with, positional and by name.

    ``layer.input`` gives the first argument alone, and no flags.
    """
    called = layer._inbound_nodes[0].arguments
    return list(called.args), dict(called.kwargs)


def takes_training(layer: Any) -> bool:
    """Whether a layer's call has a ``training`` argument; false for what is no layer.

    Keras asks a private flag of the layer; the signature says the same.
    """
    return hasattr(layer, "call") and "training" in inspect.signature(layer.call).parameters


def takes_mask(layer: Any) -> bool:
    """Whether a layer's call has a ``mask`` argument."""
    return "mask" in inspect.signature(layer.call).parameters


def mask_of(tensor: Any) -> Any | None:
    """The mask that a layer has left on its output; None where there is none. Keras's own losses read it so."""
    return getattr(tensor, "_keras_mask", None)


def seed_generators(layer: Any) -> Iterator[Any]:
    """The seed generators of a layer and of those inside it. Layers keep a list of them, which is private too."""
    for part in parts(layer):
        for value in vars(part).values():
            if isinstance(value, keras.random.SeedGenerator):
                yield value


@contextmanager
def drawing(generators: Iterable[Any], draw: Callable[..., Any]) -> Iterator[None]:
    """Within it, seed generators give the seeds of ``draw(ordered=True)``, int32 [2], instead of counting their own.

    Keras draws every seed by ``SeedGenerator.next``. The generator's state is public, but it is a variable, which a
    data pipeline cannot assign for each example.
    """
    taken = list(generators)
    for generator in taken:
        generator.next = draw
    try:
        yield
    finally:
        for generator in taken:
            del generator.next


def reserve_name(base: str, numbers: int) -> None:
    """Keeps Keras from giving the names ``base``, ``base_1``, ... below ``numbers`` to what it names itself.

    It counts names in the process by ``get_uid``, and the operations that join masks are named so. There is no public
    way to say that a name is taken.
    """
    while keras.backend.get_uid(base) < numbers:
        pass


def nodes_of(model: Any) -> list[tuple[Any, int, Any]]:
    """The calls of a functional model in an order in which they can run: operation, which of its calls, the node.

    ``Model.operations`` lists each operation once, and nothing public says what it was called with.
    """
    nodes = [
        node
        for depth in sorted(model._nodes_by_depth, reverse=True)
        for node in model._nodes_by_depth[depth]
        if node.operation is not None and not node.is_input
    ]
    mine = {id(node) for node in nodes}
    numbers: dict[int, int] = {}
    for operation in {id(node.operation): node.operation for node in nodes}.values():
        calls = [node for node in operation._inbound_nodes if id(node) in mine]
        numbers |= {id(node): number for number, node in enumerate(calls)}
    return [(node.operation, numbers[id(node)], node) for node in nodes]


def run_nodes(
    model: Any,
    inputs: Any,
    nodes: list[tuple[Any, int, Any]],
    enter: Callable[[str, Any], Any],
    call: Callable[..., Any],
) -> Any:
    """What a functional model gives where ``call(operation, number, args, kwargs)`` takes the place of each call.

    ``enter(name, value)`` makes of each input what the network gets.

    Keras's own walk over the graph takes a function of the operation alone, which cannot tell one call of a shared
    layer from another.
    """
    given = model._standardize_inputs(inputs)
    known = {id(symbol): enter(symbol.name, value) for symbol, value in zip(model.inputs, given, strict=True)}
    for operation, number, node in nodes:
        args, kwargs = node.arguments.fill_in(known)
        found = keras.tree.flatten(call(operation, number, args, kwargs))
        known |= {id(symbol): value for symbol, value in zip(node.outputs, found, strict=True)}
    outputs = [known[id(symbol)] for symbol in model.outputs]
    return keras.tree.pack_sequence_as(model._outputs_struct, outputs)


def keep_mask(source: Any, value: Any) -> Any:
    """A tensor with the mask of the one that it was made of: only a layer's own output gets one from Keras."""
    mask = mask_of(source)
    if mask is not None:
        value._keras_mask = mask
    return value


def functional_config(model: Any) -> dict[str, Any]:
    """The configuration of a functional model's graph, whatever class it is of.

    A subclass whose constructor takes more than inputs and outputs has none of Keras's own.
    """
    config: dict[str, Any] = keras.Model(model.input, model.output, name=model.name).get_config()
    return config
