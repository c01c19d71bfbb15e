"""What there is: kinds, their arguments and defaults, out of the committed JSON Schema and without Keras."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from nnspec.quick_classes import dataclass

TYPED = frozenset({"schedule", "regularizer", "metric", "optimizer"})
NUMBERS = {
    f"#/$defs/type.{name}"
    for name in (
        "number",
        "positive",
        "not_negative",
        "not_positive",
        "one_or_more",
        "share",
        "share_above_0",
        "share_below_1",
    )
} | {"#/$defs/schedule"}  # a learning rate, or a schedule for it


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a kind.

    Attributes:
        category: that of the kind that it holds; None for plain values.
        is_path: whether it is a path, relative to the file that it is written in.
        null_is_a_value: whether null means itself; elsewhere it means "not given".
    """

    name: str
    required: bool
    default: Any
    category: str | None
    is_path: bool
    null_is_a_value: bool


class Catalog:
    """Questions to the schema; answers are kept."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self.schema = schema
        self.definitions: Mapping[str, Any] = schema["$defs"]
        self._arguments: dict[tuple[str, str], tuple[Argument, ...]] = {}
        self._defaults: dict[tuple[str, str], dict[str, Any]] = {}

    def has(self, category: str, kind: str) -> bool:
        return f"{category}.{kind}" in self.definitions

    def categories_of(self, kind: str) -> list[str]:
        """The categories that have a kind of this name."""
        return [name.partition(".")[0] for name in self.definitions if name.partition(".")[2] == kind]

    def kinds(self, category: str) -> tuple[str, ...]:
        """The names of a category in alphabetical order."""
        return tuple(self.definitions[category].get("properties", ()))

    def words(self, category: str) -> tuple[str, ...]:
        """Every bare word that may stand for a category: kinds that need no argument, and Keras's identifiers."""
        schema = self.definitions[category]
        choices = schema.get("then", schema)["anyOf"][0]["enum"]
        return tuple(choices)

    def refused(self, kind: str) -> str | None:
        """Why a kind of Keras's cannot stand in a spec; None for one that can, or that is none."""
        reason: str | None = self.schema["x-refused"].get(kind)
        return reason

    def canonical(self, category: str, word: str) -> str:
        """The kind that a word stands for: ``mse`` for ``MeanSquaredError``, ``swish`` for ``silu``.

        A word that is no alias, or that Keras does not know, stays.
        """
        name: str = self.schema["x-aliases"].get(category, {}).get(word, word)
        return name

    def arguments(self, category: str, kind: str) -> tuple[Argument, ...]:
        """The arguments of a kind in the order of its signature; none for one that is not known."""
        key = (category, kind)
        if key not in self._arguments:
            self._arguments[key] = tuple(self._read(self.definitions.get(f"{category}.{kind}", {})))
        return self._arguments[key]

    def defaults(self, category: str, kind: str) -> dict[str, Any]:
        """Every argument of a kind with its default; required ones are None."""
        key = (category, kind)
        if key not in self._defaults:
            self._defaults[key] = {argument.name: argument.default for argument in self.arguments(category, kind)}
        return self._defaults[key]

    def as_float(self, category: str, kind: str, name: str, value: Any) -> Any:
        """A whole number as a float, where any number may stand: of what trains and measures, Keras keeps the type."""
        if not isinstance(value, int) or isinstance(value, bool) or category not in TYPED:
            return value
        schema = self.definitions.get(f"{category}.{kind}", {}).get("properties", {}).get(name, {})
        return float(value) if schema.get("$ref") in NUMBERS else value

    def call_arguments(self, kind: str) -> tuple[str, ...]:
        """What a layer is called with, in order, as far as it takes tensors of the network."""
        return tuple(self.definitions.get(f"layer.{kind}", {}).get("x-call", ()))

    def call_flags(self, kind: str) -> tuple[str, ...]:
        """What else a layer's call takes: ``training``, ``return_attention_scores``."""
        return tuple(self.definitions.get(f"layer.{kind}", {}).get("x-flags", ()))

    def _read(self, schema: Mapping[str, Any]) -> list[Argument]:
        required = set(schema.get("required", ()))
        return [
            Argument(
                name,
                required=name in required,
                default=value.get("default"),
                category=value.get("x-category"),
                is_path=value.get("x-path", False),
                null_is_a_value=value.get("x-null", False),
            )
            for name, value in schema.get("properties", {}).items()
        ]


