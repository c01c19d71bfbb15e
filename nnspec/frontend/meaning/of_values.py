"""What a value that does not fit was meant to be: another word, another type, a list or a mapping of others."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from nnspec.catalog.kinds import catalog
from nnspec.frontend import foreign_syntax, vocabulary
from nnspec.frontend.meaning.meant import (
    MAX_LISTED,
    MAX_OWNERS,
    Meant,
    brief,
    by_position,
    did_you_mean,
    in_braces,
    is_kind,
    source_of,
)
from nnspec.frontend.source import scalar_text
from nnspec.frontend.suggest import certain, closest

_PARTS = re.compile(r"\d+(?:\.\d+)?%?(?: ?([/,:]) ?\d+(?:\.\d+)?%?){1,2}")  # 80/20, 70/15/15
_MERGING = ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate", "Dot")
_DTYPES = ("string", "float32", "float16", "int32", "int64", "uint8", "bool")


def value(
    given: Any,
    schema: Mapping[str, Any],
    choices: Sequence[str],
    category: str = "",
    kind: str = "",
    argument: str = "",
) -> Meant:
    """A value that does not fit.

    Args:
        choices: the texts that would.
        category, kind, argument: the argument whose value it is, where it is one's.
    """
    if choices and isinstance(given, str | int) and not isinstance(given, bool):
        word = vocabulary.value(str(given), choices)
        spelt = word or closest(str(given), choices)
        if spelt is not None:
            named = did_you_mean(spelt, sure=word is not None or certain(str(given), choices))
            return replace(named, written=foreign_syntax.is_number(spelt))
    if isinstance(given, str) and (meant := plain(given, schema) or _loosely(given, schema)) is not None:
        return meant
    if "labels" in schema.get("x-says", "") and isinstance(given, str) and "," in given:
        return Meant(f"write a list: `[{given}]`", None, f"[{given}]", written=True)
    if "regularizer" in schema.get("x-says", "") and isinstance(given, int | float) and not isinstance(given, bool):
        return Meant(f"it is of a kind: `{{L2: {given}}}` or `{{L1: {given}}}`")
    numbers = re.split(r"[\s\u3001\uff0c]+", given) if isinstance(given, str) else []
    if len(numbers) > 1 and all(foreign_syntax.is_number(one) for one in numbers):
        items = ", ".join(numbers)
        return Meant(f"items of a list are separated by commas: `{items}`", None, items, True, written=True)
    types = _types(schema)
    if (meant := _of_another_type(given, schema, types)) is not None:
        return meant
    if (meant := _loop(given, schema) or _dashes(given, category, kind, argument)) is not None:
        return meant
    if given is True and "int8" in choices:
        return did_you_mean("int8", sure=False)
    first = next((one.name for one in catalog().arguments(category, kind)), "") if kind else ""
    called = argument == first and isinstance(given, str) and "," in given and by_position(category, kind, given)
    if called:
        return Meant(f"arguments have names: `{kind}: {{{called}}}`")
    if isinstance(given, list) and kind in _MERGING:
        return Meant(f"`from` beside the kind names what comes in: `{{{kind}: {{}}, from: {brief(given)}}}`")
    is_shape = any(word in schema.get("x-says", "") for word in ("a shape", "size varies"))
    if is_shape and (meant := _sizes(given)) is not None:
        return meant
    if isinstance(given, float) and given.is_integer() and "integer" in types:
        return Meant(f"write {int(given)}, without a decimal point", None, str(int(given)), True)
    if type(given) is int and given in (0, 1) and "boolean" in types and not types & {"integer", "number"}:
        return Meant(f"write {scalar_text(bool(given))}", None, scalar_text(bool(given)), True)
    if (
        isinstance(given, int | float)
        and not isinstance(given, bool)
        and 2 <= given <= 100
        and schema.get("maximum") == 1
    ):
        return Meant(f"a share of 1: for {given:g} % write {given / 100:g}")
    if isinstance(given, int) and schema.get("x-says", "").startswith("a name, a list of names"):
        return Meant("layers have names, with `name:`; without `from` a layer takes the one before it")
    if "from output" in schema.get("x-says", "") and isinstance(given, int | float):
        return Meant(f"each output has its own by its name: `{{NAME: {scalar_text(given)}}}`")
    if "array" in types and not isinstance(given, dict | list) and given is not None:
        return _as_list(given, schema)
    if given == -1 and "size varies" in schema.get("x-says", ""):
        return Meant("null stands where the size varies", None, "null", True)
    if kind and isinstance(given, int) and "same" in choices:
        return Meant("`same` keeps the size; a padding layer before it, such as `ZeroPadding2D`, takes numbers")
    if isinstance(given, list) and "array" not in types and _is_path(category, kind, argument):
        return Meant(f"{kind} reads one place here: put what lies in several into one first")
    if (
        isinstance(given, list)
        and argument == "learning_rate"
        and len(given) > 1
        and all(isinstance(one, int | float) for one in given)
    ):
        steps = ", ".join(str(5000 * at) for at in range(1, len(given)))
        written = f"{{boundaries: [{steps}], values: {brief(given)}}}"
        return Meant(f"several rates are a schedule's: `{{PiecewiseConstantDecay: {written}}}`")
    ordered = (
        argument == first and isinstance(given, list) and "array" not in types and by_position(category, kind, given)
    )
    if ordered:
        return Meant(f"arguments have names: `{kind}: {{{ordered}}}`", None, f"{{{ordered}}}", whole=True)
    if isinstance(given, list) and (says := _named_items(given, schema)):
        return Meant(says)
    if isinstance(given, list) and "validation" in schema.get("properties", ()):
        return Meant("parts have names: `{validation: 0.1, test: 0.1}`; the rest is trained on")
    if isinstance(given, list):
        return _from_list(given, schema, types, choices)
    if isinstance(given, dict) and "array" in types and (layers := vocabulary.augmenting(given)):
        return Meant(f"a list of layers: `[{', '.join(f'{{{one}}}' for one in layers)}]`")
    if isinstance(given, dict) and "array" in types:
        return Meant("a list: each item begins with `- `")
    return _whole(given, schema)


_ABOUT = re.compile(r"[~<>≈=±]* ?(-?\d+(?:\.\d+)?)(?: [a-z]{2,})?")
_COMMA = re.compile(r"-?\d+,\d+")
_LARGE = re.compile(r"(\d+(?:\.\d+)?) ?(k|m|g|thousand|million|billion|kb|mb|gb)", re.IGNORECASE)
_UNITS = {"t": ("K", 10**3), "k": ("K", 10**3), "m": ("M", 10**6), "b": ("G", 10**9), "g": ("G", 10**9)}


def _loosely(text: str, schema: Mapping[str, Any]) -> Meant | None:
    """A number as people write it, and a list or a mapping in quotes."""
    types = _types(schema)
    if text[:1] + text[-1:] in ("[]", "{}") and types & {"array", "object"}:
        return Meant(f"in quotes it is a text: write `{text}` without them", None, text, written=True)
    if not types & {"integer", "number"}:
        return None
    if found := _LARGE.fullmatch(text):
        letter, factor = _UNITS[found[2][0].lower()]
        short = "such as 140M" in schema.get("x-says", "")
        written = f"{found[1]}{letter}" if short else f"{float(found[1]) * factor:.0f}"
        return Meant(f"write `{written}`", None, written, written=True)
    if _COMMA.fullmatch(text) and "number" in types:
        written = text.replace(",", ".")
        return Meant(f"a number has a decimal point: write `{written}`", None, written, written=True)
    if found := _ABOUT.fullmatch(text):
        return Meant(f"a number stands alone: write `{found[1]}`", None, found[1], written=True)
    return None


def _of_another_type(given: Any, schema: Mapping[str, Any], types: set[str]) -> Meant | None:
    """Something plain where something else of its own belongs."""
    says = schema.get("x-says", "")
    if isinstance(given, bool) and "a pattern" in says:
        return Meant("all layers learn where nothing is said; a layer that rests says `trainable: false` itself")
    if "list of layers" in says and not isinstance(given, list | dict) and given is not None:
        return Meant("such as `[{RandomFlip: horizontal}, {RandomRotation: 0.05}]`")
    if type(given) is int and types == {"boolean"}:
        return Meant(f"write true or false, not {given}")
    if types <= {"string", "null"} and not _has_choices(schema) and isinstance(given, int | float):
        quoted = f"'{scalar_text(given)}'"
        return Meant(f"in quotes it is a text: `{quoted}`", None, quoted, written=True)
    if isinstance(given, dict) and "array" in types and "object" not in types and given:
        entries = ", ".join(f"{{{name}: {in_braces(inner)}}}" for name, inner in given.items())
        known = all(any(catalog().has(one, name) for one in ("callback", "layer")) for name in given)
        if known and "..." not in entries:
            return Meant(f"a list: write `[{entries}]`", None, f"[{entries}]", whole=True)
    return None


def _has_choices(schema: Mapping[str, Any]) -> bool:
    return "enum" in schema or any("enum" in branch for branch in schema.get("anyOf", ()))


def _loop(given: Any, schema: Mapping[str, Any]) -> Meant | None:
    """What ``for`` goes through, as Python writes it, or without a name."""
    if "from name to list" not in schema.get("x-says", ""):
        return None
    if isinstance(given, list) and not any(isinstance(one, dict | list) for one in given):
        return Meant(f"what goes through them has a name: `{{size: {brief(given)}}}`, which `$size` reads")
    found = re.fullmatch(r"(\w+) in range\((\d+)\)", given) if isinstance(given, str) else None
    if found is None or int(found[2]) > MAX_LISTED:
        return None
    written = f"{{{found[1]}: [{', '.join(map(str, range(int(found[2]))))}]}}"
    return Meant(f"write `{written}`", None, written, True, written=True)


def _dashes(given: Any, category: str, kind: str, argument: str) -> Meant | None:
    """Arguments of a kind with a dash before each, or in square brackets: they came as its first argument."""
    if not isinstance(given, list) or not kind or not given or not all(isinstance(one, dict) for one in given):
        return None
    names = [one.name for one in catalog().arguments(category, kind)]
    entries = [entry for one in given for entry in one.items()]
    if argument != names[0] or not all(name in names for name, _ in entries):
        return None
    written = f"{{{', '.join(f'{name}: {brief(inner)}' for name, inner in entries)}}}"
    return Meant(f"arguments are a mapping, without dashes: `{kind}: {written}`", None, written, whole=True)


def _sizes(given: Any) -> Meant | None:
    """A shape as other tools have it: sizes by name, or within one another."""
    if isinstance(given, dict) and given and all(isinstance(one, int) for one in given.values()):
        return Meant(f"sizes stand in a list: `{brief([*given.values()])}`")
    if isinstance(given, list) and any(isinstance(one, list) for one in given):
        flat = [size for one in given for size in (one if isinstance(one, list) else [one])]
        if all(isinstance(size, int) for size in flat):
            return Meant(f"sizes stand in one list: `{brief(flat)}`", None, brief(flat), whole=True)
    if isinstance(given, list) and given and all(isinstance(size, int) for size in given):
        return Meant("sizes stand in one list, with no brackets in it")
    if isinstance(given, str) and given in _DTYPES:
        return Meant(f"a shape comes first: `{{shape: [], dtype: {given}}}`, for one value an example")
    return None


def _named_items(given: list[Any], schema: Mapping[str, Any]) -> str | None:
    """What a list would be where a mapping stands whose keys are known, or are the user's."""
    says, properties = schema.get("x-says", ""), schema.get("properties", ())
    if "layers" in properties and "params" in properties:
        return "the list stands under `layers:`"
    if "from label" in says and given and all(isinstance(one, dict) for one in given):
        weights = ", ".join(f"{label}: {scalar_text(one)}" for label, one in given[0].items())
        return f"each output has its weights by its name: `{{NAME: {{{weights}}}, OTHER: ...}}`"
    if "from label" in says:
        return f"weights have labels: `{{{', '.join(f'{at}: {scalar_text(one)}' for at, one in enumerate(given))}}}`"
    return None


