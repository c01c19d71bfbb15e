"""What is wrong with data that break the schema, found by the jsonschema library.

jsonschema says which rule a value breaks; ``schema_messages`` says it to a person; here the place in the YAML is found.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import islice
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.validators import extend

from nnspec.catalog.kinds import Catalog, catalog
from nnspec.frontend.diagnostics import Diagnostic, Fix, Span
from nnspec.frontend.edits import (
    ONE_TEXT,
    block_mark,
    instead,
    moved_home,
    reword,
    with_argument,
    without,
    without_mark,
    word_at,
)
from nnspec.frontend.foreign_files import of_another_tool
from nnspec.frontend.schema_messages import Problem, combine, explain, told
from nnspec.frontend.source import Node
from nnspec.frontend.vocabulary import argument
from nnspec.schema_validity import is_integer, is_number

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
    if not definition and of_another_tool(data):
        problems = [problem for problem in problems if not problem.path]  # the rest says the same of each key
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
    place = span or root.span
    fix = _fix(problem, node, key_span, root)
    return Diagnostic(problem.code, problem.message, place, hint=_hint(problem, node, place, root), fix=fix)


def _hint(problem: Problem, node: Node | None, span: Span, root: Node) -> str | None:
    """The problem's hint, or what the place tells."""
    home = _home(problem, root) if problem.on_key else ()
    if span.source.is_command_line and (written := _one_override(problem, node, span, root)) is not None:
        return written
    if home and span.source.is_command_line:
        return f"did you mean `--set {'.'.join(home)}=...`?"
    if home and (there := _there(root, home)) is not None:
        now = f", `{word_at(there.span)}`" if _is_word(there) else ""
        return f"`{home[-1]}` stands under `{'.'.join(home[:-1])}:` already{now}: leave this one out"
    if home and problem.hint is None:
        return f"`{home[-1]}` is an argument of {home[-2]}, under `{'.'.join(home[:-2])}:`"
    if problem.hint is None and problem.code == "E0204" and (beside := _beside(problem, root)):
        return beside
    if node is not None and isinstance(node.value, str) and "\n" in node.value and (mark := block_mark(node.span)):
        return ONE_TEXT.format(mark)
    if problem.hint is None and (whole := _whole(problem, node)) is not None:
        return f"`/` gives a fraction: write `{whole}`, which divides whole numbers"
    last = node.span.end_line if node is not None and isinstance(node.value, str) else 0
    if problem.hint is None and last > span.line and span.source.line(span.line)[-1:].strip():
        return f"the value goes on in line {last}: does a dash or a colon lack the space behind it there?"
    return problem.hint or problem.listing or _what_is_missing(problem)


def _what_is_missing(problem: Problem) -> str | None:
    """What the arguments are that a kind needs and that are not there."""
    if problem.code != "E0204":
        return None
    kind = problem.message.split()[0]
    schemas = [catalog().definitions[f"{one}.{kind}"].get("properties", {}) for one in catalog().categories_of(kind)]
    return told(problem.missing, {name: inner for one in schemas for name, inner in one.items()})


def _one_override(problem: Problem, node: Node | None, span: Span, root: Node) -> str | None:
    """What is told of an override alone: dots between keys, and one ``--set`` for each value."""
    key = str(problem.path[-1]) if problem.path else ""
    if problem.on_key and "/" in key:
        return f"keys are joined by dots: write `--set {key.replace('/', '.')}=...`"
    if problem.meant and (problem.goes or problem.into):  # the spec has it by its name, or a kind takes it
        return f"did you mean `--set {'.'.join(map(str, (*problem.path[:-1], problem.meant)))}=...`?"
    if problem.code == "E0202" and problem.path[:-1] == ("train", "optimizer"):
        optimizer = root.get("train", "optimizer")
        kind = next((one for one in optimizer.keys if one != key), "") if optimizer is not None else ""
        known = catalog().defaults("optimizer", catalog().canonical("optimizer", kind))
        word = argument(key, known)
        name = key if key in known else word and word.name
        return f"write `--set train.optimizer.{kind}.{name}=...`" if name else None
    if node is not None and isinstance(node.value, str) and re.search(r",\s*\w+(\.\w+)+=", node.value):
        first, _, rest = span.source.text.partition(",")
        return f"each value has a `--set` of its own: write `{first} --set {rest.strip()}`"
    return None


def _whole(problem: Problem, node: Node | None) -> str | None:
    """An expression whose value has a fraction where a whole number belongs, with `//` in the place of `/`."""
    if node is None or not isinstance(node.value, float) or "whole number" not in problem.message:
        return None
    place = node.origin or node.span
    text = word_at(place)
    if not text.startswith("$(") or place.source.is_command_line:
        return None
    whole = re.sub(r" ?(?<!/)/(?!/) ?", " // ", text)
    return whole if whole != text else None


