"""Whether plain data fit a JSON Schema: yes or no, for the keywords that nnspec's own schema is made of.

Nearly every spec that is checked fits, and importing jsonschema costs more than the rest of a check. So jsonschema
is asked only about what does not fit here, for the errors; a test holds that both always give one answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

Schema = Mapping[str, Any]
Rule = Callable[[Any, Any, Schema, Mapping[str, Schema]], bool]

NOTES = {"description", "default", "examples", "title", "$schema", "$defs", "x-refused"}  # and all that begins with x-


def fits(value: Any, schema: Schema, whole: Schema) -> bool:
    """Whether ``value`` is valid. A keyword that is not known here counts as not fitting: jsonschema then decides.

    Args:
        value: plain data.
        whole: the schema that references point into.
    """
    for keyword, rule in schema.items():
        check = RULES.get(keyword)
        if check is None:
            if keyword not in NOTES and not keyword.startswith("x-"):
                return False
        elif not check(value, rule, schema, whole):
            return False
    return True


def is_integer(value: Any) -> bool:
    """JSON Schema takes 3.0 for an integer; Keras does not."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: Any) -> bool:
    """Not ``.nan``, which compares with nothing and so would pass every bound."""
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value


TYPES: dict[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "integer": is_integer,
    "number": is_number,
}


def _type(value: Any, rule: Any, schema: Schema, whole: Any) -> bool:
    return TYPES[rule](value) if isinstance(rule, str) else any(TYPES[name](value) for name in rule)


def _enum(value: Any, rule: Any, schema: Schema, whole: Any) -> bool:
    return any(choice == value and isinstance(choice, bool) == isinstance(value, bool) for choice in rule)


def _reference(value: Any, rule: Any, schema: Schema, whole: Any) -> bool:
    return fits(value, resolve(rule, whole), whole)


def resolve(reference: str, whole: Any) -> Any:
    """What a reference within the schema, ``#/a/b``, points at."""
    found = whole
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found


def _properties(value: Any, rule: Any, schema: Schema, whole: Any) -> bool:
    if not isinstance(value, dict):
        return True
    return all(fits(item, rule[key], whole) for key, item in value.items() if key in rule)


def _other_properties(value: Any, rule: Any, schema: Schema, whole: Any) -> bool:
    if not isinstance(value, dict):
        return True
    known = schema.get("properties", ())
    others = (item for key, item in value.items() if key not in known)
    return all(rule is not False and fits(item, rule, whole) for item in others)


def _names(value: Any, rule: Any, schema: Schema, whole: Any) -> bool:
    return not isinstance(value, dict) or all(fits(key, rule, whole) for key in value)


def _required(value: Any, rule: Any, schema: Schema, whole: Any) -> bool:
    return not isinstance(value, dict) or all(key in value for key in rule)


def _items(value: Any, rule: Any, schema: Schema, whole: Any) -> bool:
    return not isinstance(value, list) or all(fits(item, rule, whole) for item in value)


def _condition(value: Any, rule: Any, schema: Schema, whole: Any) -> bool:
    branch = schema.get("then" if fits(value, rule, whole) else "else")
    return branch is None or fits(value, branch, whole)


def _pattern(value: Any, rule: Any, schema: Schema, whole: Any) -> bool:
    return not isinstance(value, str) or _compiled(rule).search(value) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


RULES: dict[str, Rule] = {
    "type": _type,
    "enum": _enum,
    "$ref": _reference,
    "properties": _properties,
    "additionalProperties": _other_properties,
    "propertyNames": _names,
    "required": _required,
    "items": _items,
    "if": _condition,
    "then": lambda value, rule, schema, whole: True,  # looked at with `if`
    "else": lambda value, rule, schema, whole: True,
    "not": lambda value, rule, schema, whole: not fits(value, rule, whole),
    "anyOf": lambda value, rule, schema, whole: any(fits(value, branch, whole) for branch in rule),
    "pattern": _pattern,
    "minimum": lambda value, rule, schema, whole: not is_number(value) or value >= rule,
    "maximum": lambda value, rule, schema, whole: not is_number(value) or value <= rule,
    "exclusiveMinimum": lambda value, rule, schema, whole: not is_number(value) or value > rule,
    "exclusiveMaximum": lambda value, rule, schema, whole: not is_number(value) or value < rule,
    "minItems": lambda value, rule, schema, whole: not isinstance(value, list) or len(value) >= rule,
    "maxItems": lambda value, rule, schema, whole: not isinstance(value, list) or len(value) <= rule,
    "minProperties": lambda value, rule, schema, whole: not isinstance(value, dict) or len(value) >= rule,
    "maxProperties": lambda value, rule, schema, whole: not isinstance(value, dict) or len(value) <= rule,
}
