"""Texts of specs that are hostile: bombs, depths, lengths, expressions, characters, bases that are no files."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from harness import HEAD, LAYERS, Case, Place, spec


def nested_repeats(depth: int) -> str:
    lines = [f"{'    ' * level}  - repeat: 1000\n{'    ' * level}    layers:\n" for level in range(depth)]
    return LAYERS + "".join(lines) + "    " * depth + "  - Dense: 1\n"


def alias_bomb(width: int) -> str:
    rows = [f"  b{number}: &b{number} [{', '.join([f'*b{number - 1}'] * 10)}]\n" for number in range(1, width)]
    return f"{HEAD}params:\n  b0: &b0 [1, 1]\n{''.join(rows)}layers: [Flatten]\n"


TEXTS: dict[str, str | bytes] = {
    "alias bomb": alias_bomb(30),
    "alias within itself": HEAD + "layers: &a [Flatten, *a]",
    "deep lists": HEAD + "params: {a: " + "[" * 50_000 + "]" * 50_000 + "}",
    "deep mappings": HEAD + "params: " + "{a: " * 50_000 + "1" + "}" * 50_000,
    "open brackets": HEAD + "layers: " + "[" * 200_000,
    "deep parentheses": LAYERS + f"  - Dense: $({'(' * 5000}1{')' * 5000})\n",
    "deep signs": LAYERS + f"  - Dense: $({'-' * 5000}1)\n",
    "a sum of many terms": LAYERS + f"  - Dense: $({' + '.join(['1'] * 20_000)})\n",
    "deep layers": LAYERS + f"  - {'{Bidirectional: {layer: ' * 60}LSTM{'}}' * 60}\n",
    "billion rounds": LAYERS + "  - {repeat: 1000000000, layers: [Flatten]}\n",
    "rounds in rounds": nested_repeats(12),
    "empty rounds": LAYERS + "  - {repeat: 1000000000, layers: []}\n",
    "rounds as a power": LAYERS + "  - {repeat: $(10 ** 18), layers: [Flatten]}\n",
    "tower of powers": LAYERS + "  - Dense: $(10 ** 10 ** 10)\n",
    "powers of parameters": HEAD + "params: {a: 999999999}\nlayers: [{Dense: $(a ** a ** a)}]\n",
    "product of powers": LAYERS + f"  - Dense: $({' * '.join(['9 ** 99'] * 500)})\n",
    "shift": LAYERS + "  - Dense: $(1 << 99999999999)\n",
    "float out of range": LAYERS + "  - Dense: 1e999\n",
    "long number": LAYERS + f"  - Dense: {'9' * 100_000}\n",
    "long hexadecimal": LAYERS + f"  - Dense: 0x{'f' * 100_000}\n",
    "infinite units": LAYERS + "  - Dense: .inf\n",
    "no number": LAYERS + "  - {Dropout: .nan}\n",
    "text times a number": LAYERS + "  - Dense: $('x' * 999999999)\n",
    "list times a number": LAYERS + "  - Dense: $([1] * 999999999)\n",
    "doubled text": HEAD + "params:\n  p0: abcdefgh\n"
    + "".join(f"  p{n}: $p{n - 1}$p{n - 1}$p{n - 1}$p{n - 1}\n" for n in range(1, 30)) + "layers: [{Dense: $p29}]\n",
    "doubled list": HEAD + "params:\n  p0: [1]\n"
    + "".join(f"  p{n}: [$p{n - 1}, $p{n - 1}, $p{n - 1}]\n" for n in range(1, 40)) + "layers: [{Dense: $p39}]\n",
    "doubled nothing": HEAD + "params:\n  p0: []\n"
    + "".join(f"  p{n}: [$p{n - 1}, $p{n - 1}, $p{n - 1}]\n" for n in range(1, 40)) + "layers: [{Dense: $p39}]\n",
    "attribute walk": LAYERS + "  - Dense: $(().__class__.__bases__[0].__subclasses__())\n",
    "comprehension": LAYERS + "  - Dense: $([x for x in [1] * 9])\n",
    "huge kind": LAYERS + f"  - {'A' * 1_000_000}: 1\n",
    "huge name": LAYERS + f"  - {{Dense: 1, name: {'a' * 1_000_000}}}\n",
    "huge reference": LAYERS + f"  - {{Dense: 1, from: {'a' * 1_000_000}}}\n",
    "huge expression": LAYERS + f"  - Dense: $({'a' * 1_000_000})\n",
    "terminal escape": LAYERS + '  - "\\e[2J\\e]0;owned\\a": 1\n',
    "escape in a name": LAYERS + '  - {Dense: 1, name: "a\\e[31m"}\n',
    "right to left": LAYERS + "  - D\u202eesneD: 1\n",
    "emoji name": LAYERS + "  - {Dense: 1, name: \U0001f980}\n",
    "path as a name": LAYERS + "  - {Dense: 1, name: ../../etc/passwd}\n",
    "not UTF-8": HEAD.encode() + b"layers: [\xff\xfe\xfa]",
    "NUL": LAYERS.encode() + b"  - Dense\x00: 1\n",
    "UTF-16": (LAYERS + "  - Dense: 1\n").encode("utf-16"),
    "lone surrogate": LAYERS + '  - "\\ud800": 1\n',
    "binary": bytes(range(256)) * 64,
    "long line": HEAD + "description: " + "x" * 4_000_000 + "\nlayers: [Nothing]\n",
    "long list of faults": HEAD + "layers: [" + ", ".join(["Dens: 1"] * 10_000) + "]\n",
    "ten thousand faults": LAYERS + "".join(f"  - Dens{n}: 1\n" for n in range(10_000)),
    "ten thousand bad shapes, each reported": HEAD + "layers:\n  - {Dense: 1, name: a}\n"
    + "".join(f"  - {{LSTM: 4, name: b{n}, from: a}}\n" for n in range(10_000))
    + f"outputs: [{', '.join(f'b{n}' for n in range(10_000))}]\n",
    "ten thousand bad shapes": LAYERS + "".join("  - {LSTM: 4}\n" for _ in range(10_000)),
    "blocks in a circle": HEAD + "blocks: {a: {layers: [b]}, b: {layers: [a, a]}}\nlayers: [a]\n",
    "blocks that double": HEAD + "blocks:\n  b0: {layers: [{Dense: 1}]}\n"
    + "".join(f"  b{n}: {{layers: [{', '.join([f'b{n - 1}'] * 9)}]}}\n" for n in range(1, 15)) + "layers: [b14]\n",
    "a base in a circle": "extends: spec.yaml\n",
    "a device as a base": "extends: /dev/zero\n" + LAYERS + "  - Dense: 1\n",
    "a folder as a base": "extends: .\n" + LAYERS + "  - Dense: 1\n",
    "a base with NUL": 'extends: "a\\0b"\n' + LAYERS + "  - Dense: 1\n",
    "a base with a long name": f"extends: {'a' * 5000}\n" + LAYERS + "  - Dense: 1\n",
    "a base that is no spec": "extends: /etc/passwd\n" + LAYERS + "  - Dense: 1\n",
    "random access memory as blocks": "use: [/dev/urandom]\n" + LAYERS + "  - Dense: 1\n",
}  # fmt: skip

OVERRIDES = {
    "a long override": "a" * 100_000,
    "a deep override": "params." + "a." * 5000 + "b=1",
    "an override of a far layer": "layers.99999999999=1",
    "an override that is no YAML": "x=[[[",
    "an override of nothing": "=",
    "an override with an escape": "params.a=\x1b[2J",
}


def no_file(make: Callable[[Place], str]) -> Case:
    """The case of a path that is no file of text."""
    return Case(lambda place: [["check", make(place)]], says="E0101")


def loop(place: Place) -> str:
    (place.folder / "loop.yaml").symlink_to("loop.yaml")
    return "loop.yaml"


def pipe(place: Place) -> str:
    os.mkfifo(place.folder / "pipe.yaml")
    return "pipe.yaml"


# What the fuzzer has found stays mended; not all of it is an error.
CORPUS = sorted((Path(__file__).parents[1] / "fuzz" / "corpus").iterdir())
CASES: dict[str, Case] = {
    **{name: spec(text, codes=(3,)) for name, text in TEXTS.items()},
    **{
        name: spec(LAYERS + "  - Dense: 1\n", ["check", "spec.yaml", "--set", text]) for name, text in OVERRIDES.items()
    },
    "a link to itself": no_file(loop),
    "a pipe as a spec": no_file(pipe),
    "a folder as a spec": no_file(lambda place: str(place.folder)),
    "a device as a spec": no_file(lambda place: "/dev/zero"),
    "a long name of a file": no_file(lambda place: "a" * 4000),
    **{path.stem: spec(path.read_bytes(), says="spec.yaml", codes=(0, 3, 4)) for path in CORPUS},
}
