"""What `nnspec mcp` is asked by a program, and what a notebook shows, of folders and specs that strangers made."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from cases_data import TABLE, Make, file, link, pipe, png, sparse
from harness import HEAD, LAYERS, Case, Command, Place

SOUND = LAYERS + "  - Dense: 1\n"
SECRET = "token: hunter2\n"


def asked(*questions: Sequence[Any], makes: Sequence[Make] = (), **bound: Any) -> Case:
    """Questions to `nnspec mcp`; nothing of a file outside is in an answer."""

    def make(place: Place) -> Sequence[Command]:
        place.write("work/spec.yaml", SOUND)
        place.write("secret.yaml", SECRET)
        place.write("secret.csv", "token,y\nhunter2,0\n" * 4)
        for one in makes:
            one(place)
        told = json.dumps(questions).replace("FOLDER", str(place.folder))
        path = place.write("questions.json", told)
        return [["call", "session_answers:asked", str(place.folder / "work"), str(path)]]

    return Case(make, **{"codes": (0,), "hides": "hunter2", **bound})


def spec_with(text: str) -> str:
    return f"{SOUND}{text}\n"


def of_data(source: str, more: str = "") -> str:
    return spec_with(f"data: {{source: {source}{more}}}\ntrain: {{loss: MeanSquaredError}}")


def everywhere(text: str, **bound: Any) -> Case:
    """A spec in the folder, about which everything is asked."""
    return asked(
        ["check", "it.yaml"], ["show", "it.yaml"], ["data", "it.yaml"], ["check", text], ["show", text],
        makes=(file("work/it.yaml", text.encode("utf-8", "surrogatepass")), file("work/d.csv", TABLE)), **bound,
    )  # fmt: skip


WAYS = (
    "../secret.yaml",
    "FOLDER/secret.yaml",
    "/etc/passwd",
    "~/.ssh/id_rsa",
    "/proc/self/environ",
    "../../outside/kept.txt",
    "spec.yaml/../../secret.yaml",
    "/dev/zero",
    "/dev/stdin",
    "",
)
CSV = "{Csv: {path: %s, target: y}}"

OF_MCP: dict[str, Case] = {
    **{f"a spec called {way!r}": asked(["check", way], ["show", way], ["data", way]) for way in WAYS},
    "a spec of a name with NUL": asked(["check", "a\0b"], ["data", "a\0b"]),
    "a spec of a long name": asked(["check", "a" * 100_000]),
    "a spec of a name with escapes": asked(["check", "\u001b[2J"], ["explain", "\u001b[2J"], ["kind", "\u001b[2J\u202e"]),
    "a spec that is a link out": asked(["check", "l.yaml"], ["show", "l.yaml"], makes=[link("work/l.yaml", "../secret.yaml")]),
    "a spec in a folder that is a link out": asked(["check", "up/secret.yaml"], makes=[link("work/up", "..")]),
    "a spec that is a pipe": asked(["check", "p.yaml"], ["show", "p.yaml"], ["data", "p.yaml"], makes=[pipe("work/p.yaml")]),
    "a spec that is a folder": asked(["check", "."], ["show", "."], ["data", "."]),
    "a spec of 10 GB": asked(["check", "big.yaml"], makes=[sparse("work/big.yaml", 10 << 30)]),
    "a text of 10 MB": asked(["check", "a: [" + "1, " * 3_000_000 + "]\n"]),
    "a text of brackets": asked(["check", "a: " + "[" * 100_000 + "\n"], ["show", "a: " + "{" * 100_000 + "\n"]),
    "a text of many faults": asked(["check", HEAD + "layers:\n" + "".join(f"  - c{n}\n" for n in range(8_000))]),
    "a network of 9,000 layers": asked(["show", LAYERS + "  - {repeat: 4500, layers: [{Dense: 1}, ReLU]}\n"]),
    "a base outside": everywhere("extends: ../secret.yaml\n" + SOUND),
    "a base elsewhere": everywhere("extends: /etc/passwd\n" + SOUND),
    "blocks outside": everywhere("use: [../secret.yaml]\n" + SOUND),
    "a base that is a link out": asked(["check", "extends: l.yaml\n" + SOUND], makes=[link("work/l.yaml", "../secret.yaml")]),
    "data outside": everywhere(of_data(CSV % "../secret.csv")),
    "data of the machine": everywhere(of_data(CSV % "/etc/passwd")),
    "data behind a link": asked(["data", "it.yaml"], ["check", "it.yaml"], makes=(file("work/it.yaml", of_data(CSV % "l.csv").encode()), link("work/l.csv", "../secret.csv"))),
    "data behind a link to a folder": asked(["data", "it.yaml"], ["check", "it.yaml"], makes=(file("work/it.yaml", of_data("{Table: {path: l/secret.csv, inputs: {x: {column: token}}, targets: {y: {}}}}").encode()), link("work/l", ".."))),
    "data of a pattern that leads out": everywhere(of_data("{TFRecord: {path: '../*.csv', features: {x: {shape: [4]}}, inputs: [x], targets: [x]}}")),
    "files of a table outside": everywhere(of_data("{Table: {path: d.csv, root: .., inputs: {x: {column: a, type: text_file}}, targets: {y: {}}}}")),
    "parts outside": everywhere(of_data(CSV % "d.csv", ", split: {validation: ../secret.csv}")),
    "labels outside": everywhere(of_data(CSV % "d.csv", ", classes: ../secret.csv")),
    "weights outside": everywhere(spec_with("train: {loss: MeanSquaredError, initial_weights: ../secret.keras}"), says="is outside of"),
    "a teacher outside": everywhere(spec_with("train: {loss: MeanSquaredError, teacher: {run: ..}}"), says="is outside of"),
    "data by a parameter": everywhere("nnspec: 1\nparams: {p: ../secret.csv}\ninputs: {x: [4]}\nlayers: [{Dense: 1}]\ndata: {source: {Csv: {path: $p, target: y}}}\ntrain: {loss: MeanSquaredError}\n"),
    "values in place of a path": asked(["check", "it.yaml", {"data.source.Csv.path": "../secret.csv"}], ["check", "it.yaml", {"extends": "../secret.yaml"}], ["show", "it.yaml", {"use": ["/etc/passwd"]}], makes=(file("work/it.yaml", of_data(CSV % "d.csv").encode()), file("work/d.csv", TABLE))),
    "values that are no values": asked(["check", "spec.yaml", {"a.b.c[9999999999]": [[[]]], "": None, "\u001b[2J": "\ud800"}]),
    "packages that are named": everywhere("requires: [os, subprocess, ../secret]\n" + SOUND),
    "data that are a device": everywhere(of_data(CSV % "/dev/zero")),
    "data that are the environment": everywhere(of_data(CSV % "/proc/self/environ")),
}  # fmt: skip

# Names that would be markup, or act on who looks at them

MARKUP = "<img src=x onerror=alert(1)>\"'&</style><script>alert(2)</script>\u202e\x1b[31m"
QUOTED = json.dumps(MARKUP)


def seen(text: str, *makes: Make, function: str = "cards", **bound: Any) -> Case:
    """What a notebook shows of a spec."""

    def make(place: Place) -> Sequence[Command]:
        path = place.write("spec.yaml", text)
        for one in makes:
            one(place)
        return [["call", f"session_answers:{function}", str(path)]]

    return Case(make, **{"codes": (0,), "draws": True, **bound})


def pictures(place: Place) -> None:
    for name in ("a", "<b onclick=1>\x1b[2J\u202e"):
        for number in range(4):
            place.write(f"d/{name}/{number}.png", png(8))


OF_NOTEBOOKS: dict[str, Case] = {
    "a name of markup": seen(f"nnspec: 1\nname: {QUOTED}\ninputs: {{x: [4]}}\nlayers: [{{Dense: 1}}]\n"),
    "a description of markup": seen(f"{SOUND}description: {QUOTED}\n"),
    "a layer of markup": seen(f"{LAYERS}  - {{Dense: 1, name: {QUOTED}}}\n"),
    "a kind of markup": seen(f"{LAYERS}  - {QUOTED}\n"),
    "an input of markup": seen(f"nnspec: 1\ninputs: {{{QUOTED}: [4]}}\nlayers: [{{Dense: 1}}]\n"),
    "an argument of markup": seen(f"{LAYERS}  - Dense: {{units: 1, {QUOTED}: 2, activation: {QUOTED}}}\n"),
    "a block of markup": seen(f"{LAYERS}  - Dense: 1\nblocks: {{{QUOTED}: {{layers: [Flatten]}}}}\n"),
    "a parameter of markup": seen(f"{HEAD}params: {{{QUOTED}: 1}}\nlayers: [{{Dense: $({QUOTED})}}]\n"),
    "a path of markup": seen(of_data(CSV % QUOTED)),
    "classes of markup": seen(
        "nnspec: 1\ninputs: {image: [8, 8, 3]}\nlayers: [Flatten, {Dense: {units: 2, activation: softmax}}]\n"
        "data: {source: {ImageFolder: {path: d, image_size: [8, 8]}}}\ntrain: {loss: SparseCategoricalCrossentropy}\n", pictures
    ),
    "columns of markup": seen(of_data("{Csv: {path: d.csv, target: y}}"), file("d.csv", f'"{MARKUP.replace(chr(34), chr(34) * 2)}",b,c,e,y\n'.encode() + b"1,2,3,4,5\n" * 8)),
    "cells of markup": seen(of_data("{Csv: {path: d.csv, target: y}}"), file("d.csv", b"a,b,c,e,y\n" + f'1,2,3,"{MARKUP.replace(chr(34), chr(34) * 2)}",5\n'.encode() * 8)),
    "a line of markup that is no YAML": seen(f"{SOUND}{MARKUP}\n"),
    "a base of markup": seen(f"extends: {QUOTED}\n{SOUND}"),
    "very many faults": seen(HEAD + "layers:\n" + "".join(f"  - c{n}\n" for n in range(8_000)), function="card"),
    "very many layers": seen(LAYERS + "  - {repeat: 4500, layers: [{Dense: 1}, ReLU]}\n", seconds=4.0, full=True),  # 9,000 layers are shown
    "a long name": seen(f"nnspec: 1\nname: {'n' * 100_000}\ninputs: {{x: [4]}}\nlayers: [{{Dense: 1}}]\n"),
    "a spec that is no text": seen("\x00\x01\x02" * 1_000),
}  # fmt: skip

CASES: dict[str, Case] = {**OF_MCP, **OF_NOTEBOOKS}
