"""Fixes, all of them at once, a line silenced, layers made a block; and the layout."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from session import Session, applied

from nnspec.frontend.diagnostics import Source
from nnspec.frontend.format import format_text
from nnspec.frontend.pipeline import check

HEAD = "nnspec: 1\ninputs: {image: [28, 28, 1]}\nlayers:\n"


def actions(session: Session, uri: str, first: int, last: int, **context: Any) -> dict[str, dict[str, Any]]:
    """The actions on some lines, by title."""
    wanted = {"start": {"line": first, "character": 0}, "end": {"line": last, "character": 10_000}}
    found = session.about("codeAction", uri, range=wanted, context={"diagnostics": session.shown[uri], **context})
    return {one["title"]: one for one in found}


def done(session: Session, uri: str, action: dict[str, Any]) -> str:
    (edits,) = action["edit"]["changes"].values()
    return applied(session.text(uri), edits)


def test_a_fix(tmp_path: Path) -> None:
    session = Session(tmp_path)
    uri = session.open("a.yaml", HEAD + "  - Flaten\n  - Dense: {unit: 3}\n")
    found = actions(session, uri, 4, 4)
    fix = found["Replace `unit` by `units`"]
    assert fix["isPreferred"] and [one["code"] for one in fix["diagnostics"]] == ["E0203"]
    assert done(session, uri, fix) == HEAD + "  - Flaten\n  - Dense: {units: 3}\n"
    assert (
        done(session, uri, found["Apply all fixes that are certain"]) == HEAD + "  - Flatten\n  - Dense: {units: 3}\n"
    )
    assert [*actions(session, uri, 4, 4, only=["source.fixAll"])] == ["Apply all fixes that are certain"]
    assert [*actions(session, uri, 0, 0, only=["quickfix"])] == []


def test_a_line_is_silenced(tmp_path: Path) -> None:
    session = Session(tmp_path)
    text = HEAD + "  - Flatten\n  - Dense: 3\n  - Dense: 2\n  - Dropout: 0.5 \n"
    uri = session.open("a.yaml", text)
    assert {one["code"] for one in session.shown[uri]} == {"W0602", "W0608"}
    for code in ("W0602", "W0608"):
        line = next(one["range"]["start"]["line"] for one in session.shown[uri] if one["code"] == code)
        found = actions(session, uri, line, line)[f"Silence {code} on this line"]
        session.change(uri, done(session, uri, found))
    assert session.shown[uri] == []
    assert session.text(uri).count("# nnspec: ignore W060") == 2


def test_a_second_code_on_a_silenced_line(tmp_path: Path) -> None:
    session = Session(tmp_path)
    text = "nnspec: 1\nparams: {x: 1}  # nnspec: ignore W0601\n" + HEAD.removeprefix("nnspec: 1\n") + "  - Flatten\n"
    uri = session.open("a.yaml", text)
    found = actions(session, uri, 1, 1)["Silence W0605 on this line"]
    assert "# nnspec: ignore W0601 W0605\n" in done(session, uri, found)


def test_layers_become_a_block(tmp_path: Path) -> None:
    session = Session(tmp_path)
    layers = "  - Conv2D:\n      filters: 4\n      kernel_size: 3\n  - ReLU  # as in the paper\n"
    text = HEAD + layers + "  - Flatten\n"
    uri = session.open("a.yaml", text)
    after = done(session, uri, actions(session, uri, 3, 6)["Make a block of 2 layers"])
    both = [check(Source.from_text(one)).spec for one in (text, after)]
    assert [[layer.kind for layer in one.graph.layers] for one in both if one] == [["Conv2D", "ReLU", "Flatten"]] * 2
    assert "# as in the paper" in after and "  - block1\n  - Flatten\n" in after
    uri = session.open("b.yaml", after)
    line = after.splitlines().index("  - Flatten")
    told = "Make a block of 1 layer; the output `flatten` is called `block2.flatten` then"
    again = done(session, uri, actions(session, uri, line, line)[told])
    assert check(Source.from_text(again)).ok and "block2" in again


NESTED = """nnspec: 1
inputs: {x: [8, 4]}
layers:
  - for: {units: [8, 4]}
    as: round
    layers:
      - parallel:
          - - Dense: $units
            - Dropout: $(0.1 * (round + 1))
            - Dense: 4
          - []
        merge: Add
