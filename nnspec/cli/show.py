"""`nnspec show`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from nnspec.cli.options import again, spec_to_read
from nnspec.cli.output import Answer, say, width

if TYPE_CHECKING:
    from nnspec.api import SpecFile


@click.command("show")
@spec_to_read
@click.option("--full", is_flag=True, help="A row for every layer: equal rounds of loops, and blocks, unfolded.")
def command(spec: SpecFile, full: bool) -> Answer:
    """Print the table of layers.

    Name, kind, line of the spec, output shape without the batch, parameters, multiply-adds and receptive field (size
    and stride, in positions of the input) of every layer, without TensorFlow; a narrow terminal titles the last three
    params, macs and field. Equal rounds of a loop are one row with their sum; in a long network blocks are folded too.

    \b
    Examples:
      nnspec show specs/vgg.yaml
      nnspec show specs/vgg.yaml --set params.classes=10
      nnspec show specs/resnet152.yaml --full
      nnspec show specs/vgg.yaml --json
    """
    from nnspec.cli.errors import coloured
    from nnspec.frontend.summary import spec_summary
    from nnspec.report.text.layers import is_folded, layer_table

    found = spec.spec
    if found.warnings:
        say(coloured(found.warnings), err=True)
    warnings = [diagnostic.as_json() for diagnostic in found.warnings]
    more = f"nnspec show {again(spec)} --full  or  " if not full and is_folded(found) else ""
    text = f"{layer_table(found, width(), full=full)}\n\nnext: {more}nnspec draw {again(spec)}"
    return Answer({"ok": True, **spec_summary(found), "diagnostics": warnings}, text)
