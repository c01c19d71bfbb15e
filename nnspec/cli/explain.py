"""`nnspec explain`."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import click

from nnspec.cli.options import common
from nnspec.cli.output import Answer, width

if TYPE_CHECKING:
    from nnspec.frontend.codes import Code


@click.command("explain")
@click.argument("code", required=False)
@common
def command(code: str | None) -> Answer:
    """Explain a diagnostic code, or list them all.

    \b
    Examples:
      nnspec explain E0601
      nnspec explain
    """
    from nnspec.frontend.codes import CODES
    from nnspec.frontend.suggest import did_you_mean
    from nnspec.report.tables import Column, table

    if code is None:
        listing = table(
            [Column("code"), Column("title", yields=True)], [(key, CODES[key].title) for key in CODES], width()
        )
        return Answer({"ok": True, "codes": {key: dataclasses.asdict(value) for key, value in CODES.items()}}, listing)
    known = code.upper()
    if known not in CODES:
        raise click.BadParameter(
            f"no code is called {code}. {did_you_mean(known, CODES) or '`nnspec explain` lists them all.'}",
            param_hint="CODE",
        )
    return Answer({"ok": True, "code": known, **dataclasses.asdict(CODES[known])}, _page(known, CODES[known]))


def _page(key: str, code: Code) -> str:
    example = "\n".join(f"    {line}" for line in code.example.splitlines())
    fix = "\n".join(f"    {line}" for line in code.fix.splitlines())
    heading = click.style(f"{key}: {code.title}", bold=True)
    return f"{heading}\n\n{code.explanation}\n\n  For example:\n\n{example}\n\n  What to do:\n\n{fix}"