def _whole(given: Any, schema: Mapping[str, Any]) -> Meant:
    """One value where a section, or another mapping, belongs."""
    known = schema.get("properties", ())
    if isinstance(given, str) and "source" in known:
        return _as_data(given)
    if "validation" in known and isinstance(given, int | float) and 0 < given < 1:
        return Meant(f"parts have names: `{{validation: {given:g}}}`", None, f"{{validation: {given:g}}}", written=True)
    if "validation" in known and isinstance(given, str) and (found := _PARTS.fullmatch(given)):
        parts = [float(part) for part in found[0].replace("%", "").split(found[1])]
        shares = [part / sum(parts) for part in parts[1:]]
        names = ("validation", "test")
        written = ", ".join(f"{name}: {share:.4g}" for name, share in zip(names, shares, strict=False))
        return Meant(f"parts have names, and the rest is trained on: `{{{written}}}`")
    if {"params", "macs"} <= {*known} and not isinstance(given, dict | list | bool) and given is not None:
        return Meant(f"a budget is of something: `{{params: {given}}}`, `{{macs: ...}}` or others")
    if "validation" in known and isinstance(given, str | bool):
        return Meant("parts have names: `{validation: 0.1, test: 0.1}`; the rest is trained on")
    if {"length", "horizon"} <= {*known} and isinstance(given, int) and not isinstance(given, bool):
        return Meant(f"write `{{length: {given}}}`", None, f"{{length: {given}}}", written=True)
    if isinstance(given, str) and "to list" in schema.get("x-says", "") and given.isidentifier():
        return Meant(f"the name and what it goes through stand together: `{{{given}: [...]}}`")
    return Meant(None)


