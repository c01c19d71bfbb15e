"""docs/kinds/: every kind that a spec can name, a page for each category, from the schema that `check` reads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
from typing import Any

from nnspec.catalog.kind_pages import CATEGORIES
from nnspec.catalog.kinds import catalog
from nnspec.cli.main import run

TITLES = {
    "layer": "Layers",
    "loss": "Losses",
    "metric": "Metrics",
    "optimizer": "Optimizers",
    "schedule": "Learning-rate schedules",
    "callback": "Callbacks",
    "initializer": "Initializers",
    "regularizer": "Regularizers",
    "constraint": "Constraints",
    "source": "Data sources",
    "target": "Export targets",
}


def index() -> str:
    """docs/kinds/index.md."""
    pages = "\n".join(file_name(category).removesuffix(".md") for category in CATEGORIES)
    return (
        "# Kinds\n\nWhat can stand as `Kind: arguments`. Names and arguments are those of the Keras that nnspec is "
        "pinned to; data sources, export targets and a few layers are nnspec's own. `nnspec schema --kind Conv2D` "
        "prints one of them in the terminal.\n\n"
        f"```{{toctree}}\n:maxdepth: 1\n\n{pages}\n```\n"
    )


def file_name(category: str) -> str:
    return f"{TITLES[category].lower().replace(' ', '-')}.md"


def page(category: str) -> str:
    """The page of a category."""
    kinds = sorted(catalog().kinds(category))
    parts = [f"# {TITLES[category]}"]
    for kind in kinds:
        parts += _kind(described(category, kind))
    return "\n\n".join(parts) + "\n"


def described(category: str, kind: str) -> dict[str, Any]:
    """What `nnspec schema --kind` says of it."""
    printed = StringIO()
    with redirect_stdout(printed):
        run(["schema", "--kind", kind, "--json"])
    found: dict[str, Any] = json.loads(printed.getvalue())
    return next(item for item in found.get("kinds", [found]) if item["category"] == category)


def _kind(kind: dict[str, Any]) -> Iterator[str]:
    yield f"## {kind['kind']}"
    if kind["description"]:
        yield _escaped(kind["description"])
    rows = [_row(argument) for argument in kind["arguments"]]
    if rows:
        yield "\n".join(["| argument | default | |", "|---|---|---|", *rows])


def _row(argument: dict[str, Any]) -> str:
    default = "required" if argument["required"] else ""
    if not argument["required"] and argument["default"] is not None:
        value = argument["default"]
        shown = value if isinstance(value, str) else json.dumps(value)
        default = "`" + shown.replace("|", "\\|") + "`"  # a table's row is split before its code is looked at
    return f"| `{argument['name']}` | {default} | {_escaped(argument['takes'])} |"


def _escaped(text: str) -> str:
    return " ".join(text.replace("|", "\\|").replace("<", "&lt;").replace("[", "\\[").split())
