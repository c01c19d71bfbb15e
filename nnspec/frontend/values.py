"""Nodes to argument values: plain data, with every kind a ``KindValue``."""

from __future__ import annotations

from typing import Any

from nnspec.catalog.kinds import catalog
from nnspec.frontend.source import Node
from nnspec.layers import canonical
from nnspec.layers.types import KindValue


def read_value(node: Node, category: str | None) -> Any:
    """The value of a node where a kind of ``category`` may stand (None: plain data alone).

    A name that Keras knows as a function or an identifier (``relu``, ``he_normal``) stays a string.
    """
    if category is None:
        return node.plain()
    if node.is_list:
        return [read_value(item, category) for item in node.value]
    if node.is_mapping and len(node.value) == 1:
        kind, arguments = next(iter(node.value.items()))
        return read_kind(category, kind, arguments)
    if isinstance(node.value, str) and catalog().has(category, node.value):
        return read_kind(category, node.value, None)
    return node.plain()


def read_kind(category: str, kind: str, node: Node | None) -> KindValue:
    """``kind: arguments`` as a value: a scalar or a list is the first argument, null gives none.

    A layer's alias becomes the name of its kind.
    """
    name = canonical(kind) if category == "layer" else kind
    return KindValue(name, {name: value for name, (value, _) in read_arguments(category, kind, node).items()})


def read_arguments(category: str, kind: str, node: Node | None) -> dict[str, tuple[Any, Node]]:
    """Each argument given to ``kind``: its value, and the node that holds it."""
    known = {argument.name: argument for argument in catalog().arguments(category, kind)}
    found = {}
    for name, value in named(category, kind, node).items():
        argument = known.get(name)
        # Left empty is "not given", unless null says something else than the default (a Bidirectional's merge_mode).
        if value.value is not None or (argument is not None and argument.null_is_a_value):
            found[name] = (read_value(value, argument.category if argument else None), value)
    return found


def named(category: str, kind: str, node: Node | None) -> dict[str, Node]:
    """The arguments by name, before their values are read."""
    if node is None or node.value is None:
        return {}
    if node.is_mapping:
        return dict(node.value)
    arguments = catalog().arguments(category, kind)
    return {arguments[0].name: node} if arguments else {}