"""


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize(("first", "last"), [(7, 7), (7, 8), (7, 9), (8, 9), (6, 11)])
def test_layers_within_loops_and_branches_become_a_block(tmp_path: Path, first: int, last: int, ending: str) -> None:
    session = Session(tmp_path)
    text = NESTED.replace("\n", ending)
    uri = session.open("a.yaml", text)
    offered = actions(session, uri, first, last)
    after = done(session, uri, next(action for title, action in offered.items() if title.startswith("Make a block")))
    one, other = (check(Source.from_text(written)).spec for written in (text, after))
    assert one is not None and other is not None, after
    assert [layer.kind for layer in one.graph.layers] == [layer.kind for layer in other.graph.layers]
    assert after.count("\n") == after.count(ending)


def test_layers_with_names_stay(tmp_path: Path) -> None:
    session = Session(tmp_path)
    uri = session.open("a.yaml", HEAD + "  - {Flatten: , name: flat}\n  - {Dense: 3, from: flat}\n")
    assert actions(session, uri, 3, 4) == {}


SETTINGS = "nnspec: 1\ninputs: {x: [4]}\nlayers:\n  - Dense: 4\n  - Dense: 3\n  - {Dense: 2, name: y}\ntrain: {loss: MeanSquaredError}\n"


@pytest.mark.parametrize(
    ("train", "derived", "offered"),
    [
        ("", "", ["Make a block of 1 layer"]),
        ("trainable: [y]", "train: {epochs: 2}", ["Make a block of 1 layer"]),
        ("trainable: [dense_1]", "", []),  # it would be the other layer's name, or nobody's
        ("trainable: [dense*]", "", []),
        ("", "train: {trainable: [dense]}", []),
        ("", "blocks: {block1: {layers: [{Dense: 5}, {Dense: 3}]}}", []),
    ],
)
def test_settings_go_on_to_mean_the_same_layers(tmp_path: Path, train: str, derived: str, offered: list[str]) -> None:
    session = Session(tmp_path)
    session.open("derived.yaml", f"extends: a.yaml\n{derived}\n")
    uri = session.open("a.yaml", SETTINGS.replace("{loss", f"{{{train}, loss" if train else "{loss"))
    found = actions(session, uri, 3, 3, only=["refactor"])
    assert [*found] == offered


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_formatting(tmp_path: Path, ending: str) -> None:
    session = Session(tmp_path)
    text = (HEAD + "  - Dense:   {units: 3 }   # few\n  - ReLU\n  -   Flatten\n").replace("\n", ending)
    uri = session.open("a.yaml", text)
    edits = session.about("formatting", uri, options={"tabSize": 2, "insertSpaces": True})
    assert applied(text, edits) == format_text(Source.from_text(text))
    last = text.count("\n") - 1
    wanted = {"start": {"line": last, "character": 0}, "end": {"line": last, "character": 3}}
    edits = session.about("rangeFormatting", uri, range=wanted, options={"tabSize": 2, "insertSpaces": True})
    after = applied(text, edits)
    assert "  - Flatten" in after and "Dense:   {units" in after
    session.change(uri, HEAD + "  - [")
    assert session.about("formatting", uri, options={"tabSize": 2, "insertSpaces": True}) == []


@pytest.mark.parametrize(
    ("before", "depth"),
    [("train:", 2), ("  - Conv2D:", 6), ("  - Conv2D: {filters: 3}", 0), ("  - Flatten", 0), ("      layer:  # x", 8)],
)
def test_a_new_line_is_indented(tmp_path: Path, before: str, depth: int) -> None:
    session = Session(tmp_path)
    text = HEAD + before + "\n\n"
    uri = session.open("a.yaml", text)
    options = {"tabSize": 2, "insertSpaces": True}
    edits = session.at("onTypeFormatting", uri, 4, 0, ch="\n", options=options)
    assert applied(text, edits).split("\n")[4] == " " * depth


def test_related_places_and_what_is_unused(tmp_path: Path) -> None:
    session = Session(tmp_path)
    text = "nnspec: 1\nparams: {unused: 1}\ninputs: {x: [4, 4, 1]}\nlayers:\n  - repeat: 3\n    layers: [{MaxPooling2D: 2}]\n"
    uri = session.open("a.yaml", text)
    (found,) = [one for one in session.shown[uri] if one["severity"] == 1]
    assert "in round 3 of 3" in str(found["relatedInformation"]) and found["code"] == "E0601"
    uri = session.open("b.yaml", text.replace("repeat: 3", "repeat: 2"))
    assert [(one["code"], one["tags"]) for one in session.shown[uri]] == [("W0605", [1])]


def test_a_fault_of_a_base_is_shown_where_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(HEAD + "  - Flaten\n", encoding="utf-8")
    session = Session(tmp_path)
    uri = session.open("a.yaml", "name: a\nextends: base.yaml\n")
    (found,) = session.shown[uri]
    assert found["range"]["start"] == {"line": 0, "character": 0}
    assert Path(found["relatedInformation"][0]["location"]["uri"]).name == "base.yaml"
