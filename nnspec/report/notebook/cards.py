"""Which card belongs to which value. A card's room is imported when the first value of its kind is shown."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

# By the name of the value's class: a value that exists has loaded what it needs, and a card loads no more than that.
CARDS = {
    "Checked": ("found", "checked_card"),
    "Spec": ("found", "spec_card"),
    "Dataset": ("data", "data_card"),
    "RunResult": ("run", "run_card"),
    "Artifact": ("run", "artifact_card"),
    "Artifacts": ("run", "artifacts_card"),
    "Predictions": ("answers", "predictions_card"),
}


def drawn(value: object) -> str | None:
    """The card of a value, as HTML; None for what has none."""
    for kind in type(value).__mro__:
        if kind.__name__ in CARDS and kind.__module__.startswith("nnspec."):
            module, name = CARDS[kind.__name__]
            make: Callable[[object], str] = getattr(import_module(f"nnspec.report.notebook.{module}"), name)
            return str(make(value))
    return None
