"""The shape of one ``Kind: arguments`` as JSON Schema, the same for every category."""

from __future__ import annotations

from nnspec.catalog.argument_types import EXPRESSION, Schema

# How a diagnostic calls a value of each category.
SAYS = {
    "layer": "a layer, such as `Dense: 10`",
    "loss": "a loss",
    "metric": "a metric",
    "optimizer": "an optimizer",
    "schedule": "a number, or a schedule",
    "callback": "a callback",
    "initializer": "an initializer",
    "regularizer": "a regularizer",
    "constraint": "a constraint",
    "source": "a data source",
    "target": "an export target",
}


def arguments_schema(properties: dict[str, Schema], required: list[str], description: str) -> Schema:
    """Arguments by name; or the first alone (a scalar or a list), where the others can be left out.

    Args:
        properties: the arguments in the order of the signature.
        required: those without a default.
    """
    schema: Schema = {
        "description": description,
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }
    if not properties:
        return {**schema, "type": ["object", "null"]}
    first = next(iter(properties))
    if set(required) - {first}:
        return {**schema, "type": ["object", "string"], "pattern": EXPRESSION["pattern"]}
    return {**schema, "if": {"type": "object"}, "else": properties[first]}


def kind_value(category: str, kinds: list[str], words: list[str]) -> Schema:
    """Where a kind of ``category`` may stand: a bare word, a kind with its arguments, an expression, or null.

    Args:
        words: the kinds that need no argument, and Keras's identifiers.
    """
    types = ["object", "string", "null", *(["number"] if category == "schedule" else [])]
    return {
        "x-category": category,
        "x-says": SAYS[category],
        "type": types,
        "if": {"type": "string"},
        "then": {"x-category": category, "anyOf": [{"enum": words}, {"$ref": "#/$defs/expression"}]},
        "examples": words,  # what editors complete where nothing stands yet, for they do not look into a condition
        "properties": {kind: {"$ref": f"#/$defs/{category}.{kind}"} for kind in kinds},
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    }


def one_or_many(one: Schema) -> Schema:
    """A value, or a list of such values. Not ``anyOf``, whose errors cannot tell which was meant."""
    return {"if": {"type": "array"}, "then": {"items": one}, "else": one}
