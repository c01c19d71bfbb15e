"""Trainings that make networks smaller, and those that learn from another's run: what a spec may say of either."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from cases_data import GIB, Make, file, link, pipe, sparse
from harness import HEAD, LAYERS, Case, Command, Place, spec

NUMBER = "9" * 5_000
PATTERNS = f"[{', '.join(f'x{number}*' for number in range(5_000))}]"
DEEP = "[" * 300 + "]" * 300


def trained(text: str, layers: str = "  - Dense: 1\n", **bound: Any) -> Case:
    return spec(f"{LAYERS}{layers}train: {{loss: MeanSquaredError, {text}}}\n", **{"codes": (0, 3), **bound})


QUANTIZE: dict[str, str] = {
    "a number of bits that nothing has": "{weights: 1000000000}",
    "a number of 5,000 digits of epochs": f"{{float_epochs: {NUMBER}}}",
    "fewer than no epochs": "{float_epochs: -1, frozen_epochs: -9223372036854775808}",
    "more epochs than there are": "{float_epochs: 9223372036854775807, frozen_epochs: 9223372036854775807}",
    "a path as weights": "{weights: ../../x}",
    "code as ranges": "{ranges: '__import__(\"os\")'}",
    "5,000 patterns": f"{{keep_float: {PATTERNS}}}",
    "a pattern without an end": f"{{keep_float: '{'*a' * 2_000}'}}",
    "patterns within patterns": f"{{keep_float: {DEEP}}}",
    "escapes": '{"\\e[2J\\u202e": 1, weights: "\\e[2J"}',
    "a list of it": "[int8, int8]",
    "nothing": "{}",
    "itself": "{quantize: {quantize: {}}}",
    "10,000 keys": f"{{{', '.join(f'k{number}: 1' for number in range(10_000))}}}",
}
PRUNE: dict[str, str] = {
    "a share beyond all": "{sparsity: 1.0e+308}",
    "a share that is no number": "{sparsity: .nan}",
    "a share of texts": "{sparsity: '2:0'}",
    "a share of very many": f"{{sparsity: '{NUMBER}:{NUMBER}'}}",
    "5,000 patterns": f"{{sparsity: 0.5, layers: {PATTERNS}}}",
    "a pattern without an end": f"{{sparsity: 0.5, layers: '{'*a' * 2_000}'}}",
}
MANY = "".join(f"  - {{Dense: 4, name: {'a' * 40}{number}}}\n" for number in range(1_000))


def taught(run: str, *makes: Make, **bound: Any) -> Case:
    """A spec that learns from a run which `makes` put into its place."""

    def make(place: Place) -> Sequence[Command]:
        for one in makes:
            one(place)
        text = f"{HEAD}layers: [{{Dense: 1}}]\ntrain: {{loss: MeanSquaredError, teacher: {{run: {run}}}}}\n"
        place.write("spec.yaml", text)
        return [["check", "spec.yaml"]]

    return Case(make, **{"codes": (0, 3), **bound})


SPEC = (HEAD + "layers: [{Dense: 1}]\n").encode()


def of_run(content: bytes | Callable[[], bytes]) -> Case:
    return taught("t", file("t/spec.yaml", content), file("t/record.json", b"{}"))


CASES: dict[str, Case] = {
    **{f"rounded by {name}": trained(f"quantize: {text}") for name, text in QUANTIZE.items()},
    **{f"pruned by {name}": trained(f"prune: {text}") for name, text in PRUNE.items()},
    "rounded by a pattern of many stars, for many layers": trained(f"quantize: {{keep_float: '{'*a' * 20}b'}}", MANY),
    "pruned by a pattern of many stars, for many layers": trained(f"prune: {{sparsity: 0.5, layers: '{'*a' * 20}b'}}", MANY),
    **{
        f"taught by {name}": taught(way)
        for name, way in {
            "nothing": "''",
            "a password file": "/etc/passwd",
            "a device": "/dev/zero",
            "the environment": "/proc/self",
            "the machine": "/",
            "an address": "http://127.0.0.1:9/run",
            "a name with NUL": '"a\\0b"',
            "a name with escapes": '"\\e[2J\\u202e"',
            "a long name": "a" * 100_000,
            "a long name of a folder": f"{'a' * 5_000}/b",
            "itself": "spec.yaml",
            "a list": "[a, b]",
        }.items()
    },
    "taught by a pipe": taught("t", pipe("t")),
    "taught by a pipe in a run": taught("t", pipe("t/spec.yaml"), pipe("t/assets/labels.txt")),
    "taught by a device in a run": taught("t", link("t/spec.yaml", "/dev/zero")),
    "taught by labels of a device": taught("t", file("t/spec.yaml", SPEC), link("t/assets/labels.txt", "/dev/zero")),
    "taught by labels of 10 GB": taught("t", file("t/spec.yaml", SPEC), sparse("t/assets/labels.txt", 10 * GIB, b"a\n")),
    "taught by a run of 10 GB": taught("t", sparse("t/spec.yaml", 10 * GIB, SPEC)),
    "taught by a run that is no text": of_run(bytes(range(256)) * 40),
    "taught by a run of nothing": of_run(b""),
    "taught by a run that learns from itself": of_run(SPEC + b"train: {loss: MeanSquaredError, teacher: {run: .}}\n"),
    "taught by a run that builds on a device": of_run(b"extends: /dev/zero\n" + SPEC),
    "taught by a run of brackets": of_run(b"a: " + b"[" * 100_000),
    "taught by a run of packages": of_run(SPEC + b"requires: [os, subprocess]\n"),
    "taught by a run with escapes": of_run(b"nnspec: 1\ninputs: {\"\\e[2J\": [4]}\nlayers: [{Dense: 1, name: \"\\e]0;\"}]\n"),
    "taught by a model that is a pipe": taught("m.keras", pipe("m.keras")),
    "taught by a model that is none": taught("m.keras", file("m.keras", b"PK\x03\x04" + bytes(100))),
    "tracked at an address": trained("track: [http://127.0.0.1:9/]", codes=(3,)),
    "tracked at all of them, very often": trained(f"track: [{', '.join(['mlflow', 'wandb'] * 5_000)}]"),
}  # fmt: skip
