"""`nnspec verify`."""

from __future__ import annotations

from pathlib import Path

import click

from nnspec.cli.options import common
from nnspec.cli.output import Answer


@click.command("verify")
@click.argument("path", type=click.Path(path_type=Path), metavar="BUNDLE")
@common
def command(path: Path) -> Answer:
    """Prove a bundle, or a .tflite file: every byte as written, every answer as it was.

    Of a bundle: compares the SHA-256 of each file with the manifest's, then runs the model twice on each of its golden
    inputs. Of a file by itself: operations that every runtime has, and answers that are numbers, twice the same. Exit
    code 5 where anything is wrong. NumPy and ai-edge-litert are all that it needs: pip install "nnspec[verify]".

    \b
    Examples:
      nnspec verify runs/lenet/1/export/lenet.bundle
      nnspec verify app/assets/tagger.bundle --json
      nnspec verify lenet.tflite
    """
    from nnspec.cli.errors import GATE

    if not path.exists():
        raise click.UsageError(f"{path} is not there")
    try:
        from nnspec.export.bundle.check import NoBundle, check, check_file, verdict

        try:
            found = check_file(path) if path.is_file() else check(path)
        except NoBundle as error:
            raise click.UsageError(str(error)) from error
    except ModuleNotFoundError as error:
        raise click.ClickException(f'{error.name} is not installed: pip install "nnspec[verify]"') from error
    bad = bool(found["problems"])
    return Answer({"ok": not bad, **found}, verdict(path, found), GATE if bad else 0)
