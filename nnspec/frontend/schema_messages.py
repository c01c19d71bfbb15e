"""Errors of jsonschema in words: each becomes problems with a code, a sentence and a path, never with a raw schema."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from nnspec.catalog.kinds import catalog
from nnspec.console.formatting import yaml_scalar
from nnspec.frontend import foreign_files, vocabulary
from nnspec.frontend.diagnostics import printable
from nnspec.frontend.meaning import of_keys, of_kinds, of_values
from nnspec.frontend.meaning.meant import Meant, by_position, in_braces
from nnspec.frontend.meaning.slot import Slot

Path = tuple[str | int, ...]
# A jsonschema ValidationError: its stubs make the schema and the rule unions that would need a check at each use.
Fault = Any

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
        written: ``becomes`` is YAML that may hold more than one word.
        whole: it replaces the list or mapping, not a word in it.
        goes: the entry is to be taken out.
        into, argument: the kind that takes the key, and as which argument; the entry moves there.
        home: the keys that lead to the entry that was meant, where it belongs elsewhere.
        listing: the hint where the place tells nothing.
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
    written: bool = False
    whole: bool = False
    goes: bool = False
    into: Path = ()
    argument: str = ""
    home: tuple[str, ...] = ()
    listing: str | None = None


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
    found: dict[tuple[Path, str], Problem] = {}
    for problem in problems:
        key = (problem.path, "needs" if problem.missing else problem.message)
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
    hint = problem.hint
    if examples and hint is None:
        hint = f"for example {' and '.join(f'`{example}`' for example in examples)}"
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
        two = _two_kinds(error, path)
        category = _schema(error)["x-category"]
        are_kinds = all(catalog().has(category, catalog().canonical(category, one)) for one in list(error.instance)[:2])
        if two.hint is not None or are_kinds:  # of others it is told that there are none
            yield two
    elif rule == "anyOf":
        yield from _none_of(error, path, where)
    else:
        yield _wrong_value(error, path, where)


# Keys: unknown, missing, too many.


def _unknown_keys(error: Fault, path: Path, where: Where) -> Iterator[Problem]:
    schema = _schema(error)
    known = list(schema.get("properties", ()))
    if not path and foreign_files.of_another_tool(error.instance):
        return  # which is told where it is said what a spec needs
    category = schema.get("x-category")
    if category and (written := of_kinds.under_type(category, error.instance)):
        first = next(iter(error.instance))
        problem = Problem("E0202", f"there is no {_noun(category)} `{printable(first)}`", (*path, first), None, True)
        becomes = f"{{{written}}}" if ": " in written else written
        sure = "..." not in written
        hint = f"the kind itself is the key: write `{written}`"
        yield replace(problem, hint=hint, becomes=becomes if sure else None, sure=sure, whole=True)
        return
    for key in error.instance:
        if key in known:
            continue
        if category:
            yield _no_such_kind(category, key, (*path, key), on_key=True)
        elif where.kind and not where.argument:
            yield _unknown_argument(where, key, (*path, key), known, error.instance)
        else:
            yield _unknown_entry(error.instance, key, (*path, key), known, schema)


def _unknown_entry(
    given: Mapping[str, Any], key: str, path: Path, known: list[str], schema: Mapping[str, Any]
) -> Problem:
    problem = Problem("E0201", f"there is no key `{printable(key)}` here", path, None, True)
    taker = _kind_beside(given, key, schema)
    if taker is not None and taker.argument == key:
        return taker.moves(problem, key, given)
    meant = of_keys.entry(key, given, known)
    if not (meant.name or meant.home):
        taker = taker or _kind_beside({**_defaults(schema), **given}, key, schema)
    if taker is not None:
        return taker.moves(problem, key, given)
    return _with_meant(problem, meant)


@dataclass(frozen=True, slots=True)
class _Taker:
    """A kind in a neighbouring entry that takes an argument, such as the optimizer a learning rate.

    Attributes:
        section: the way to the kind: its entry, and the kind where it has arguments.
        argument: what it calls the argument.
    """

    section: Path
    kind: str
    argument: str

    def moves(self, problem: Problem, key: str, given: Mapping[str, Any]) -> Problem:
        """The problem of a key that goes into the kind, or goes where that has it already."""
        problem = replace(problem, meant=f"{self.section[0]}.{self.kind}.{self.argument}")
        inner = given.get(str(self.section[0]))
        inner = inner[self.kind] if isinstance(inner, dict) else None
        named = isinstance(inner, dict) and self.argument in inner
        if named or (inner is not None and not isinstance(inner, dict) and self._first() == self.argument):
            before = inner[self.argument] if isinstance(inner, dict) else inner
            hint = f"{self.kind} has `{self.argument}: {_brief(before)}` already: leave `{key}` out"
            return replace(problem, hint=hint, goes=True)
        into = (*problem.path[:-1], *self.section)
        return replace(problem, hint=self._hint(key, given), into=into, argument=self.argument, sure=True)

    def _hint(self, key: str, given: Mapping[str, Any]) -> str:
        entry = str(self.section[0])
        value = given.get(entry)
        others = "..., " if isinstance(value, dict) and value[self.kind] else ""
        what = "it is an argument" if self.argument == key else f"it is `{self.argument}`"
        inner = f"{{{self.kind}: {{{others}{self.argument}: {_brief(given[key])}}}}}"
        return f"{what} of {self.kind}: write `{entry}: {inner}`"

    def _first(self) -> str | None:
        """The argument that a value without a name is."""
        for category in ("optimizer", "source"):
            for argument in catalog().arguments(category, self.kind)[:1]:
                return argument.name
        return None


def _kind_beside(given: Mapping[str, Any], key: str, schema: Mapping[str, Any]) -> _Taker | None:
    for name, inner in schema["properties"].items():
        if name not in given:
            continue
        value = given[name]
        category = inner.get("x-category") or inner.get("$ref", "").removeprefix("#/$defs/")
        kind = next(iter(value), "") if isinstance(value, dict) and len(value) == 1 else value
        if not isinstance(kind, str):
            continue
        taken = catalog().defaults(category, catalog().canonical(category, kind))
        word = vocabulary.argument(key, taken)
        argument = key if key in taken else word.name if word is not None else None
        if argument is not None:
            return _Taker((name, kind) if isinstance(value, dict) else (name,), kind, argument)
    return None


def _defaults(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The entries that a mapping has where it does not say otherwise."""
    return {name: inner["default"] for name, inner in schema["properties"].items() if "default" in inner}


