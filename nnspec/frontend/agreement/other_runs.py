"""What `check` knows of a run that a spec names, to begin from or to learn from: its own spec, and its labels."""

from __future__ import annotations

import json
import os
from pathlib import Path

from nnspec.data.protocol import LABELS
from nnspec.frontend.config import RUN_ASSETS, RUN_SPEC
from nnspec.frontend.spec import Spec
from nnspec.reading import read_text

MAX_LABELS = 1 << 20  # bytes


def spec_of_run(spec: Spec, run: str) -> Spec | None:
    """The spec of a run, with the classes that it was trained on; None where it is a file, is not there, or is no run.

    The data that it names are not looked at: they may have other classes by now.
    """
    from nnspec.frontend.pipeline import check

    path = spec.path.parent / Path(run).expanduser() / RUN_SPEC
    if not os.path.isfile(path):
        return None
    labels = labels_of_run(spec, run)
    return check(path, [] if labels is None else [f"data.classes={json.dumps(labels)}"], data=False).spec


def labels_of_run(spec: Spec, run: str) -> tuple[str, ...] | None:
    """The classes of a run's data; None where it has none."""
    path = spec.path.parent / Path(run).expanduser() / RUN_ASSETS / LABELS
    if not os.path.isfile(path):
        return None
    try:
        return tuple(read_text(path, MAX_LABELS).split("\n")[:-1])
    except (OSError, ValueError):
        return None
