"""`nnspec export`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from nnspec.catalog.targets import TARGETS, Wanted
from nnspec.cli.options import QUIET, again, trained_spec
from nnspec.cli.output import Answer, width

if TYPE_CHECKING:
    from nnspec.api import SpecFile
    from nnspec.export.artifact import Artifact
    from nnspec.layers.types import KindValue

NAMES = [re.sub("(?<=[a-z])(?=[A-Z])", "_", kind).lower() for kind in TARGETS]  # SavedModel: saved_model


@click.command("export")
@trained_spec
@QUIET
@click.option(
    "--target",
    "-t",
    "wanted",
    multiple=True,
    type=click.STRING,
    shell_complete=lambda _context, _option, begun: [name for name in NAMES if name.startswith(begun.lower())],
    metavar=f"[{'|'.join(NAMES)}]",
    help="Make this target, or one that a package of the spec brings, in place of those of the spec. Repeatable.",
)
@click.option(
    "--quantize",
    type=click.Choice(get_args(Wanted)),
    help="How TFLite files and pages are quantized, in place of what the spec says.",
)
@click.option(
    "--errors", is_flag=True, help="Report the error of each layer of a quantized file, which a refused one always has."
)
@click.option(
    "--bundle",
    is_flag=True,
    help="Make of each TFLite file a folder for an app too: model, labels, vocabulary, golden answers, code.",
)
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Where to write; by default `export` in the run's folder.",
)
def command(
    spec: SpecFile,
    run: Path | None,
    quiet: bool,
    wanted: tuple[str, ...],
    quantize: str | None,
    errors: bool,
    bundle: bool,
    output: Path | None,
) -> Answer:
    """Write a trained network for phones and servers, run it and compare.

    Each file is run after it is written: its outputs against Keras's, the task's metric before and after, its size
    against the budget. One that fails is named so, and the exit code is 5. In place of a spec stands the folder of a
    run, or the file of a Keras model, which becomes a run: `--data` gives it examples to calibrate and judge by.

    \b
    Examples:
      nnspec export specs/lenet.yaml
      nnspec export specs/lenet.yaml --target tflite --quantize dynamic
      nnspec export specs/lenet.yaml --quantize auto --errors
      nnspec export specs/lenet.yaml --target web
      nnspec export specs/lenet.yaml --bundle
      nnspec export specs/lenet.yaml --run runs/lenet/3 --output build
      nnspec export model.h5 --data specs/lenet.yaml --target tflite
    """
    from nnspec.api import export
    from nnspec.cli.errors import GATE
    from nnspec.cli.tensorflow_startup import start_trained
    from nnspec.export.errors import ExportError
    from nnspec.export.run import choose_targets
    from nnspec.report.text.artifacts import artifact_table

    found = spec.spec
    try:
        chosen = choose_targets(found, wanted or None)
    except ExportError as error:
        raise click.BadParameter(f"{error.message}; {error.hint}", param_hint="'--target'") from None
    if quantize is not None and chosen and not any(TARGETS[target.kind].holds_tflite for target in chosen):
        raise click.UsageError(f"--quantize is for TFLite files and pages, and not for {chosen[0].kind}")
    targets = [quantized(target, quantize) for target in chosen]
    start_trained(found, "export", run=run)
    from nnspec.console.progress import make_reporter

    artifacts = export(
        found, run=run, targets=targets, out=output, bundle=bundle, errors=errors, reporter=make_reporter(quiet)
    )
    passed = all(artifact.ok for artifact in artifacts)
    data = {"ok": passed, "artifacts": [artifact.to_json() for artifact in artifacts]}
    text = artifact_table(artifacts, width())
    if passed:
        text += f"\n\nnext: {_next(again(spec, run), artifacts)}"
    return Answer(data, text, 0 if passed else GATE)


def _next(spec: str, artifacts: Sequence[Artifact]) -> str:
    bundle = next((artifact.bundle for artifact in artifacts if artifact.bundle), None)
    page = next((artifact.path for artifact in artifacts if TARGETS[artifact.target].is_page), None)
    if bundle:
        return f"nnspec verify {bundle}"
    return f"python -m http.server --bind 127.0.0.1 --directory {page}" if page else f"nnspec predict {spec} INPUT"


def quantized(target: KindValue, quantize: str | None) -> KindValue:
    """The target with another quantization, if it has any."""
    from nnspec.layers.types import KindValue

    if quantize is None or not TARGETS[target.kind].holds_tflite:
        return target
    return KindValue(target.kind, {**target.args, "quantize": quantize})
