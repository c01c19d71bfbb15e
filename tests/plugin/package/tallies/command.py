"""`nnspec tally`: how many strokes a file has."""

from __future__ import annotations

from pathlib import Path

import click

from nnspec.cli.output import Answer


@click.command("tally")
@click.argument("file", type=click.Path(path_type=Path, exists=True))
def command(file: Path) -> Answer:
    """Count the strokes of a file."""
    strokes = file.read_text(encoding="utf-8").count("I")
    return Answer({"ok": True, "strokes": strokes}, f"{strokes} strokes")