def _is_word(node: Node) -> bool:
    """Whether it is a plain value on one line of a file."""
    span = node.span
    return not isinstance(node.value, dict | tuple) and span.line == span.end_line and not span.source.is_command_line


def _beside(problem: Problem, root: Node) -> str | None:
    """Of missing arguments: they stand beside the kind, indented as much as it is."""
    above = root.get(*problem.path[:-1]) if problem.path else None
    names = [name for name in problem.missing if above is not None and name in above.keys]
    if above is None or not names or above.get(problem.path[-1], names[0]) is not None:
        return None
    kind, said = problem.path[-1], " and ".join(f"`{name}`" for name in names)
    return f"arguments of {kind} are indented further than `{kind}:` itself: {said}"


def _home(problem: Problem, root: Node) -> tuple[str, ...]:
    """The keys that lead to what a key would be elsewhere: in its section, or of the optimizer."""
    if problem.home or problem.hint is not None or len(problem.path) > 2:
        return problem.home
    key = str(problem.path[-1])
    optimizer = root.get("train", "optimizer")
    kind = optimizer and (next(iter(optimizer.value), None) if optimizer.is_mapping else optimizer.value)
    known = catalog().defaults("optimizer", catalog().canonical("optimizer", str(kind)))
    word = argument(key, known)
    name = key if key in known else word and word.name
    return ("train", "optimizer", str(kind), name) if name else ()


def _there(root: Node, home: tuple[str, ...]) -> Node | None:
    """What is given already at the end of these keys; for an argument that needs no name, without it."""
    kind = root.get(*home[:-1])
    if kind is not None and not kind.is_mapping and kind.value not in (None, home[-2]):
        first = next((one.name for one in catalog().arguments("optimizer", home[-2])), None)
        return kind if first == home[-1] else None
    return root.get(*home)


def _fix(problem: Problem, node: Node | None, key_span: Span | None, root: Node) -> Fix | None:
    """What the key or the value is to be; unsafe for a value that stands elsewhere, where others may use it."""
    if problem.goes:
        return without(key_span, f"take `{problem.path[-1]}` out", safe=problem.sure)
    if problem.into and key_span is not None and node is not None:
        return _moved(problem, node, key_span, root)
    if key_span is not None and node is not None and problem.on_key and (home := _home(problem, root)):
        title = f"write it as `{'.'.join(home)}`"
        if _there(root, home) is not None:
            return without(key_span, f"take `{problem.path[-1]}` out", safe=False)
        return moved_home(key_span, root, home, title)
    if node is not None and isinstance(node.value, str) and "\n" in node.value and block_mark(node.span):
        return without_mark(node.span)
    if node is not None and (whole := _whole(problem, node)) is not None:
        return reword(node.origin or node.span, word_at(node.origin or node.span), whole, safe=False, written=True)
    if problem.becomes is None:
        return None
    if problem.whole:
        mapping = root.get(*problem.path[:-1] if problem.on_key else problem.path)
        return instead(mapping.span, problem.becomes, safe=problem.sure) if mapping is not None else None
    if problem.on_key:
        return reword(key_span, problem.path[-1], problem.becomes, safe=problem.sure, written=problem.written)
    if node is None:
        return None
    retype = not isinstance(node.value, str) or problem.code == "E0205" or problem.written
    safe = problem.sure and node.origin is None
    place = node.origin or node.span
    return reword(place, node.value, problem.becomes, safe=safe, retype=retype, written=problem.written)


def _moved(problem: Problem, node: Node, key_span: Span, root: Node) -> Fix | None:
    """The entry as an argument of the kind that takes it."""
    taker = root.get(*problem.into)
    above = root.get(*problem.into[:-1])
    if taker is None or above is None or isinstance(node.value, dict | tuple):
        return None
    kind = taker.value if isinstance(taker.value, str) else str(problem.into[-1])
    place = taker.span if isinstance(taker.value, str) else above.keys.get(str(problem.into[-1]))
    first = next((one.name for one in catalog().arguments("optimizer", kind)), "")
    title = f"give `{problem.argument}` to {kind}"
    given = with_argument(place, problem.argument, word_at(node.span), first)
    taken = without(key_span, title)
    return None if given is None or taken is None else Fix(title, (*given.edits, *taken.edits), problem.sure)


def _position(diagnostic: Diagnostic) -> tuple[str, int, int]:
    span = diagnostic.span
    return (span.file, span.line, span.column) if span else ("", 0, 0)
