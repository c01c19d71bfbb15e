"""Errors of jsonschema in words: each becomes problems with a code, a sentence and a path, never with a raw schema."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from nnspec.catalog.kinds import catalog
from nnspec.frontend.diagnostics import printable
from nnspec.frontend.suggest import certain, closest

Path = tuple[str | int, ...]
# A jsonschema ValidationError: its stubs make the schema and the rule unions that would need a check at each use.
Fault = Any

MAX_LISTED = 12  # names that a hint lists at most
MAX_SAID = 40  # characters of a text that a message repeats


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong at ``path``.

    Attributes:
        on_key: whether the key itself is at fault, not its value.
        missing: what is not there, where that is the problem; ``combine`` makes one sentence of them.
        meant: the name that a misspelt one was probably meant to be.
        becomes: what the key or the value is to be replaced by, where that is known.
        sure: whether that is certain.
    """

    code: str
    message: str
    path: Path
    hint: str | None = None
    on_key: bool = False
    missing: tuple[str, ...] = ()
    meant: str | None = None
    becomes: str | None = None
    sure: bool = False


@dataclass(frozen=True, slots=True)
class Where:
    """The kind whose schema an error comes from, and the argument within it."""

    category: str = ""
    kind: str = ""
    argument: str = ""


def explain(error: Fault, definition: str = "") -> Iterator[Problem]:
    """One error of jsonschema as problems.

    Args:
        definition: the definition that was validated against, such as ``layer.Dense``; by default the whole schema.
    """
    kind = definition.partition(".")[2]
    path = (*([kind] if kind else []), *error.absolute_path)
    yield from _explained(error, path, _where(error, definition))


def combine(problems: Iterable[Problem]) -> list[Problem]:
    """Each problem once; what one mapping lacks in one sentence, without what is only misspelt in it."""
    found: dict[tuple[str, Path, str], Problem] = {}
    for problem in problems:
        key = (problem.code, problem.path, "" if problem.missing else problem.message)
        before = found.get(key)
        found[key] = problem if before is None else replace(before, missing=(*before.missing, *problem.missing))
    misspelt: set[tuple[Path, str | None]] = {
        (problem.path[:-1], problem.meant) for problem in found.values() if problem.meant
    }
    return [said for problem in found.values() if (said := _with_missing(problem, misspelt)) is not None]


def _with_missing(problem: Problem, misspelt: set[tuple[Path, str | None]]) -> Problem | None:
    if not problem.missing:
        return problem
    names = [name for name in dict.fromkeys(problem.missing) if (problem.path, name) not in misspelt]
    if not names:
        return None
    examples = [_EXAMPLES[name] for name in names if name in _EXAMPLES and problem.code == "E0210"]
    hint = f"for example {' and '.join(f'`{example}`' for example in examples)}" if examples else problem.hint
    return replace(problem, message=f"{problem.message} {_and([f'`{name}`' for name in names])}", hint=hint)


def _where(error: Fault, definition: str) -> Where:
    """Follows the error's path through the schema; jsonschema leaves references out of it."""
    schema: Any = catalog().definitions[definition] if definition else catalog().schema
    where = _kind_at(definition)
    steps = list(error.absolute_schema_path)
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        while isinstance(schema, dict) and step not in schema and "$ref" in schema:
            name = schema["$ref"].removeprefix("#/$defs/")
            where = _kind_at(name) if "." in name and not name.startswith("type.") else where
            schema = _resolve(schema["$ref"])
        kind: Any = catalog().definitions.get(f"{where.category}.{where.kind}")
        if schema is kind:
            where = replace(where, argument=_argument_of(schema, step, following))
        schema = schema[step]
    return where


def _kind_at(definition: str) -> Where:
    category, _, kind = definition.partition(".")
    return Where(category, kind)


def _argument_of(schema: Mapping[str, Any], step: Any, following: Any) -> str:
    if step == "properties":
        return str(following)
    return next(iter(schema["properties"]), "") if step == "else" else ""


def _resolve(reference: str) -> Any:
    schema: Any = catalog().schema
    for step in reference.removeprefix("#/").split("/"):
        schema = schema[step]
    return schema


