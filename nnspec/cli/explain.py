"""`nnspec explain`."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import click

from nnspec.cli.options import codes as offered_codes
from nnspec.cli.options import common
from nnspec.cli.output import Answer, width
from nnspec.console.formatting import styled

if TYPE_CHECKING:
    from nnspec.frontend.codes import Code


@click.command("explain")
@click.argument("code", required=False, shell_complete=offered_codes)
@common
def command(code: str | None) -> Answer:
    """Explain a diagnostic code, or list them all.

    \b
    Examples:
      nnspec explain E0601
      nnspec explain
    """
    from nnspec.frontend.codes import CODES, every_code
    from nnspec.frontend.suggest import did_you_mean

    known = (code or "").upper()
    codes = CODES if known in CODES else every_code()  # which imports packages
    if code is None:
        return Answer({"ok": True, "codes": {key: dataclasses.asdict(value) for key, value in codes.items()}}, _list())
    if known not in codes:
        from nnspec.catalog.kinds import catalog

        is_kind = bool(catalog().categories_of(code))
        elsewhere = (
            f"`nnspec schema --kind {code}` tells about a kind" if is_kind else "`nnspec explain` lists them all"
        )
        raise click.BadParameter(
            f"no code is called {code}; {did_you_mean(known, codes) or elsewhere}", param_hint="CODE"
        )
    return Answer({"ok": True, "code": known, **dataclasses.asdict(codes[known])}, _page(known, codes[known]))


def _list() -> str:
    """Every code with its title, pass by pass."""
    from itertools import groupby

    from nnspec.frontend.codes import CODES, PASSES, every_code

    lines = []
    for number, keys in groupby(CODES, key=lambda key: key[1:3]):
        lines += ["", styled(PASSES[number], bold=True), *(f"  {key}  {CODES[key].title}" for key in keys)]
    others = {key: code for key, code in every_code().items() if key not in CODES}
    if others:
        lines += ["", styled("Installed packages", bold=True)]
        lines += [f"  {key}  {code.title}" for key, code in others.items()]
    return "\n".join([*lines[1:], "", "E is an error, W a warning. More about one: nnspec explain E0601"])


def _page(key: str, code: Code) -> str:
    from nnspec.frontend.requirements import indented

    heading = styled(f"{key}: {code.title}", bold=True)
    fix = indented(_wrapped(code.fix, width() - 4) if code.fix_is_prose else code.fix)
    example = indented(code.example)
    how = f"For example, with nnspec check {code.options}:" if code.options else "For example:"
    return f"{heading}\n\n{_wrapped(code.explanation, width())}\n\n{how}\n\n{example}\n\nWhat to do:\n\n{fix}"


def _wrapped(text: str, columns: int) -> str:
    from textwrap import fill

    return fill(text, min(columns, 100), break_long_words=False, break_on_hyphens=False)
