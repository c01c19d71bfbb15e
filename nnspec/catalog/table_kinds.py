"""Kinds that are dataclasses of nnspec's own, data sources and export targets, as JSON Schemas."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from nnspec.catalog.argument_types import TYPES, Schema, choice, opened
from nnspec.catalog.kind_schema import arguments_schema

SIMPLE: dict[Any, Schema] = {
    bool: TYPES["bool"],
    int: TYPES["int"],
    float: TYPES["number"],
    str: TYPES["text"],
    Any: {"type": ["number", "string", "boolean", "array", "object"], "x-says": "a value"},
}


def table_kind(kind: str, cls: type) -> Schema:
    """A kind with the fields of a dataclass as its arguments: types from the annotations, sentences from ``doc``."""
    properties, required = _fields(cls)
    return arguments_schema(properties, required, inspect.cleandoc(cls.__doc__ or kind).splitlines()[0])


def _fields(cls: Any) -> tuple[dict[str, Schema], list[str]]:
    hints = get_type_hints(cls)
    taken = [field for field in fields(cls) if field.init]
    required = [field.name for field in taken if _required(field)]
    return {field.name: _field(field, hints[field.name]) for field in taken}, required


def _required(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _field(field: Field[Any], hint: Any) -> Schema:
    schema = {**opened(typed(hint)), "description": field.metadata.get("doc", field.name)}
    if _required(field):
        schema["not"] = {"type": "null"}
    if field.metadata.get("path"):
        schema["x-path"] = True
    if field.default is not MISSING and field.default is not None:
        schema["default"] = list(field.default) if isinstance(field.default, tuple) else field.default
    return schema


def typed(hint: Any) -> Schema:
    """The schema of an annotation, ``| None`` left out: null is what is not given.

    Raises:
        TypeError: an annotation of a kind that no field has had yet.
    """
    origin, arguments = get_origin(hint), get_args(hint)
    if hint in SIMPLE:
        return SIMPLE[hint]
    if origin in (Union, UnionType):
        return _union([typed(argument) for argument in arguments if argument is not NoneType])
    if origin is Literal:
        return choice(*arguments)
    if (origin or hint) in (list, tuple, Sequence):
        items = typed(arguments[0]) if arguments else SIMPLE[Any]
        one = {"type": "array", "items": opened(items, null=False), "x-says": "a list"}
        fixed = len(arguments) if origin is tuple and Ellipsis not in arguments else 0
        return {**one, "minItems": fixed, "maxItems": fixed, "x-says": f"a list of {fixed}"} if fixed else one
    if (origin or hint) in (dict, Mapping):
        values = {"additionalProperties": opened(typed(arguments[1]))} if arguments and arguments[1] is not Any else {}
        return {"type": "object", **values, "x-says": "a mapping"}
    if is_dataclass(hint):
        properties, required = _fields(hint)
        rest = {"required": required, "additionalProperties": False}
        return {"type": "object", "properties": properties, **rest, "x-says": f"a mapping with {', '.join(properties)}"}
    raise TypeError(f"no schema for the annotation {hint}")


def _union(schemas: list[Schema]) -> Schema:
    if len(schemas) == 1:
        return schemas[0]
    *most, last = (schema["x-says"] for schema in schemas)
    return {"anyOf": schemas, "x-says": f"{', '.join(most)} or {last}"}
