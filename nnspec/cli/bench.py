"""`nnspec bench`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from nnspec.cli.options import QUIET, again, trained_spec
from nnspec.cli.output import Answer, width

if TYPE_CHECKING:
    from nnspec.api import SpecFile

ENDINGS = (".png", ".svg", ".pdf")


def _drawable(context: click.Context, parameter: click.Parameter, path: Path | None) -> Path | None:
    """The path, refused before minutes of measuring where nothing can be drawn there."""
    if path is not None and path.suffix.lower() not in ENDINGS:
        raise click.BadParameter(f"{path.name} ends in none of {', '.join(ENDINGS)}")
    if path is not None and not path.parent.is_dir():
        raise click.BadParameter(f"there is no folder `{path.parent}`")
    return path


@click.command("bench")
@trained_spec
@QUIET
@click.option("--all", "everything", is_flag=True, help="Make TFLite files in every quantization.")
@click.option(
    "--plot",
    type=click.Path(path_type=Path, dir_okay=False),
    callback=_drawable,
    help="Where to draw size against latency: .png, .svg or .pdf; by default bench.png in the run's folder.",
)
def command(spec: SpecFile, run: Path | None, quiet: bool, everything: bool, plot: Path | None) -> Answer:
    """Measure every form of a network: size, latency, memory, metric.

    Each target of the spec is made again in the run's `bench` folder, gated as `export` does, and run in a process of
    its own: operations, median and 95th percentile of the latency on one thread, the median on all, memory at the
    peak, and the task's metric. Exit code 5 where one failed, is wrong, or is over the budget's `tflite_bytes`,
    `saved_model_bytes`, `latency_ms` or `memory_bytes`; with --all only where none is within it.

    \b
    Examples:
      nnspec bench specs/lenet.yaml
      nnspec bench specs/lenet.yaml --all --plot lenet.svg
      nnspec bench specs/bilstm_ner.yaml --all --json
    """
    from nnspec.cli.errors import GATE
    from nnspec.cli.output import say
    from nnspec.cli.tensorflow_startup import start_trained
    from nnspec.export.benchmark import bench, every_quantization
    from nnspec.layers.types import KindValue
    from nnspec.report.text.benchmark import STATES, bench_table
    from nnspec.runs.run_folder import latest_run

    found = spec.spec
    targets = found.export or (KindValue("TFLite", {}),)
    start_trained(found, "bench", run=run)
    from nnspec.console.progress import Reporter, make_reporter
    from nnspec.report.pages.harmless import harmless
    from nnspec.report.pages.run_page import record_bench

    rows = bench(
        found,
        run,
        every_quantization(targets) if everything else targets,
        make_reporter(quiet),
        (lambda row: None) if quiet else (lambda row: say(f"{row.name}: {STATES[row.state]}", err=True)),
    )
    folder = latest_run(found.name, run)
    with harmless("the run's page", Reporter()):
        record_bench(folder, rows, found)
    drawn = _drawn(rows, plot or folder.path / "bench.png", asked=plot is not None)
    ok = any(row.ok for row in rows) if everything else all(row.ok for row in rows)
    data = {"ok": ok, "rows": [row.as_json() for row in rows], "plot": drawn and str(drawn)}
    text = bench_table(rows, width()) + (f"\n\nplot: {drawn}" if drawn else "")
    return Answer(data, text + f"\nnext: nnspec export {again(spec, run)} --bundle", 0 if ok else GATE)


def _drawn(rows: list, path: Path, *, asked: bool) -> Path | None:  # type: ignore[type-arg]
    """The plot; nothing where matplotlib is not installed and none was asked for."""
    from nnspec.report.text.benchmark import bench_plot

    try:
        return bench_plot(rows, path)
    except ModuleNotFoundError as error:
        if asked:
            raise click.ClickException('a plot needs matplotlib: pip install "nnspec[plots]"') from error
        return None
