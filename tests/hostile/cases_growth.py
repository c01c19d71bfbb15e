"""Texts of specs that are small and ask for much: by powers, by repetition, by references, by what is said of faults."""

from __future__ import annotations

from collections.abc import Sequence

from harness import HEAD, LAYERS, Case, Command, Place, spec


def several(start: str, entries: Sequence[str]) -> str:
    return f"{start}[{', '.join(entries)}]\n"


def numbered(pattern: str, count: int, first: int = 0) -> str:
    return "".join(pattern.format(n=number, before=number - 1) for number in range(first, count))


PARAMS = HEAD + "params:\n"
MSE = "train: {loss: MeanSquaredError}\n"
MANY = 8_000
LIST = f"[{', '.join(map(str, range(9_000)))}]"

FAULTS: dict[str, str] = {
    "digits to round to": LAYERS + "  - Dense: $(round(1, -1000000000))\n",
    "power of a power": LAYERS + "  - Dense: $(((2 ** 62) ** 64) ** 64)\n",
    "reuse that doubles": LAYERS + "  - {name: g0, layers: [{Dense: 4, name: a}]}\n"
    + numbered("  - {{name: g{n}, layers: [{{reuse: g{before}}}, {{reuse: g{before}}}]}}\n", 30, 1),
    "tensors that double": LAYERS + "  - {Dense: 4, name: g0}\n"
    + numbered("  - {{name: g{n}, layers: [], from: [g{before}, g{before}]}}\n", 60, 1) + "  - {Add: , from: g59}\n",
    "braces and colons": HEAD + "layers: " + ": {" * 50_000,
    "question marks": "? " * 50_000,
    "dashes": "- " * 50_000,
    "expressions that are not closed": HEAD + f"description: '{'$(' * 100_000}'\nlayers: [Flatten]\n",
    "dollars in a name": LAYERS + f"  - {{Dense: 1, name: '{'$$' * 100_000}'}}\n",
    "references in a text": PARAMS + f"  a: {'x' * 9_999}\n  b: '{'$a' * 20_000}'\nlayers: [Flatten]\n",
    "texts joined": PARAMS + f"  a: {'x' * 9_000}\n  b: 1$a\n" + numbered("  c{n}: $a$a\n", 100) + "layers: [Flatten]\n",
    "a list of one list": PARAMS + f"  a: {LIST}\nlayers: [{{Dense: '$([{', '.join('a' * 240)}])'}}]\n",
    "a list compared": PARAMS + f"  a: {LIST}\nlayers:\n" + "  - Dense: '$(len(a) + len(a) + len(a))'\n" * 3_000,
    "lists for many parameters": PARAMS + f"  a: {LIST}\n" + numbered("  p{n}: [$a, $a, $a]\n", 3_000) + "layers: [Flatten]\n",
    "misspelt parameters": PARAMS + numbered("  p{n}: $q{n}\n", MANY) + "layers: [Flatten]\n",
    "misspelt in many layers": PARAMS + numbered("  p{n}: 4\n", MANY) + "layers:\n" + numbered("  - Dense: $q{n}\n", MANY),
    "names that nothing has": LAYERS + numbered("  - {{Dense: 4, name: l{n}}}\n", 4_000)
    + numbered("  - {{Dense: 4, from: m{n}}}\n", 4_000),
    "outputs that nothing has": LAYERS + numbered("  - {{Dense: 4, name: l{n}}}\n", 4_000)
    + several("outputs: ", [f"m{n}" for n in range(4_000)]) + MSE,
    "losses of no output": LAYERS + numbered("  - {{Dense: 4, name: l{n}}}\n", 700)
    + several("outputs: ", [f"l{n}" for n in range(700)])
    + "train: {loss: {" + ", ".join(f"m{n}: MeanSquaredError" for n in range(700)) + "}}\n",
    "no layer of many kinds": LAYERS + numbered("  - c{n}\n", MANY) + "blocks:\n" + numbered("  b{n}: {{layers: [Flatten]}}\n", MANY),
    "patterns of layers": LAYERS + numbered("  - {{Dense: 4, name: l{n}}}\n", 700)
    + "train: {loss: MeanSquaredError, phases: ["
    + ", ".join(f"{{epochs: 1, trainable: ['x{n}*']}}" for n in range(700)) + "]}\n",
    "a block of many parameters": HEAD + "blocks:\n  b:\n    params: {" + ", ".join(f"p{n}: 1" for n in range(MANY))
    + "}\n    layers: [{Dense: $p1}]\nlayers:\n" + "  - b\n" * 2_000,
    "rounds that see many names": PARAMS + numbered("  p{n}: 4\n", MANY) + "layers: [{repeat: 19000, as: i, layers: [Flatten]}]\n",
    "many dimensions": f"nnspec: 1\ninputs: {{x: [{', '.join('2' * 5_000)}]}}\nlayers: [Flatten, {{Dense: 1}}]\n",
    "more values than can be counted": "nnspec: 1\ninputs: {x: [2000000000, 2000000000, 2000000000]}\nlayers: [Flatten]\n",
    "a shape of many ones": LAYERS + several("  - Reshape: ", ["1"] * 5_000),
    "more weights than can be counted": LAYERS + "  - Dense: 9000000000000000000\n",
    "a million values": PARAMS + f"  a: [{', '.join('1' * 900_000)}]\nlayers: [Flatten]\n",
    "one key many times": PARAMS + f"  {{{', '.join(['a: 1'] * 100_000)}}}\nlayers: [Flatten]\n",
    "tags": PARAMS + f"  a: [{', '.join(['!x 1'] * 100_000)}]\nlayers: [Flatten]\n",
    "keys that nobody knows": HEAD + "layers: [Flatten]\n" + numbered("key{n}: 1\n", 30_000),
    "arguments that nobody knows": LAYERS + "  - Dense: {units: 1, " + ", ".join(f"a{n}: 1" for n in range(30_000)) + "}\n",
    "packages that nobody has": several(HEAD + "requires: ", [f"p{n}" for n in range(20_000)]) + "layers: [Flatten]\n",
    "lines without end": HEAD + "\n" * 15_000_000 + "layers: [Flatten]\n",
}  # fmt: skip

