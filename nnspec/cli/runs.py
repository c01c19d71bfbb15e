"""`nnspec runs`."""

from __future__ import annotations

from pathlib import Path

import click

from nnspec.cli.options import common
from nnspec.cli.output import Answer, width


@click.command("runs")
@click.argument("folder", type=click.Path(path_type=Path), required=False, default=Path("runs"), metavar="[FOLDER]")
@click.option("--best", is_flag=True, help="The best first, by the quantity that chose each run's best model.")
@common
def command(folder: Path, best: bool) -> Answer:
    """List runs: how they stand, and how good they are.

    FOLDER is `runs` in the current folder unless another is named. TensorFlow is not needed.

    \b
    Examples:
      nnspec runs
      nnspec runs runs/lenet --best
      nnspec runs sweeps/lenet --json
    """
    from nnspec.report.text.runs import described, runs_table, runs_under

    if not folder.is_dir():
        raise click.UsageError(f"there is no folder `{folder}`: nothing was trained here, or it was written elsewhere")
    found = [described(run) for run in runs_under(folder)]
    if best:
        known = [run for run in found if run["best"]["value"] is not None]
        known.sort(key=lambda run: run["best"]["value"] * (-1 if run["best"]["mode"] == "max" else 1))
        found = known + [run for run in found if run["best"]["value"] is None]
    if not found:
        return Answer({"ok": True, "runs": []}, f"no run in {folder}\nnext: nnspec train SPEC")
    names = " ".join(run["run"] for run in found[:2])
    text = runs_table(found, width())
    return Answer({"ok": True, "runs": found}, text + (f"\n\nnext: nnspec compare {names}" if len(found) > 1 else ""))
