"""Run folders written by hand, as a training leaves them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from nnspec.runs.run_folder import RunFolder

SPEC = """\
nnspec: 1
name: tiny
description: A <b>small</b> network.
inputs: {x: [4]}
layers: [{Dense: {units: 8, activation: relu}}, {Dense: {units: 3, activation: softmax}}]
"""
RECORD = {
    "name": "tiny",
    "status": "complete",
    "command": ["/somewhere/bin/nnspec", "train", "tiny.yaml"],
    "started": "2026-01-02T03:04:05+00:00",
    "monitor": "val_loss",
    "examples": {"train": 80, "validation": 20},
    "best": {"monitor": "val_loss", "mode": "min", "value": 0.5, "epoch": 2},
    "params": 67,
    "seed": 1,
}


def run_folder(path: Path, epochs: int = 3, **files: Any) -> RunFolder:
    """A run of so many epochs; ``files`` are further JSON files by stem, or ``record`` to change entries of it."""
    path.mkdir(parents=True)
    folder = RunFolder(path)
    folder.spec.write_text(SPEC, encoding="utf-8")
    folder.write_record({**RECORD, **files.pop("record", {})})
    for epoch in range(1, epochs + 1):
        line = {"epoch": epoch, "time": "2026-01-02T03:04:05+00:00", "seconds": 2.0, "steps": 10 * epoch}
        folder.append_metrics(
            {**line, "learning_rate": 0.1 / epoch, "loss": 1 / epoch, "val_loss": 0.5 + abs(epoch - 2)}
        )
    for name, value in files.items():
        (path / f"{name}.json").write_text(json.dumps(value), encoding="utf-8")
    return folder


def labels(classes: list[str], text: str = "some example") -> dict[str, Any]:
    """Results of a classification in which each class is now and then taken for the next."""
    count = len(classes)
    mistake = {
        "text": text,
        "picture": None,
        "true": classes[0],
        "predicted": classes[-1],
        "of_true": 0.1,
        "of_predicted": 0.8,
    }
    return {
        "part": "test",
        "examples": 10 * count,
        "judged": 10 * count,
        "labels": {
            "accuracy": 0.9,
            "classes": [{"label": name, "precision": 0.9, "recall": 0.9, "f1": 0.9, "support": 10} for name in classes],
            "matrix": [
                [9 if row == column else int(column == row + 1) for column in range(count)] for row in range(count)
            ]
            if count <= 60
            else None,
            "confused": [{"true": classes[0], "predicted": classes[-1], "count": 1}],
            "confident": [mistake],
            "worst": [mistake],
        },
    }
