"""The schema pass: a spec against the committed JSON Schema, a yes or no by ``fits``, what is wrong by jsonschema."""

from __future__ import annotations

from typing import Any

from nnspec.catalog.kinds import catalog
from nnspec.frontend.diagnostics import Diagnostic, Span
from nnspec.frontend.source import Node
from nnspec.layers.types import Symbol
from nnspec.schema_validity import fits


def validate(root: Node) -> list[Diagnostic]:
    """Every way in which a spec breaks the schema, in the order of the file."""
    return _validate(root, "", root)


def validate_arguments(category: str, kind: str, arguments: Node, span: Span) -> list[Diagnostic]:
    """The same for the arguments of one kind, once their expressions are evaluated.

    Args:
        span: where the kind stands, for arguments that are missing.
    """
    return _validate(arguments, f"{category}.{kind}", Node({kind: arguments}, span, {kind: span}))


def _validate(node: Node, definition: str, root: Node) -> list[Diagnostic]:
    whole = catalog().schema
    data = _plain(node)
    if fits(data, catalog().definitions[definition] if definition else whole, whole):
        return []
    from nnspec.frontend.schema_errors import diagnose

    return diagnose(data, definition, root)


def _plain(node: Node) -> Any:
    """Plain data for the validator; what only the data will tell stands as an expression."""
    if isinstance(node.value, dict):
        return {key: _plain(value) for key, value in node.value.items()}
    if isinstance(node.value, tuple):
        return [_plain(value) for value in node.value]
    return f"${node.value}" if isinstance(node.value, Symbol) else node.value
