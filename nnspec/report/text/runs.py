"""The runs under a folder, one line each: what `nnspec runs` prints."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from nnspec.console.formatting import metric
from nnspec.console.tables import Column, numbers, table
from nnspec.report.pages.run_page import duration, read_run, total_seconds
from nnspec.runs.run_folder import RunFolder

MARKS = ("record.json", "checkpoints", ".lock")  # what a run has from its beginning on
COLUMNS = (
    Column("run", yields=True),
    Column("status"),
    Column("started"),
    *numbers("epochs", "time"),
    Column("best", yields=True),
    *numbers("value", "epoch"),
)


def runs_under(folder: Path) -> Iterator[RunFolder]:
    """Every run in a folder, at any depth, in the order of their names, numbers as numbers. A run holds no others."""
    seen: set[tuple[int, int]] = set()  # of links and folders that lead to one place the first counts
    waiting = [folder]
    while waiting:
        at = waiting.pop()
        with suppress(OSError):
            found = os.stat(at)
            place = found.st_dev, found.st_ino
            if place in seen:
                continue
            seen.add(place)
            if any(os.path.lexists(at / name) for name in MARKS):
                yield RunFolder(at)
            else:
                waiting += sorted(_folders(at), key=_in_order, reverse=True)


def _folders(folder: Path) -> list[Path]:
    return [folder / entry.name for entry in os.scandir(folder) if entry.is_dir() and not entry.name.startswith(".")]


def _in_order(path: Path) -> tuple[int, str]:
    name = path.name
    return int(name) if name.isascii() and name.isdecimal() else -1, name


def described(folder: RunFolder) -> dict[str, Any]:
    """A run as plain values. What cannot be read is left out, and ``remarks`` say what that was."""
    remarks: list[str] = []
    record, lines, best = read_run(folder, remarks)
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
        "metrics": record.get("metrics", {}),
        "remarks": remarks,
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
    except (ValueError, OverflowError):  # a year that no local time has
        return "-"
