"""HDF5 files as Keras 1, 2 and 3 write them, made by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np

Weights = Mapping[str, Sequence[tuple[str, np.ndarray]]]


def layer(
    kind: str, name: str | None = None, shape: Sequence[int | None] | None = None, **config: Any
) -> dict[str, Any]:
    """A layer of a Sequential as Keras 2 writes it."""
    first = {} if shape is None else {"batch_input_shape": [None, *shape]}
    return {"class_name": kind, "config": {"name": name or kind.lower(), **config, **first}}


def sequential(*layers: dict[str, Any], listed: bool = False, name: str = "old") -> dict[str, Any]:
    """A Sequential; ``listed``: its configuration is the list of its layers, as Keras 1 wrote it."""
    return {"class_name": "Sequential", "config": list(layers) if listed else {"name": name, "layers": list(layers)}}


def write(
    path: Path,
    config: Mapping[str, Any] | None,
    weights: Weights,
    version: str | None = "2.2.4",
    backend: str = "tensorflow",
    training: Mapping[str, Any] | None = None,
    chunked: bool = False,
) -> Path:
    """An HDF5 file. ``chunked``: lists of names are spread over several attributes, as Keras does with long ones."""
    with h5py.File(path, "w") as file:
        if config is not None:
            file.attrs["model_config"] = json.dumps(config).encode()
        if training is not None:
            file.attrs["training_config"] = json.dumps(training).encode()
        groups = file.create_group("model_weights")
        for place in (file, groups):
            if version is not None:
                place.attrs["keras_version"] = version.encode()
            place.attrs["backend"] = backend.encode()
        _names(groups, "layer_names", list(weights), chunked)
        for name, arrays in weights.items():
            group = groups.create_group(name)
            _names(group, "weight_names", [weight for weight, _ in arrays], chunked)
            for weight, values in arrays:
                group[weight] = values
    return path


def _names(group: Any, key: str, names: Sequence[str], chunked: bool) -> None:
    encoded = [name.encode() for name in names]
    if not chunked:
        group.attrs[key] = np.array(encoded) if encoded else np.zeros(0)
        return
    for number, name in enumerate(encoded):
        group.attrs[f"{key}{number}"] = np.array([name])
