"""`nnspec draw`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from nnspec.cli.options import again, spec_to_read
from nnspec.cli.output import Answer

if TYPE_CHECKING:
    from nnspec.api import SpecFile

ENDINGS = (".html", ".svg", ".png")


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
    from nnspec.console.atomic_files import replacing
    from nnspec.report.pages import diagram
    from nnspec.runs.run_folder import file_name

    found = spec.spec
    path = output or Path(f"{file_name(found.name)}.html")
    if path.suffix.lower() not in ENDINGS:
        raise click.UsageError(f"{path.name} ends in none of {', '.join(ENDINGS)}")
    if path.suffix.lower() == ".html":
        content = diagram.page(found, groups=groups).encode()
    elif path.suffix.lower() == ".svg":
        content = diagram.svg(found, dark=dark, groups=groups).encode()
    else:
        content = diagram.png(found, dark=bool(dark), groups=groups)
    with replacing(path) as scratch:
        scratch.write_bytes(content)
    data = {"ok": True, "path": str(path), "bytes": len(content)}
    return Answer(data, f"{path}  {len(content) / 1000:,.0f} kB\nnext: nnspec show {again(spec)}")
