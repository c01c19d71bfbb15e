"""`import nnspec` is enough for Keras to load a model that has nnspec's own layers.

Keras looks such a layer up by its registered name, which is there once the layer's module has been imported. That
module imports Keras, which `import nnspec` must not: so it is imported with Keras, before or after nnspec.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any

LAYERS = "nnspec.backend.own_layers.registry"


def register_layers() -> None:
    """Registers nnspec's layers now where Keras is loaded, else as soon as it is."""
    if "keras" in sys.modules:
        _import_layers()
    else:
        sys.meta_path.insert(0, _WithKeras())


def _import_layers() -> None:
    with suppress(ImportError):  # a Keras on another backend: nnspec's layers need TensorFlow
        import_module(LAYERS)


class _WithKeras:
    """Finds nothing but Keras, once, and has the layers imported when Keras has been."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if name != "keras":
            return None
        sys.meta_path.remove(self)
        spec = find_spec(name)
        if spec is None or spec.loader is None:
            return None
        load = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            load(module)
            _import_layers()

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec
