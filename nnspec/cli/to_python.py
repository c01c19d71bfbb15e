"""`nnspec to-python`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from nnspec.cli.options import spec_to_read
from nnspec.cli.output import Answer

if TYPE_CHECKING:
    from nnspec.api import SpecFile


@click.command("to-python")
@spec_to_read
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write a file; by default it is printed.",
)
@click.option("--force", is_flag=True, help="Overwrite a file that exists.")
def command(spec: SpecFile, output: Path | None, force: bool) -> Answer:
    """Write the Python code that builds the same network with Keras alone.

    One line a layer, names kept; `build()` returns the model, `compiled()` the same with the spec's optimizer, loss
    and metrics. nnspec is not needed to run it. TensorFlow is not needed to write it.

    \b
    Examples:
      nnspec to-python specs/lenet.yaml
      nnspec to-python specs/resnet50.yaml -o resnet50.py --set params.classes=10
    """
    from nnspec.codegen.python_code import python_code
    from nnspec.console.atomic_files import write_text

    if output is not None and output.exists() and not force:
        raise click.UsageError(f"`{output}` exists already: choose another name, or say --force")
    text = python_code(spec.spec)
    data = {"ok": True, "path": output and str(output), "code": None if output else text}
    if output is None:
        return Answer(data, text.rstrip("\n"))
    write_text(output, text)
    return Answer(data, f"wrote {output}: {text.count(chr(10)):,} lines\nnext: python {output}")
