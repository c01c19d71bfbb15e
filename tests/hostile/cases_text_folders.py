"""Folders of texts that are no texts, that lead elsewhere, or that are very many of anything."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cases_data import GIB, Make, file, link, pipe, sparse
from harness import Case, Command, Place


def texts(*makes: Make, path: str = "d", settings: str = "", **bound: Any) -> Case:
    """The check of a spec with a folder of texts, and a look at its data."""

    def make(place: Place) -> Sequence[Command]:
        for number in range(4):
            place.write(f"d/{'ab'[number % 2]}/{number}.txt", f"some words {number}")
        for one in makes:
            one(place)
        place.write(
            "spec.yaml",
            "nnspec: 1\ninputs: {x: {shape: [null], dtype: int32}}\n"
            "layers: [{Embedding: {input_dim: 60000, output_dim: 2}}, GlobalAveragePooling1D, {Dense: {units: 2, activation: softmax}}]\n"
            f"data: {{source: {{TextFolder: {{path: '{path}'{settings}}}}}}}\ntrain: {{loss: SparseCategoricalCrossentropy}}\n",
        )
        return [["check", "spec.yaml"], ["data", "spec.yaml"]]

    return Case(make, **{"codes": (0, 3, 4), **bound})


def many(count: int, name: str) -> Make:
    def make(place: Place) -> None:
        for number in range(count):
            place.write(name.format(number), f"word{number}")

    return make


CASES: dict[str, Case] = {
    "a text in a pipe": texts(pipe("d/a/9.txt")),
    "a text that is a device": texts(link("d/a/9.txt", "/dev/zero")),
    "a text that is random": texts(link("d/a/9.txt", "/dev/urandom")),
    "a text that is the environment": texts(link("d/a/9.txt", "/proc/self/environ")),
    "a text that is a link to itself": texts(link("d/a/9.txt", "9.txt")),
    "a text that is a folder": texts(file("d/a/9.txt/x", b"")),
    "a text of 10 GB": texts(sparse("d/a/9.txt", 10 * GIB, b"a b"), codes=(4,)),
    "a text of 10 GB of lines": texts(sparse("d/a/9.txt", 10 * GIB, b"a b\n" * 1_000), codes=(4,)),
    "a text of 50 MB without an end": texts(file("d/a/9.txt", lambda: b"a" * 50_000_000), codes=(4,)),
    "a text of 8 million words": texts(file("d/a/9.txt", lambda: b"a " * 8_000_000), codes=(4,)),
    "a text of 15 million lines": texts(file("d/a/9.txt", lambda: b"\n" * 15_000_000), codes=(4,)),
    "a text of NUL": texts(file("d/a/9.txt", bytes(1_000))),
    "a text that is no UTF-8": texts(file("d/a/9.txt", bytes(range(256)) * 40), codes=(4,)),
    "a text of escapes": texts(file("d/a/9.txt", "\x1b[2J\u202e \x1b]0;x\x07".encode())),
    "a text of nothing": texts(file("d/a/9.txt", b""), codes=(4,)),
    "a text of marks over one letter": texts(file("d/a/9.txt", ("a" + "\u0301" * 300_000).encode())),
    "texts without endings that are devices": texts(link("d/a/9", "/dev/zero"), link("d/b/9", "/dev/tty")),
    "classes with escapes": texts(file("d/\x1b[2J\u202e/1.txt", b"a b"), codes=(0, 3)),
    "classes with line ends": texts(file("d/c\nd: e/1.txt", b"a b"), codes=(4,)),
    "classes that are a link up": texts(link("d/up", "..")),
    "texts that lead back": texts(link("d/a/back", "../..")),
    "5,000 classes": texts(many(5_000, "d/c{}/1.txt"), full=True, seconds=2.0),  # each is read
    "20,000 texts": texts(many(20_000, "d/a/m{}.txt"), full=True, seconds=3.0),  # each is read, by two commands
    "the machine": texts(path="/"),
    "what the system says": texts(path="/proc"),
    "the machine's devices": texts(path="/dev"),
    "the machine's settings": texts(path="/etc", settings=", on_error: skip"),
    "a folder that is a pipe": texts(pipe("p"), path="p", codes=(3, 4)),
    "an encoding that unpacks": texts(settings=", encoding: zlib_codec", codes=(3, 4)),
    "a pattern without an end": texts(file("d/a/9.txt", b"a" * 5_000 + b"b"), settings=", pattern: '(a+)+c|[a-z]'", codes=(4,), says="takes more than"),
}  # fmt: skip