def _explained(error: Fault, path: Path, where: Where) -> Iterator[Problem]:
    rule = str(error.validator)
    if rule == "additionalProperties":
        yield from _unknown_keys(error, path, where)
    elif rule == "required":
        yield _missing(error, path, where)
    elif rule == "not":
        yield _left_empty(path, where)
    elif rule == "maxProperties":
        yield _two_kinds(error, path)
    elif rule == "anyOf":
        yield from _none_of(error, path, where)
    else:
        yield _wrong_value(error, path, where)


# Keys: unknown, missing, too many.


def _unknown_keys(error: Fault, path: Path, where: Where) -> Iterator[Problem]:
    schema = _schema(error)
    known = list(schema.get("properties", ()))
    category = schema.get("x-category")
    for key in error.instance:
        if key in known:
            continue
        if category:
            yield _no_such_kind(category, key, (*path, key), on_key=True)
        elif where.kind and not where.argument:
            yield _unknown_argument(where, key, (*path, key), known, error.instance)
        else:
            meant = closest(key, known)
            hint = f"did you mean `{meant}`?" if meant else _listing("here stand", known)
            problem = Problem(
                "E0201", f"there is no key `{printable(key)}` here", (*path, key), hint, True, meant=meant
            )
            yield _with_spelling(problem, key, meant, known, error.instance)


def _with_spelling(
    problem: Problem, word: str, meant: str | None, known: Iterable[str], beside: Iterable[str] = ()
) -> Problem:
    """The problem with the word that was meant; not where that stands beside it."""
    if meant is None or meant in beside:
        return problem
    return replace(problem, becomes=meant, sure=certain(word, known))


def _unknown_argument(where: Where, key: str, path: Path, known: list[str], beside: Iterable[str]) -> Problem:
    message = f"{where.kind} has no argument `{printable(key)}`"
    meant = _RENAMED.get(key) if _RENAMED.get(key) in known else closest(key, known)
    first = next(iter(catalog().arguments(where.category, where.kind)), None)
    if where.category == "layer" and key == "name":
        hint: str | None = "`name:` stands beside the kind, not among its arguments"
        meant = None
    elif key in _INPUT_SHAPES:
        hint, meant = "shapes stand under `inputs:`, at the top of the spec", None
    elif first is not None and first.category and catalog().has(first.category, key):
        hint, meant = f"write `{where.kind}: {{{first.name}: {{{key}: ...}}}}`", first.name
    elif meant:
        problem = Problem("E0203", message, path, f"did you mean `{meant}`?", True, meant=meant)
        if meant == _RENAMED.get(key) and meant not in beside:
            return replace(problem, becomes=meant, sure=True)
        return _with_spelling(problem, key, meant, known, beside)
    else:
        hint = _listing("it takes", known) or "it takes none"
    return Problem("E0203", message, path, hint, True, meant=meant)


def _missing(error: Fault, path: Path, where: Where) -> Problem:
    names = tuple(name for name in _schema(error)["required"] if name not in error.instance)
    if where.kind and not where.argument:
        return Problem("E0204", f"{where.kind} needs", path, None, True, names)
    return Problem("E0210", f"{_subject(path, Where()) if path else 'a spec'} needs", path, None, True, names)


def _left_empty(path: Path, where: Where) -> Problem:
    """Null where a value must stand: the same as not given."""
    above = path if path and path[-1] == where.kind else path[:-1]
    if where.kind:
        return Problem("E0204", f"{where.kind} needs", above, None, True, (where.argument,))
    return Problem("E0210", f"{_subject(above, Where())} needs", above, None, True, (str(path[-1]),))


def _two_kinds(error: Fault, path: Path) -> Problem:
    first, second = list(error.instance)[:2]
    noun = _noun(_schema(error)["x-category"])
    message = f"one {noun} stands here, not both `{printable(first)}` and `{printable(second)}`"
    return Problem("E0208", message, (*path, second), None, True)


# Values: of the wrong type, not among the choices, out of range.


