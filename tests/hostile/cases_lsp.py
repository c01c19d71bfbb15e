"""Workspaces of strangers, open in an editor: what `nnspec lsp` reads of them by itself, and what it is asked about."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from cases_code import MARK
from cases_data import Make, file, link, pipe
from harness import HEAD, LAYERS, Case, Command, Place

OPENED = "spec.yaml"
DENSE = "  - Dense: {units: 2}\n"
SOUND = LAYERS + DENSE


def workspace(text: str | bytes, *makes: Make, root: str | None = None, **bound: Any) -> Case:
    """A document, open in a workspace with what `makes` put into it, and all that an editor asks about it."""

    def make(place: Place) -> Sequence[Command]:
        path = place.write(OPENED, text)
        for one in makes:
            one(place)
        return [["call", "lsp_session:answers", root or str(place.folder), str(path)]]

    return Case(make, **{"codes": (0,), **bound})


def many(count: int, text: str) -> Make:
    def make(place: Place) -> None:
        for number in range(count):
            place.write(f"more/{number}.yaml", text)

    return make


def nested(depth: int) -> Make:
    """Folders within folders, each of which also leads back to the first."""

    def make(place: Place) -> None:
        path = place.folder
        for number in range(depth):
            path = path / f"f{number % 10}"
            path.mkdir()
            (path / "back").symlink_to(place.folder)
        (path / "last.yaml").write_text(SOUND)

    return make


def secret(place: Place) -> None:
    (place.folder / ".git").mkdir()
    (place.folder / ".git/config").write_text("[remote]\n  url = https://secret-token@example.org\n")


def program(place: Place) -> None:
    """What is imported by its name, if the working folder is on the path."""
    for name in ("numpy", "yaml", "keras", "plug"):
        place.write(f"{name}.py", f"open({str(place.outside / MARK)!r}, 'w')\n")


def source(text: str) -> str:
    return f"{SOUND}data:\n  source: {text}\ntrain: {{loss: MeanSquaredError}}\n"


CASES: dict[str, Case] = {
    "a base that is a device": workspace("extends: /dev/zero\n" + SOUND),
    "a base that is a pipe": workspace("extends: p.yaml\n" + SOUND, pipe("p.yaml")),
    "a base that is the environment": workspace("extends: /proc/self/environ\n" + SOUND),
    "a base that is hidden": workspace("extends: .git/config\n" + SOUND, secret),
    "a base with NUL": workspace('extends: "a\\0b"\n' + SOUND),
    "a base of a long name": workspace(f"extends: {'a' * 5000}\n" + SOUND),
    "a base that is itself": workspace(f"extends: {OPENED}\n" + SOUND),
    "files that are pipes and devices": workspace(SOUND, pipe("p.yaml"), link("d.yaml", "/dev/zero"), link("e.yaml", "/proc/self/environ")),
    "a file of 10 GB": workspace(SOUND, lambda place: os.truncate(place.write("big.yaml", "nnspec: 1\n"), 10 << 30)),
    "files that build on all": workspace(SOUND, many(300, f"extends: ../{OPENED}\n{HEAD}")),
    "5,000 files": workspace(SOUND, many(5_000, f"extends: ../{OPENED}\n"), full=True),
    "files that name files elsewhere": workspace(SOUND, file("a.yaml", b"extends: ../../../../../../etc/passwd\n"), file("b.yaml", b'use: ["a\\0b", /dev/zero]\n')),
    "folders in folders that lead back": workspace(SOUND, nested(200)),
    "a workspace of the whole machine": workspace(SOUND, root="/"),
    "a workspace of what the system says": workspace(SOUND, root="/proc"),
    "a folder of programs": workspace(SOUND + "requires: [plug]\n", program),
    "data that are a pipe": workspace(source("{Csv: {path: p.csv, target: y}}"), pipe("p.csv")),
    "data that are a device": workspace(source("{Csv: {path: /dev/zero, target: y}}")),
    "data of a pattern without end": workspace(source("{Text: {path: t.tsv, tokenization: words, pattern: '(a+)+c'}}"), file("t.tsv", b"0\t" + b"a" * 5_000 + b"b\n1\tb\n"), says="takes more than"),
    "a path that leads up": workspace(source("{Csv: {path: ../../../../../../../../, target: y}}")),
    "a path of devices": workspace(source("{Csv: {path: /dev/, target: y}}")),
    "a bomb of aliases": workspace("a: &a [x, x]\n" + "".join(f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(9)) + SOUND),
    "deep lists": workspace(LAYERS + "  - Dense: " + "[" * 20_000),
    "a long line": workspace(LAYERS + f"  - Dense: {{units: {'9' * 200_000}}}\n"),
    "a line of many words": workspace(LAYERS + "  - Dense: {" + "a: 1, " * 20_000 + "}\n"),
    "many lines": workspace(LAYERS + DENSE * 3_000, seconds=2.0, full=True),  # each is checked, and drawn
    "many dollars": workspace(LAYERS + f"  - Dense: {{units: '{'$' * 50_000}'}}\n"),
    "many expressions": workspace(LAYERS + f"  - Dense: {{units: '{'$(' * 20_000}'}}\n"),
    "many colons": workspace("a" + ": {" * 5_000),
    "a document with escapes": workspace(LAYERS + '  - "\\e[2J\\u202e": {units: 2}\n'),
    "a document that is no text": workspace(bytes(range(256)) * 50),
    "a document of blank lines": workspace("data" + "\n" * 200_000 + "data" + "\n" * 200_000 + SOUND),
    "a document of comments": workspace("# yaml-language-server: $schema=" + "x" * 200_000 + "\n" + "#\n" * 50_000 + SOUND),
}  # fmt: skip