def _as_data(text: str) -> Meant:
    """The name of a data set, or of a file, where the section with its source belongs."""
    word = vocabulary.kind("source", text)
    if word is not None and word.says is not None and word.name is not None:
        written = word.says.removeprefix("write ").strip("`")
    else:
        written = source_of(text) or ""
    return Meant(f"write `data: {{source: {{{written}}}}}`" if written else None)


def plain(text: str, schema: Mapping[str, Any]) -> Meant | None:
    """A number, a truth value, null or a list that was written as another language does, or in quotes."""
    found = foreign_syntax.value(text)
    if found is None or not _fits(found, schema):
        return None
    names = found.startswith("$") and any(char.isalpha() for char in found)  # which there may not be
    return Meant(_reason(text, found), None, found, not names, written=True)


def _is_path(category: str, kind: str, argument: str) -> bool:
    found = (one for one in catalog().arguments(category, kind) if one.name == argument) if kind else ()
    return any(one.is_path for one in found)


def _as_list(given: Any, schema: Mapping[str, Any]) -> Meant:
    """One value where a list of several belongs."""
    length = schema.get("minItems", 1)
    text = scalar_text(given)
    items = _types(schema.get("items", {}))
    if isinstance(given, str) and given.startswith("("):
        return Meant(f"a list stands in square brackets, not in parentheses: `[{', '.join(['3'] * length)}]`")
    if isinstance(given, str) and not (items & {"string", "object"} or schema.get("items", {}).get("$ref")):
        return Meant(None)
    if not isinstance(given, str) and items and not items & {"integer", "number"}:
        return Meant(None)
    written = f"[{', '.join([text] * length)}]"
    return Meant(f"write a list: `{written}`", None, written, True, written=True)


