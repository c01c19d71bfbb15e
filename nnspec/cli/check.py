"""`nnspec check`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from nnspec.cli.options import several_specs
from nnspec.cli.output import Answer, as_json, say

if TYPE_CHECKING:
    from nnspec.api import SpecFile
    from nnspec.frontend.diagnostics import Diagnostic
    from nnspec.frontend.pipeline import Checked


@click.command("check")
@several_specs
@click.option(
    "--format",
    "layout",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    help="json is --json; github annotates a pull request.",
)
def command(specs: tuple[SpecFile, ...], layout: str) -> Answer:
    """Check specs: names, wiring, shapes and cost, without TensorFlow.

    Prints a line for each spec that is fine, and every fault with its place. Exit code 3 where a spec is invalid,
    5 where it is over its budget.

    \b
    Examples:
      nnspec check specs/vgg.yaml
      nnspec check specs/*.yaml --format github
      nnspec check specs/vgg.yaml --set params.classes=10 --json
    """
    from nnspec.cli.failures import coloured, exit_code

    found = [(spec, spec.check()) for spec in specs]
    diagnostics = [diagnostic for _, checked in found for diagnostic in checked.diagnostics]
    parts = [_data(checked) for _, checked in found]
    data = parts[0] if len(parts) == 1 else {"ok": all(checked.ok for _, checked in found), "specs": parts}
    if layout == "json":
        text = as_json(data)
    elif layout == "github":
        text = "\n".join(_annotation(diagnostic) for diagnostic in diagnostics)
    else:
        text = "\n".join(_line(spec, checked) for spec, checked in found if checked.ok)
        if diagnostics:
            say(coloured(diagnostics), err=True)
    return Answer(data, text, exit_code(diagnostics))


def _line(spec: SpecFile, checked: Checked) -> str:
    from nnspec.report.layers import totals

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


def _annotation(diagnostic: Diagnostic) -> str:
    """A workflow command of GitHub Actions; the hint follows on a line of its own."""
    level = "error" if diagnostic.severity == "error" else "warning"
    place = {"title": f"nnspec {diagnostic.code}"}
    if diagnostic.span is not None:
        span = diagnostic.span
        place = {"file": span.file, "line": str(span.line), "col": str(span.column), **place}
    message = diagnostic.message + (f"\nhint: {diagnostic.hint}" if diagnostic.hint else "")
    properties = ",".join(f"{key}={_escaped(value, property=True)}" for key, value in place.items())
    return f"::{level} {properties}::{_escaped(message)}"


def _escaped(text: str, *, property: bool = False) -> str:
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if property else text
