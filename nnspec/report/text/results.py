"""What a network does beyond one number, as text: its classes, their confusion, how far to trust it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nnspec.console.formatting import count, metric
from nnspec.console.tables import Column, numbers, shortened, table

MOST_CLASSES = 40  # that a table lists; of more, those with the lowest F1
NARROW = 7  # columns of a terminal that a class of the confusion takes
PAIRS = 8


def results_text(results: Mapping[str, Any], width: int) -> list[str]:
    """The parts of a report, for each output that chooses among classes."""
    outputs = results.get("outputs") or {"": results}
    parts: list[str] = []
    for name, found in outputs.items():
        for sheet in ("labels", "several", "masks"):
            if sheet in found:
                parts += [f"{name}:"] if name else []
                parts += _classes(found[sheet], width)
    return parts


def _classes(found: Mapping[str, Any], width: int) -> Iterator[str]:
    classes = found["classes"]
    yield _table(classes, width)
    if len(classes) > 1 and (found.get("matrix") or "confused" in found):
        yield _confusion(classes, found.get("matrix"), found.get("confused") or [], width)
    if lines := list(_trust(found)):
        yield "\n".join(lines)


def _table(classes: Sequence[Mapping[str, Any]], width: int) -> str:
    shown = classes
    if len(classes) > MOST_CLASSES:
        there = [one for one in classes if one["support"]]
        shown = sorted(there, key=lambda one: one["f1"] or 0.0)[:MOST_CLASSES]
    scores = [
        name
        for name in ("precision", "recall", "f1", "iou", "roc_auc", "average_precision", "threshold")
        if any(one.get(name) is not None for one in classes)
    ]
    heads = {"roc_auc": "ROC AUC", "average_precision": "avg prec", "threshold": "best above", "f1": "F1", "iou": "IoU"}
    columns = [Column("class", yields=True), *numbers(*(heads.get(name, name) for name in scores), "examples")]
    rows = [(one["label"], *(metric(one.get(name)) for name in scores), count(one["support"])) for one in shown]
    more = f"\nthe {len(shown)} of {len(classes):,} classes with the lowest F1, of those that have examples"
    more = more if shown is not classes else ""
    return table(columns, rows, width) + more


def _confusion(classes: Sequence[Mapping[str, Any]], matrix: Any, confused: Any, width: int) -> str:
    """The matrix where it fits; else the pairs that are mistaken most often."""
    names = [str(one["label"]) for one in classes]
    if matrix and len(names) * (NARROW + 2) + 14 <= width:
        columns = [Column("true \\ said", yields=True), *(Column(name, right=True, yields=True) for name in names)]
        counts = [[f"{value:,}" if value else "·" for value in row] for row in matrix]
        return table(columns, [(name, *row) for name, row in zip(names, counts, strict=True)], width)
    pairs = [f"{one['true']} as {one['predicted']} ({one['count']:,})" for one in confused[:PAIRS]]
    return f"mistaken most often: {', '.join(pairs)}" if pairs else "none is mistaken"


def _trust(found: Mapping[str, Any]) -> Iterator[str]:
    question = found.get("yes_or_no")
    if question:
        label = shortened(str(found["classes"][1]["label"]), 20)
        areas = f"ROC AUC {metric(question['roc_auc'])}, average precision {metric(question['average_precision'])}"
        yield f"{label}, yes or no: {areas}"
        yield f"best threshold {question['threshold']:.3f}, with F1 {metric(question['f1'])}"
    if calibration := found.get("calibration"):
        bins = calibration["bins"]
        if "exact" in found:
            yield f"all labels of {found['exact']:.1%} of the examples are right"
        sure = sum(one["confidence"] * one["count"] for one in bins) / max(sum(one["count"] for one in bins), 1)
        yield f"calibration: off by {calibration['error']:.1%}; {sure:.1%} sure, {found['accuracy']:.1%} right"