FINE: dict[str, str] = {  # long, and no longer than it looks
    "digits that no number has": LAYERS + "  - Dense: $(round(2, 1000000000))\n",
    "many dollars": HEAD + f"description: '{'$$' * 1_000_000}'\nlayers: [{{Dense: 1}}]\n",
    "parameters that nothing uses": PARAMS + numbered("  p{n}: {n}\n", MANY) + "layers: [{Dense: 1}]\n",
    "parameters in a chain": PARAMS + "  p0: 1\n" + numbered("  p{n}: $(p{before} + 1)\n", 5_000, 1) + "layers: [{Dense: $p9}]\n",
    "blocks that nothing uses": HEAD + "blocks:\n" + numbered("  b{n}: {{layers: [Flatten]}}\n", 3_000) + "layers: [{Dense: 1}]\n",
    "inputs that nothing uses": "nnspec: 1\ninputs: {"
    + ", ".join(f"x{n}: [4]" for n in range(3_000)) + "}\nlayers: [{Dense: 1, from: x1}]\n",
    "many outputs": LAYERS + numbered("  - {{Dense: 4, name: l{n}}}\n", 2_000)
    + several("outputs: ", [f"l{n}" for n in range(2_000)]) + MSE,
}  # fmt: skip


def bases_that_double(place: Place) -> Sequence[Command]:
    for number in range(25):
        place.write(f"s{number}.yaml", f"extends: [s{number + 1}.yaml, s{number + 1}.yaml]\n{LAYERS}  - Flatten\n")
    place.write("s25.yaml", LAYERS + "  - Dense: 1\n")
    return [["check", "s0.yaml"]]


def bases_in_a_row(place: Place) -> Sequence[Command]:
    for number in range(300):
        place.write(f"s{number}.yaml", f"extends: s{number + 1}.yaml\n{LAYERS}  - Flatten\n")
    return [["check", "s0.yaml"]]


CASES: dict[str, Case] = {
    **{name: spec(text, codes=(3,)) for name, text in FAULTS.items()},
    **{name: spec(text, codes=(0,)) for name, text in FINE.items()},
    "bases that double": Case(bases_that_double, codes=(0,)),
    "bases in a row": Case(bases_in_a_row, codes=(3,)),
}
