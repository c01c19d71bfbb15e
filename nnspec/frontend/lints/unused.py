"""Names that are given and never used. Those of a base or a used file may serve others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from nnspec.frontend.diagnostics import Diagnostic
from nnspec.frontend.edits import without
from nnspec.frontend.lints.network import warning
from nnspec.frontend.source import Node
from nnspec.frontend.spec import Spec


def unused_definitions(spec: Spec) -> Iterator[Diagnostic]:
    """Parameters of the spec, and blocks."""
    used = _names(_texts(spec.node))
    for section, code, noun in (("params", "W0605", "parameter"), ("blocks", "W0606", "block")):
        node = spec.node.get(section)
        for name, value in (node.value if node is not None and node.is_mapping else {}).items():
            if value.span.source is spec.node.span.source and name not in used:
                assert node is not None
                span = node.keys.get(name)
                fix = without(span, f"remove the {noun} `{name}`")
                yield warning(code, f"the {noun} `{name}` is never used", span, "remove it", fix=fix)


def unused_variables(spec: Spec) -> Iterator[Diagnostic]:
    """Parameters of blocks, and what a loop walks: seen in their own layers alone."""
    given = _given(spec.node)
    for name, block in _mapping(spec.node.get("blocks")).items():
        params = block.get("params")
        if params is None or block.span.source is not spec.node.span.source:
            continue
        used = _names(_scalars(block, skip=()))
        for param in _mapping(params):
            if param not in used:
                message = f"the block `{name}` never uses its parameter `{param}`"
                span = params.keys.get(param)
                fix = (
                    None
                    if _is_given(given.get(name, ()), params, param)
                    else without(span, f"remove the parameter `{param}`")
                )
                yield warning("W0607", message, span, "remove it", fix=fix)
    for loop in _loops(spec.node.get("layers"), spec.node.get("blocks")):
        used = _names(_scalars(loop, skip=("for", "as")))
        for variable, span in (loop.value["for"].keys if "for" in loop.value else {}).items():
            if variable not in used:
                alone = len(loop.value["for"].keys) == 1  # the list is then the number of rounds
                fix = None if alone else without(span, f"remove the variable `{variable}`")
                yield warning("W0607", f"this loop never uses `{variable}`", span, "remove it", fix=fix)
        index = loop.get("as")
        if index is not None and index.value is not None and str(index.value) not in used:
            fix = without(loop.keys.get("as"), f"remove the index `{index.value}`")
            yield warning("W0607", f"this loop never uses its index `{index.value}`", index.span, "remove it", fix=fix)


def _given(tree: Node) -> dict[str, list[Node]]:
    """What every key of a tree is given; for a block's name these are its uses, and its definition."""
    found: dict[str, list[Node]] = {}
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        waiting += node.value.values() if node.is_mapping else node.value if node.is_list else ()
        for key, value in _mapping(node).items():
            found.setdefault(key, []).append(value)
    return found


def _is_given(uses: Iterable[Node], params: Node, param: str) -> bool:
    """Whether a use of a block gives it this parameter: by name, or as the value that stands for the first one."""
    first = next(iter(params.value)) == param
    return any(
        param in given.keys or (first and not given.is_mapping and given.value is not None)
        for given in uses
        if given.get("params") is not params
    )


def _names(text: str) -> set[str]:
    """The names in a text: whole lines, and words with and without hyphens, which are minus signs in an expression."""
    return {*text.split("\n"), *re.findall(r"\w+", text), *re.findall(r"\w[\w-]*", text)}


def _mapping(node: Node | None) -> dict[str, Node]:
    return node.value if node is not None and node.is_mapping else {}


def _loops(*nodes: Node | None) -> Iterator[Node]:
    """Every entry of a list of layers that is a loop."""
    for node in nodes:
        if node is None:
            continue
        if node.is_mapping and "layers" in node.value and ("for" in node.value or "repeat" in node.value):
            yield node
        children = node.value.values() if node.is_mapping else node.value if node.is_list else ()
        yield from _loops(*children)


def _scalars(node: Node, skip: tuple[str, ...]) -> str:
    items = [value for key, value in node.value.items() if key not in skip]
    return "\n".join(str(scalar.value) for item in items for scalar in item.scalars() if isinstance(scalar.value, str))


def _texts(node: Node) -> str:
    """Everything in a tree that could refer to a name: scalars, and the keys of entries of lists, which are layers."""
    parts: list[str] = []

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            for item in value.values():
                walk(item.value)
        elif isinstance(value, tuple):
            for item in value:
                parts.extend(item.value if item.is_mapping else ())
                walk(item.value)
        elif isinstance(value, str):
            parts.append(value)

    walk({key: item for key, item in node.value.items() if key not in ("description", "name")})
    return "\n".join(parts)