def _none_of(error: Fault, path: Path, where: Where) -> Iterator[Problem]:
    """``anyOf``: what fits the value's own type speaks; else all choices together are what it is not."""
    schema = _schema(error)
    if "x-category" in schema and isinstance(error.instance, str):
        yield _no_such_kind(schema["x-category"], error.instance, path, on_key=False)
        return
    inside = [inner for inner in _closest_branch(error) if inner.path]
    if inside:
        depth = len(path) - len(error.absolute_path)
        for inner in inside:
            yield from _explained(inner, (*path[:depth], *inner.absolute_path), where)
        return
    choices = [_yaml(value) for branch in schema["anyOf"] for value in branch.get("enum", ()) if value is not None]
    code = "E0206" if choices and isinstance(error.instance, str) else "E0205"
    meant = closest(error.instance, choices) if isinstance(error.instance, str) else None
    hint = f"did you mean `{meant}`?" if meant else _hint(error.instance, schema)
    says = schema.get("x-says", "another value")
    problem = Problem(code, f"{_subject(path, where)} should be {says}, not {_said(error.instance)}", path, hint)
    if meant:
        yield _with_spelling(problem, str(error.instance), meant, choices)
    else:
        yield replace(problem, becomes=(plain := _meant(error.instance, schema)), sure=plain is not None)


def _closest_branch(error: Fault) -> list[Fault]:
    """The errors of the branch that the value's own type fits, if there is one: what is wrong lies within."""
    branches: dict[Any, list[Fault]] = {}
    for inner in error.context or ():
        branches.setdefault(inner.schema_path[0], []).append(inner)
    fitting = [errors for errors in branches.values() if all(inner.path for inner in errors)]
    return fitting[0] if fitting else []


def _wrong_value(error: Fault, path: Path, where: Where) -> Problem:
    schema, value = _schema(error), error.instance
    if where.kind and not where.argument and isinstance(schema.get("required"), list):
        return _whole_arguments(schema, value, path, where)
    if str(error.validator) == "minProperties":
        what = f"names no {_noun(schema['x-category'])}" if "x-category" in schema else "is empty"
        return Problem("E0211", f"{_subject(path, where)} {what}", path)
    code = _CODES.get(str(error.validator), "E0205")
    says = schema.get("x-says", "another value")
    meant = closest(value, map(str, schema["enum"])) if code == "E0206" and isinstance(value, str) else None
    hint = f"did you mean `{meant}`?" if meant else _hint(value, schema)
    problem = Problem(code, f"{_subject(path, where)} should be {says}, not {_said(value)}", path, hint)
    if meant:
        return _with_spelling(problem, value, meant, map(str, schema["enum"]))
    return replace(problem, becomes=(plain := _meant(value, schema)), sure=plain is not None)


def _whole_arguments(schema: Mapping[str, Any], value: Any, path: Path, where: Where) -> Problem:
    """Something else than a mapping where the arguments of a kind stand."""
    if not schema["properties"]:
        return Problem("E0203", f"{where.kind} has no arguments", path)
    first, *rest = schema["required"]
    if value is None:
        return Problem("E0204", f"{where.kind} needs", path, None, True, (first, *rest))
    hint = f"{_said(value)} alone would be `{first}`; write a mapping: `{where.kind}: {{{first}: ..., {rest[0]}: ...}}`"
    return Problem("E0204", f"{where.kind} needs", path, hint, True, tuple(rest))


def _no_such_kind(category: str, name: str, path: Path, *, on_key: bool) -> Problem:
    known, noun = catalog(), _noun(category)
    if reason := known.refused(name):
        return Problem("E0209", f"`{name}` cannot stand in a spec: {reason}", path, None, on_key)
    if known.has(category, name):  # a bare word, for a kind that needs arguments
        required = tuple(argument.name for argument in known.arguments(category, name) if argument.required)
        return Problem("E0204", f"{name} needs", path, None, on_key, required)
    other = next((other for other in _NOUNS if other != category and known.has(other, name)), None)
    meant = closest(name, known.words(category)) or closest(name, known.kinds(category))
    if other is not None and (meant is None or meant.lower() != name.lower()):
        hint: str | None = f"`{name}` is {_article(_noun(other))}"
    else:
        hint = f"did you mean `{meant}`?" if meant else _listing("there are", known.words(category))
    problem = Problem("E0202", f"there is no {noun} `{printable(name[:MAX_SAID])}`", path, hint, on_key)
    if hint != f"did you mean `{meant}`?":
        return problem
    return _with_spelling(problem, name, meant, [*known.words(category), *known.kinds(category)])


