"""The schema pass: a spec against the committed JSON Schema, a yes or no by ``fits``, what is wrong by jsonschema."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import replace
from functools import cache
from typing import Any

from nnspec.catalog.kinds import catalog
from nnspec.frontend.diagnostics import Diagnostic, Span
from nnspec.frontend.source import Node
from nnspec.layers.types import Symbol
from nnspec.schema_validity import fits

DOLLAR = "\uff04"  # stands for a dollar sign that begins no expression; it is one that people can read


def validate(root: Node, evaluated: Collection[str] = ()) -> list[Diagnostic]:
    """Every way in which a spec breaks the schema, in the order of the file.

    Args:
        evaluated: the sections whose expressions have their values; a dollar sign in them is a text's own.
    """
    if not root.is_mapping:
        return _validate(_plain(root, False), "", root)
    return _validate({key: _plain(value, key in evaluated) for key, value in root.value.items()}, "", root)


def validate_arguments(category: str, kind: str, arguments: Node, span: Span) -> list[Diagnostic]:
    """The same for the arguments of one kind, once their expressions are evaluated.

    Args:
        span: where the kind stands, for arguments that are missing.
    """
    return _validate(_plain(arguments, True), f"{category}.{kind}", Node({kind: arguments}, span, {kind: span}))


def _validate(data: Any, definition: str, root: Node) -> list[Diagnostic]:
    whole = catalog().schema
    if fits(data, catalog().definitions[definition] if definition else whole, whole):
        return []
    from nnspec.frontend.schema_errors import diagnose

    names = cache(lambda: _names(root))
    return [_named(_written(problem), names) for problem in diagnose(data, definition, root)]


def _plain(node: Node, evaluated: bool) -> Any:
    """Plain data for the validator; what only the data will tell stands as an expression."""
    if isinstance(node.value, dict):
        return {key: _plain(value, evaluated) for key, value in node.value.items()}
    if isinstance(node.value, tuple):
        return [_plain(value, evaluated) for value in node.value]
    if evaluated and isinstance(node.value, str):
        return node.value.replace("$", DOLLAR)  # in the schema a dollar sign stands for a value of any type
    return f"${node.value}" if isinstance(node.value, Symbol) else node.value


def _written(problem: Diagnostic) -> Diagnostic:
    if DOLLAR not in problem.message:
        return problem
    hint = problem.hint or f"`$$` is the sign itself; the value of a parameter is `{DOLLAR}name`, with one"
    hint = hint.replace(DOLLAR, "$")
    return replace(problem, message=problem.message.replace(DOLLAR, "$"), hint=hint)


def _named(problem: Diagnostic, names: Callable[[], set[str]]) -> Diagnostic:
    """A hint where a text stands for a value, and is the name of one: `filters: width` of `params: {width: 16}`."""
    found = None if problem.hint else re.search(r", not the text `(\w+)`$", problem.message)
    if found is None or found[1] not in names():
        return problem
    return replace(problem, hint=f"the value of `{found[1]}` is `${found[1]}`", fix=None)


def _names(node: Node) -> set[str]:
    """The names of parameters, of loops and of their indices, wherever they are."""
    found = set[str]()
    for key, value in node.value.items() if node.is_mapping else enumerate(node.value if node.is_list else ()):
        if key in ("params", "for") and value.is_mapping:
            found.update(map(str, value.value))
        elif key == "as" and isinstance(value.value, str):
            found.add(value.value)
        found |= _names(value)
    return found
