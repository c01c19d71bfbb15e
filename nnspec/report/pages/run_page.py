"""The page of a run, `report.html` in its folder: curves, results, data, diagram, exported files, the record.

It is made of the run folder's files alone, so that it can be written at any time: while the run goes on, after it was
interrupted, and of a run that an older version made.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnspec.compression.ways import said
from nnspec.console.atomic_files import write_text
from nnspec.console.formatting import count, plural, scaled
from nnspec.frontend.diagnostics import SpecError
from nnspec.frontend.spec import Spec
from nnspec.report.pages.diagram import contents as diagram_contents
from nnspec.report.pages.html import report_page
from nnspec.runs.contents import read_metrics, read_whole
from nnspec.runs.run_folder import RunFolder, now
from nnspec.runs.seals import others_told, seal

if TYPE_CHECKING:
    from nnspec.compression.search import Search
    from nnspec.export.artifact import Artifact
    from nnspec.export.benchmark import Row

FILE, EXPORTED = "report.html", "exported.json"
ASIDE = ("epoch", "time", "seconds", "steps", "learning_rate")  # of a line of metrics; the others are metrics
RECORD = ("started", "ended", "task", "seed", "deterministic", "platform", "devices")
MACHINE = ("threads", "instructions", "resumed_from", "weights_sha256")


def write(folder: RunFolder, spec: Spec | None = None) -> Path:
    """Writes the page whole or not at all.

    Args:
        spec: the run's, where it is available; else it is read from the folder, which may take a look at the data.

    Raises:
        OSError: the folder cannot be written.
    """
    path = folder.path / FILE
    write_text(path, page(folder, spec))
    return path


def record_exports(folder: RunFolder, artifacts: Sequence[Mapping[str, Any]], spec: Spec | None = None) -> None:
    """Notes what was exported from a run, in place of what stood under the same paths, and writes the page again.

    Raises:
        OSError: the folder cannot be written.
    """
    known = read_whole(folder.path, EXPORTED, []) or []
    fresh = {artifact["path"] for artifact in artifacts}
    kept = [artifact for artifact in known if artifact["path"] not in fresh and Path(artifact["path"]).exists()]
    write_text(folder.path / EXPORTED, json.dumps([*kept, *artifacts], ensure_ascii=False) + "\n")
    seal(folder, EXPORTED)
    write(folder, spec)


def with_replaced(folder: RunFolder, artifacts: Sequence[Artifact]) -> list[Artifact]:
    """The artifacts, each with a note where a file of another quantization stood in its place."""
    known = read_whole(folder.path, EXPORTED, []) or []
    before = {one["path"]: one.get("quantize") for one in known}
    told = "it replaces the {} file of an export before; `--output FOLDER` keeps both"
    return [
        dataclasses.replace(one, notes=(*one.notes, told.format(old)))
        if (old := before.get(str(one.path))) not in (None, one.quantize)
        else one
        for one in artifacts
    ]


def record_bench(folder: RunFolder, rows: Sequence[Row], spec: Spec | None = None) -> None:
    """Notes every form that was measured, its latency that of the measurement, and writes the page again.

    Raises:
        OSError: the folder cannot be written.
    """
    found = []
    for row in rows:
        if row.artifact is not None:
            quick = {} if row.cost is None else {"latency_ms": row.cost.median_ms}
            found.append(row.artifact.to_json() | quick)
    record_exports(folder, found, spec)


def record_search(search: Search) -> None:
    """Notes on the page of a trained network each file that a search has tried; its metric is of the validation part.

    Raises:
        OSError: the folder cannot be written.
    """
    base, chosen = search.base, search.chosen()
    found = [
        {
            "path": trial.measured["path"],
            "target": "TFLite",
            "way": said(trial.values) + (", chosen" if trial is chosen else ""),
            "bytes": search.size(trial),
            "latency_ms": trial.measured["latency_ms"],
            "metric_before": None if base is None else base.measured["keras"],
            "metric_after": trial.score,
            "ok": not search.over(trial),
            "reasons": [],
        }
        for trial in search.trials
        if trial.measured
    ]
    record_exports(RunFolder(search.plan.setting.run), found, search.plan.setting.spec)


def page(folder: RunFolder, spec: Spec | None = None) -> str:
    found = contents(folder, spec)
    return report_page(
        f"{found['name']} {folder.path.name}", ("dagre.min.js", "diagram.js", "diagram_view.js", "run.js"), found
    )


def contents(folder: RunFolder, spec: Spec | None = None) -> dict[str, Any]:
    """Everything that the page shows, as plain values; ``remarks`` say what is missing or cannot be read."""
    found, record = outline(folder), folder.read_record()
    spec = spec or _spec(folder, found["remarks"])
    return {
        **found,
        "name": str(record.get("name") or (spec.name if spec else folder.path.name)),
        "description": spec.description if spec else "",
        "written": now(),
        "tiles": list(_tiles(record, found, spec)),
        "data": read_whole(folder.path, "data.json", found["remarks"]),
        "diagram": None if spec is None else {**diagram_contents(spec), "totals": _totals(spec)},
        "record": list(_record(record)),
    }


def read_run(folder: RunFolder, remarks: list[str]) -> tuple[dict[str, Any], list[dict[str, Any]], Mapping[str, Any]]:
    """The record of a run, its lines of metrics, and its best epoch; ``remarks`` are told what is left out of them."""
    record = folder.read_record(remarks)
    remarks += others_told(folder, record)
    lines = list(read_metrics(folder.path, remarks))
    return record, lines, record.get("best") or best_so_far(record, lines)


def outline(folder: RunFolder) -> dict[str, Any]:
    """How a run stands and what came of it, without a look at its spec."""
    remarks: list[str] = []
    record, lines, best = read_run(folder, remarks)
    return {
        "folder": str(folder.path),
        "status": record.get("status", "unknown"),
        "curves": curves(lines),
        "seconds": total_seconds(lines),
        "best": best.get("epoch"),
        "monitor": best.get("monitor"),
        "value": best.get("value"),
        "results": read_whole(folder.path, "results.json", remarks),
        "artifacts": read_whole(folder.path, EXPORTED, remarks) or [],
        "remarks": remarks,
    }


def total_seconds(lines: list[dict[str, Any]]) -> float | None:
    """How long the epochs took; None where none says so."""
    seconds = [line["seconds"] for line in lines if isinstance(line.get("seconds"), int | float)]
    return sum(seconds) if seconds else None


def curves(lines: list[dict[str, Any]]) -> dict[str, Any]:
    """Columns by epoch: ``epochs``, ``series`` by metric, and where known ``learning_rate`` and ``step_ms``."""
    names = dict.fromkeys(name for line in lines for name in line if name not in ASIDE)
    series = {name: [_number(line.get(name)) for line in lines] for name in names}
    rates = [_number(line.get("learning_rate")) for line in lines]
    times = list(_step_times(lines))
    return {
        "epochs": [line["epoch"] for line in lines],
        "series": {name: values for name, values in series.items() if any(value is not None for value in values)},
        "learning_rate": rates if any(rates) else None,
        "step_ms": times if any(times) else None,
    }


def _step_times(lines: list[dict[str, Any]]) -> Iterator[float | None]:
    """Milliseconds a step by epoch, validation and all."""
    before = 0
    for line in lines:
        seconds, steps = line.get("seconds"), int(line.get("steps") or 0) - before
        before += steps
        yield _number(1000 * seconds / steps) if isinstance(seconds, int | float) and steps > 0 else None


def _number(value: Any) -> float | None:
    """Six digits are more than a plot can show. What is no number (nan was written as null) leaves a gap."""
    return float(f"{value:.6g}") if isinstance(value, int | float) and abs(value) < float("inf") else None


def best_so_far(record: Mapping[str, Any], lines: list[dict[str, Any]]) -> dict[str, Any]:
    """The best epoch so far, of a run that has not said it itself."""
    name, mode = record.get("monitor") or "val_loss", record.get("monitor_mode", "min")
    scored = [(line[name], line["epoch"]) for line in lines if isinstance(line.get(name), int | float)]
    if not scored:
        return {}
    value, epoch = (max if mode == "max" else min)(scored, key=lambda pair: pair[0])
    return {"monitor": name, "value": value, "epoch": epoch}


def _tiles(record: Mapping[str, Any], found: Mapping[str, Any], spec: Spec | None) -> Iterator[tuple[str, Any]]:
    yield "epochs", len(found["curves"]["epochs"])
    if found["value"] is not None:
        yield f"best {found['monitor']}, epoch {found['best']}", found["value"]
    yield from accuracies(found["results"] or {})
    if spec is not None and spec.param_count is not None:
        yield "parameters", scaled(spec.param_count)
    if found["seconds"] is not None:
        yield "training time", duration(found["seconds"])
    for part, examples in (record.get("examples") or {}).items():
        yield f"{part} examples", examples


def accuracies(results: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """What of a run's results is a share of right or wrong answers, with its part of the data and its output."""
    outputs = results.get("outputs") or {"": results}
    for output, judged in outputs.items():
        if "sequences" in judged:
            of = f" of {output}" if output else ""
            yield f"label error rate{of} on {results['part']}", judged["sequences"]["label_error_rate"]
        for name in ("labels", "several", "tagging", "masks"):
            if name in judged:
                of = f" of {output}" if output else ""
                yield f"accuracy{of} on {results['part']}", judged[name]["accuracy"]
                if name == "masks":
                    yield f"mean IoU{of} on {results['part']}", judged[name]["mean_iou"]


def duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s"


def _totals(spec: Spec) -> str:
    layers = plural(len(spec.graph.layers), "layer")
    return f"{layers}, {count(spec.param_count)} parameters, {scaled(spec.macs)} multiply-adds"


def _record(record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What it takes to repeat the run, as names and texts."""
    if command := record.get("command"):
        yield "command", " ".join([Path(str(command[0])).name, *map(str, command[1:])])
    for name in (*RECORD, *MACHINE):
        if record.get(name) is not None:
            yield name.replace("_", " "), _text(record[name])
    for package, version in (record.get("versions") or {}).items():
        yield package, str(version)
    if git := record.get("git"):
        yield "git", f"{git.get('commit')}{', with changes' if git.get('changed') else ''}"
    if record.get("spec_sha256"):
        yield "spec", str(record["spec_sha256"])
    if data := record.get("data"):
        yield "data", f"{plural(data.get('files', 0), 'file')}, {data.get('bytes', 0):,} bytes, {data.get('sha256')}"


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, str) and len(value) > 18 and value[10:11] == "T":
        with suppress(ValueError):  # it only looks like a time
            return f"{datetime.fromisoformat(value):%Y-%m-%d %H:%M:%S} UTC"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _spec(folder: RunFolder, remarks: list[str]) -> Spec | None:
    """The run's spec, unless this version of nnspec cannot read it."""
    from nnspec.frontend.pipeline import load

    if not folder.spec.is_file():
        remarks.append("the folder holds no spec.yaml")
        return None
    try:
        return load(folder.spec)
    except SpecError as error:
        remarks.append(f"spec.yaml cannot be read by this version of nnspec: {error.diagnostics[0].message}")
        return None
