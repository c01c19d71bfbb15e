"""Cells of a notebook that strangers wrote, what a program asks `nnspec mcp` of other types, and who is told of a run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from cases_data import TABLE, Make, file, link
from cases_sessions import MARKUP, SOUND, asked
from harness import LAYERS, Case, Command, Place, spec

# The magic

LINES = {
    "a name of code": "__import__('os').system('true')",
    "a name with an attribute": "a.b",
    "a name of a path": "../../x",
    "a name of a keyword": "class",
    "a name that is Python's": "__builtins__",
    "an open quote": "'spec",
    "a backslash at its end": "spec \\",
    "an option that is none": "--shell true",
    "half an option": "--tr",
    "a shell": "spec; rm -rf / | sh $(true) `true`",
    "escapes": "\x1b[2J\u202e",
    "NUL": "a\0b",
    "100,000 words": "a " * 100_000,
    "a long name": "a" * 200_000,
    "a run elsewhere": "--run ../../outside --quiet",
    "a value of code": "--set 'train.epochs=$(1 +' --set '=' --set '__class__=1'",
    "5,000 values": " ".join(["--set a.b=1"] * 5_000),
    "values without an end": f"--set 'layers={'[' * 20_000}'",
    "a result of code": "--train 'a; b'",
}
UNUSABLE = ("a name of code", "a name of a keyword", "a name that is Python's", "half an option", "a result of code")
TEXTS = {
    "markup": MARKUP,
    "nothing": "",
    "a shell": "!rm -rf /\n%%bash\ntrue\n",
    "code": "import os\nos.system('true')\n",
    "a tag": "!!python/object/apply:os.system [true]\n",
    "a base elsewhere": "extends: ../../outside/kept.txt\n" + SOUND,
    "a base that is the environment": "extends: /proc/self/environ\n" + SOUND,
    "a base that is the cell": "extends: spec.yaml\n" + SOUND,
    "deep lists": "[" * 100_000,
    "a bomb": "a: &a [x, x]\n" + "".join(f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(9)),
    "a line of 2 MB": SOUND + "#" + "x" * 2_000_000,
    "no text": "\x00\x01\x1b[2J" * 100,
    "packages": "requires: [os, subprocess, numpy]\n" + SOUND,
}  # fmt: skip


def cell(line: str, text: str = SOUND, *makes: Make, **bound: Any) -> Case:
    def make(place: Place) -> Sequence[Command]:
        for one in makes:
            one(place)
        told = place.write("line.json", json.dumps(line))
        return [["call", "session_answers:cell", str(told), str(place.write("cell", text))]]

    return Case(make, **{"codes": (0,), "draws": True, "seconds": 2.0, **bound})


# Answers to programs: the library that they ask by refuses other types, but values of a spec may be any

ODD: dict[str, Any] = {"null": None, "a number": 10**30, "a list": [[1], "a"], "a mapping": {"a": {"b": [1]}}, "true": True, "bytes": "\ud800\x00\x1b", "infinity": 1e999}  # fmt: skip
QUESTIONS = ("check", "show", "data", "explain", "kind")

# Trackers

TRACK: dict[str, str] = {
    "nobody": "[]",
    "one of no name": "['']",
    "a program": "[os.system]",
    "a path": "[../../tracker]",
    "an address": "['http://127.0.0.1:9']",
    "a server of MLflow's": "[{MLflow: {tracking_uri: 'http://127.0.0.1:9'}}]",
    "a database elsewhere": "[{MLflow: {database: ../../outside/kept.txt}}]",
    "a key of W&B's": "[{WandB: {api_key: hunter2, base_url: 'http://127.0.0.1:9'}}]",
    "a folder elsewhere": "[{TensorBoard: {log_dir: ../../outside}}]",
    "a mapping of nothing": "{}",
    "a text": "MLflow",
    "a number": "7",
    "5,000 of them": f"[{', '.join(['MLflow'] * 5_000)}]",
    "5,000 of other names": f"[{', '.join(f't{number}' for number in range(5_000))}]",
    "one within another": "[" * 300 + "]" * 300,
    "escapes": '["\\e[2J\\u202e"]',
    "a long name": f"['{'t' * 200_000}']",
    "an expression": "[$(1 + 1)]",
}


# Several files as several series


def series(
    *makes: Make, more: str = "", path: str = "d", window: str = "{length: 2, horizon: 1}", **bound: Any
) -> Case:
    """Windows over tables of a folder, each of which is a group."""

    def make(place: Place) -> Sequence[Command]:
        for number in range(2):
            place.write(f"d/s{number}.csv", TABLE)
        for one in makes:
            one(place)
        source = f"{{Csv: {{path: {path}, target: y, task: regression, file_groups: true, window: {window}{more}}}}}"
        text = f"nnspec: 1\ninputs: {{x: [2, 2]}}\nlayers: [Flatten, {{Dense: 1}}]\ndata: {{source: {source}}}\ntrain: {{loss: MeanSquaredError}}\n"
        place.write("spec.yaml", text)
        return [["check", "spec.yaml"], ["data", "spec.yaml"]]

    return Case(make, **{"codes": (0, 1, 3, 4), **bound})


def many(count: int) -> Make:
    def make(place: Place) -> None:
        for number in range(count):
            place.write(f"d/m{number}.csv", TABLE)

    return make


CASES: dict[str, Case] = {
    **{f"a magic with {name}": cell(line, says="'names': []" if name in UNUSABLE else "'names'") for name, line in LINES.items()},
    **{f"a cell of {name}": cell("", text) for name, text in TEXTS.items()},
    **{f"{name} that is to be trained": cell("--train --quiet", text) for name, text in TEXTS.items() if name in ("markup", "a tag", "deep lists")},
    **{f"{question} of half a character": asked([question, "\ud800\x00\x1b"]) for question in QUESTIONS},
    **{f"values that are {name}": asked(*([question, "spec.yaml", {path: value}] for question in ("check", "show") for path in ("train.epochs", "inputs.x", ""))) for name, value in ODD.items()},
    **{f"tracked by {name}": spec(f"{LAYERS}  - Dense: 1\ntrain: {{loss: MeanSquaredError, track: {text}}}\n", codes=(0, 3)) for name, text in TRACK.items()},
    "series: as they are": series(),
    "series: names with escapes": series(file("d/\x1b[2J\u202e.csv", TABLE)),
    "series: names of code": series(file("d/$(1 + 1).csv", TABLE), file("d/{{a}}.csv", TABLE)),
    "series: names of markup": series(file("d/<script>.csv", TABLE)),
    "series: a long name": series(file(f"d/{'n' * 240}.csv", TABLE)),
    "series: a device": series(link("d/z.csv", "/dev/zero")),
    "series: the environment": series(link("d/z.csv", "/proc/self/environ")),
    "series: a file in itself": series(link("d/z.csv", "z.csv")),
    "series: folders in circles": series(link("d/up", "..")),
    "series: other columns": series(file("d/z.csv", b"q,w\n1,2\n" * 4)),
    "series: nothing": series(file("d/z.csv", b"")),
    "series: noise": series(file("d/z.csv", bytes(range(256)) * 50)),
    "series: a pattern that leads out": series(path="'../outside/*'"),
    "series: a pattern of stars": series(path="'**/**/**/**/*.csv'"),
    "series: 2,000 files": series(many(2_000), full=True),
    "series: windows of a trillion rows": series(window="{length: 1000000000000, horizon: 1000000000000}"),
    "series: groups of a column that is none": series(more=", group: nobody"),
}  # fmt: skip
