"""The package's own code as syntax trees, parsed once for all tests that read it."""

from __future__ import annotations

import ast
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import TypeVar

PACKAGE = Path(__file__).parents[1] / "nnspec"
Node = TypeVar("Node", bound=ast.AST)
ENDS = (ast.Name, ast.Constant, ast.alias)  # half of all nodes, and they hold no others


def nodes(path: Path, *kinds: type[Node]) -> list[Node]:
    """The nodes of these kinds in a file's syntax tree; of each kind from the outside in."""
    found = _nodes(path)
    return [node for kind in kinds for node in found.get(kind, ())]


@cache
def _nodes(path: Path) -> dict[type, list[ast.AST]]:
    found = defaultdict(list)
    waiting: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    for node in waiting:  # which grows on the way
        found[type(node)].append(node)
        for value in () if type(node) in ENDS else vars(node).values():
            if isinstance(value, list):
                waiting += [item for item in value if isinstance(item, ast.AST)]
            elif isinstance(value, ast.AST) and value._fields:  # Load, Store and operators hold nothing
                waiting.append(value)
    return dict(found)
