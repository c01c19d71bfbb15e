"""Modules of plugins: imported without what TensorFlow logs, remembered so that their faults are told as theirs."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

_imported: set[str] = set()  # the packages, or modules beside none, by their names


def import_plugin(module: str) -> ModuleType:
    """Imports a module of a plugin, or one of nnspec's own. Raises whatever the module raises."""
    package = module.partition(".")[0]
    if package == __name__.partition(".")[0]:
        return import_module(module)
    _imported.add(package)
    if module in sys.modules:
        return sys.modules[module]
    from nnspec.console.quiet import importing_quietly

    with importing_quietly():
        return import_module(module)


def at_fault(error: BaseException) -> str | None:
    """Where a plugin's code was running as an error came up, ``mine.py:7, in load``; None where none was."""
    import traceback

    for frame, line in reversed(list(traceback.walk_tb(error.__traceback__))):
        if str(frame.f_globals.get("__name__")).partition(".")[0] in _imported:
            return f"{Path(frame.f_code.co_filename).name}:{line}, in {frame.f_code.co_name}"
    return None


def failure(what: str, error: BaseException) -> str:
    """What to say of an error that came up in `what` of a plugin."""
    place = at_fault(error)
    return f"the {what} failed: {type(error).__name__}: {error}" + (f" ({place})" if place else "")
