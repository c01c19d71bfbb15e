"""A search for a smaller file as a table, and as a plot of what each file is worth over its size."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nnspec.compression.search import Search
from nnspec.compression.ways import ROUNDING, SHARE, TEACHER, ZEROS
from nnspec.console.formatting import file_size, latency, metric
from nnspec.console.tables import Column, numbers, table
from nnspec.report.text.figure import figure, saved
from nnspec.sweeps.sweep import Trial

TITLES = {ROUNDING: "rounding", SHARE: "macs", TEACHER: "teacher", ZEROS: "zeros"}


def outcome(search: Search) -> dict[str, Any]:
    """A search as plain values: the chosen trial, the front, all of them, and the plot, which is made here.

    Without matplotlib there is no plot.
    """
    try:
        plot = search_plot(search, search.folder / "compress.png")
    except ModuleNotFoundError:
        plot = None
    chosen, front = search.chosen(), search.front()
    return {
        "ok": chosen is not None,
        "folder": str(search.folder),
        "chosen": None if chosen is None else chosen.number,
        "front": [trial.number for trial in front],
        "remarks": search.remarks,
        "plot": plot and str(plot),
        "trials": [_plain(search, trial) for trial in search.trials],
    }


def _plain(search: Search, trial: Trial) -> dict[str, Any]:
    if not trial.measured:
        return trial.as_json()
    return {**trial.as_json(), "drop": search.drop(trial), "over": search.over(trial)}


def search_table(search: Search, width: int) -> str:
    """One row a trial, the smallest file first; those of which no other is smaller and better are marked."""
    monitor = next((trial.monitor for trial in search.trials if trial.monitor), None) or "metric"
    paths = [axis.path for axis in search.plan.axes]
    gzip, arena = ["gzip"] * search.plan.compressed, ["arena"] * search.plan.micro
    columns = (
        Column("trial", right=True),
        *(Column(TITLES.get(path, path.rpartition(".")[2]), right=path != ROUNDING) for path in paths),
        *numbers("size", *gzip, "latency", *arena, monitor, "drop"),
        Column("", yields=True),
    )
    measured = sorted((trial for trial in search.trials if trial.measured), key=search.size)
    rest = [trial for trial in search.trials if not trial.measured]
    return table(columns, [_row(search, trial, paths) for trial in (*measured, *rest)], width)


def _row(search: Search, trial: Trial, paths: list[str]) -> list[str]:
    ways = [_way(path, trial.values.get(path)) for path in paths]
    found, extra = trial.measured, int(search.plan.compressed) + int(search.plan.micro)
    if not found:
        return [trial.run.name, *ways, *["-"] * (4 + extra), trial.message or trial.state]
    return [
        trial.run.name,
        *ways,
        file_size(found["bytes"]),
        *([file_size(found["gzip"])] if search.plan.compressed else []),
        latency(found["latency_ms"]),
        *(["-" if found["arena"] is None else f"{found['arena']:,}"] if search.plan.micro else []),
        metric(trial.score),
        "-" if trial.score is None else f"{search.drop(trial):+.4f}",
        _verdict(search, trial),
    ]


def _way(path: str, value: Any) -> str:
    if path == SHARE:
        return f"{value:.0%}"
    if path == TEACHER:
        return "yes" if value else ""
    return ("" if not value else f"{value:.0%}") if path == ZEROS else str(value)


def _verdict(search: Search, trial: Trial) -> str:
    chosen = search.chosen()
    if chosen is not None and chosen.number == trial.number:
        return "chosen"
    over = ", ".join(search.over(trial))
    front = any(trial.number == other.number for other in search.front())
    return ", ".join(part for part in ("on the front" if front else "", over) if part)


def search_plot(search: Search, path: Path) -> Path | None:
    """Draws what each file is worth over its size, the front as a line; None where there is nothing to draw.

    Raises:
        ModuleNotFoundError: matplotlib is not installed.
    """
    shown = [trial for trial in search.trials if trial.measured and trial.score is not None]
    if not shown:
        return None
    drawn = figure(7, 4.2)
    plot = drawn.subplots()
    for sound, marker, colour, label in ((True, "o", "#3b6ea5", "passed"), (False, "X", "#9a9a9a", "refused")):
        points = [trial for trial in shown if trial.measured["ok"] is sound]
        if points:
            plot.scatter(
                [search.size(trial) / 1000 for trial in points],
                [trial.score for trial in points],
                color=colour,
                marker=marker,
                label=label,
                zorder=3,
            )
    _bounds(plot, search)
    for trial in shown:
        text = f"{trial.run.name} {trial.values[ROUNDING]}"
        place = (search.size(trial) / 1000, trial.score)
        plot.annotate(text, place, (6, 4), textcoords="offset points", fontsize=7, color="#555")
    plot.set_xscale("log")
    plot.xaxis.set_major_formatter("{x:g}")
    plot.xaxis.set_minor_formatter("{x:g}")
    plot.xaxis.set_tick_params(which="both", labelsize=8)
    plot.set_xlabel("size by gzip, kB" if search.plan.compressed else "size, kB")
    plot.set_ylabel(f"{shown[0].monitor}, validation part")
    plot.margins(0.15)
    plot.grid(alpha=0.25, which="both")
    plot.legend(frameon=False, fontsize=8)
    return saved(drawn, path)


def _bounds(plot: Any, search: Search) -> None:
    """The front, what is wanted of size and metric, and the chosen file."""
    front = search.front()
    plot.plot(
        [search.size(trial) / 1000 for trial in front], [trial.score for trial in front], color="#3b6ea5", alpha=0.5
    )
    bounds, base = search.plan.bounds, search.base
    if bounds.target is not None:
        plot.axvline(bounds.target / 1000, color="#c8553d", linestyle=":", linewidth=1)
    if base is not None:
        least = base.measured["keras"] - bounds.max_drop * (1 if search.rises else -1)
        plot.axhline(least, color="#c8553d", linestyle=":", linewidth=1)
    chosen = search.chosen()
    if chosen is not None:
        plot.scatter(search.size(chosen) / 1000, chosen.score, color="#c8553d", zorder=4, label="chosen")