# Words.

_NOUNS = {
    "layer": "layer",
    "loss": "loss",
    "metric": "metric",
    "optimizer": "optimizer",
    "schedule": "learning-rate schedule",
    "callback": "callback",
    "initializer": "initializer",
    "regularizer": "regularizer",
    "constraint": "constraint",
    "source": "data source",
    "target": "export target",
    "activation": "activation",
}
_CODES = {"enum": "E0206", "minimum": "E0207", "maximum": "E0207", "exclusiveMinimum": "E0207"}
_EXAMPLES = {
    "nnspec": "nnspec: 1",
    "inputs": "inputs: {image: [28, 28, 1]}",
    "layers": "layers: [Flatten, {Dense: 10}]",
    "source": "source: {ImageFolder: {path: images, image_size: [64, 64]}}",
    "shape": "shape: [28, 28, 1]",
}
_RENAMED = {"lr": "learning_rate"}  # what older Keras called it, too far for a near match
_INPUT_SHAPES = {"input_shape", "batch_input_shape", "batch_shape"}
_YAML_1_1 = {**dict.fromkeys(("yes", "on", "y"), "true"), **dict.fromkeys(("no", "off", "n"), "false")}


def _noun(category: str) -> str:
    return _NOUNS.get(category, category)


def _article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeio' else 'a'} {noun}"


def _subject(path: Path, where: Where) -> str:
    """How a sentence calls the value at ``path``."""
    of = f" of {where.kind}" if where.argument else ""
    name = where.argument or next((step for step in reversed(path) if isinstance(step, str)), "")
    if not name:
        return "the spec"
    if path and isinstance(path[-1], int):
        return f"each item of `{name}`{of}"
    return f"`{name}`{of}"


def _said(value: Any) -> str:
    """A value as a reader knows it; large ones by their kind alone."""
    if isinstance(value, str):
        return f"the text `{printable(value[:MAX_SAID])}{'…' if len(value) > MAX_SAID else ''}`"
    if isinstance(value, list):
        return f"a list of {len(value)}" if value else "an empty list"
    if isinstance(value, dict):
        return "a mapping" if value else "an empty mapping"
    return _yaml(value)


def _yaml(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return ".nan" if value != value else str(value)


def _hint(value: Any, schema: Mapping[str, Any]) -> str | None:
    """What may help where a value is nearly right."""
    meant = _meant(value, schema)
    if meant is None:
        return None
    if not isinstance(value, str):
        return f"write {meant}, without a decimal point"
    return f"write {meant}, without quotes" if meant == value else f"in YAML 1.2 `{value}` is a text: write {meant}"


def _meant(value: Any, schema: Mapping[str, Any]) -> str | None:
    """The text of the number or truth value that was meant; None where nothing tells."""
    types = schema.get("type", ())
    if isinstance(value, float) and value.is_integer() and "integer" in types:
        return str(int(value))
    if not isinstance(value, str):
        return None
    if "boolean" in types and value.lower() in _YAML_1_1:
        return _YAML_1_1[value.lower()]
    if ("integer" in types or "number" in types) and value.replace(".", "", 1).isdecimal():
        return value
    return None


def _listing(verb: str, names: Sequence[str]) -> str | None:
    shown = ", ".join(names[:MAX_LISTED])
    return f"{verb} {shown}{', ...' if len(names) > MAX_LISTED else ''}" if names else None


def _and(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)


def _schema(error: Fault) -> Mapping[str, Any]:
    """The schema that failed; ours has no booleans in the places where errors come from."""
    schema = error.schema
    assert isinstance(schema, dict)
    return schema
