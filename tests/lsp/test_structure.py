"""Symbols, folds, selections, links, words of expressions, lenses."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

from session import Session

SPEC = """\
# A small network
# in two lines of comment
nnspec: 1
params: {width: 8}
inputs: {image: [28, 28, 1]}
blocks:
  unit:
    layers:
      - Dense: $(round(width * 2) if width > 2 else 3)
layers:
  - Flatten
  - repeat: 2
    layers:
      - {Dense: $width, name: hidden}
budget: {params: 14K}
"""


def test_symbols(tmp_path: Path) -> None:
    session = Session(tmp_path)
    uri = session.open("a.yaml", SPEC.replace(", name: hidden", ""))
    found = {one["name"]: one for one in session.about("documentSymbol", uri)}
    assert [*found] == ["nnspec", "params", "inputs", "blocks", "layers", "budget"]
    assert [one["name"] for one in found["params"]["children"]] == ["width"]
    layers = found["layers"]["children"]
    assert [one["name"] for one in layers] == ["Flatten", "repeat"]
    assert layers[1]["children"][0]["detail"] == "8, 6.35 K parameters"
    assert [one["name"] for one in session.ask("workspace/symbol", {"query": "UN"})] == ["unit"]


def test_folds(tmp_path: Path) -> None:
    session = Session(tmp_path)
    found = session.about("foldingRange", session.open("a.yaml", SPEC))
    ranges = {(one["startLine"], one["endLine"]) for one in found}
    assert {(5, 8), (6, 8), (7, 8), (9, 13), (11, 13), (12, 13), (0, 1)} == ranges


def test_a_selection_grows(tmp_path: Path) -> None:
    session = Session(tmp_path)
    uri = session.open("a.yaml", SPEC)
    (found,) = session.about("selectionRange", uri, positions=[{"line": 13, "character": 17}])
    texts = []
    one: Any = found
    places = session.server.workspace.documents[uri].places
    while one is not None:
        start, end = (places.index(one["range"][edge]) for edge in ("start", "end"))
        texts.append(SPEC[start:end])
        one = one.get("parent")
    assert texts[0] == "$width" and "{Dense: $width, name: hidden}" in texts and texts[-1] == SPEC
    assert all(inner in outer for inner, outer in pairwise(texts))


def test_links(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(SPEC, encoding="utf-8")
    (tmp_path / "t.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    text = "extends: base.yaml\ndata: {source: {Csv: {path: t.csv, target: b}}}\n"
    session = Session(tmp_path)
    found = session.about("documentLink", session.open("a.yaml", text))
    assert [Path(one["target"]).name for one in found] == ["base.yaml", "t.csv"]
    assert found[0]["range"]["start"] == {"line": 0, "character": 9}


def test_words_of_expressions(tmp_path: Path) -> None:
    session = Session(tmp_path)
    uri = session.open("a.yaml", SPEC)
    legend = session.capabilities["semanticTokensProvider"]["legend"]["tokenTypes"]
    data = session.about("semanticTokens/full", uri)["data"]
    line = character = 0
    words = []
    for number in range(0, len(data), 5):
        character = data[number + 1] + (character if data[number] == 0 else 0)
        line += data[number]
        word = SPEC.split("\n")[line][character : character + data[number + 2]]
        words.append((word, legend[data[number + 3]]))
    assert words == [
        ("round", "function"), ("width", "variable"), ("*", "operator"), ("2", "number"), ("if", "keyword"),
        ("width", "variable"), (">", "operator"), ("2", "number"), ("else", "keyword"), ("3", "number"),
        ("$width", "variable"),
    ]  # fmt: skip


def test_lenses(tmp_path: Path) -> None:
    session = Session(tmp_path)
    uri = session.open("a.yaml", SPEC.replace(", name: hidden", ""))
    found = session.about("codeLens", uri)
    assert [one["command"]["title"] for one in found][:4] == ["check", "show", "draw", "train"]
    assert (
        found[4]["command"]["title"]
        == "6,352 parameters, 6.34 K multiply-adds, 3 layers, 45% of the budget of parameters"
    )
    assert {one["range"]["start"]["line"] for one in found} == {2}
    assert found[3]["command"]["arguments"] == ["train", str(tmp_path / "a.yaml")]
