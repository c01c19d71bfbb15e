"""Values that nobody expects, in every place of a tree of plain data: what a stranger, or a broken disk, may write."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

Path = tuple[str | int, ...]


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


WRONG: tuple[Any, ...] = (
    None,
    True,
    -1,
    10**30,
    1e308,
    float("nan"),
    "",
    "x" * 3_000,
    "a\x1b[31m\r\0\ud800\u202e",
    "../../x",
    [],
    {},
    [None],
    {"a": {"b": []}},
    [[0], {"class_name": "__keras_tensor__"}],
    nested(90),
)


def paths(value: Any, path: Path = ()) -> Iterator[Path]:
    """The place of every value in a tree, the root first."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from paths(item, (*path, key))


def mutants(tree: Any) -> Iterator[tuple[str, Any]]:
    """Copies of a tree, each with one value that is another, absent, or there twice; with a name."""
    for path in paths(tree):
        for number, wrong in enumerate(WRONG):
            yield f"{path} is wrong value {number}", _with(tree, path, wrong)
        if path:
            yield f"{path} is absent", _without(tree, path)
            if isinstance(path[-1], int):
                yield f"{path} is there twice", _twice(tree, path)


def _with(tree: Any, path: Path, value: Any) -> Any:
    if not path:
        return copy.deepcopy(value)
    found = copy.deepcopy(tree)
    _at(found, path[:-1])[path[-1]] = copy.deepcopy(value)
    return found


def _without(tree: Any, path: Path) -> Any:
    found = copy.deepcopy(tree)
    del _at(found, path[:-1])[path[-1]]
    return found


def _twice(tree: Any, path: Path) -> Any:
    found = copy.deepcopy(tree)
    holder = _at(found, path[:-1])
    holder.insert(path[-1], copy.deepcopy(holder[path[-1]]))
    return found


def _at(tree: Any, path: Path) -> Any:
    for step in path:
        tree = tree[step]
    return tree
