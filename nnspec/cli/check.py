"""`nnspec check`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from nnspec.cli.options import several_specs
from nnspec.cli.output import Answer, as_json, say

if TYPE_CHECKING:
    from nnspec.api import SpecFile
    from nnspec.frontend.pipeline import Checked


@click.command("check")
@several_specs
@click.option(
    "--format",
    "layout",
    type=click.Choice(["text", "json", "github", "sarif"]),
    default="text",
    help="json is --json; github annotates a pull request; sarif is for code scanning.",
)
@click.option(
    "--target",
    type=click.Choice(["tpu"]),
    help="Also compile the training step by XLA, and name the layers that a TPU would refuse. This needs TensorFlow.",
)
@click.option("--no-data", is_flag=True, help="Do not look at the data, where they are not at hand or not meant: CI.")
@click.option("--strict", is_flag=True, help="A warning counts as an error for the exit code.")
def command(specs: tuple[SpecFile, ...], layout: str, target: str | None, no_data: bool, strict: bool) -> Answer:
    """Check specs: names, wiring, shapes, cost, and the data where they are there.

    TensorFlow is not needed. Prints a line for each spec that is fine, and every fault with its place. Exit code 3
    where a spec is invalid or does not go with its data, 4 where the data cannot be used, 5 where it is over budget.

    \b
    Examples:
      nnspec check specs/vgg.yaml
      nnspec check specs/*.yaml --format github
      nnspec check specs/*.yaml --format sarif > nnspec.sarif
      nnspec check specs/vgg.yaml --set params.classes=10 --json
      nnspec check specs/lenet.yaml --target tpu
    """
    from nnspec.cli.errors import INVALID, coloured, exit_code

    found = [(spec, _aimed(spec.check(data=not no_data), target)) for spec in specs]
    diagnostics = [diagnostic for _, checked in found for diagnostic in checked.diagnostics]
    parts = [_data(checked) for _, checked in found]
    data = parts[0] if len(parts) == 1 else {"ok": all(checked.ok for _, checked in found), "specs": parts}
    if layout == "json":
        text = as_json(data)
    elif layout == "github":
        from nnspec.report.text.pull_request import annotation

        text = "\n".join(map(annotation, diagnostics))
    elif layout == "sarif":
        from nnspec.report.text.pull_request import sarif

        text = as_json(sarif(diagnostics))
    else:
        text = "\n".join(_line(spec, checked) for spec, checked in found if checked.ok)
        if diagnostics:
            say(coloured(diagnostics), err=True)
    return Answer(data, text, exit_code(diagnostics) or (INVALID if strict and diagnostics else 0))


def _aimed(checked: Checked, target: str | None) -> Checked:
    """What was found, and what a TPU would refuse of a spec that is fine."""
    import dataclasses

    if target is None or checked.spec is None or not checked.ok:
        return checked
    from nnspec.frontend.requirements import require

    require(checked.spec, "check --target tpu", "data", "train")
    from nnspec.training.distributed.tpu import refused_by_tpu

    return dataclasses.replace(checked, diagnostics=(*checked.diagnostics, *refused_by_tpu(checked.spec)))


def _line(spec: SpecFile, checked: Checked) -> str:
    from nnspec.report.text.totals import totals

    assert checked.spec is not None
    return f"{click.style('ok', fg='green', bold=True)} {spec.path}  {totals(checked.spec)}"


def _data(checked: Checked) -> dict[str, Any]:
    """The object of `--json`; a spec that did not come to a network has the same keys, without values."""
    from nnspec.frontend.summary import spec_summary

    nothing = dict.fromkeys(("name", "params", "trainable_params", "macs"))
    return {
        "ok": checked.ok,
        **({**nothing, "layers": [], "outputs": {}} if checked.spec is None else spec_summary(checked.spec)),
        "diagnostics": [diagnostic.as_json() for diagnostic in checked.diagnostics],
    }
