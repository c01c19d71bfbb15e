"""`nnspec schema`."""

from __future__ import annotations

import json
from typing import Any

import click

from nnspec.cli.options import common
from nnspec.cli.output import Answer, width
from nnspec.console.formatting import styled

CATEGORIES = (
    "layer", "loss", "metric", "optimizer", "schedule", "callback",
    "initializer", "regularizer", "constraint", "source", "target",
)  # fmt: skip


@click.command("schema")
@click.option("--kind", metavar="KIND", help="Show the arguments of one kind: a layer, loss, optimizer, source, ...")
@click.option("--write", is_flag=True, help="Write the schema from the installed Keras, and print where.")
@common
def command(kind: str | None, write: bool) -> Answer:
    """Print what specs can say: the JSON Schema, or the arguments of one kind.

    \b
    Examples:
      nnspec schema > nnspec.schema.json
      nnspec schema --kind Conv2D
      nnspec schema --write
    """
    if kind and write:
        raise click.UsageError("--kind and --write do not go together")
    if kind:
        return _kind(kind)
    from nnspec.catalog.kinds import schema_path

    if write:
        from nnspec.tools.keras_catalog import write as write_schema

        write_schema(schema_path())
        return Answer({"ok": True, "path": str(schema_path())}, f"wrote {schema_path()}")
    text = schema_path().read_text(encoding="utf-8").rstrip()
    return Answer(json.loads(text), text)


def _kind(name: str) -> Answer:
    from nnspec.catalog.kinds import catalog
    from nnspec.frontend.suggest import did_you_mean

    found = [category for category in CATEGORIES if catalog().has(category, name)]
    if not found:
        reason = catalog().refused(name)
        every = [kind for category in CATEGORIES for kind in catalog().kinds(category)]
        hint = reason or did_you_mean(name, every) or ""
        raise click.BadParameter(f"no kind is called {name}. {hint}".rstrip(), param_hint="--kind")
    kinds = [_description(category, name) for category in found]
    data = {"ok": True, **(kinds[0] if len(kinds) == 1 else {"kinds": kinds})}
    return Answer(data, "\n\n".join(_page(kind) for kind in kinds))


def _description(category: str, name: str) -> dict[str, Any]:
    from nnspec.catalog.kinds import catalog

    definition = catalog().definitions[f"{category}.{name}"]
    return {
        "kind": name,
        "category": category,
        "description": definition.get("description", ""),
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
    from nnspec.catalog.kinds import catalog

    target = schema.get("$ref", "").rsplit("/", 1)[-1]
    words: str | None = schema.get("x-says") or catalog().definitions.get(target, {}).get("x-says")
    doc = schema.get("description", "")
    return doc or words or target.removeprefix("type.")


def _page(kind: dict[str, Any]) -> str:
    from nnspec.console.tables import Column, table

    rows = [
        (
            argument["name"],
            "required" if argument["required"] else "" if argument["default"] is None else _yaml(argument["default"]),
            argument["takes"],
        )
        for argument in kind["arguments"]
    ]
    columns = [Column("argument"), Column("default", yields=True), Column("takes", yields=True)]
    heading = styled(f"{kind['kind']}, a {kind['category']}", bold=True)
    return f"{heading}\n{kind['description']}\n\n{table(columns, rows, width())}"


def _yaml(value: Any) -> str:
    from nnspec.cli.output import as_json

    return value if isinstance(value, str) else " ".join(as_json(value).split())
