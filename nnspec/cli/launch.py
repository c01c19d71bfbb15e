"""`nnspec launch`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nnspec.cli.options import QUIET, again, one_spec
from nnspec.cli.output import Answer, say

if TYPE_CHECKING:
    from nnspec.api import SpecFile
    from nnspec.frontend.spec import Spec


@click.command("launch")
@one_spec
@click.option("--workers", "-w", type=click.IntRange(1), default=2, show_default=True, help="How many processes.")
@click.option("--run", type=click.Path(path_type=Path), metavar="FOLDER", help="The run folder, as of `train`.")
@click.option("--fresh", is_flag=True, help="Begin a new run, even where one of this spec was interrupted.")
@click.option("--restarts", type=click.IntRange(0), default=3, show_default=True, help="How often to restart.")
@click.option("--start", type=float, default=300.0, show_default=True, help="Seconds until a worker's first step.")
@click.option("--stall", type=float, default=120.0, show_default=True, help="Seconds from one step to the next.")
@QUIET
def command(
    spec: SpecFile, workers: int, run: Path | None, fresh: bool, restarts: int, start: float, stall: float, quiet: bool
) -> Answer:
    """Train with several workers of this machine, supervised.

    Starts processes that train one model together (`strategy: multi_worker`), each on its part of every batch. If one
    dies or stands still, all are ended and go on from the last checkpoint. `workers/supervisor.log` in the run folder
    says what died and when. On a cluster, run `nnspec train` on each machine instead: it reads TF_CONFIG, or what Slurm
    sets.

    \b
    Examples:
      nnspec launch specs/lenet.yaml --workers 2
      nnspec launch specs/lenet.yaml --workers 4 --run runs/four --restarts 9
    """
    from nnspec.console.own_python import own_python
    from nnspec.frontend.requirements import require
    from nnspec.runs.errors import Interrupted
    from nnspec.runs.resuming import folder_of
    from nnspec.runs.run_folder import WORKERS, refuse_links
    from nnspec.training.distributed.supervisor import Patience, Workers
    from nnspec.training.interrupts import terminations_interrupt

    found = spec.spec
    require(found, "launch", "data", "train")
    _refuse(found, workers)
    folder = folder_of(found, run, not fresh)
    refuse_links(folder)
    settings = [part for override in spec.overrides for part in ("--set", override)]
    plugins = [part for plugin in spec.plugins for part in ("--plugin", plugin)]
    arguments = ["train", str(spec.path), *settings, "--set", "train.strategy=multi_worker", *plugins]
    team = Workers(
        own_python("nnspec", *arguments, "--run", str(folder), *(["--quiet"] if quiet else [])),
        workers,
        folder / WORKERS,
        Patience(start, stall, restarts),
        lambda line: say(line, err=True),
    )
    try:
        with terminations_interrupt():
            team.run()
    except KeyboardInterrupt:
        raise Interrupted(folder, workers=True) from None
    text = f"log: {folder / WORKERS / 'supervisor.log'}\nnext: nnspec evaluate {again(spec, folder)}"
    return Answer({"ok": True, "run": str(folder), "workers": workers}, text)


def _refuse(spec: Spec, workers: int) -> None:
    """Says what several workers cannot have before any is started. Raises SpecError."""
    from nnspec.frontend.diagnostics import SpecError
    from nnspec.frontend.lints.machines import shared_batch, strategy_restrictions

    together = replace(spec, train=replace(spec.training, strategy="multi_worker"))
    problems = [*shared_batch(together, workers), *(strategy_restrictions(together) if workers > 1 else ())]
    if problems:
        raise SpecError(problems)
