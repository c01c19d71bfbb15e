"""What nnspec writes in other languages: names, descriptions and file names of strangers in sources and pages."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from cases_data import png
from harness import HEAD, Case, Command, Place

TEXTS = {
    "a line of C": 'x\nstatic int y = system("true");\n//',
    "a line of C after a carriage return": "x\rint y;\r//",
    "a line of C after a separator": "x\u2028int y;\u2029//",
    "a form feed": "x\x0cint y;\x0b\x85//",
    "the end of a comment": "x */ int y; /*",
    "a backslash": "x \\",
    "a backslash and a line": "x \\\nint y;",
    "a trigraph": "x ??/\nint y;",
    "the end of a text": '"); System.exit(0); //',
    "a text of Kotlin": '${Runtime.getRuntime().exec("true")} $x',
    "a text of Swift": "\\(exit(0))",
    "a text of JavaScript": "`${process.exit()}`",
    "text that is turned around": "x\u202e;tixe\u202c\u2066",
    "what is not seen": "x\u200b\u2060\ufeff\U000e0041",
    "markup": "<script>alert(1)</script><img src=x onerror=alert(2)>",
    "a link": "[x](javascript:alert(1)) ![y](https://127.0.0.1/z.png)",
    "a block of code": "x\n```sh\ntrue\n```\n~~~\ny",
    "a heading": "# x\n\n## y\n\n| a | b |\n\n> c",
    "a mark of the template": "{{python}} {{operations}} {{data}}",
    "escapes": "\x1b[2J\x1b]0;x\x07",
    "nothing": "",
    "a long text": "x " * 50_000,
    "half a character": "x\ud800",
    "Python": '"""\nimport os\nos.system("true")\n"""',
}


def written(function: str, text: str, **bound: Any) -> Case:
    def make(place: Place) -> Sequence[Command]:
        path = place.write("text", text)
        return [["call", f"generated_files:{function}", str(path)]]

    return Case(make, **{"codes": (0,), "tf": True, **bound})


def spec_text(**more: str) -> str:
    found = "".join(f"{key}: {value}\n" for key, value in more.items())
    return f"nnspec: 1\n{found}inputs: {{x: [4]}}\nlayers: [{{Dense: 1}}]\n"


def python(text: str, name: str = "spec.yaml") -> Case:
    """A spec, and the Python file of it, which comes on standard output as well."""

    def make(place: Place) -> Sequence[Command]:
        path = place.write(name, text)
        return [["call", "generated_files:python", str(path)], ["to-python", str(path)]]

    return Case(make, codes=(0, 3))


FILES = {
    "the end of a docstring": 'a"""\nimport os\nos.system("true")\n"""b.yaml',
    "a quote": 'a".yaml',
    "three quotes": 'a""".yaml',
    "a backslash": "a\\.yaml",
    "a line": "a\nimport os.yaml",
    "text that is turned around": "a\u202e.yaml",
    "escapes": "a\x1b[2J.yaml",
    "code in braces": "a{__import__('os')}.yaml",
}
MARKUP = "<img src=x onerror=alert(1)>\"'&</style><script>alert(2)</script>\u202e\x1b[31m"
QUOTED = json.dumps(MARKUP)
CELL = '"' + MARKUP.replace('"', '""') + '"'


def shown(spec: str, *files: tuple[str, str | bytes]) -> Case:
    """The page of `data --page`, read for what acts or loads."""

    def make(place: Place) -> Sequence[Command]:
        path = place.write("spec.yaml", spec)
        for name, content in files:
            place.write(name, content)
        page = ["data", str(path), "--page", "page.html"]
        return [page, ["call", "page_contents:checked", str(place.folder / "page.html")]]

    return Case(make, codes=(0,))


def drawn(text: str) -> Case:
    """The diagrams of a spec, as SVG and as a page."""

    def make(place: Place) -> Sequence[Command]:
        path = place.write("spec.yaml", text)
        drawings = [["draw", str(path), "-o", name] for name in ("d.svg", "d.html")]
        read = [
            ["call", "page_contents:drawing", str(place.folder / "d.svg")],
            ["call", "page_contents:checked", str(place.folder / "d.html")],
        ]
        return [*drawings, *read]

    return Case(make, codes=(0,), draws=True)


def table(source: str = "{Csv: {path: d.csv, target: y}}", name: str = "x", shape: str = "[3]", **more: str) -> str:
    found = "".join(f"{key}: {value}\n" for key, value in more.items())
    return (
        f"nnspec: 1\n{found}inputs: {{{name}: {shape}}}\nlayers: [Flatten, {{Dense: {{units: 2, activation: softmax}}}}]\n"
        f"data: {{source: {source}}}\ntrain: {{loss: SparseCategoricalCrossentropy}}\n"
    )


ROWS = "1,2,3,p\n2,3,4,q\n" * 8
PICTURES = [(f"d/{name}/{number}.png", png(8)) for name in ("a", "<b onclick=1>\u202e\x1b[2J") for number in range(4)]
CASES: dict[str, Case] = {
    **{f"sources: {name}": written("sources", text) for name, text in TEXTS.items()},
    **{f"README: {name}": written("readmes", text) for name, text in TEXTS.items()},
    **{f"Python: a file called {name}": python(spec_text(), file) for name, file in FILES.items()},
    **{f"Python: a name of {name}": python(spec_text(name=json.dumps(text))) for name, text in TEXTS.items() if text},
    **{f"Python: a description of {name}": python(spec_text(description=json.dumps(text))) for name, text in TEXTS.items() if len(text) < 10_000},
    "Python: an argument of code": python(HEAD + "layers: [{Dense: {units: 1, activation: \"relu'); import os  #\"}}]\n"),
    "a page: a name": shown(table(name=QUOTED), ("d.csv", "a,b,c,y\n" + ROWS)),
    "a page: columns": shown(table(), ("d.csv", f"{CELL},b,c,y\n{ROWS}")),
    "a page: labels": shown(table(), ("d.csv", "a,b,c,y\n" + f"1,2,3,{CELL}\n2,3,4,q\n" * 8)),
    "a page: categories": shown(table(shape="[4]"), ("d.csv", "a,b,c,y\n" + f"1,2,{CELL},p\n2,3,z,q\n" * 8)),
    "a page: texts": shown(table("{Text: {path: d.tsv}}", "x", "{shape: [null], dtype: int32}").replace("Flatten", "{Embedding: {input_dim: $data.vocabulary_size, output_dim: 2}}, GlobalAveragePooling1D"), ("d.tsv", f"p\t{MARKUP}\nq\tz\n" * 8)),
    "a page: pictures": shown(table("{ImageFolder: {path: d, image_size: [8, 8]}}", shape="[8, 8, 3]"), *PICTURES),
    "a page: a path": shown(table(f"{{Csv: {{path: {json.dumps('<b>&.csv')}, target: y}}}}"), ("<b>&.csv", "a,b,c,y\n" + ROWS)),
    "a drawing: a name": drawn(spec_text(name=QUOTED)),
    "a drawing: a description": drawn(spec_text(description=QUOTED)),
    "a drawing: an input": drawn(f"nnspec: 1\ninputs: {{{QUOTED}: [4]}}\nlayers: [{{Dense: 1}}]\n"),
    "a drawing: an output": drawn(HEAD + f"layers: [{{Dense: 1, name: a}}]\noutputs: {{{QUOTED}: a}}\n"),
    "a drawing: a parameter": drawn(HEAD + f"params: {{p: {QUOTED}}}\nlayers: [{{Dense: {{units: 1, activation: relu}}}}]\n"),
}  # fmt: skip
