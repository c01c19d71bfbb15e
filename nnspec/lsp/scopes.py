"""The names that a place sees: parameters, variables of loops, blocks, layers to take from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nnspec.frontend.scope import DataNames
from nnspec.frontend.source import Node
from nnspec.lsp.cursor import Step
from nnspec.lsp.workspace import Analysis

FUNCTIONS = ("min", "max", "round", "ceil", "floor", "len")


@dataclass(frozen=True)
class Named:
    """A name, what it is, and what is known of its value."""

    name: str
    what: str
    value: str = ""


def expression_names(analysis: Analysis, path: Sequence[Step]) -> list[Named]:
    """What ``$name`` may be at a path: the innermost first."""
    found = {named.name: named for named in local_names(analysis, path)}
    if "blocks" not in path[:1]:
        for name, value in ({} if analysis.spec is None else analysis.spec.params).items():
            found.setdefault(name, Named(name, "parameter", str(value)))
        for name in _keys(analysis.tree, "params"):
            found.setdefault(name, Named(name, "parameter"))
    for name in DataNames.NAMES:
        found[f"data.{name}"] = Named(f"data.{name}", "of the data")
    return list(found.values())


def block_names(analysis: Analysis) -> dict[str, Node]:
    """The blocks that a document can use, with their definitions: its own, and those of the files that it names."""
    blocks = None if analysis.spec is None else analysis.spec.node.get("blocks")
    own = None if analysis.tree is None else analysis.tree.get("blocks")
    found: dict[str, Node] = {}
    for node in (own, blocks):
        if node is not None and node.is_mapping:
            found.update(node.value)
    return found


def block_params(block: Node) -> dict[str, str]:
    """The parameters of a block with their defaults as text; empty for one that must be given."""
    params = block.get("params")
    if params is None or not params.is_mapping:
        return {}
    return {name: "" if node.value is None else str(node.plain()) for name, node in params.value.items()}


def tensor_names(analysis: Analysis, line: int) -> list[Named]:
    """What ``from`` may name: the inputs, and the layers and groups that stand above a line, from 0, with names."""
    found: dict[str, Named] = {}
    if analysis.spec is not None:
        for given in analysis.spec.graph.inputs:
            found[given.name] = Named(given.name, "input", "x".join(map(str, given.shape)))
    for name in _keys(analysis.tree, "inputs"):
        found.setdefault(name, Named(name, "input"))
    for node in _named(None if analysis.tree is None else analysis.tree.get("layers")):
        if node.span.line - 1 < line:
            found.setdefault(str(node.value), Named(str(node.value), "layer"))
    return list(found.values())


def local_names(analysis: Analysis, path: Sequence[Step]) -> list[Named]:
    """What ``$name`` may be at a path, and is not in a block that is used there: the innermost first."""
    found: dict[str, Named] = {}
    for named in _inner(analysis.tree, path):
        found.setdefault(named.name, named)
    return list(found.values())


def _inner(tree: Node | None, path: Sequence[Step]) -> Iterator[Named]:
    """Variables of the loops and parameters of the block around a path, from the inside out."""
    for end in range(len(path), 0, -1):
        node = None if tree is None else tree.get(*path[:end])
        if node is None or not node.is_mapping:
            continue
        for name in _keys(node, "for"):
            yield Named(name, "variable of the loop")
        index = node.get("as")
        if index is not None and isinstance(index.value, str):
            yield Named(index.value, "number of the round")
        if end == 2 and path[0] == "blocks":
            for name, default in block_params(node).items():
                yield Named(name, "parameter of the block", default)


def _keys(node: Node | None, *path: str) -> list[str]:
    found = None if node is None else node.get(*path)
    return list(found.value) if found is not None and found.is_mapping else []


def _named(node: Node | None) -> Iterator[Node]:
    """The ``name:`` of every entry below a list of layers."""
    if node is None:
        return
    if node.is_list:
        for one in node.value:
            yield from _named(one)
    elif node.is_mapping:
        name = node.get("name")
        if name is not None and isinstance(name.value, str) and re.fullmatch(r"[\w$()+-]+", name.value):
            yield name
        for key in ("layers", "parallel"):
            yield from _named(node.get(key))
