"""The package's own code as syntax trees, parsed once for all tests that read it."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "nnspec"


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """All nodes of a file's syntax tree, from the outside in."""
    return tuple(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
