"""Where two specs, as plain data, differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

ABSENT = "(not given)"

Pair = tuple[Any, Any]


def differences(left: Any, right: Any, path: str = "") -> Iterator[tuple[str, Pair]]:
    """The values that differ, by dotted path, with ``ABSENT`` for one that a side lacks.

    Descends as long as both sides have a key in common: two optimizers of different kinds differ whole.
    """
    if isinstance(left, Mapping) and isinstance(right, Mapping) and left.keys() & right.keys():
        for key in dict.fromkeys((*left, *right)):
            below = f"{path}.{key}" if path else str(key)
            yield from differences(left.get(key, ABSENT), right.get(key, ABSENT), below)
    elif left != right:
        yield path, (left, right)
