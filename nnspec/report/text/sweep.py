"""A sweep as a table, and as a plot of the score over each setting."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nnspec.console.formatting import metric
from nnspec.console.tables import Column, numbers, table
from nnspec.report.text.figure import figure, saved
from nnspec.sweeps.search_space import Axis
from nnspec.sweeps.sweep import Sweep, Trial


def outcome(sweep: Sweep) -> dict[str, Any]:
    """A sweep as plain values: whether a trial came to an end, the best one, all of them, and the plot, made here.

    Without matplotlib there is no plot.
    """
    best = sweep.ranked()[0]
    try:
        plot = sweep_plot(sweep, sweep.folder / "sweep.png")
    except ModuleNotFoundError:
        plot = None
    return {
        "ok": best.score is not None,
        "sweep": str(sweep.folder),
        "best": best.as_json() if best.score is not None else None,
        "plot": plot and str(plot),
        "trials": [trial.as_json() for trial in sweep.trials],
        **({"doubt": doubt} if (doubt := sweep.doubt()) else {}),
    }


def sweep_table(sweep: Sweep, width: int) -> str:
    """One row a trial, the best first: its values, score, epoch of the score, time, and how it ended."""
    monitor = next((trial.monitor for trial in sweep.trials if trial.monitor), None) or "score"
    names = [_short(axis.path, sweep.plan.axes) for axis in sweep.plan.axes]
    columns = (
        Column("trial", right=True),
        *(Column(name, right=True, yields=True) for name in names),
        *numbers(monitor, "epoch", "seconds"),
        Column(""),
    )
    return table(columns, [_row(trial, sweep.plan.axes) for trial in sweep.ranked()], width)


def _row(trial: Trial, axes: Sequence[Axis]) -> list[str]:
    return [
        trial.run.name,
        *(str(trial.values.get(axis.path, "")) for axis in axes),
        metric(trial.score),
        "" if trial.epoch is None else str(trial.epoch),
        f"{trial.seconds:.0f}",
        trial.message or ("" if trial.state == "complete" else trial.state),
    ]


def _short(path: str, axes: Sequence[Axis]) -> str:
    """The last part of a setting's path, or all of it where another axis ends alike."""
    last = path.rpartition(".")[2]
    return last if sum(axis.path.rpartition(".")[2] == last for axis in axes) == 1 else path


def sweep_plot(sweep: Sweep, path: Path) -> Path | None:
    """Draws the score over each setting, side by side; None where there is nothing to draw.

    Raises:
        ModuleNotFoundError: matplotlib is not installed.
    """
    scored = [trial for trial in sweep.trials if trial.score is not None]
    if not scored:
        return None
    axes = sweep.plan.axes
    drawn = figure(1 + 3.2 * len(axes), 3.4)
    for axis, plot in zip(axes, drawn.subplots(1, len(axes), sharey=True, squeeze=False)[0], strict=True):
        _panel(plot, axis, scored, sweep.ranked()[0])
        plot.set_xlabel(_short(axis.path, axes))
    drawn.axes[0].set_ylabel(scored[0].monitor or "score")
    return saved(drawn, path)


def _panel(plot: Any, axis: Axis, trials: Sequence[Trial], best: Trial) -> None:
    """The values of a list stand one beside the other, those of a range on its scale."""
    places = {trial.number: trial.values[axis.path] for trial in trials}
    if axis.choices:
        names = [str(value) for value in axis.choices]
        plot.set_xticks(range(len(names)), names)
        places = {number: names.index(str(value)) for number, value in places.items()}
    elif axis.scale == "log":
        plot.set_xscale("log")
    plot.scatter(list(places.values()), [trial.score for trial in trials], color="#3b6ea5", alpha=0.8)
    plot.scatter(places[best.number], best.score, color="#c8553d", zorder=3, label=f"best: {best.run.name}")
    plot.margins(x=0.15)
    plot.legend(frameon=False)
    plot.grid(alpha=0.25)
