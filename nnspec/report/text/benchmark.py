"""The forms of a network as a table, and as a plot of size against latency, coloured by what each is still worth."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnspec.console.formatting import file_size, latency, metric
from nnspec.console.tables import Column, numbers, table
from nnspec.report.text.figure import figure, saved

if TYPE_CHECKING:
    from nnspec.export.benchmark import Row

STATES = {"passed": "passed", "wrong": "exported, but wrong", "failed": "failed"}
MARKERS = {"passed": "o", "wrong": "X"}


def bench_table(rows: Sequence[Row], width: int) -> str:
    """One row a form; below the table why those that did not pass did not."""
    threads = next((row.cost.threads for row in rows if row.cost), 1)
    columns = (
        Column("target", yields=True),
        Column("quantize"),
        *numbers("size", "ops", "median", "p95", f"{threads} threads", "memory", "metric"),
        Column("state"),
    )
    lines = [table(columns, [_row(row) for row in rows], width)]
    before = next((row.artifact.metric_before for row in rows if row.artifact), None)
    if before is not None:
        lines.append(f"Keras itself: {metric(before)}")
    for row in rows:
        lines += [f"{row.name}: {text}" for text in (*row.reasons[:3], *row.over)]
    return "\n".join(lines)


def _row(row: Row) -> tuple[str, ...]:
    artifact, cost = row.artifact, row.cost
    state = STATES[row.state] + (", over budget" if row.over else "")
    if artifact is None:
        return (row.name, *("-" * 8), state)  # what it was to be
    quick = (latency(artifact.latency_ms), "-", "-", "-")
    if cost is not None:
        quick = (latency(cost.median_ms), latency(cost.p95_ms), latency(cost.all_median_ms), file_size(cost.memory))
    ops = str(sum(artifact.ops.values())) if artifact.ops else "-"
    return (
        artifact.target,
        artifact.quantize,
        file_size(artifact.bytes),
        ops,
        *quick,
        metric(artifact.metric_after),
        state,
    )


def bench_plot(rows: Sequence[Row], path: Path) -> Path | None:
    """Draws size against median latency, a point a TFLite file; None where there are none.

    Raises:
        ModuleNotFoundError: matplotlib is not installed.
    """
    shown = [row for row in rows if row.artifact and row.cost]
    if not shown:
        return None
    drawn = figure(7, 4.2)
    plot = drawn.subplots()
    for state, marker in MARKERS.items():
        points = [row for row in shown if row.state == state]
        if points:
            _points(plot, points, marker, STATES[state])
    plot.set_xscale("log")
    plot.set_yscale("log")
    for axis in (plot.xaxis, plot.yaxis):
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter("{x:g}")
        axis.set_tick_params(which="both", labelsize=8)
    plot.set_xlabel("size, kB")
    plot.set_ylabel("median latency on one thread, ms")
    plot.margins(0.2)
    plot.grid(alpha=0.25, which="both")
    plot.legend(frameon=False)
    return saved(drawn, path)


def _points(plot: Any, rows: Sequence[Row], marker: str, label: str) -> None:
    sizes = [row.artifact.bytes / 1000 for row in rows if row.artifact]
    times = [row.cost.median_ms for row in rows if row.cost]
    colour = "#3b6ea5" if marker == "o" else "#c8553d"
    plot.scatter(sizes, times, color=colour, marker=marker, label=label, zorder=3)
    for row, size, time in zip(rows, sizes, times, strict=True):
        assert row.artifact is not None
        worth = "" if row.artifact.metric_after is None else f"\n{metric(row.artifact.metric_after)}"
        plot.annotate(
            row.artifact.quantize + worth, (size, time), (6, 4), textcoords="offset points", fontsize=8, color="#555"
        )
