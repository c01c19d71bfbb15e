"""Long values that come again and again, such as one initializer for every layer, as ``params`` of the spec."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from nnspec.catalog.kinds import snake
from nnspec.importing.expressions import Name, Pattern
from nnspec.importing.text import flow
from nnspec.layers.types import KindValue

WORTH = 3  # times
LONG = 24  # characters


def with_params(entries: list[dict[str, Any]]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The ``params`` section, and entries that use it."""
    counts = Counter(flow(value) for value in _kinds(entries))
    names: dict[str, Name] = {}
    params: dict[str, Any] = {}
    for value in _kinds(entries):
        text = flow(value)
        if text in names or counts[text] < WORTH or len(text) < LONG:
            continue
        base = name = snake(value.kind)
        while name in params:
            name = f"{base}_{sum(known.startswith(base) for known in params) + 1}"
        params[name], names[text] = value, Name(name)
    return params, [_replaced(entry, names) for entry in entries]


def _kinds(value: Any) -> Iterator[KindValue]:
    """The kinds that are arguments of layers; those inside them belong to them."""
    if isinstance(value, KindValue):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _kinds(item)
    elif isinstance(value, list):
        for item in value:
            yield from _kinds(item)


def _replaced(value: Any, names: Mapping[str, Name]) -> Any:
    if isinstance(value, KindValue):
        name = names.get(flow(value))
        return value if name is None else Pattern((name,))
    if isinstance(value, Mapping):
        return {key: _replaced(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [_replaced(item, names) for item in value]
    return value
