"""Which paths are models, by their names: it is asked of every path, and what reads models is imported for models."""

from __future__ import annotations

import os
from pathlib import Path

SUFFIXES = (".keras", ".h5", ".hdf5")


def is_model(path: Path) -> bool:
    """Whether a path is a model's by its name: a file that Keras writes, or the folder of a SavedModel."""
    return is_saved_model(path) if os.path.isdir(path) else path.suffix in SUFFIXES


def is_saved_model(path: Path) -> bool:
    return (path / "saved_model.pb").is_file()
