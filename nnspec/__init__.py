"""nnspec: networks as one YAML file, checked in a blink, trained exactly, shipped to phones.

    import nnspec

    spec = nnspec.load("specs/lenet.yaml", train__epochs=3)
    for diagnostic in nnspec.check(spec).diagnostics:
        print(diagnostic)
    model = nnspec.build(spec)                 # a plain keras.Model
    result = nnspec.train(spec)
    scores = nnspec.evaluate(spec)
    artifacts = nnspec.export(spec)

Importing nnspec imports nothing that takes time: TensorFlow is loaded when a function needs it. In a notebook specs,
checks, data, runs and answers are shown as cards, and `%load_ext nnspec` brings the magic `%%nnspec`.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any

# The packages `nnspec.data` and `nnspec.export` are imported before the functions of these names: Python sets the name
# of a package once, when it is first imported, and whoever imports a part of it later leaves the function in place.
from nnspec.data.errors import DataError
from nnspec.export.errors import ExportError

# isort: split
from nnspec.api import (
    build,
    evaluate,
    export,
    import_model,
    open_data,
    predict,
    prune,
    register_layers,
    save,
    to_python,
    train,
)
from nnspec.console.displayed import display_by
from nnspec.frontend.diagnostics import Diagnostic, Note, Span, SpecError
from nnspec.interactive.looking import check, compare, data, draw, inspect, show, verify
from nnspec.interactive.measuring import bench, compress, sweep
from nnspec.runs.errors import Interrupted, TrainingError
from nnspec.spec_file import SpecFile, load

if TYPE_CHECKING:
    from nnspec.estimators import Classifier as Classifier
    from nnspec.estimators import Regressor as Regressor
    from nnspec.export.artifact import Artifact as Artifact
    from nnspec.frontend.pipeline import Checked as Checked
    from nnspec.frontend.spec import Spec as Spec

    __version__: str

# Classes that take time to import: each is fetched when it is first used.
_HOME = {
    "Artifact": "nnspec.export.artifact",
    "Checked": "nnspec.frontend.pipeline",
    "Classifier": "nnspec.estimators",
    "Regressor": "nnspec.estimators",
    "Spec": "nnspec.frontend.spec",
}

__all__ = [
    "Artifact",
    "Checked",
    "Classifier",
    "DataError",
    "Diagnostic",
    "ExportError",
    "Interrupted",
    "Note",
    "Regressor",
    "Span",
    "Spec",
    "SpecError",
    "SpecFile",
    "TrainingError",
    "__version__",
    "bench",
    "build",
    "check",
    "compare",
    "compress",
    "data",
    "draw",
    "evaluate",
    "export",
    "import_model",
    "inspect",
    "load",
    "open_data",
    "predict",
    "prune",
    "register_layers",
    "save",
    "show",
    "sweep",
    "to_python",
    "train",
    "verify",
]


# `import nnspec.data.dataset as one` asks `nnspec.data`, which is the function: it knows what is in the package, too.
for _function in (data, export):
    _function.__dict__ = sys.modules[f"{__name__}.{_function.__name__}"].__dict__


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("nnspec")
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'nnspec' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__


def _card(value: object) -> str | None:
    from nnspec.report.notebook.cards import drawn

    return drawn(value)


def load_ipython_extension(ipython: Any) -> None:
    """What `%load_ext nnspec` calls."""
    from nnspec.interactive.magic import register

    register(ipython)


display_by(_card)

if "keras" in sys.modules:
    with suppress(ImportError):  # a Keras on another backend: nnspec's layers need TensorFlow
        import_module("nnspec.backend.own_layers.registry")
