"""Where the classes of a model come from, and their public names, which the HDF5 files of Keras 3 leave out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nnspec.backend.keras_internals.names import OPERATIONS, PUBLIC_NAMES
from nnspec.importing.validity import MODELS

# What every layer of Keras says of itself, and no operation on tensors does (`cast` has a dtype): `Add` is a layer with
# it, else `x + y`. Of its name an operation always says; a layer of one's own may forget both.
OF_LAYERS, OF_ALL = "trainable", "name"


def with_modules(model: Mapping[str, Any]) -> dict[str, Any]:
    """A model's configuration whose operations say that they are some, those of its models too."""
    inner = model.get("config")
    if not isinstance(inner, Mapping) or not isinstance(inner.get("layers"), list):
        return dict(model)
    return {**model, "config": {**inner, "layers": [_with_module(layer) for layer in inner["layers"]]}}


def _with_module(layer: Any) -> Any:
    config = layer.get("config") if isinstance(layer, Mapping) else None
    if not isinstance(config, Mapping) or layer.get("module") is not None or layer.get("class_name") == "InputLayer":
        return layer
    if layer.get("class_name") in MODELS:
        return with_modules(layer)
    wrapped = config.get("layer")
    if isinstance(wrapped, Mapping) and wrapped.get("class_name") in MODELS:
        return {**layer, "config": {**config, "layer": with_modules(wrapped)}}
    if OF_LAYERS not in config and OF_ALL in config:
        return {**layer, "module": OPERATIONS}
    return {**layer, "class_name": PUBLIC_NAMES.get(str(layer["class_name"]), layer["class_name"])}