def _from_list(given: list[Any], schema: Mapping[str, Any], types: set[str], choices: Sequence[str]) -> Meant:
    """A list where one value belongs: several values to choose from, one alone, or a kind and its arguments."""
    category = schema.get("x-category") or ("layer" if schema.get("x-says", "").startswith("a layer, ") else None)
    if category and given and all(is_kind(category, one) for one in given):
        shown = [_one(one) for one in given]
        if len(given) > 1 and category == "loss":
            return Meant(f"each output has its loss by its name: `{{NAME: {shown[0]}, OTHER: {shown[1]}}}`")
        return _one_of(shown)
    kind = given[0] if given and isinstance(given[0], str) else ""
    if category and catalog().has(category, kind):
        written = by_position(category, kind, given[1:]) or by_position(category, kind, [*given[1:], None])
        first = next(iter(catalog().arguments(category, kind)), None)
        if len(given) == 2 and first is not None and not isinstance(given[1], dict | list):
            written = f"{first.name}: {scalar_text(given[1])}"
        becomes = f"{{{kind}: {{{written}}}}}" if written else None
        hint = f"a kind and its arguments are a mapping: `{becomes or f'{{{kind}: ...}}'}`"
        return Meant(hint, None, becomes, whole=True)
    shapes = "from names to shapes" in schema.get("x-says", "") and _named_shapes(given)
    if "object" in types and not shapes and given and all(isinstance(one, dict) for one in given):
        return Meant("a mapping: its entries have no dash before them")
    if "from names to shapes" in schema.get("x-says", "") and (named := _named_shapes(given)):
        return Meant(f"names stand before their shapes, without dashes: `{named}`", None, named, whole=True)
    if "from names to shapes" in schema.get("x-says", ""):
        return Meant(f"a shape has a name: `{{NAME: [{', '.join(map(scalar_text, given))}]}}`")
    if given and "array" not in types and all(one in choices or _is_of(one, types) for one in given):
        return _one_of([scalar_text(one) for one in given])
    if len(given) == 1 and isinstance(given[0], str) and category:
        return _one_of([given[0]])
    return _whole(given[0], schema) if len(given) == 1 else Meant(None)