def _with_meant(problem: Problem, meant: Meant) -> Problem:
    return replace(
        problem,
        hint=meant.hint,
        meant=meant.name,
        becomes=meant.becomes,
        sure=meant.sure,
        written=meant.written,
        whole=meant.whole,
        goes=meant.goes,
        home=meant.home,
        listing=meant.listing,
    )


def _unknown_argument(where: Where, key: str, path: Path, known: list[str], given: Mapping[str, Any]) -> Problem:
    problem = Problem("E0203", f"{where.kind} has no argument `{printable(key)}`", path, None, True)
    first = next(iter(catalog().arguments(where.category, where.kind)), None)
    if where.category == "layer" and key == "name":
        return replace(problem, hint="`name:` stands beside the kind, not among its arguments")
    if first is not None and first.category and catalog().has(first.category, key):
        written = f"{{{first.name}: {{{key}: {in_braces(given[key])}}}}}"
        return replace(problem, hint=f"write `{where.kind}: {written}`", meant=first.name)
    if first is not None and first.category == "layer" and first.name not in given:
        inner = f"{{KIND: {{{key}: {_brief(given[key])}}}}}"
        hint = f"arguments are those of the layer within: `{where.kind}: {{{first.name}: {inner}}}`"
        return replace(problem, hint=hint, meant=first.name)
    return _with_meant(problem, of_keys.argument(where.category, where.kind, key, given, known))


def _missing(error: Fault, path: Path, where: Where) -> Problem:
    names = tuple(name for name in _schema(error)["required"] if name not in error.instance)
    if where.kind and not where.argument:
        return Problem("E0204", f"{where.kind} needs", path, None, True, names)
    problem = Problem("E0210", f"{_subject(path, Where()) if path else 'a spec'} needs", path, None, True, names)
    hint = None if path else foreign_files.of_another_tool(error.instance)
    return replace(problem, hint=hint, listing=told(names, _schema(error).get("properties", {})))


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
    category, hint = _schema(error)["x-category"], None
    for kind, other in ((first, second), (second, first)):
        if catalog().has(category, kind) and other in [one.name for one in catalog().arguments(category, kind)]:
            hint = f"`{other}` is an argument of {kind}: write it within, `{kind}: {{..., {other}: ...}}`"
    return Problem("E0208", message, (*path, second), hint, True)


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
    yield _not_such(code, error.instance, schema, path, where, choices)


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
    choices = [str(choice) for choice in schema["enum"]] if code == "E0206" else []
    return _not_such(code, value, schema, path, where, choices)


