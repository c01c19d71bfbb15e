"""A `.keras` file of anybody's, loaded by Keras after a look at what it holds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nnspec.backend.keras_internals.recurrent import masks_passing
from nnspec.backend.model_contents import NoModelFile, look_through

__all__ = ["NoModelFile", "load_model_file", "said"]


def load_model_file(path: Path, custom_objects: Mapping[str, Any]) -> Any:
    """The model of a ``.keras`` file, not compiled.

    Raises:
        NoModelFile: it is not as Keras writes it, leads to other files, or the HDF5 library ends on it.
        OSError: it cannot be opened.
        Exception: whatever Keras raises on a configuration that it does not take.
    """
    import keras

    look_through(path)
    with masks_passing():
        return keras.models.load_model(path, compile=False, safe_mode=True, custom_objects=dict(custom_objects))


def said(error: Exception) -> str:
    """What is wrong with the file, without the system's number of it."""
    return str(getattr(error, "strerror", None) or error)
