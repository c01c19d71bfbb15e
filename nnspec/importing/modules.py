"""Where the classes of a model come from, which the HDF5 files of Keras 3 leave out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nnspec.backend.keras_internals.names import OPERATIONS
from nnspec.importing.validity import MODELS

# What every layer says of itself, and no operation on tensors does: `Add` is a layer with these, else `x + y`.
OF_LAYERS = {"trainable", "dtype"}


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
    return layer if OF_LAYERS & config.keys() else {**layer, "module": OPERATIONS}
