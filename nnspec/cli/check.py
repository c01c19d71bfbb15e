"""`nnspec check`."""

from __future__ import annotations

import codecs
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nnspec.catalog.chips import CHIPS
from nnspec.cli.options import several_specs
from nnspec.cli.output import Answer, as_json, say
from nnspec.console.formatting import styled
from nnspec.frontend.diagnostics import printable

if TYPE_CHECKING:
    from nnspec.api import SpecFile
    from nnspec.frontend.chips import Aimed
    from nnspec.frontend.diagnostics import Diagnostic
    from nnspec.frontend.fixes import Fixed
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
    type=click.Choice([*CHIPS, "tpu"]),
    help="Also name the layers that a chip would refuse, by tables of operations; tpu compiles the training step by "
    "XLA, which needs TensorFlow.",
)
@click.option("--no-data", is_flag=True, help="Do not look at the data, for where they are absent, as in CI.")
@click.option(
    "--fix", "mend", is_flag=True, help="Apply the fixes that are certain to the SPECs, and check the result."
)
@click.option("--diff", is_flag=True, help="Write nothing; print what --fix would change.")
@click.option(
    "--strict", is_flag=True, help="A warning counts as an error for the exit code; large tables are read to the end."
)
def command(
    specs: tuple[SpecFile, ...], layout: str, target: str | None, no_data: bool, mend: bool, diff: bool, strict: bool
) -> Answer:
    """Check specs: names, wiring, shapes, cost, and the data where they are there.

    TensorFlow is not needed. Prints a line for each spec that is fine, and every fault with its place. Exit code 3
    where a spec is invalid or does not go with its data, 4 where the data cannot be used, 5 where it is over budget.

    --fix rewrites the files named, comments and layout kept: misspelt names, what is never used, a loss that takes
    other labels. A fix that would bring new errors is not applied. What a fix would have to guess is left to you.

    \b
    Examples:
      nnspec check specs/vgg.yaml
      nnspec check specs/*.yaml --format github
      nnspec check specs/*.yaml --format sarif > nnspec.sarif
      nnspec check specs/vgg.yaml --fix
      nnspec check specs/*.yaml --diff
      nnspec check specs/vgg.yaml --set params.classes=10 --json
      nnspec check specs/lenet.yaml --target micro
      nnspec check specs/lenet.yaml --target tpu
    """
    from nnspec.cli.errors import INVALID, coloured, exit_code

    fixed = _fixed(specs, not no_data, diff) if mend or diff else None
    if fixed and not diff and not strict:  # which reads large tables to the end
        checked = list(fixed.checked)
    else:
        checked = [spec.check(data=not no_data, whole=strict) for spec in specs]
    found = [(spec, *_aimed(one, target)) for spec, one in zip(specs, checked, strict=True)]
    diagnostics = [diagnostic for _, checked, _ in found for diagnostic in checked.diagnostics]
    parts = [_data(checked, aimed) for _, checked, aimed in found]
    data = parts[0] if len(parts) == 1 else {"ok": all(checked.ok for _, checked, _ in found), "specs": parts}
    if fixed:
        data = {**data, "fixed": [_done(one) for one in fixed.done]}
    if layout == "json":
        text = as_json(data)
    elif layout == "github":
        from nnspec.report.text.pull_request import annotation

        text = "\n".join(map(annotation, diagnostics))
    elif layout == "sarif":
        from nnspec.report.text.pull_request import sarif

        text = as_json(sarif(diagnostics))
    else:
        lines = [line for spec, checked, aimed in found if checked.ok or aimed for line in _lines(spec, checked, aimed)]
        text = "\n".join([*(_told(fixed, diff) if fixed else ()), *(() if diff else lines)])
        if diagnostics:
            say(coloured(diagnostics), err=True)
    return Answer(data, text, exit_code(diagnostics) or (INVALID if strict and diagnostics else 0))


