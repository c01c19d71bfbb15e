"""What a model was compiled with, as the ``train`` section of a spec."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nnspec.importing.errors import ImportFailed
from nnspec.importing.values import kind_value
from nnspec.layers.types import KindValue

CATEGORIES = {"optimizer": "optimizer", "loss": "loss", "metrics": "metric", "weighted_metrics": "metric"}


def train_section(config: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The section, and a note for each part that a spec cannot say and that is left out."""
    found: dict[str, Any] = {}
    notes = []
    for key, category in CATEGORIES.items():
        try:
            value = _value(category, config.get(key), f"the {key.replace('_', ' ')}")
        except (ImportFailed, KeyError, TypeError) as error:
            notes.append(f"left out: {error}")
            continue
        if value not in (None, [], {}):
            found[key] = value
    weights = config.get("loss_weights")
    if weights:
        found["loss_weights"] = weights
    return found, tuple(notes)


def _value(category: str, value: Any, owner: str) -> Any:
    """One for the model, a list, or a mapping from output to either."""
    if isinstance(value, Mapping) and "class_name" not in value:
        return {name: _value(category, item, owner) for name, item in value.items()}
    if isinstance(value, list):
        given = [_value(category, item, owner) for item in value if item is not None]
        if len(given) == 1 and isinstance(given[0], list):
            return given[0]
        if any(isinstance(item, list) for item in given):
            raise ImportFailed(f"{owner} of several outputs, given as lists")
        return given
    found = kind_value(category, value, owner)
    if isinstance(found, KindValue) and found.kind == "MeanMetricWrapper":
        raise ImportFailed(f"{owner} holds a function")
    return found