def _not_such(
    code: str, value: Any, schema: Mapping[str, Any], path: Path, where: Where, choices: Sequence[str]
) -> Problem:
    """A value that does not fit, and what it may have been meant to be."""
    says = schema.get("x-says") or (_article(schema["x-category"]) if "x-category" in schema else "another value")
    problem = Problem(code, f"{_subject(path, where)} should be {says}, not {said(value)}", path)
    return _with_meant(
        problem, of_values.value(value, Slot(schema, choices, where.category, where.kind, where.argument))
    )


def _whole_arguments(schema: Mapping[str, Any], value: Any, path: Path, where: Where) -> Problem:
    """Something else than a mapping where the arguments of a kind stand."""
    if not schema["properties"]:
        return Problem("E0203", f"{where.kind} has no arguments", path)
    first, *rest = schema["required"]
    if value is None:
        return Problem("E0204", f"{where.kind} needs", path, None, True, (first, *rest))
    hint = f"{said(value)} alone would be `{first}`; write a mapping: `{where.kind}: {{{first}: ..., {rest[0]}: ...}}`"
    problem = Problem("E0204", f"{where.kind} needs", path, hint, True, tuple(rest))
    written = by_position(where.category, where.kind, value)
    if not written:
        return problem
    hint = f"arguments have names: `{where.kind}: {{{written}}}`"
    return replace(problem, on_key=False, hint=hint, becomes=f"{{{written}}}", whole=isinstance(value, list))


def _no_such_kind(category: str, name: str, path: Path, *, on_key: bool) -> Problem:
    known, noun = catalog(), _noun(category)
    if reason := known.refused(name):
        return Problem("E0209", f"`{name}` cannot stand in a spec: {reason}", path, None, on_key)
    if known.has(category, name):  # a bare word, for a kind that needs arguments
        required = tuple(argument.name for argument in known.arguments(category, name) if argument.required)
        return Problem("E0204", f"{name} needs", path, None, on_key, required)
    problem = Problem("E0202", f"there is no {noun} `{printable(name[:MAX_SAID])}`", path, None, on_key)
    if not on_key and (plain := of_values.plain(name, known.definitions[category])):
        says = known.definitions[category].get("x-says", _article(noun))
        message = f"{_subject(path, Where())} should be {says}, not {said(name)}"
        return _with_meant(replace(problem, message=message), plain)
    words = list(dict.fromkeys([*known.words(category), *known.kinds(category)]))
    meant = of_kinds.kind(category, name, words, on_key=on_key)
    other = next((other for other in _NOUNS if other != category and known.has(other, name)), None)
    if other is not None and not meant.sure and (meant.name is None or meant.name.lower() != name.lower()):
        return replace(problem, hint=f"`{name}` is {_article(_noun(other))}")
    return _with_meant(problem, meant)


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
_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
_CODES = {"enum": "E0206", **dict.fromkeys(_BOUNDS, "E0207")}
_EXAMPLES = {
    "nnspec": "nnspec: 1",
    "inputs": "inputs: {image: [28, 28, 1]}",
    "layers": "layers: [Flatten, {Dense: 10}]",
    "source": "source: {ImageFolder: {path: images, image_size: [64, 64]}}",
    "shape": "shape: [28, 28, 1]",
}


def told(names: Iterable[str], properties: Mapping[str, Any]) -> str | None:
    """What entries are, by their lines of documentation."""
    texts = {name: text for name in names if (text := properties.get(name, {}).get("description"))}
    return "; ".join(f"`{name}`: {text[:1].lower()}{text[1:].rstrip('.')}" for name, text in texts.items()) or None


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


def said(value: Any) -> str:
    """A value as a reader knows it; large ones by their kind alone."""
    if isinstance(value, str):
        return f"the text `{printable(value[:MAX_SAID])}{'…' if len(value) > MAX_SAID else ''}`"
    if isinstance(value, list):
        return f"a list of {len(value)}" if value else "an empty list"
    if isinstance(value, dict):
        return "a mapping" if value else "an empty mapping"
    return _yaml(value)


def _yaml(value: Any) -> str:
    return ".nan" if value != value else yaml_scalar(value)


def _brief(value: Any) -> str:
    """A plain value as YAML, and of others that there is one."""
    return "..." if isinstance(value, dict | list) else _yaml(value)


def _and(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)


def _schema(error: Fault) -> Mapping[str, Any]:
    """The schema that failed; ours has no booleans in the places where errors come from."""
    schema = error.schema
    assert isinstance(schema, dict)
    return schema
