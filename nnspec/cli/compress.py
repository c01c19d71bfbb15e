"""`nnspec compress`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nnspec.cli.options import trained_spec
from nnspec.cli.output import Answer, say, width

if TYPE_CHECKING:
    from nnspec.api import SpecFile
    from nnspec.compression.search import Search
    from nnspec.sweeps.sweep import Trial

UNITS = {"": 1, "k": 1e3, "m": 1e6}


class Size(click.ParamType):  # type: ignore[type-arg]
    """A number of bytes: `60KB`, `60k`, `1.5 MB`, `60000`; a K is a thousand."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        text = str(value).strip().lower().removesuffix("b").strip()
        unit = text[-1:] if text[-1:] in ("k", "m") else ""
        try:
            found = float(text.removesuffix(unit)) * UNITS[unit]
        except ValueError:
            found = 0.0
        if not 0 < found < float("inf"):
            self.fail(f"`{value}` is no size: write 60KB, 1.5MB or a number of bytes", param, ctx)
        return found


@click.command("compress")
@trained_spec
@click.option("--target", type=Size(), help="The bytes that the file may have, such as 60KB.")
@click.option(
    "--max-drop",
    type=click.FloatRange(min=0),
    default=0.01,
    show_default=True,
    help="How much worse the metric may become than that of the trained network in float.",
)
@click.option("--latency", type=click.FloatRange(min=0, min_open=True), metavar="MS", help="Median on one thread.")
@click.option("--arena", type=Size(), help="The memory that TensorFlow Lite Micro may take; files are then for it.")
@click.option("--trials", type=click.IntRange(1), default=12, show_default=True, help="How many files to try.")
@click.option("--epochs", type=click.IntRange(3), help="Of what trains on; by default half of the spec's, at least 3.")
@click.option(
    "--width",
    "width_",
    metavar="PATH=VALUES",
    help="A number of the spec that makes the network wider, and what to try: 'params.width={int: [8, 32]}'.",
)
@click.option("--gzip", "compressed", is_flag=True, help="Count files as gzip makes them, and try weights of zero.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the search; training has the spec's own.")
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), help="In place of compressed/NAME/NUMBER.")
@click.option("--fresh", is_flag=True, help="Begin a new search, even where this one was interrupted.")
@click.option("--output", "-o", type=click.Path(path_type=Path), metavar="FILE", help="The spec of the chosen file.")
@click.option("--force", "-f", is_flag=True, help="Write over a spec that exists.")
def command(
    spec: SpecFile,
    run: Path | None,
    target: float | None,
    max_drop: float,
    latency: float | None,
    arena: float | None,
    trials: int,
    epochs: int | None,
    width_: str | None,
    compressed: bool,
    seed: int,
    folder: Path | None,
    fresh: bool,
    output: Path | None,
    force: bool,
) -> Answer:
    """Search for a smaller file of a trained network that loses little.

    Tries ways and their mixtures: rounding after the training and in it, to 8 and 4 bits; channels taken out; learning
    from the trained network; other widths. Each trial is a process, measured on the validation part. The best file
    within the bounds is made again and held against the trained network on the test part. Ctrl-C stops and saves; the
    same command goes on, also with more trials or other bounds. Exit code 5 where no file is within them.

    \b
    Examples:
      nnspec compress specs/lenet.yaml --target 60KB --max-drop 0.01
      nnspec compress specs/lenet.yaml --target 30KB --trials 24 -o small.yaml
      nnspec compress specs/keyword_dscnn.yaml --arena 20KB --width 'params.filters={int: [16, 64]}'
    """
    from nnspec.compression.planning import search_plan
    from nnspec.compression.search import ROOT, Bounds, Search
    from nnspec.console.formatting import plural
    from nnspec.sweeps.sweep import open_search

    if output is not None and output.exists() and not force:
        raise click.UsageError(f"`{output}` exists already: choose another name, or say --force")
    bounds = Bounds(target, max_drop, latency, arena)
    plan, remarks = search_plan(
        spec, run, bounds, trials=trials, width=width_, epochs=epochs, compressed=compressed, seed=seed
    )
    for remark in remarks:
        say(f"note: {remark}", err=True)
    search = open_search(Search, ROOT, spec.spec.name, plan, folder, fresh)
    say(f"{search.folder}: {plural(plan.trials, 'trial')} from {plan.run}", err=True)
    search.run(1, lambda line: say(line, err=True))
    return _answer(search, output)


def _answer(search: Search, output: Path | None) -> Answer:
    """The table and the plot, and where a file is within the bounds its spec and its verdict on the test part."""
    from nnspec.cli.errors import FAILED, GATE
    from nnspec.compression.search import finish, write_chosen
    from nnspec.console.progress import Reporter
    from nnspec.report.pages.harmless import harmless
    from nnspec.report.pages.run_page import record_search
    from nnspec.report.text.compress import outcome, search_table

    data = outcome(search)
    with harmless("the run's page", Reporter()):
        record_search(search)
    text = search_table(search, width()) + (f"\n\nplot: {data['plot']}" if data["plot"] else "")
    text += "".join(f"\nnote: {remark}" for remark in search.remarks)
    chosen = search.chosen()
    if chosen is None:
        none = "no file was measured" if search.base is None else "no file is within the bounds: more --trials may help"
        return Answer({**data, "held_out": None}, f"{text}\n{none}", FAILED if search.base is None else GATE)
    place = write_chosen(search, chosen, output)
    held = finish(search, chosen)
    kept = held["ok"] and held["drop"] <= search.plan.bounds.max_drop
    data |= {"ok": kept, "spec": str(place), "held_out": held}
    return Answer(data, f"{text}\n{_verdict(chosen, held, place, kept)}", 0 if kept else GATE)


def _verdict(chosen: Trial, held: dict[str, Any], place: Path, kept: bool) -> str:
    from nnspec.console.formatting import file_size, metric

    lines = [
        f"chosen: {chosen.run.name}, {file_size(held['bytes'])}: {chosen.monitor} of the {held['part']} part "
        f"{metric(held['float'])} in float, {metric(held['file'])} in the file"
    ]
    if not kept:
        lines.append(f"note: {'; '.join(held['reasons']) or 'that is more than may be lost'}")
    return "\n".join([*lines, f"file: {held['path']}", f"next: nnspec export {place} --run {chosen.measured['run']}"])
