"""A kind as it stands in a spec: where its category goes, with the arguments that it needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nnspec.catalog.kinds import Argument, catalog

# Where each category stands; {} is the kind with its arguments.
_PLACES = {
    "layer": "layers:\n  - {}",
    "loss": "train:\n  loss: {}",
    "metric": "train:\n  metrics: [{}]",
    "optimizer": "train:\n  optimizer: {}",
    "schedule": "train:\n  optimizer: {{Adam: {{learning_rate: {}}}}}",
    "callback": "train:\n  callbacks: [{}]",
    "initializer": "layers:\n  - Dense: {{units: 10, kernel_initializer: {}}}",
    "regularizer": "layers:\n  - Dense: {{units: 10, kernel_regularizer: {}}}",
    "constraint": "layers:\n  - Dense: {{units: 10, kernel_constraint: {}}}",
    "source": "data:\n  source: {}",
    "target": "export: [{}]",
}


def example(category: str, kind: str) -> str:
    """A few lines of YAML, those that a spec would hold."""
    arguments = ", ".join(
        f"{one.name}: {_value(category, kind, one)}" for one in catalog().arguments(category, kind) if one.required
    )
    text = f"{kind}: {{{arguments}}}" if arguments else kind
    if arguments and category != "layer":
        text = f"{{{text}}}"
    return _PLACES[category].format(text)


def _value(category: str, kind: str, argument: Argument) -> str:
    """A value that may stand there."""
    schema = catalog().definitions[f"{category}.{kind}"]["properties"][argument.name]
    if argument.category is not None:
        return _inner(argument.category)
    return _of(_followed(schema), argument.name)


def _inner(category: str) -> str:
    """A kind of a category within another: a bare word, or one that needs little."""
    words = catalog().words(category)
    if category != "layer" and words:
        return words[0]
    return "{LSTM: {units: 8}}" if category == "layer" else f"{{{catalog().kinds(category)[0]}: ...}}"


def _followed(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" in schema:
        return {**_followed(catalog().definitions[schema["$ref"].removeprefix("#/$defs/")]), **schema}
    return schema


def _of(schema: Mapping[str, Any], name: str) -> str:
    for branch in schema.get("anyOf", ()):
        followed = _followed(branch)
        if followed.get("enum"):
            return str(followed["enum"][0])
        if set(_types(followed)) - {"null", "string"} or "anyOf" in followed:
            return _of(followed, name)
    types = _types(schema)
    if name == "kernel_size":
        return "3"
    if "integer" in types:
        return str(max(int(schema.get("minimum", 0)), 8))
    if "number" in types:
        return "0.5"
    if "array" in types:
        item = _of(_followed(schema.get("items", {})), name)
        return f"[{', '.join([item] * max(schema.get('minItems', 2), 1))}]"
    if "object" in types:
        return "{}"
    if "boolean" in types:
        return "true"
    return f"data/{name}" if schema.get("x-path") else name


def _types(schema: Mapping[str, Any]) -> tuple[str, ...]:
    types = schema.get("type", ())
    return (types,) if isinstance(types, str) else tuple(types)
