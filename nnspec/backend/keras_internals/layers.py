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
