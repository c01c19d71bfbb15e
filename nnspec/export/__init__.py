"""From a trained `keras.Model` to a file that a phone runs, proved by running it.

`pipeline.export` is the way in. Nothing is imported here: `import nnspec` imports this package, so that the name
`nnspec.export` is the function's.
"""

from __future__ import annotations

from typing import Any

_ELSEWHERE = {
    "TARGETS": "nnspec.catalog.targets",
    "Artifact": "nnspec.export.artifact",
    "ExportError": "nnspec.export.errors",
}


def __getattr__(name: str) -> Any:
    """What was here until version 0.1, with a DeprecationWarning."""
    if name not in _ELSEWHERE:
        raise AttributeError(f"module 'nnspec.export' has no attribute {name!r}")
    import warnings
    from importlib import import_module

    warnings.warn(f"{name} is in {_ELSEWHERE[name]}", DeprecationWarning, stacklevel=2)
    return getattr(import_module(_ELSEWHERE[name]), name)
