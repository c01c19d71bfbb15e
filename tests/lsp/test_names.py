"""Definitions, references and renaming, in a file and across the files that build on each other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from session import Refused, Session, applied

from nnspec.frontend.diagnostics import Source
from nnspec.frontend.pipeline import check

SPEC = """\
nnspec: 1
params: {width: 8, depth: 2}
inputs: {image: [28, 28, 1]}
blocks:
  unit:
    params: {width: 4, rate: $(0.1 * 2)}
    layers:
      - {Dense: $width, name: inner}
      - {Dense: {units: $(width * 2)}, from: inner}
layers:
  - {Flatten: , name: flat}
  - repeat: $depth
    as: width
    name: tower
    layers:
      - {Dense: $(width + 1), name: inner}
  - {unit: {width: $width}, name: first}
  - {Add: , name: sum, from: [first, first/inner]}
  - {Dense: 3, name: scores, from: "tower/1/inner"}
outputs: [scores]
train: {loss: {scores: MeanSquaredError}}
"""


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return Session(tmp_path)


def asked(session: Session, method: str, text: str, **more: Any) -> Any:
    return session.at(method, *session.marked(text), **more)


def lines(found: list[dict[str, Any]]) -> list[int]:
    return sorted(one["range"]["start"]["line"] for one in found)


@pytest.mark.parametrize(
    ("old", "marked", "definition", "places"),
    [
        ("repeat: $depth", "repeat: $de|pth", 1, [1, 11]),
        ("{unit: {width: $width}", "{unit: {width: $wid|th}", 1, [1, 16]),
        ("{unit: {width: $width}", "{unit: {wid|th: $width}", 5, [5, 7, 8, 16]),
        ("$(width * 2)", "$(wid|th * 2)", 5, [5, 7, 8, 16]),
        ("$(width + 1)", "$(wid|th + 1)", 12, [12, 15]),
        ("- {unit: {", "- {un|it: {", 4, [4, 16]),
        ("from: inner", "from: inn|er", 7, [7, 8, 17]),
        ("[first, first/inner]", "[first, first/inn|er]", 7, [7, 8, 17]),
        ("[first, first/inner]", "[fir|st, first/inner]", 16, [16, 17, 17]),
        ("tower/1/inner", "tower/1/in|ner", 15, [15, 18]),
        ("tower/1/inner", "tow|er/1/inner", 13, [13, 18]),
        ("outputs: [scores]", "outputs: [sco|res]", 18, [18, 19, 20]),
    ],
)
def test_where_a_name_is_defined_and_used(
    session: Session, old: str, marked: str, definition: int, places: list[int]
) -> None:
    text = SPEC.replace(old, marked)
    assert lines(asked(session, "definition", text)) == [definition]
    assert lines(asked(session, "references", text, context={"includeDeclaration": True})) == places
    assert lines(asked(session, "documentHighlight", text)) == places
    found = asked(session, "rename", text, newName="renamed")["changes"]
    (changes,) = found.values()
    assert lines(changes) == places
    after = applied(text.replace("|", ""), changes)
    assert check(Source.from_text(after)).ok and after.count("renamed") == len(places)


def test_without_the_definition(session: Session) -> None:
    text = SPEC.replace("repeat: $depth", "repeat: $de|pth")
    assert lines(asked(session, "references", text, context={"includeDeclaration": False})) == [11]


def test_renaming_across_files(session: Session, tmp_path: Path) -> None:
    (tmp_path / "blocks").mkdir()
    block = "blocks:\n  unit:\n    params: {size: 4}\n    layers: [{Dense: $size}]\n"
    base = "nnspec: 1\nuse: blocks/unit.yaml\nparams: {width: 8}\ninputs: {x: [4]}\nlayers: [{unit: {size: $width}}]\n"
    child = "extends: ../base.yaml\nparams: {width: 2}\nlayers:\n  - Dense: $width\n  - unit: {size: $width}\n"
    (tmp_path / "blocks" / "unit.yaml").write_text(block, encoding="utf-8")
    (tmp_path / "base.yaml").write_text(base, encoding="utf-8")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "child.yaml").write_text(child, encoding="utf-8")
    (tmp_path / "other.yaml").write_text("nnspec: 1\nparams: {width: 1}\n", encoding="utf-8")
    uri = session.open("base.yaml", base)
    found = session.at("rename", uri, 4, base.splitlines()[4].index("$width") + 2, newName="units")["changes"]
    assert {Path(name).name: len(edits) for name, edits in found.items()} == {"base.yaml": 2, "child.yaml": 3}
    found = session.at("rename", uri, 4, base.splitlines()[4].index("size") + 1, newName="units")["changes"]
    assert {Path(name).name: len(edits) for name, edits in found.items()} == {
        "base.yaml": 1, "child.yaml": 1, "unit.yaml": 2,
    }  # fmt: skip
    found = session.at("rename", uri, 4, base.splitlines()[4].index("unit:") + 1, newName="cell")["changes"]
    assert {Path(name).name: len(edits) for name, edits in found.items()} == {
        "base.yaml": 1, "child.yaml": 1, "unit.yaml": 1,
    }  # fmt: skip
    for name, edits in found.items():
        path = next(path for path in tmp_path.rglob(Path(name).name))
        path.write_text(applied(path.read_text(encoding="utf-8"), edits), encoding="utf-8")
    assert check(tmp_path / "base.yaml").ok and check(tmp_path / "deep" / "child.yaml").ok


@pytest.mark.parametrize(
    ("new", "reason"),
    [("width", "a name in"), ("2x", "cannot be a name"), ("min", "cannot be a name"), ("a b", "cannot")],
)
def test_names_that_cannot_be(session: Session, new: str, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        asked(session, "rename", SPEC.replace("repeat: $depth", "repeat: $de|pth"), newName=new)


def test_nothing_is_renamed_in_a_spec_with_a_fault(session: Session) -> None:
    text = SPEC.replace("repeat: $depth", "repeat: $de|pth").replace("Flatten", "Flaten")
    with pytest.raises(Refused, match="has a fault"):
        asked(session, "rename", text, newName="x")
    with pytest.raises(Refused, match="no parameter, block"):
        asked(session, "prepareRename", SPEC.replace("nnspec: 1", "nnspec: |1"))
    found = asked(session, "prepareRename", SPEC.replace("repeat: $depth", "repeat: $de|pth"))
    assert found["placeholder"] == "depth"


@pytest.mark.parametrize("is_open", [False, True])
def test_nothing_is_renamed_where_a_use_might_be_missed(session: Session, tmp_path: Path, is_open: bool) -> None:
    """In a file that builds on this one, and cannot be read."""
    broken = "extends: spec.yaml\nlayers:\n  - Dense: $depth\n  - Dense: [\n"
    (tmp_path / "child.yaml").write_text(broken, encoding="utf-8")
    if is_open:
        session.open("child.yaml", broken)
    text = SPEC.replace("repeat: $depth", "repeat: $de|pth")
    with pytest.raises(Refused, match=r"child\.yaml cannot all be found"):
        asked(session, "rename", text, newName="rounds")
    inner = SPEC.replace("$(width + 1)", "$(wid|th + 1)")  # a loop's own, which no other file has
    assert asked(session, "rename", inner, newName="index")["changes"]


def test_going_to_a_file_and_to_a_layer_without_a_name(session: Session, tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(SPEC, encoding="utf-8")
    found = asked(session, "definition", "extends: ba|se.yaml\n")
    assert [Path(one["uri"]).name for one in found] == ["base.yaml"]
    text = "nnspec: 1\ninputs: {x: [4]}\nlayers:\n  - Dense: 3\n  - Dense: 4\n  - {Add: , from: [dense, den|se]}\n"
    assert lines(asked(session, "definition", text)) == [3]


def test_words_are_no_names(session: Session) -> None:
    """A text that happens to be equal to a name is none."""
    text = SPEC.replace("name: flat", "name: width_").replace("nnspec: 1", "nnspec: 1\ndescription: the depth of width")
    found = asked(session, "references", text.replace("repeat: $depth", "repeat: $de|pth"), context={})
    assert lines(found) == [2, 12]


def test_a_layer_of_a_group_that_is_used_again_is_renamed_there_too(session: Session) -> None:
    text = (
        "nnspec: 1\ninputs: {left: [4], right: [4]}\nlayers:\n"
        "  - {name: tower, from: left, layers: [{Dense: 4, name: a}, {Dense: 3}]}\n"
        "  - {reuse: tower, from: right, name: other}\n"
        "  - {Concatenate: , from: [tower/a, other/a]}\n"
    )
    uri = session.open("net.yaml", text)
    edit = session.at("rename", uri, 3, text.splitlines()[3].index("name: a") + 6, newName="b")
    after = applied(text, edit["changes"][uri])
    assert "[tower/b, other/b]" in after and check(Source.from_text(after)).ok
