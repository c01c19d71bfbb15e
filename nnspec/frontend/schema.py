"""The schema pass: a spec against the committed JSON Schema, by the jsonschema library.

jsonschema says which rule a value breaks; ``schema_messages`` says it to a person; here the place in the YAML is found.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from nnspec.frontend.catalog import catalog
from nnspec.frontend.diagnostics import Diagnostic, Span
from nnspec.frontend.schema_messages import Problem, combine, explain
from nnspec.frontend.source import Node
from nnspec.layers.types import Symbol

MAX_ERRORS = 1_000  # of one pass; whoever mends a thousand can ask again


def validate(root: Node) -> list[Diagnostic]:
    """Every way in which a spec breaks the schema, in the order of the file."""
    return _diagnostics(_validator("").iter_errors(_plain(root)), "", root)


def validate_arguments(category: str, kind: str, arguments: Node, span: Span) -> list[Diagnostic]:
    """The same for the arguments of one kind, once their expressions are evaluated.

    Args:
        span: where the kind stands, for arguments that are missing.
    """
    definition = f"{category}.{kind}"
    errors = _validator(definition).iter_errors(_plain(arguments))
    return _diagnostics(errors, definition, Node({kind: arguments}, span, {kind: span}))


def _diagnostics(errors: Iterator[ValidationError], definition: str, root: Node) -> list[Diagnostic]:
    problems = [problem for error in islice(errors, MAX_ERRORS) for problem in explain(error, definition)]
    return sorted((_placed(problem, root) for problem in combine(problems)), key=_position)


@cache
def _validator(definition: str) -> Any:
    """The validator of the whole spec, or of one definition; references inside resolve against the one schema."""
    types = Draft202012Validator.TYPE_CHECKER.redefine_many({"integer": _is_integer, "number": _is_number})
    strict: Any = extend(Draft202012Validator, type_checker=types)  # type: ignore[no-untyped-call]  # jsonschema's own
    whole = strict(dict(catalog().schema))
    return whole.evolve(schema=catalog().definitions[definition]) if definition else whole


def _is_integer(checker: Any, value: Any) -> bool:
    """JSON Schema takes 3.0 for an integer; Keras does not."""
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(checker: Any, value: Any) -> bool:
    """Not ``.nan``, which compares with nothing and so would pass every bound."""
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value


def _plain(node: Node) -> Any:
    """Plain data for the validator; what only the data will tell stands as an expression."""
    if isinstance(node.value, dict):
        return {key: _plain(value) for key, value in node.value.items()}
    if isinstance(node.value, tuple):
        return [_plain(value) for value in node.value]
    return f"${node.value}" if isinstance(node.value, Symbol) else node.value


def _placed(problem: Problem, root: Node) -> Diagnostic:
    """The problem at its place: the value's, or the key's where the key is at fault."""
    node: Node | None = root
    key_span: Span | None = None
    for step in problem.path:
        if node is None:
            break
        if isinstance(step, str) and step in node.keys:
            key_span = node.keys[step]
        node = node.get(step)
    span = key_span if problem.on_key or node is None else node.origin or node.span
    return Diagnostic(problem.code, problem.message, span or root.span, hint=problem.hint)


def _position(diagnostic: Diagnostic) -> tuple[str, int, int]:
    span = diagnostic.span
    return (span.file, span.line, span.column) if span else ("", 0, 0)
