"""What a run folder tells, checked against what a training writes: the one reader of its record, metrics and results.

A run folder may come from a stranger, from another version, or from a disk that was full. What is not as it must be is
left out, and a remark says so; so one damaged run never hides the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nnspec.reading import open_regular, parse_json, read_json
from nnspec.schema_validity import fits

MAX_RECORD = 4 << 20  # bytes
MAX_RESULTS = 64 << 20
MAX_LINE = 1 << 20
MAX_EPOCHS = 100_000
MAX_METRICS = 1_000  # names, of all epochs together
MAX_REMARKS = 20

TEXT = {"type": "string"}
COUNT = {"type": "integer", "minimum": 0}
NUMBER = {"type": ["number", "null"]}
SECONDS = {"type": ["number", "null"], "minimum": 0, "maximum": 1e12}
METRIC = {"anyOf": [NUMBER, {"type": "array", "items": NUMBER}]}  # one of each class is a list
METRICS = {"type": "object", "additionalProperties": METRIC}
COUNTS = {"type": "object", "additionalProperties": COUNT}
BEST = {
    "type": "object",
    "properties": {"monitor": TEXT, "mode": {"enum": ["min", "max"]}, "value": NUMBER, "epoch": COUNT},
}
SEAL = {"type": "object", "required": ["bytes", "sha256"], "properties": {"bytes": COUNT, "sha256": TEXT}}
SCHEMAS: Mapping[str, Mapping[str, Any]] = {
    "record.json": {
        "name": TEXT,
        "status": TEXT,
        "started": TEXT,
        "ended": TEXT,
        "task": TEXT,
        "yes_no": {"type": "array", "items": TEXT},
        "seed": {"type": "integer"},
        "deterministic": {"type": ["boolean", "null"]},
        "platform": TEXT,
        "devices": {"type": "array", "items": TEXT},
        "resumed_from": {"type": ["string", "null"]},
        "weights_sha256": TEXT,
        "spec_sha256": TEXT,
        "monitor": TEXT,
        "monitor_mode": {"enum": ["min", "max"]},
        "best": {"anyOf": [BEST, {"type": "null"}]},
        "metrics": METRICS,
        "params": COUNT,
        "pruned": {"type": ["object", "null"], "properties": {"weights": COUNT, "zeros": COUNT}},
        "teacher": {
            "type": ["object", "null"],
            "properties": {"file": TEXT, "weights_sha256": TEXT, "temperature": NUMBER, "weight": NUMBER},
        },
        "examples": COUNTS,
        "command": {"type": "array", "items": TEXT},
        "versions": {"type": "object", "additionalProperties": TEXT},
        "git": {"type": ["object", "null"], "properties": {"commit": TEXT, "changed": {"type": "boolean"}}},
        "data": {"type": ["object", "null"], "properties": {"files": COUNT, "bytes": COUNT, "sha256": TEXT}},
        "binding": {"type": "object", "additionalProperties": {"type": "object", "additionalProperties": TEXT}},
        "files": {"type": "object", "additionalProperties": SEAL},
        "identity": TEXT,
    },
    "metrics.jsonl": {"epoch": COUNT, "time": TEXT, "seconds": SECONDS, "steps": COUNT, "learning_rate": NUMBER},
}
SHEETS = {
    "labels": {"type": "object", "required": ["accuracy"], "properties": {"accuracy": NUMBER}},
    "tagging": {"type": "object", "required": ["accuracy"], "properties": {"accuracy": NUMBER}},
    "masks": {
        "type": "object",
        "required": ["accuracy", "mean_iou"],
        "properties": {"accuracy": NUMBER, "mean_iou": NUMBER},
    },
    "sequences": {"type": "object", "required": ["label_error_rate"], "properties": {"label_error_rate": NUMBER}},
    "images": {"type": "object"},
    "numbers": {"type": "object"},
}
RESULTS = {
    "type": "object",
    "required": ["part", "examples", "judged"],
    "properties": {
        "part": TEXT,
        "examples": COUNT,
        "judged": COUNT,
        "outputs": {"type": "object", "additionalProperties": {"type": "object", "properties": SHEETS}},
        **SHEETS,
    },
}
EXPORTED = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["path"],
        "properties": {
            "path": TEXT,
            "target": TEXT,
            "ok": {"type": "boolean"},
            "quantize": {"type": ["string", "null"]},
            "bytes": {"type": ["integer", "null"]},
            "latency_ms": NUMBER,
            "metric_before": NUMBER,
            "metric_after": NUMBER,
            "reasons": {"type": "array", "items": TEXT},
            "way": {"type": ["string", "null"]},
        },
    },
}
DATA = {
    "type": "object",
    "required": ["splits", "warnings"],
    "properties": {
        "splits": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "required": ["examples"],
                "properties": {
                    "examples": COUNT,
                    "labels": {"type": "object", "additionalProperties": COUNTS},
                    "lengths": {"type": "object", "additionalProperties": {"type": "object"}},
                },
            },
        },
        "warnings": {"type": "array", "items": TEXT},
        "first_batch": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["picture"],
                "properties": {"picture": TEXT, "label": {"type": ["string", "null"]}},
            },
        },
    },
}
WHOLE = {"results.json": RESULTS, "exported.json": EXPORTED, "data.json": DATA}


def read_record(folder: Path, remarks: list[str]) -> dict[str, Any]:
    """The record of a run, empty where there is none or it cannot be read."""
    found = _read(folder / "record.json", MAX_RECORD, remarks)
    if found is None:
        return {}
    if not isinstance(found, dict):
        remarks.append("record.json is no mapping")
        return {}
    return dict(_known(found, "record.json", remarks))


def read_whole(folder: Path, name: str, remarks: list[str]) -> Any:
    """``results.json``, ``exported.json`` or ``data.json`` of a run; None where it is absent or not as it must be."""
    found = _read(folder / name, MAX_RESULTS, remarks)
    if found is None or fits(found, WHOLE[name], {}):
        return found
    remarks.append(f"{name} is not what nnspec writes, and is left out")
    return None


def read_metrics(folder: Path, remarks: list[str]) -> Iterator[dict[str, Any]]:
    """The lines of ``metrics.jsonl`` that can be read: the number of the epoch, and what was measured in it."""
    names: set[str] = set()
    for number, text in _lines(folder / "metrics.jsonl", remarks):
        try:
            found = parse_json(text.decode("utf-8"))
        except ValueError:
            _remark(remarks, f"line {number} of metrics.jsonl cannot be read")
            continue
        if not isinstance(found, dict):
            _remark(remarks, f"line {number} of metrics.jsonl is no mapping")
            continue
        values = {}
        for name, value in _known(found, "metrics.jsonl", remarks):
            if name not in SCHEMAS["metrics.jsonl"] and not fits(value, METRIC, {}):
                _remark(remarks, f"metrics.jsonl: {name!r} in line {number} is no metric, and is left out")
            elif name in names or len(names) < MAX_METRICS:
                names.add(name)
                values[name] = value
            else:
                _remark(remarks, f"metrics.jsonl has more than {MAX_METRICS:,} metrics; the others are left out")
        yield {"epoch": number, **values}


def _lines(path: Path, remarks: list[str]) -> Iterator[tuple[int, bytes]]:
    """The lines of a file, numbered, empty ones and those that are too long left out."""
    try:
        with open_regular(path) as file:
            for number in range(1, MAX_EPOCHS + 1):
                text = file.readline(MAX_LINE)
                if not text:
                    return
                if len(text) == MAX_LINE:
                    remarks.append(f"line {number} of {path.name} is longer than any epoch's; the rest is not read")
                    return
                if text.strip():
                    yield number, text
            remarks.append(f"{path.name} has more than {MAX_EPOCHS:,} lines; the rest is not read")
    except FileNotFoundError:
        return
    except OSError as error:
        remarks.append(f"{path.name} cannot be read: {error.strerror or error}")


def _known(values: Mapping[str, Any], name: str, remarks: list[str]) -> Iterator[tuple[str, Any]]:
    """What is as nnspec writes it, and what it does not know."""
    for key, value in values.items():
        schema = SCHEMAS[name].get(key)
        if schema is None or fits(value, schema, {}):
            yield key, value
        else:
            _remark(remarks, f"{name}: {key!r} is not what nnspec writes, and is left out")


def _read(path: Path, most: int, remarks: list[str]) -> Any:
    try:
        return read_json(path, most)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        remarks.append(f"{path.name} cannot be read: {getattr(error, 'strerror', None) or error}")
        return None


def _remark(remarks: list[str], text: str) -> None:
    """Adds a remark once, and after many of them no more but that there are more."""
    if text not in remarks and len(remarks) <= MAX_REMARKS:
        remarks.append(text if len(remarks) < MAX_REMARKS else "there is more that cannot be read")
