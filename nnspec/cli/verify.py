"""`nnspec verify`."""

from __future__ import annotations

from pathlib import Path

import click

from nnspec.cli.options import common
from nnspec.cli.output import Answer


@click.command("verify")
@click.argument("bundle", type=click.Path(path_type=Path, file_okay=False), metavar="BUNDLE")
@common
def command(bundle: Path) -> Answer:
    """Prove a bundle: every byte as written, every answer as it was.

    Compares the SHA-256 of each file with the manifest's, then runs the model twice on each of its golden inputs.
    Exit code 5 where anything differs. NumPy and ai-edge-litert are all that it needs: pip install "nnspec[verify]".

    \b
    Examples:
      nnspec verify runs/lenet/1/export/lenet.bundle
      nnspec verify app/assets/tagger.bundle --json
    """
    from nnspec.cli.failures import GATE
    from nnspec.export.bundle.check import NoBundle, check

    try:
        found = check(bundle)
    except NoBundle as error:
        raise click.UsageError(str(error)) from error
    except ImportError as error:
        raise click.ClickException(f'{error.name} is not installed: pip install "nnspec[verify]"') from error
    ok = not found["problems"]
    if ok:
        answers = f"{found['examples']} answers within {found['max_difference']:.2g} of the golden ones"
        text = f"ok {bundle}  {found['files']} files as they were written, {answers}"
    else:
        text = "\n".join(f"failed: {problem}" for problem in found["problems"])
    return Answer({"ok": ok, **found}, text, 0 if ok else GATE)
