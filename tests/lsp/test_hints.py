"""Shapes behind the lines, while a spec is sound and while it is being typed."""

from __future__ import annotations

import os
import random
import re
from pathlib import Path

import pytest
from session import Session

SPECS = Path(__file__).parents[2] / "specs"
SPEC = """\
nnspec: 1
params: {width: 8}
inputs: {image: [28, 28, 1]}
blocks:
  unit:
    params: {filters: }
    layers:
      - Conv2D: {filters: $filters, kernel_size: 3, padding: same, use_bias: false}
      - ReLU
layers:
  - for: {filters: [4, $width, 16]}
    layers:
      - unit: {filters: $filters}
      - MaxPooling2D: 2
  - Flatten
  - {Dense: 10, name: scores}
budget: {params: 5K, macs: 1M}
"""


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return Session(tmp_path)


def test_shapes_and_sums(session: Session) -> None:
    hints = session.hints(session.open("a.yaml", SPEC))
    assert hints == {
        7: "28x28x4 ... 7x7x16, 3 times, 1.48 K parameters",
        8: "28x28x4 ... 7x7x16, 3 times",
        10: "→ 3x3x16, 1.48 K parameters",
        12: "→ 7x7x16, 1.48 K parameters",
        13: "14x14x4 ... 3x3x16, 3 times",
        14: "144",
        15: "10, 1.45 K parameters",
        16: "59% of params, 14% of macs",
    }


def test_hints_can_be_chosen(tmp_path: Path) -> None:
    chosen = {"parameters": False, "multiplyAdds": True, "receptiveField": True, "budget": False, "typo": True}
    session = Session(tmp_path, {"hints": chosen})
    uri = session.open("a.yaml", SPEC)
    assert session.hints(uri)[15] == "10, 1.44 K multiply-adds, sees all"
    assert 16 not in session.hints(uri)
    session.tell("workspace/didChangeConfiguration", {"settings": {"nnspec": {"hints": {"shapes": False}}}})
    assert session.hints(uri)[15] == "1.45 K parameters"


def test_what_tflite_cannot_have_is_marked(tmp_path: Path) -> None:
    session = Session(tmp_path, {"hints": {"mobile": True}})
    text = SPEC.replace("- Flatten", "- RandomFlip: horizontal\n  - Flatten")
    spec = "nnspec: 1\ninputs: {words: {shape: [], dtype: string}}\nlayers:\n  - Hashing: 8\n"
    assert "not in TFLite" in session.hints(session.open("b.yaml", spec))[3]
    assert "not in TFLite" not in session.hints(session.open("a.yaml", text))[15]


def test_only_the_lines_that_are_asked_for(session: Session) -> None:
    uri = session.open("a.yaml", SPEC)
    wanted = {"start": {"line": 13, "character": 0}, "end": {"line": 14, "character": 0}}
    assert [one["position"]["line"] for one in session.about("inlayHint", uri, range=wanted)] == [13, 14]


def test_below_a_fault_the_last_hints_stay(session: Session) -> None:
    uri = session.open("a.yaml", SPEC)
    session.change(uri, SPEC.replace("  - Flatten\n", "  # more\n  - Flat\n"))
    assert session.shown[uri][0]["code"] == "E0202"
    hints = session.hints(uri)
    assert hints[13].startswith("14x14x4") and 15 not in hints
    assert hints[16] == "10, 1.45 K parameters"


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_marks_of_the_byte_order_and_other_line_ends(session: Session, mark: str, ending: str) -> None:
    whole = session.hints(session.open("a.yaml", SPEC))
    assert session.hints(session.open("b.yaml", mark + SPEC.replace("\n", ending))) == whole != {}


@pytest.mark.parametrize("begin", ["{nnspec: 1,", '{"nnspec": 1,', "{ 'nnspec': 1,"])
def test_a_spec_in_braces_is_one(session: Session, begin: str) -> None:
    text = begin + " inputs: {x: [16]}, layers: [{Dense: 8}, {Dense: 2}]}\n"
    uri = session.open("a.yaml", text)
    assert [one["code"] for one in session.shown[uri]] == ["W0608"] and session.hints(uri) != {}


def test_within_a_loop_the_layers_above_a_fault_keep_their_hints(session: Session) -> None:
    text = "nnspec: 1\ninputs: {x: [500, 1]}\nlayers:\n  - for: {n: [1, 2]}\n    layers:\n      - Conv1D: {filters: $n, kernel_size: 3}\n"
    uri = session.open("a.yaml", text)
    before = session.hints(uri)[5]
    session.change(uri, text + "      - Re")
    assert session.hints(uri) == {5: before}  # the sum of the loop is that of other lines
    session.change(uri, text + "      - ReLU")
    assert {3, 5, 6} == {*session.hints(uri)}


