"""What completion offers for the values of arguments: kinds, codes, and paths of `--set`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem


def codes(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from nnspec.frontend.codes import CODES

    wanted = incomplete.upper()
    return [CompletionItem(key, help=code.title) for key, code in CODES.items() if key.startswith(wanted)]


def kinds(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from nnspec.catalog.kind_pages import CATEGORIES
    from nnspec.catalog.kinds import catalog

    found = {kind: category for category in CATEGORIES for kind in catalog().kinds(category)}
    return [
        CompletionItem(kind, help=category)
        for kind, category in found.items()
        if kind.lower().startswith(incomplete.lower())
    ]


def override_paths(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The settings of the sections, and those that the spec of this command line has, its parameters among them."""
    from nnspec.catalog.kinds import catalog

    paths = dict.fromkeys([*_settings(catalog().schema, ()), *_of_spec(ctx)])
    return [CompletionItem(f"{path}=") for path in paths if path.startswith(incomplete)]


def _settings(schema: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    for name, inner in schema.get("properties", {}).items():
        if "properties" in inner and "x-category" not in inner:
            yield from _settings(inner, (*path, name))
        elif path:
            yield ".".join((*path, name))


def _of_spec(ctx: click.Context) -> Iterator[str]:
    """Every scalar of the spec's `params`, `data`, `train` and `budget`, by its path."""
    from nnspec.frontend.diagnostics import SpecError
    from nnspec.frontend.source import read

    given = ctx.params.get("spec") or next(iter(ctx.params.get("specs") or ()), None)
    path = Path(str(getattr(given, "path", given)))
    try:
        tree = read(path).plain() if path.is_file() else {}
    except SpecError:
        return
    for section in ("params", "data", "train", "budget") if isinstance(tree, dict) else ():
        yield from _scalars(tree.get(section), section)


def _scalars(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _scalars(inner, f"{path}.{key}")
    elif value is not None:
        yield path
