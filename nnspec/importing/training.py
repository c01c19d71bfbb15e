"""What a model was compiled with, as the ``train`` section of a spec."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nnspec.catalog.kinds import catalog
from nnspec.importing.errors import ImportFailed
from nnspec.importing.values import kind_value
from nnspec.layers.types import KindValue

CATEGORIES = {"optimizer": "optimizer", "loss": "loss", "metrics": "metric", "weighted_metrics": "metric"}
# Arguments of losses and metrics that Keras 3 does not write into a file: it loads the model with their defaults.
UNSAVED = {"Huber": "delta", "CosineSimilarity": "axis"}


def train_section(config: Mapping[str, Any], outputs: Sequence[str]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The section, and a note for each part that a spec cannot say and that is left out.

    Args:
        outputs: their names, in the model's order, in which a list has a part for each.
    """
    found: dict[str, Any] = {}
    notes = []
    for key, category in CATEGORIES.items():
        try:
            given = config.get(key) if key == "optimizer" else _by_output(config.get(key), outputs)
            value = _value(category, given, f"the {key.replace('_', ' ')}")
        except (ImportFailed, KeyError, TypeError) as error:
            notes.append(f"left out: {error}")
            continue
        if value not in (None, [], {}):
            found[key] = value
            notes += _unsaved(category, given)
    weights = _by_output(config.get("loss_weights"), outputs)
    if weights:
        found["loss_weights"] = weights
    return found, tuple(notes)


def _by_output(value: Any, outputs: Sequence[str]) -> Any:
    """What is said for several outputs by their names: of a list a part for each, of one thing that thing for each."""
    is_named = isinstance(value, Mapping) and "class_name" not in value
    if len(outputs) < 2 or value in (None, [], {}) or is_named:
        return value
    parts = value if isinstance(value, list) else [value] * len(outputs)
    if len(parts) != len(outputs):
        return value
    return {name: part for name, part in zip(outputs, parts, strict=True) if part not in (None, [])}


def _unsaved(category: str, value: Any) -> Iterator[str]:
    """A note for each argument that Keras left out of the file, and which may have been another."""
    for one in value if isinstance(value, list) else [value]:
        if not isinstance(one, Mapping):
            continue
        kind, config = one.get("class_name"), one.get("config")
        if kind is None:
            yield from _unsaved(category, list(one.values()))
        elif kind in UNSAVED and isinstance(config, Mapping) and UNSAVED[kind] not in config:
            name = UNSAVED[kind]
            default = next(one.default for one in catalog().arguments(category, kind) if one.name == name)
            yield f"Keras does not save the `{name}` of {kind}: the spec has the default, {default}"


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
