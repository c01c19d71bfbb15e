"""Where a value stands: what its schema lets stand there, and whose argument it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nnspec.catalog.kinds import Argument, catalog
from nnspec.quick_classes import dataclass


@dataclass(frozen=True, slots=True)
class Slot:
    """The place of a value.

    Attributes:
        schema: what may stand there.
        choices: the texts that may.
        category, kind, argument: the argument whose value it is, where it is one's.
    """

    schema: Mapping[str, Any]
    choices: Sequence[str] = ()
    category: str = ""
    kind: str = ""
    argument: str = ""

    @property
    def says(self) -> str:
        """What may stand there, in words."""
        return str(self.schema.get("x-says", ""))

    @property
    def types(self) -> set[str]:
        return types_of(self.schema)

    @property
    def is_shape(self) -> bool:
        return "a shape" in self.says or "size varies" in self.says

    @property
    def arguments(self) -> Sequence[Argument]:
        """All that the kind takes."""
        return catalog().arguments(self.category, self.kind) if self.kind else ()

    @property
    def is_first(self) -> bool:
        """Whether it is the kind's first argument, which is what stands behind the kind alone."""
        return bool(self.kind) and self.argument == next((one.name for one in self.arguments), "")


def types_of(schema: Mapping[str, Any]) -> set[str]:
    """The types that a schema, or one of its branches, lets stand."""
    if "$ref" in schema:
        schema = catalog().definitions.get(schema["$ref"].removeprefix("#/$defs/"), {})
    own = schema.get("type", ())
    found = {own} if isinstance(own, str) else set(own)
    for branch in schema.get("anyOf", ()):
        found |= types_of(branch)
    return found


def choices_of(schema: Mapping[str, Any]) -> list[Any]:
    """The words that a schema, or one of its branches, lets stand."""
    return [one for branch in (schema, *schema.get("anyOf", ())) for one in branch.get("enum", ()) if one is not None]


def is_of(given: Any, types: set[str]) -> bool:
    """Whether a plain value is of one of these types."""
    if isinstance(given, bool) or given is None:
        return "boolean" in types and given is not None
    numbers = types & {"integer", "number"}
    if isinstance(given, str):
        return "string" in types and not numbers
    return bool(numbers if isinstance(given, int) else isinstance(given, float) and "number" in types)
