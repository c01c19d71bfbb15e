"""What a keystroke costs in an editor: from the changed text to diagnostics and hints, in CPU milliseconds.

    python benchmarks/keystrokes.py
    python benchmarks/keystrokes.py --data 100        with a spec whose data are a table of so many megabytes

The end of a line of the network is typed character by character, so that most states have a fault. One process, no
editor: the time of the server alone.
"""

from __future__ import annotations

import argparse
import io
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nnspec.lsp.server import Server
from nnspec.lsp.workspace import looked_at

SPECS = Path(__file__).parent.parent / "specs"
STROKES = 16


class Editor:
    """Sends messages to a server in this process."""

    def __init__(self, path: Path) -> None:
        self.output = io.BytesIO()
        self.server = Server(io.BytesIO(), self.output)
        self.uri, self.version = path.as_uri(), 1
        self.ask("initialize", {"capabilities": {}, "rootUri": None})

    def tell(self, method: str, params: Any) -> None:
        self.server.handle({"method": method, "params": params})

    def ask(self, method: str, params: Any) -> None:
        self.server.handle({"id": 1, "method": method, "params": params})

    def open(self, text: str) -> None:
        document = {"uri": self.uri, "languageId": "yaml", "version": 1, "text": text}
        self.tell("textDocument/didOpen", {"textDocument": document})

    def keystroke(self, text: str) -> float:
        """CPU milliseconds of a change and the hints that an editor asks for after it."""
        self.version += 1
        start = time.process_time()
        document = {"uri": self.uri, "version": self.version}
        self.tell("textDocument/didChange", {"textDocument": document, "contentChanges": [{"text": text}]})
        whole = {"start": {"line": 0, "character": 0}, "end": {"line": text.count("\n"), "character": 0}}
        self.ask("textDocument/inlayHint", {"textDocument": {"uri": self.uri}, "range": whole})
        return 1000 * (time.process_time() - start)


def states(text: str) -> Iterator[str]:
    """A text while the end of the last line of its layers is typed."""
    lines = text.split("\n")
    start = next(number for number, line in enumerate(lines) if line.startswith("layers:"))
    rows = [number for number in range(start + 1, len(lines)) if lines[number].lstrip().startswith("- ")]
    row = next(number for number in reversed(rows) if number < _end(lines, start))
    for cut in range(max(len(lines[row]) - STROKES, 0), len(lines[row]) + 1):
        yield "\n".join([*lines[:row], lines[row][:cut], *lines[row + 1 :]])


def _end(lines: list[str], start: int) -> int:
    after = (number for number in range(start + 1, len(lines)) if lines[number][:1].isalpha())
    return next(after, len(lines))


def measured(path: Path, text: str, data: bool = False) -> str:
    editor = Editor(path)
    editor.open(text)
    if data:  # as the server's second thread does once a spec is open
        uri, source, unsaved = editor.server.looks.get()
        editor.tell("nnspec/lookedAtData", {"uri": uri, "found": looked_at(source, unsaved)})
    found = [editor.keystroke(state) for state in states(text)]
    return f"{statistics.median(found):8.1f} {max(found):8.1f}"


def table(folder: Path, megabytes: int) -> tuple[Path, str]:
    rows = "".join(f"{number}.5,{number % 97},{'abc'[number % 3]}\n" for number in range(50_000))
    with (folder / "t.csv").open("w", encoding="utf-8") as file:
        file.write("x,y,kind\n")
        for _ in range(max(megabytes * 1_000_000 // len(rows), 1)):
            file.write(rows)
    text = (
        "nnspec: 1\ninputs: {x: [2]}\nlayers:\n  - {Dense: {units: 8, activation: relu}}\n"
        "  - {Dense: {units: $data.classes, activation: softmax}}\n"
        "data: {source: {Csv: {path: t.csv, target: kind}}, split: {validation: 0.1}}\n"
        "train: {loss: SparseCategoricalCrossentropy}\n"
    )
    return folder / "table.yaml", text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=int, default=0, metavar="MB")
    options = parser.parse_args()
    print(f"{'CPU ms a keystroke':24} {'median':>8} {'most':>8}")
    for name in ("lenet", "resnet50", "googlenet"):
        path = SPECS / f"{name}.yaml"
        print(f"{name:24} {measured(path, path.read_text(encoding='utf-8'))}")
    layers = "".join("  - {Dense: {units: 16, activation: relu}}\n" for _ in range(1000))
    flat = "nnspec: 1\ninputs: {x: [16]}\nlayers:\n" + layers
    print(f"{'1,000 layers':24} {measured(SPECS / 'flat.yaml', flat)}")
    if options.data:
        with tempfile.TemporaryDirectory() as name:
            path, text = table(Path(name), options.data)
            print(f"{f'a table of {options.data} MB':24} {measured(path, text, data=True)}")


if __name__ == "__main__":
    main()
