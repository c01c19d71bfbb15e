"""How nnspec starts Python again for work of its own, and what is never on the import path: the working folder.

Whoever runs a command inside a stranger's folder would import that folder's `numpy.py`. Python puts the working folder
there for `python -m` unless it is told `-P`, and for each empty or relative part of PYTHONPATH, as in `$PYTHONPATH:/x`
where the variable was not set.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]  # that `nnspec` is imported from


def own_python(module: str, *arguments: str) -> list[str]:
    """The command line that runs a module; it needs `own_environment`."""
    return [sys.executable, "-P", "-m", module, *arguments]


def own_environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment with an import path on which nnspec is, and no folder that moves with the work."""
    import sysconfig

    path = [part for part in _python_path() if os.path.isabs(part)]
    if str(_ROOT) not in (*path, *(sysconfig.get_path(name) for name in ("purelib", "platlib"))):
        path.insert(0, str(_ROOT))
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path), **(more or {})}


def forget_working_folder() -> None:
    """Takes from this process's import path what stands for the working folder; an absolute path stays."""
    given = _python_path()
    relative = {os.path.abspath(part) for part in given if not os.path.isabs(part)} - set(given)
    sys.path[:] = [part for part in sys.path if part not in relative and part not in ("", os.curdir)]


def _python_path() -> list[str]:
    given = os.environ.get("PYTHONPATH")
    return given.split(os.pathsep) if given else []
