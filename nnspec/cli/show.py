"""`nnspec show`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from nnspec.cli.options import one_spec
from nnspec.cli.output import Answer, say, width

if TYPE_CHECKING:
    from nnspec.api import SpecFile


@click.command("show")
@one_spec
def command(spec: SpecFile) -> Answer:
    """Print the table of layers.

    Name, kind, line of the spec, output shape without the batch, parameters and multiply-adds of every layer,
    without TensorFlow.

    \b
    Examples:
      nnspec show specs/vgg.yaml
      nnspec show specs/vgg.yaml --set params.classes=10
      nnspec show specs/vgg.yaml --json
    """
    from nnspec.cli.failures import coloured
    from nnspec.frontend.summary import spec_summary
    from nnspec.report.layers import layer_table

    found = spec.spec
    if found.warnings:
        say(coloured(found.warnings), err=True)
    warnings = [diagnostic.as_json() for diagnostic in found.warnings]
    return Answer({"ok": True, **spec_summary(found), "diagnostics": warnings}, layer_table(found, width()))
