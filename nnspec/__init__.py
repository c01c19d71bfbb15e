"""nnspec: networks as one YAML file, checked in a blink, trained exactly, shipped to phones.

    import nnspec

    spec = nnspec.load("specs/lenet.yaml", train__epochs=3)
    for diagnostic in spec.check().diagnostics:
        print(diagnostic)
    model = nnspec.build(spec)                 # a plain keras.Model
    result = nnspec.train(spec)
    scores = nnspec.evaluate(spec)
    artifacts = nnspec.export(spec)

Importing nnspec imports nothing that takes time: each name is fetched when it is first used, and TensorFlow when a
function needs it.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nnspec.api import SpecFile as SpecFile
    from nnspec.api import build as build
    from nnspec.api import evaluate as evaluate
    from nnspec.api import export as export
    from nnspec.api import import_model as import_model
    from nnspec.api import load as load
    from nnspec.api import open_data as open_data
    from nnspec.api import predict as predict
    from nnspec.api import register_layers as register_layers
    from nnspec.api import save as save
    from nnspec.api import to_python as to_python
    from nnspec.api import train as train
    from nnspec.data.errors import DataError as DataError
    from nnspec.export.artifact import Artifact as Artifact
    from nnspec.export.errors import ExportError as ExportError
    from nnspec.frontend.diagnostics import Diagnostic as Diagnostic
    from nnspec.frontend.diagnostics import Note as Note
    from nnspec.frontend.diagnostics import Span as Span
    from nnspec.frontend.diagnostics import SpecError as SpecError
    from nnspec.frontend.pipeline import Checked as Checked
    from nnspec.frontend.spec import Spec as Spec
    from nnspec.runs.errors import Interrupted as Interrupted
    from nnspec.runs.errors import TrainingError as TrainingError

    __version__: str

_HOME = {
    **dict.fromkeys(("SpecFile", "load", "open_data", "build", "save", "train", "evaluate", "predict"), "nnspec.api"),
    **dict.fromkeys(("export", "import_model", "register_layers", "to_python"), "nnspec.api"),
    **dict.fromkeys(("Diagnostic", "Note", "Span", "SpecError"), "nnspec.frontend.diagnostics"),
    "Checked": "nnspec.frontend.pipeline",
    "Spec": "nnspec.frontend.spec",
    "DataError": "nnspec.data.errors",
    **dict.fromkeys(("Interrupted", "TrainingError"), "nnspec.runs.errors"),
    "Artifact": "nnspec.export.artifact",
    "ExportError": "nnspec.export.errors",
}

__all__ = [*_HOME, "__version__"]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("nnspec")
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'nnspec' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


# The package `nnspec.export` has the name of the function. Python sets the name of a package when it is first imported:
# that is here, and then the name is free again. Whoever imports a part of the package later leaves it so.
import_module("nnspec.export")
globals().pop("export", None)

if "keras" in sys.modules:
    with suppress(ImportError):  # a Keras on another backend: nnspec's layers need TensorFlow
        import_module("nnspec.backend.own_layers.registry")
