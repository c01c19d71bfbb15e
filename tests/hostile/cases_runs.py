"""Run folders of strangers: every file of one may be cut, of another type, another kind of file, or very large."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from harness import LAYERS, Case, Command, Place

EPOCH = {"epoch": 1, "time": "2026-01-02T03:04:05+00:00", "seconds": 1.5, "steps": 8, "learning_rate": 0.1, "loss": 0.5}
RECORD = {
    "name": "net",
    "status": "complete",
    "started": "2026-01-02T03:04:05+00:00",
    "best": {"monitor": "loss", "mode": "min", "value": 0.5, "epoch": 1},
    "metrics": {"loss": 0.5},
    "params": 10,
    "examples": {"train": 8},
    "command": ["nnspec", "train"],
    "versions": {"keras": "3.15.1"},
    "git": {"commit": "abc", "changed": False},
    "data": {"files": 1, "bytes": 10, "sha256": "abc"},
}
FILES = {
    "record.json": json.dumps(RECORD),
    "metrics.jsonl": json.dumps(EPOCH) + "\n",
    "spec.yaml": LAYERS + "  - Dense: 1\n",
    "results.json": json.dumps({"part": "test", "examples": 8, "judged": 8, "labels": {"accuracy": 0.5}}),
    "exported.json": json.dumps([{"path": "a.tflite", "target": "TFLite", "ok": True}]),
    "data.json": json.dumps({"splits": {"train": {"examples": 8}}, "warnings": []}),
}
DEEP = "[" * 100_000
CONTENTS: dict[str, str | bytes] = {
    "nothing": "",
    "half of it": '{"name": "n',
    "null": "null",
    "a list": "[1]",
    "a text": '"x"',
    "a number": "1",
    "deep brackets": DEEP,
    "deep lists": "[" * 900 + "]" * 900,
    "no UTF-8": b"\xff\xfe{}",
    "binary": bytes(range(256)) * 10,
    "NUL": b"\0" * 1_000,
}
# In the place of values of a record, and of lines of metrics.
VALUES: dict[str, str] = {
    "null": "null",
    "not a number": "NaN",
    "infinite": "-Infinity",
    "out of range": "1e999",
    "5,000 digits": "9" * 5_000,
    "negative": "-7",
    "a fraction": "0.5",
    "true": "true",
    "a text": '"x"',
    "escapes": '"\\u001b[31m\\u0007\\ud800\\u202e"',
    "an outside path": '"../../x"',
    "a list": "[[1]]",
    "a mapping": '{"a": [{}]}',
    "a million characters": json.dumps("x" * 1_000_000),
}
COMMANDS: tuple[Command, ...] = (
    ["runs", "."],
    ["runs", ".", "--best"],
    ["runs", ".", "--json"],
    ["compare", "bad", "good"],
    ["compare", "bad", "--json"],
    ["diff", "bad", "good"],
)


def folder(place: Place, name: str) -> Path:
    for file, content in FILES.items():
        place.write(f"{name}/{file}", content)
    return place.folder / name


def run(
    change: Callable[[Path], object], commands: Sequence[Command] = COMMANDS, says: str = "good", **bound: Any
) -> Case:
    """A damaged run beside a sound one, which must be told of whatever the other is."""

    def make(place: Place) -> Sequence[Command]:
        folder(place, "good")
        change(folder(place, "bad"))
        return commands

    return Case(make, codes=(0, 1, 2, 3, 4), says=says, **bound)


def whole(file: str, content: str | bytes) -> Callable[[Path], object]:
    return lambda path: (path / file).write_bytes(content.encode() if isinstance(content, str) else content)


def value(text: str) -> Callable[[Path], object]:
    """Every value of the record, and of a line of metrics, is this one."""

    def change(path: Path) -> None:
        (path / "record.json").write_text("{" + ", ".join(f'"{name}": {text}' for name in RECORD) + "}")
        (path / "metrics.jsonl").write_text("{" + ", ".join(f'"{name}": {text}' for name in EPOCH) + "}\n" * 3)
        for name in ("results.json", "exported.json", "data.json"):
            (path / name).write_text(f'{{"part": {text}, "outputs": {text}, "splits": {text}}}')

    return change


def instead(file: str, kind: str) -> Callable[[Path], object]:
    def change(path: Path) -> None:
        place = path / file
        place.unlink()
        if kind == "a pipe":
            os.mkfifo(place)
        elif kind == "a folder":
            place.mkdir()
        elif kind == "a link to itself":
            place.symlink_to(place)
        elif kind == "a device":
            place.symlink_to("/dev/zero")
        elif kind == "10 GB":
            place.touch()
            os.truncate(place, 10 << 30)

    return change


def many_metrics(path: Path) -> None:
    lines = (json.dumps({f"m{number}_{index}": 1.0 for index in range(200)}) for number in range(200))
    (path / "metrics.jsonl").write_text("\n".join(lines))


def many_epochs(path: Path) -> None:
    (path / "metrics.jsonl").write_text('{"loss": 1}\n' * 50_000)


def deep_folders(place: Place) -> Sequence[Command]:
    folder(place, "good")
    os.makedirs(place.folder / ("deep/" * 700))
    return [["runs", "."]]


def folders_in_circles(place: Place) -> Sequence[Command]:
    folder(place, "good")
    for number in range(10):
        (place.folder / "circle" / str(number)).mkdir(parents=True)
        for other in range(10):
            (place.folder / "circle" / str(number) / f"to{other}").symlink_to(place.folder / "circle" / str(other))
    return [["runs", "."]]


def odd_names(place: Place) -> Sequence[Command]:
    folder(place, "good")
    folder(place, "a\x1b[31m\nb")
    folder(place, "\u0662")
    return [["runs", "."]]


CASES: dict[str, Case] = {
    **{f"every value is {name}": run(value(text)) for name, text in VALUES.items()},
    **{f"{file} is {name}": run(whole(file, text)) for file in FILES for name, text in CONTENTS.items() if file != "spec.yaml"},
    **{f"spec.yaml is {name}": run(whole("spec.yaml", CONTENTS[name]), says="") for name in ("nothing", "a list", "deep lists", "binary")},
    **{
        f"{file} is {kind}": run(instead(file, kind), says="" if file == "spec.yaml" else "good")
        for file in FILES
        for kind in ("a pipe", "a folder", "a link to itself", "a device", "10 GB", "absent")
    },
    "very many metrics": run(many_metrics),
    "very many epochs": run(many_epochs, seconds=2.0),  # of six commands
    "folders within folders": Case(deep_folders, codes=(0,), says="good"),
    "folders in circles": Case(folders_in_circles, codes=(0,), says="good"),
    "odd names": Case(odd_names, codes=(0,), says="good"),
}  # fmt: skip
