"""`nnspec runs`."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

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
    text, two = runs_table(found, width()), _of_one_network(found, best)
    return Answer({"ok": True, "runs": found}, f"{text}\n\nnext: nnspec compare {shlex.join(two)}" if two else text)


def _of_one_network(found: Sequence[dict[str, Any]], best: bool) -> list[str]:
    """Two runs that are worth comparing: of the network that was trained last the last two, or the best two."""
    by_name: dict[str, list[dict[str, Any]]] = {}
    for run in found:
        by_name.setdefault(run["name"] or "", []).append(run)
    several = [runs for name, runs in by_name.items() if name and len(runs) > 1]
    if not several:
        return []
    runs = max(several, key=lambda one: max(run["started"] or "" for run in one))
    two = runs[:2] if best else sorted(runs, key=lambda run: run["started"] or "")[-2:]
    return [run["run"] for run in two]
