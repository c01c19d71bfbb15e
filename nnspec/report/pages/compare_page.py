"""Runs side by side: a table, what sets their specs apart, and each metric's curves in one plot, as a page."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any

from nnspec.console.formatting import count, metric
from nnspec.console.tables import Column, numbers, table
from nnspec.frontend.differences import ABSENT, differences
from nnspec.report.pages import run_page
from nnspec.report.pages.html import report_page
from nnspec.report.text.difference import written
from nnspec.runs.record import resolved
from nnspec.runs.run_folder import RunFolder

LONGEST = 80  # characters of a setting
MOST_COLUMNS = 5  # runs that stand side by side; more are rows


def contents(folders: Sequence[RunFolder]) -> dict[str, Any]:
    """Plain values: ``runs`` with totals and scores of each, ``settings`` that differ, ``curves`` by metric."""
    found = [run_page.outline(folder) for folder in folders]
    runs = [_run(folder, run) for folder, run in zip(folders, found, strict=True)]
    epochs = max((len(run["curves"]["epochs"]) for run in found), default=0)
    names = dict.fromkeys(name for run in found for name in run["curves"]["series"])
    return {
        "runs": runs,
        "settings": dict(_settings(folders)),
        "epochs": list(range(1, epochs + 1)),
        "curves": {name: [_padded(run["curves"]["series"].get(name, []), epochs) for run in found] for name in names},
        "remarks": [
            f"{folder.path}: {text}" for folder, run in zip(folders, found, strict=True) for text in run["remarks"]
        ],
    }


def page(found: dict[str, Any]) -> str:
    """What `contents` found, as a page."""
    return report_page(" · ".join(run["run"] for run in found["runs"]), ("compare.js",), found)


def text(found: dict[str, Any], width: int) -> str:
    """The comparison for a terminal."""
    metrics = list(dict.fromkeys(name for run in found["runs"] for name in run["metrics"]))
    if len(found["runs"]) <= MOST_COLUMNS:
        return _joined(_columns(found, metrics, width), [], found)
    heads = [Column("run", yields=True), Column("status"), *numbers("epochs", "best epoch")]
    heads += [Column(name, right=True, yields=True) for name in ("parameters", *metrics)]
    rows = [
        (
            run["run"],
            run["status"],
            count(run["epochs"]),
            count(run["best"]),
            count(run["params"]),
            *(metric(run["metrics"].get(name)) for name in metrics),
        )
        for run in found["runs"]
    ]
    settings = [f"{path}: {' | '.join(values)}" for path, values in found["settings"].items()]
    return _joined(table(heads, rows, width), settings, found)


def _joined(shown: str, settings: list[str], found: dict[str, Any]) -> str:
    remarks = [f"note: {remark}" for remark in found["remarks"]]
    return "\n\n".join(part for part in (shown, "\n".join(settings), "\n".join(remarks)) if part)


def _folder_of(names: Sequence[str]) -> str:
    """The folder that all runs are in, where it need not be said with each."""
    try:
        return os.path.commonpath(names) if len(names) > 1 else ""
    except ValueError:  # of absolute and relative paths
        return ""


def _columns(found: dict[str, Any], metrics: Sequence[str], width: int) -> str:
    """A column for each run, as long as they are few: scores, then the settings that differ."""
    runs = found["runs"]
    names = [run["run"] for run in runs]
    start = _folder_of(names)
    heads = [Column(start or "run", yields=True)]
    heads += [Column(name[len(start) :].lstrip("/") or name, right=True, yields=True) for name in names]
    rows = [
        ("status", *(run["status"] for run in runs)),
        ("epochs", *(count(run["epochs"]) for run in runs)),
        ("best epoch", *(count(run["best"]) for run in runs)),
        ("parameters", *(count(run["params"]) for run in runs)),
        *((name, *(metric(run["metrics"].get(name)) for run in runs)) for name in metrics),
        *((path, *values) for path, values in found["settings"].items()),
    ]
    return table(heads, rows, width)


def _run(folder: RunFolder, found: dict[str, Any]) -> dict[str, Any]:
    """One run's row; its metrics are those of its best epoch, or of its last."""
    curves, best = found["curves"], found["best"]
    at = curves["epochs"].index(best) if best in curves["epochs"] else -1
    scores = {name: values[at] for name, values in curves["series"].items()}
    scores |= dict(run_page.accuracies(found["results"] or {}))
    return {
        "run": str(folder.path),
        "status": found["status"],
        "epochs": len(curves["epochs"]),
        "best": best,
        "params": folder.read_record().get("params"),
        "metrics": scores,
        "files": found["artifacts"],
    }


def _settings(folders: Sequence[RunFolder]) -> Iterator[tuple[str, list[str]]]:
    """Settings of the specs that are not the same in all runs, by dotted path, as YAML's flow style has them."""
    first, *others = [{**resolved(folder), "description": None} for folder in folders]
    found = [dict(differences(first, other)) for other in others]
    for path in dict.fromkeys(path for pairs in found for path in pairs):
        base = next(pairs[path][0] for pairs in found if path in pairs)
        values = [base]
        for pairs in found:
            above = any(path.startswith(f"{other}.") for other in pairs)  # it lacks all of that
            values.append(pairs[path][1] if path in pairs else ABSENT if above else base)
        yield path, [_shown(value) for value in values]


def _shown(value: Any) -> str:
    text = written(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _padded(values: list[float | None], length: int) -> list[float | None]:
    return [*values, *[None] * (length - len(values))]
