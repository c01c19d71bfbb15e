"""Where Keras keeps its classes, as saved files and error messages name them. Without Keras: these are texts."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Any

SOURCES = "keras.src."
OPERATIONS = f"{SOURCES}ops.numpy"  # where a saved file says that an operation is from
# Classes that have another name in public than in Keras's own code, which HDF5 files give.
PUBLIC_NAMES = {"GroupedQueryAttention": "GroupQueryAttention"}
# Layers that the networks of `keras.applications` keep to themselves: a saved file names them, no public module does.
PRIVATE_LAYERS = {
    f"{SOURCES}applications.convnext": ("LayerScale",),
    f"{SOURCES}applications.inception_resnet_v2": ("CustomScaleLayer",),
}


def is_operation(module: str) -> bool:
    """Whether a configuration's ``module`` is that of an operation on tensors.

    A saved ``x + 3.0`` is an entry of the class ``Add``, and so is the layer of this name: only the module differs.
    """
    return module.startswith(f"{SOURCES}ops.")


def is_private_layer(module: str, kind: object) -> bool:
    return kind in PRIVATE_LAYERS.get(module, ())


def private_classes() -> dict[str, Any]:
    """The private layers as classes, by name: a file that holds one loads with these alone. Imports Keras."""
    return {name: getattr(import_module(module), name) for module, kinds in PRIVATE_LAYERS.items() for name in kinds}


def within(modules: Iterable[str], part: str) -> bool:
    """Whether any module belongs to a part of Keras: ``losses``, ``optimizers``, ``metrics``, ``trainers``."""
    return any(module.startswith(f"{SOURCES}{part}.") for module in modules)
