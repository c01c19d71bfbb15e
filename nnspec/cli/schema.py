"""`nnspec schema`."""

from __future__ import annotations

import json
import textwrap
from typing import Any

import click

from nnspec.catalog.kind_pages import CATEGORIES, described
from nnspec.cli.options import common
from nnspec.cli.options import kinds as offered_kinds
from nnspec.cli.output import Answer, width
from nnspec.console.formatting import styled


@click.command("schema")
@click.argument("named", metavar="[KIND]", required=False, shell_complete=offered_kinds)
@click.option(
    "--kind",
    metavar="KIND",
    shell_complete=offered_kinds,
    help="The same as KIND: show the arguments of one kind: a layer, loss, optimizer, source, ...",
)
@click.option("--list", "every", is_flag=True, help="List every kind, with a line that says what it is.")
@click.option("--write", is_flag=True, help="Write the schema from the installed Keras, and print where.")
@common
def command(named: str | None, kind: str | None, every: bool, write: bool) -> Answer:
    """Print what specs can say: the JSON Schema, or the arguments of one kind.

    \b
    Examples:
      nnspec schema > nnspec.schema.json
      nnspec schema Conv2D
      nnspec schema --list
      nnspec schema --write
    """
    if (named is not None) + (kind is not None) + every + write > 1:
        raise click.UsageError("KIND, --kind, --list and --write do not go together")
    if every:
        return _every()
    if named or kind:
        return _kind(named or kind or "")
    from nnspec.catalog.kinds import schema_path

    if write:
        from nnspec.console.quiet import import_tensorflow

        import_tensorflow()
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
        raise click.BadParameter(f"no kind is called {name}. {hint}".rstrip(), param_hint="KIND")
    kinds = [described(category, name) for category in found]
    data = {"ok": True, **(kinds[0] if len(kinds) == 1 else {"kinds": kinds})}
    return Answer(data, "\n\n".join(_page(kind) for kind in kinds))


def _every() -> Answer:
    """All kinds by category, each with the first sentence of what it is."""
    from nnspec.catalog.kinds import catalog
    from nnspec.console.tables import Column, table

    kinds = {
        category: {
            name: catalog().definitions[f"{category}.{name}"].get("description", "").partition("\n")[0]
            for name in catalog().kinds(category)
        }
        for category in CATEGORIES
    }
    parts = [
        f"{styled(category, bold=True)}\n"
        + table([Column("kind"), Column("what it is", yields=True, wraps=True)], list(names.items()), width())
        for category, names in kinds.items()
    ]
    return Answer({"ok": True, "kinds": kinds}, "\n\n".join([*parts, "more about one: nnspec schema --kind Conv2D"]))


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
    columns = [Column("argument"), Column("default", yields=True), Column("takes", yields=True, wraps=True)]
    heading = styled(f"{kind['kind']}, a {kind['category']}", bold=True)
    said = "\n".join(textwrap.fill(line, width(), subsequent_indent="  ") for line in kind["description"].splitlines())
    return f"{heading}\n{said}\n\n{kind['example']}\n\n{table(columns, rows, width())}"


def _yaml(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