class Definitions(Mapping[str, Any]):
    """The definitions of the schema's file, each parsed when it is first asked for: a spec needs few of them.

    The file is written with one definition a line, so that a diff can be read; that is what makes them easy to find.
    """

    def __init__(self, texts: Mapping[str, str], parsed: Mapping[str, Any]) -> None:
        """Those of a file by name, and those that are known already."""
        self._texts, self._parsed = dict(texts), dict(parsed)

    def __getitem__(self, name: str) -> Any:
        if name not in self._parsed:
            self._parsed[name] = json.loads(self._texts[name])
        return self._parsed[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)

    def __contains__(self, name: object) -> bool:
        return name in self._texts

    def extended(self, more: Mapping[str, Any]) -> Definitions:
        """These and more, which win."""
        return Definitions({**self._texts, **dict.fromkeys(more, "")}, {**self._parsed, **more})


def read_schema(text: str) -> dict[str, Any]:
    """The schema of a file as ``nnspec schema --write`` writes it, its ``$defs`` as ``Definitions``."""
    head, _, rest = text.partition(',\n "$defs": {\n')
    lines = (line.partition(": ") for line in rest[: rest.rindex("\n }")].splitlines())
    texts = {name.strip(' "'): text.removesuffix(",") for name, _, text in lines}
    return {**json.loads(head + "}"), "$defs": Definitions(texts, {})}


def schema_path() -> Path:
    """The schema's file: inside an installed package, beside it in a checkout."""
    package = Path(__file__).parent.parent
    installed = package / "schemas" / "nnspec.schema.json"
    return installed if installed.is_file() else package.parent / "schemas" / "nnspec.schema.json"


# Category, kind and class of what packages bring to a spec; without a class, where nothing is known of it but the name.
Brought = tuple[tuple[str, str, type | None], ...]
_brought: ContextVar[Brought] = ContextVar("brought", default=())


def catalog() -> Catalog:
    """The kinds of nnspec and, within ``bringing``, those of packages."""
    brought = _brought.get()
    return _extended(brought) if brought else _committed()


@contextmanager
def bringing(brought: Brought) -> Iterator[None]:
    """Within it, the catalogue knows these kinds, too."""
    token = _brought.set(brought)
    try:
        yield
    finally:
        _brought.reset(token)


@cache
def _committed() -> Catalog:
    return Catalog(read_schema(schema_path().read_text(encoding="utf-8")))


@lru_cache(maxsize=16)
def _extended(brought: Brought) -> Catalog:
    from nnspec.catalog.kind_schema import kind_value
    from nnspec.catalog.table_kinds import table_kind

    known = _committed()
    more: dict[str, Any] = {
        f"{category}.{kind}": {"required": []} if cls is None else table_kind(kind, cls)
        for category, kind, cls in brought
    }
    for category in {category for category, _, _ in brought}:
        kinds = [kind for other, kind, _ in brought if other == category]
        bare = [kind for kind in kinds if not more[f"{category}.{kind}"]["required"]]
        names, words = [*known.kinds(category), *kinds], sorted({*known.words(category), *bare})
        more[category] = kind_value(category, names, words)
    return Catalog({**known.schema, "$defs": known.schema["$defs"].extended(more)})


def snake(kind: str) -> str:
    """A kind as Keras writes it in small letters: ``MaxPooling2D`` is ``max_pooling2d``, ``MeanIoU`` ``mean_io_u``."""
    kind = re.sub(r"\W+", "", kind)
    kind = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", kind)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", kind).lower()
