"""What is wrong with data that break the schema, found by the jsonschema library.

jsonschema says which rule a value breaks; ``schema_messages`` says it to a person; here the place in the YAML is found.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import islice
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.validators import extend

from nnspec.catalog.kinds import Catalog, catalog
from nnspec.catalog.schema_validity import is_integer, is_number
from nnspec.frontend.diagnostics import Diagnostic, Fix, Span
from nnspec.frontend.edits import reword
from nnspec.frontend.schema_messages import Problem, combine, explain
from nnspec.frontend.source import Node

MAX_ERRORS = 1_000  # of one pass; whoever mends a thousand can ask again


def diagnose(data: Any, definition: str, root: Node) -> list[Diagnostic]:
    """Every way in which ``data`` break the schema, in the order of the file; none where they do not.

    Args:
        definition: the one that they are validated against, such as ``layer.Dense``; empty for the whole schema.
        root: the node that paths lead from.
    """
    errors = validator(catalog(), definition).iter_errors(data)
    explained = (problem for error in islice(errors, MAX_ERRORS) for problem in explain(error, definition))
    problems = combine(islice(explained, MAX_ERRORS))
    return sorted((_placed(problem, root) for problem in problems), key=_position)


@lru_cache(maxsize=64)
def validator(known: Catalog, definition: str) -> Any:
    """The validator of the whole spec, or of one definition; references inside resolve against the one schema."""
    types = Draft202012Validator.TYPE_CHECKER.redefine_many(
        {"integer": lambda _, value: is_integer(value), "number": lambda _, value: is_number(value)}
    )
    strict: Any = extend(Draft202012Validator, type_checker=types)  # type: ignore[no-untyped-call]  # jsonschema's own
    whole = strict(dict(known.schema))
    return whole.evolve(schema=known.definitions[definition]) if definition else whole


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
    fix = _fix(problem, node, key_span)
    return Diagnostic(problem.code, problem.message, span or root.span, hint=problem.hint, fix=fix)


def _fix(problem: Problem, node: Node | None, key_span: Span | None) -> Fix | None:
    """What the key or the value is to be; unsafe for a value that stands elsewhere, where others may use it."""
    if problem.becomes is None:
        return None
    if problem.on_key:
        return reword(key_span, problem.path[-1], problem.becomes, safe=problem.sure)
    if node is None:
        return None
    retype = not isinstance(node.value, str) or problem.code == "E0205"
    safe = problem.sure and node.origin is None
    return reword(node.origin or node.span, node.value, problem.becomes, safe=safe, retype=retype)


def _position(diagnostic: Diagnostic) -> tuple[str, int, int]:
    span = diagnostic.span
    return (span.file, span.line, span.column) if span else ("", 0, 0)
