"""`nnspec mcp`."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("mcp")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default=Path(),
    help="The folder whose specs and data may be read; by default the current one.",
)
def command(folder: Path) -> None:
    """Answer programs that speak the Model Context Protocol: check, show, explain, kinds, data.

    Over standard input and output; the program that asks starts it. Nothing is written or trained, no code of packages
    that a spec requires runs, and no file outside of the folder is answered about. TensorFlow is not needed, but
    pip install "nnspec[mcp]" is.

    \b
    Examples:
      nnspec mcp
      nnspec mcp --folder specs
    """
    from nnspec.interactive.assistant import EXTRA, serve

    try:
        serve(folder)
    except ModuleNotFoundError as error:
        raise click.ClickException(f"{error.name} is not installed: {EXTRA}") from error
