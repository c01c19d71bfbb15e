"""The runs under a folder, one line each: what `nnspec runs` prints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from nnspec.console.formatting import metric
from nnspec.console.tables import Column, table
from nnspec.report.pages.run_page import best_so_far, duration, metrics, total_seconds
from nnspec.runs.run_folder import RunFolder

MARKS = ("record.json", "checkpoints", ".lock")  # what a run has from its beginning on
COLUMNS = (
    Column("run", yields=True),
    Column("status"),
    Column("started"),
    Column("epochs", right=True),
    Column("time", right=True),
    Column("best", yields=True),
    Column("value", right=True),
    Column("epoch", right=True),
)


def runs_under(folder: Path) -> Iterator[RunFolder]:
    """Every run in a folder, at any depth, in the order of their names, numbers as numbers. A run holds no others."""
    if any((folder / name).exists() for name in MARKS):
        yield RunFolder(folder)
        return
    try:
        paths = list(folder.iterdir())
    except OSError:
        return
    for path in sorted(paths, key=lambda path: (int(path.name) if path.name.isdecimal() else -1, path.name)):
        if path.is_dir() and not path.name.startswith(".") and path.resolve() not in path.absolute().parents:
            yield from runs_under(path)


def described(folder: RunFolder) -> dict[str, Any]:
    """A run as plain values. What cannot be read is left out."""
    record, lines = folder.read_record(), list(metrics(folder, []))
    best = record.get("best") or best_so_far(record, lines)
    best = best if isinstance(best, dict) else {}
    figures = record.get("metrics")
    without = "damaged record" if folder.record.exists() else "not begun"
    seconds = total_seconds(lines)
    return {
        "run": str(folder.path),
        "name": record.get("name"),
        "status": record.get("status", "unknown" if record else without),
        "started": record.get("started"),
        "epochs": len(lines),
        "seconds": None if seconds is None else round(seconds, 1),
        "best": {name: best.get(name) for name in ("monitor", "mode", "value", "epoch")},
        "metrics": figures if isinstance(figures, dict) else {},
    }


def runs_table(found: Sequence[dict[str, Any]], width: int) -> str:
    rows = [
        (
            run["run"],
            run["status"],
            _when(run["started"]),
            str(run["epochs"]),
            "-" if run["seconds"] is None else duration(run["seconds"]),
            run["best"]["monitor"] or "-",
            metric(run["best"]["value"]),
            str(run["best"]["epoch"] or "-"),
        )
        for run in found
    ]
    return table(COLUMNS, rows, width)


def _when(text: str | None) -> str:
    try:
        return f"{datetime.fromisoformat(text).astimezone():%Y-%m-%d %H:%M}" if text else "-"
    except (ValueError, TypeError):
        return "-"
