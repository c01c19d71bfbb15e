"""What may stand at a place of a spec: the JSON Schema, followed along the keys that lead there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nnspec.catalog.kind_schema import SAYS
from nnspec.catalog.kinds import catalog
from nnspec.lsp.cursor import Step

Schema = Mapping[str, Any]

MAX_DEPTH = 12  # of references and conditions within each other


@dataclass(frozen=True)
class Kind:
    """A kind of Keras or nnspec, such as the layer Conv2D."""

    category: str
    name: str

    @property
    def schema(self) -> Schema:
        found: Schema = catalog().definitions[f"{self.category}.{self.name}"]
        return found

    @property
    def description(self) -> str:
        return str(self.schema.get("description", "")).partition("\n")[0]

    @property
    def signature(self) -> str:
        """``Conv2D(filters, kernel_size, strides=(1, 1), ...)``."""
        return str(self.schema.get("description", "")).rpartition("\n")[2]


def schemas_at(path: Sequence[Step]) -> list[Schema]:
    """The schemas that a value at a path is held to; several where conditions tell them apart."""
    found: list[Schema] = [catalog().schema]
    for step in path:
        found = [child for schema in found for child in _children(schema, step)]
    return found


def every(schemas: Sequence[Schema]) -> Iterator[Schema]:
    """Schemas with all that they refer to and may turn into."""
    for schema in schemas:
        yield from _expanded(schema, 0)


def kind_at(path: Sequence[Step]) -> tuple[Kind, tuple[Step, ...]] | None:
    """The innermost kind on the way to a path, and the steps from its arguments on."""
    for end in range(len(path), 0, -1):
        name = path[end - 1]
        if isinstance(name, str) and (category := category_at(path[: end - 1], name)):
            return Kind(category, name), tuple(path[end:])
    return None


def category_at(path: Sequence[Step], name: str) -> str | None:
    """The category of the kind that a word at a path would be; None where no kind of this name may stand there."""
    if not path:
        return None
    for schema in every(schemas_at(path)):
        reference = str(schema.get("properties", {}).get(name, {}).get("$ref", ""))
        category, _, kind = reference.removeprefix("#/$defs/").partition(".")
        for one in (category if kind == name else None, schema.get("x-category")):
            if one in SAYS and catalog().has(one, name):
                return one
    return None


def _children(schema: Schema, step: Step) -> Iterator[Schema]:
    for one in _expanded(schema, 0):
        if isinstance(step, int):
            if isinstance(one.get("items"), Mapping):
                yield one["items"]
            continue
        child = one.get("properties", {}).get(step)
        if child is None and isinstance(one.get("additionalProperties"), Mapping):
            child = one["additionalProperties"]
        if child is not None:
            yield child


def _expanded(schema: Schema, depth: int) -> Iterator[Schema]:
    if depth > MAX_DEPTH or not isinstance(schema, Mapping):
        return
    yield schema
    if "$ref" in schema:
        yield from _expanded(_referred(schema["$ref"]), depth + 1)
    for key in ("then", "else"):
        if isinstance(schema.get(key), Mapping):
            yield from _expanded(schema[key], depth + 1)
    for key in ("anyOf", "allOf", "oneOf"):
        for one in schema.get(key, ()):
            yield from _expanded(one, depth + 1)


def _referred(reference: str) -> Schema:
    found: Any = catalog().schema
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found if isinstance(found, Mapping) else {}