def _fixed(specs: tuple[SpecFile, ...], data: bool, diff: bool) -> Fixed:
    """Applies what is certain to the files of the command line, and writes it unless the difference alone is asked for.

    What overrides make of a spec is not what its file says, so its fixes are none of the file's.
    """
    from nnspec.cli.rewriting import write_text
    from nnspec.frontend.fixes import fix

    if any(spec.overrides for spec in specs):
        raise click.UsageError("--fix and --diff work on files as they are: leave --set out")
    files = {Path(os.path.abspath(spec.path)) for spec in specs}
    fixed = fix(lambda unsaved: [spec.check(data=data, unsaved=unsaved) for spec in specs], files)
    if not diff:
        for path, text in fixed.after.items():
            mark = "\N{BYTE ORDER MARK}" if path.read_bytes().startswith(codecs.BOM_UTF8) else ""
            write_text(path, mark + text)
    return fixed


def _told(fixed: Fixed, diff: bool) -> Iterator[str]:
    """What was done by file and line, or the difference; then, on standard error, what was not, and why."""
    from nnspec.cli.rewriting import difference

    if diff:
        for path, text in fixed.after.items():
            shown = Path(os.path.relpath(path)) if path.is_relative_to(Path.cwd()) else path
            yield difference(shown, fixed.before[path], text, "fixed")
    else:
        yield from (_change("fixed", one) for one in fixed.done)
    for one in fixed.refused:
        say(_change("not fixed", one) + ": there would be new errors", err=True)
    for one in fixed.elsewhere:
        say(_change("not fixed", one) + ": name this file on the command line to have it changed", err=True)


def _change(verb: str, diagnostic: Diagnostic) -> str:
    done = _done(diagnostic)
    return f"{verb} {printable(str(done['file']))}:{done['line']}  {done['code']}: {done['title']}"


def _done(diagnostic: Diagnostic) -> dict[str, Any]:
    """A fix that was applied; its place is that in the text that the fault was found in."""
    assert diagnostic.fix is not None
    span = diagnostic.fix.edits[0].span
    return {"file": span.file, "line": span.line, "code": diagnostic.code, "title": diagnostic.fix.title}


def _aimed(checked: Checked, target: str | None) -> tuple[Checked, Aimed | None]:
    """What was found, with what a chip or a TPU would refuse of a spec that is fine."""
    import dataclasses

    if target is None or checked.spec is None or not checked.ok:
        return checked, None
    if target in CHIPS:
        from nnspec.frontend.chips import aim

        aimed = aim(checked.spec, target)
        return dataclasses.replace(checked, diagnostics=(*checked.diagnostics, *aimed.diagnostics)), aimed
    from nnspec.frontend.requirements import require

    require(checked.spec, "check --target tpu", "data", "train")
    from nnspec.training.distributed.tpu import refused_by_tpu

    refused = refused_by_tpu(checked.spec)
    return dataclasses.replace(checked, diagnostics=(*checked.diagnostics, *refused)), None


def _lines(spec: SpecFile, checked: Checked, aimed: Aimed | None) -> Iterator[str]:
    from nnspec.report.text.totals import totals

    assert checked.spec is not None
    if checked.ok:
        yield f"{styled('ok', fg='green', bold=True)} {spec.path}  {totals(checked.spec)}"
    if aimed is not None:
        yield str(aimed)


def _data(checked: Checked, aimed: Aimed | None) -> dict[str, Any]:
    """The object of `--json`; a spec that did not come to a network has the same keys, without values."""
    from nnspec.frontend.summary import spec_summary

    nothing = dict.fromkeys(("name", "params", "trainable_params", "macs"))
    return {
        "ok": checked.ok,
        **({**nothing, "layers": [], "outputs": {}} if checked.spec is None else spec_summary(checked.spec)),
        "diagnostics": [diagnostic.as_json() for diagnostic in checked.diagnostics],
        **({} if aimed is None else {"target": aimed.as_json()}),
    }
