"""`nnspec train`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from nnspec.cli.options import QUIET, again, one_spec
from nnspec.cli.output import Answer, width
from nnspec.cli.short_forms import short_forms

if TYPE_CHECKING:
    from nnspec.api import SpecFile
    from nnspec.training.train import RunResult


@click.command("train")
@one_spec
@click.option(
    "--run",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Where to write the run; by default runs/NAME/NUMBER in the current folder.",
)
@click.option(
    "--mirror",
    metavar="ADDRESS",
    help="A folder of a bucket, s3://bucket/run, that the run is copied to as it goes, and resumed from elsewhere.",
)
@click.option("--fresh", is_flag=True, help="Begin a new run, even where one of this spec was interrupted.")
@QUIET
@short_forms
def command(spec: SpecFile, run: Path | None, mirror: str | None, fresh: bool, quiet: bool) -> Answer:
    """Train the network, or resume a training that was interrupted.

    Writes a run folder: the resolved spec, versions and seed, metrics by epoch, the best and the last model,
    TensorBoard logs. Ctrl-C saves and stops; the same command goes on from there, to the same bits.

    \b
    Examples:
      nnspec train specs/lenet.yaml
      nnspec train specs/lenet.yaml --epochs 30 --batch-size 128 --lr 3e-4
      nnspec train specs/lenet.yaml --set params.units=64
      nnspec train specs/lenet.yaml --fresh --run runs/tuned
      nnspec train specs/lenet.yaml --mirror s3://bucket/runs/lenet
    """
    from nnspec.api import train
    from nnspec.cli.tensorflow_startup import start

    start(spec.spec, "train", "data", "train")
    from nnspec.console.progress import make_reporter

    result = train(spec, run=run, resume=not fresh, reporter=make_reporter(quiet), mirror=mirror)
    return Answer({"ok": True, **result.as_json()}, _text(result, again(spec, run)))


def _text(result: RunResult, spec: str) -> str:
    from nnspec.console.formatting import metric, plural
    from nnspec.console.prose import INDENT, filled

    scores = ", ".join(
        f"{name} {metric(value)}" for name, value in result.metrics.items() if isinstance(value, int | float)
    )
    done = f"{plural(result.epochs, 'epoch')}, {plural(result.steps, 'step')}"
    summary = filled(f"{result.run}: {done}, {scores}", width(), INDENT, gap=", ")
    best, kept = result.best, ""
    if (
        best.get("value") is not None and best["epoch"] != result.epochs
    ):  # the numbers above are not those of the weights that count
        kept = f"\nkept: epoch {best['epoch']}, the best by {best['monitor']}, {metric(best['value'])}"
    return f"{summary}{kept}\npage: {result.run / 'report.html'}\nnext: nnspec evaluate {spec}"
