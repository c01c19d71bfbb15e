"""What there is to know of a kind, as plain data: for a terminal, and for programs that ask."""

from __future__ import annotations

from typing import Any

from nnspec.catalog.kind_example import example
from nnspec.catalog.kinds import catalog

CATEGORIES = (
    "layer", "loss", "metric", "optimizer", "schedule", "callback",
    "initializer", "regularizer", "constraint", "source", "target",
)  # fmt: skip


def described(category: str, name: str) -> dict[str, Any]:
    """A kind as plain data: what it is, an example, and its arguments with what they take."""
    definition = catalog().definitions[f"{category}.{name}"]
    return {
        "kind": name,
        "category": category,
        "description": definition.get("description", ""),
        "example": example(category, name),
        "arguments": [
            {
                "name": argument.name,
                "required": argument.required,
                "default": argument.default,
                "takes": _takes(definition["properties"][argument.name]),
            }
            for argument in catalog().arguments(category, name)
        ],
    }


def _takes(schema: dict[str, Any]) -> str:
    """What an argument takes, in words: the schema's own, or those of the definition that it refers to."""
    target = schema.get("$ref", "").rsplit("/", 1)[-1]
    words: str | None = schema.get("x-says") or catalog().definitions.get(target, {}).get("x-says")
    doc = schema.get("description", "")
    return doc or words or target.removeprefix("type.")
