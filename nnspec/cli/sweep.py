"""`nnspec sweep`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from nnspec.cli.options import one_spec
from nnspec.cli.output import Answer, say, width

if TYPE_CHECKING:
    from nnspec.api import SpecFile
    from nnspec.sweeps.sweep import Sweep


@click.command("sweep")
@one_spec
@click.option(
    "--over",
    "over",
    multiple=True,
    required=True,
    metavar="PATH=VALUES",
    help="A setting and its values: a list, or a range {uniform: [0, 1]}, {log: [1e-5, 1e-2]}, {int: [8, 64]}. "
    "Repeatable.",
)
@click.option("--trials", type=click.IntRange(1), help="Try so many, drawn at random, in place of all combinations.")
@click.option(
    "--search",
    type=click.Choice(["random", "optuna"]),
    help="How `--trials` are chosen: at random, or by Optuna from what the trials before gave.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of the draws; training has the spec's own.")
@click.option("--jobs", "-j", type=click.IntRange(1), default=1, show_default=True, help="Trials at a time.")
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), help="In place of sweeps/NAME/NUMBER.")
@click.option("--fresh", is_flag=True, help="Begin a new sweep, even where this one was interrupted.")
def command(
    spec: SpecFile,
    over: tuple[str, ...],
    trials: int | None,
    search: str | None,
    seed: int,
    jobs: int,
    folder: Path | None,
    fresh: bool,
) -> Answer:
    """Train a spec with many settings, and rank them.

    Each trial is a process and a run folder. Ctrl-C stops all and saves; the same command goes on, and with a larger
    `--trials` extends the sweep. Ends with a table, and a plot where matplotlib is installed.

    \b
    Examples:
      nnspec sweep specs/lenet.yaml --over 'train.optimizer.Adam.learning_rate=[1e-3, 3e-3]'
      nnspec sweep specs/lenet.yaml --over 'data.batch_size=[32, 64]' --over 'train.epochs=[2, 4]' --jobs 2
      nnspec sweep specs/lenet.yaml --over 'train.optimizer.Adam.learning_rate={log: [1e-4, 1e-2]}' --trials 8
    """
    from nnspec.console.formatting import plural
    from nnspec.interactive.measuring import planned
    from nnspec.sweeps.sweep import open_sweep

    if search and not trials:
        raise click.UsageError(f"--search {search} needs --trials")
    plan = planned(spec, over, trials, search, seed)
    sweep = open_sweep(spec.spec.name, plan, folder, fresh)
    say(f"{sweep.folder}: {plural(plan.trials, 'trial')}", err=True)
    sweep.run(jobs, lambda line: say(line, err=True))
    return answer(sweep)


def answer(sweep: Sweep) -> Answer:
    """The table, the plot and the best trial. Exit code 1 where no trial came to an end."""
    from nnspec.report.text.sweep import outcome, sweep_table
    from nnspec.runs.run_folder import RunFolder

    best, data = sweep.ranked()[0], outcome(sweep)
    text = sweep_table(sweep, width())
    if "doubt" in data:
        text += f"\n\nwarning: {data['doubt']}"
    if data["plot"]:
        text += f"\n\nplot: {data['plot']}"
    if best.score is not None:
        text += f"\nnext: nnspec evaluate {RunFolder(best.run).spec} --run {best.run}"
    return Answer(data, text, 0 if best.score is not None else 1)