def _named_shapes(given: list[Any]) -> str | None:
    """Inputs as other tools have them: ``[{name: photo, shape: [8, 8, 3]}]``."""
    pairs = [(one.get("name"), one.get("shape")) for one in given if isinstance(one, dict)]
    if len(pairs) != len(given) or not all(isinstance(name, str) and isinstance(shape, list) for name, shape in pairs):
        return None
    return f"{{{', '.join(f'{name}: {brief(shape)}' for name, shape in pairs)}}}"


def _is_of(given: Any, types: set[str]) -> bool:
    if isinstance(given, bool) or given is None:
        return "boolean" in types and given is not None
    numbers = types & {"integer", "number"}
    if isinstance(given, str):
        return "string" in types and not numbers
    return bool(numbers if isinstance(given, int) else isinstance(given, float) and "number" in types)


def _one(given: Any) -> str:
    """A kind as it stands in a line; of its arguments the plain one."""
    if not isinstance(given, dict):
        return scalar_text(given)
    name, inner = next(iter(given.items()))
    return f"{{{name}: {'{...}' if isinstance(inner, dict | list) else scalar_text(inner)}}}"


def _one_of(shown: Sequence[str]) -> Meant:
    alone = shown[0] if len(shown) == 1 and "..." not in shown[0] else None
    return Meant(_alone(shown), None, alone, whole=True)


def _alone(shown: Sequence[str]) -> str:
    """What to do with a list of what stands alone."""
    if len(shown) == 1:
        return f"one stands here, without a list: `{shown[0]}`"
    several = " or ".join(f"`{one}`" for one in shown[:MAX_OWNERS])
    return f"one stands here: {several}; `nnspec sweep` trains with each of several"


def _reason(given: str, text: str) -> str:
    if text in (given, given.lower()):
        return f"write {text}, without quotes"
    if text in ("true", "false", "null", ".inf", ".nan"):
        more = ", or leave it out" if text == "null" else ""
        return f"in YAML 1.2 `{given}` is a text: write {text}{more}"
    if text.startswith("$("):
        return f"calculations stand in $( ): write `{text}`"
    if any(sign in given for sign in ("#", "//", "--", "/*", "; ")):
        return f"a remark begins with a space and `#`: write `{text}  # ...`"
    return f"write `{text}`"


def _fits(text: str, schema: Mapping[str, Any]) -> bool:
    """Whether a value of this text may stand there."""
    allowed = _types(schema)
    if text == "null":
        return "null" in allowed
    if text in ("true", "false"):
        return "boolean" in allowed
    if text.startswith("["):
        return "array" in allowed
    return bool(allowed & {"integer", "number"})


def _types(schema: Mapping[str, Any]) -> set[str]:
    """The types that a schema, or one of its branches, lets stand."""
    if "$ref" in schema:
        schema = catalog().definitions.get(schema["$ref"].removeprefix("#/$defs/"), {})
    own = schema.get("type", ())
    found = {own} if isinstance(own, str) else set(own)
    for branch in schema.get("anyOf", ()):
        found |= _types(branch)
    return found
