"""`nnspec draw`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from nnspec.cli.options import again, spec_to_read
from nnspec.cli.output import Answer

if TYPE_CHECKING:
    from nnspec.api import SpecFile


@click.command("draw")
@spec_to_read
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Where to: .html, .svg or .png; by default NAME.html here.",
)
@click.option(
    "--groups",
    type=click.Choice(["auto", "open", "closed"]),
    default="auto",
    help="Blocks and loops: opened while the picture stays readable, all, or none.",
)
@click.option("--dark/--light", default=None, help="Colours of an SVG or PNG; by default an SVG follows its reader.")
def command(spec: SpecFile, output: Path | None, groups: str, dark: bool | None) -> Answer:
    """Draw the network as SVG, PNG or a page.

    Blocks and loops are groups, shapes stand on the edges, and hovering over a box tells its arguments and its line.
    In the page, a click opens or closes a group. SVG and PNG need `pip install "nnspec[draw]"`.

    \b
    Examples:
      nnspec draw specs/googlenet.yaml
      nnspec draw specs/resnet152.yaml -o resnet152.svg
      nnspec draw specs/lenet.yaml -o lenet.png --dark
    """
    from nnspec.report.pages import diagram
    from nnspec.runs.run_folder import file_name

    found = spec.spec
    path = output or Path(f"{file_name(found.name)}.html")
    try:
        size = diagram.write(found, path, groups=groups, dark=dark)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    data = {"ok": True, "path": str(path), "bytes": size}
    return Answer(data, f"{path}  {size / 1000:,.0f} kB\nnext: nnspec show {again(spec)}")