def test_a_loop_that_does_not_fit_twice_shows_its_first_round_without_a_sum(session: Session) -> None:
    text = "nnspec: 1\ninputs: {x: [32, 3]}\nlayers:\n  - repeat: 2\n    layers:\n      - Conv1D: {filters: 4, kernel_size: 3}\n"
    uri = session.open("a.yaml", text + "      - Flatten\n")
    assert [one["code"] for one in session.shown[uri]] == ["E0601"]
    assert session.hints(uri) == {5: "30x4, 40 parameters", 6: "120"}
    session.change(uri, text)
    whole = session.hints(uri)
    session.change(uri, text + "      - Flatten\n")
    assert session.hints(uri) == {5: whole[5], 6: "120"}  # as it was in both rounds


def test_a_change_of_a_base_shows_where_it_is_built_on(session: Session, tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(SPEC, encoding="utf-8")
    top = session.open("top.yaml", "extends: base.yaml\nlayers:\n  - Flatten\n  - Dense: $width\n")
    assert session.hints(top)[3] == "8, 6.28 K parameters"
    base = session.open("base.yaml", SPEC.replace("width: 8", "width: 5"))
    assert session.hints(top)[3] == "5, 3.92 K parameters"
    session.tell("textDocument/didClose", {"textDocument": {"uri": base}})
    assert session.hints(top)[3] == "8, 6.28 K parameters"
    (tmp_path / "base.yaml").write_text(SPEC.replace("width: 8", "width: 6"), encoding="utf-8")
    session.tell("workspace/didChangeWatchedFiles", {"changes": [{"uri": base, "type": 2}]})
    assert session.hints(top)[3] == "6, 4.71 K parameters"


def test_the_data_are_looked_at_beside(session: Session, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,kind\n" + "1,x\n2,y\n3,z\n" * 5, encoding="utf-8")
    text = (
        "nnspec: 1\ninputs: {a: [1]}\nlayers: [{Dense: {units: $data.classes, activation: softmax}}]\n"
        "data: {source: {Csv: {path: t.csv, features: [a], target: kind}}, split: {validation: 0.2}}\n"
        "train: {loss: SparseCategoricalCrossentropy}\n"
    )
    uri = session.open("a.yaml", text)
    assert session.hints(uri)[2] == "data.classes, ? parameters"
    session.look_at_data()
    assert session.hints(uri)[2] == "3, 6 parameters"
    session.change(uri, text + "\n")  # now it is known without another look
    assert session.hints(uri)[2] == "3, 6 parameters"
    session.change(uri, text.replace("$data.classes", "2"))
    assert session.shown[uri] == []
    session.look_at_data()
    assert [one["code"] for one in session.shown[uri]] == ["E0702"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["lenet.yaml", "stacked_rnn.yaml", "googlenet.yaml"])
def test_each_state_of_a_spec_that_is_typed_has_shapes(name: str) -> None:
    """Character by character, as an editor sends it: hardly a state without shapes, and no diagnostic that is stale."""
    text = (SPECS / name).read_text(encoding="utf-8")
    first = re.compile(r"\n +- (?!(repeat|for|when)\b)").search(text, text.index("\nlayers:"))
    assert first is not None
    start = text.index("\n", first.end())  # the first layer is there
    session = Session(SPECS)
    uri = session.open("a.yaml", text[:start])
    step = max((len(text) - start) // (25 if "googlenet" in name else 60), 1)
    states = range(start, len(text), step)
    without = 0
    for end in states:
        session.change(uri, text[:end])
        without += not session.hints(uri)
        assert all(one["range"]["start"]["line"] <= text[:end].count("\n") for one in session.shown[uri])
    assert without <= 0.03 * len(states)
    session.change(uri, text)
    fresh = Session(SPECS)
    other = fresh.open("a.yaml", text)
    assert (session.hints(uri), session.shown[uri]) == (fresh.hints(other), fresh.shown[other])


@pytest.mark.slow
def test_edits_at_random_are_answered(tmp_path: Path) -> None:
    """Whatever becomes of a text, the server says what can be said, and it is the same as for a fresh text."""
    draw = random.Random(int(os.environ.get("NNSPEC_SEED", "1")))
    steps = 20_000 if os.environ.get("NNSPEC_FULL") else 60
    session = Session(tmp_path)
    uri, text = session.open("a.yaml", SPEC), SPEC
    for number in range(steps):
        start = draw.randrange(len(text) + 1)
        end = min(start + draw.choice((0, 0, 1, 5)), len(text))
        new = draw.choice(["", "{", "\n", "- ", ":", "$x", "]", "🦀", "Dense: 3", "\n  - Flatten\n", "#", "'", "\t"])
        places = session.server.workspace.documents[uri].places
        session.changes(uri, [{"range": places.range(start, end), "text": new}])
        text = text[:start] + new + text[end:]
        assert session.text(uri) == text
        session.hints(uri)
        at = places.position(start)
        for method in ("hover", "completion", "definition", "signatureHelp", "documentHighlight"):
            session.at(method, uri, at["line"], at["character"])
        for method in ("documentSymbol", "foldingRange", "formatting", "codeLens", "documentLink"):
            session.about(method, uri)
        if number % 40 == 39:
            session.change(uri, SPEC)
            text = SPEC
            assert session.shown[uri] == []
