from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnspec.data.errors import DataError
from nnspec.data.new_examples import remarks
from nnspec.data.sources.text import Text, TextExamples

ROWS = "good\tA fine film!\nbad\tIt's \"dull\n\ngood\tfine\n"


def load(folder: Path, content: str, **options: Any) -> TextExamples:
    (folder / "some.txt").write_text(content, encoding="utf-8")
    return Text("some.txt", **options).load(folder)


def rows(examples: TextExamples) -> list[tuple[str, str]]:
    return [(examples.labels[index][0], examples.texts([index])[0]) for index in range(len(examples))]


def test_label_tab_text(tmp_path: Path) -> None:
    """A quotation mark in a text is a mark, and does not swallow the next rows."""
    assert rows(load(tmp_path, ROWS)) == [("good", "A fine film !"), ("bad", "It's \" dull"), ("good", "fine")]


@pytest.mark.parametrize(
    ("content", "options"),
    [
        (
            'text,x,label\n"so, so",1,bad\n',
            {"separator": ",", "header": True, "text_column": "text", "label_column": "label"},
        ),
        ('"so, so",bad\n', {"separator": ",", "text_column": 0, "label_column": -1}),
        ("so, so;bad\n", {"separator": ";", "text_column": 0, "label_column": 1}),
    ],
)
def test_columns(tmp_path: Path, content: str, options: dict[str, Any]) -> None:
    assert rows(load(tmp_path, content, **options)) == [("bad", "so , so")]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"tokenization": "whitespace"}, "Don't stop, #1"),
        ({}, "Don't stop , # 1"),
        ({"pattern": r"(\w)(\w*)"}, "Don t stop 1"),
    ],
)
def test_tokenization(tmp_path: Path, options: dict[str, Any], expected: str) -> None:
    assert rows(load(tmp_path, "x\tDon't stop, #1\n", **options)) == [("x", expected)]


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        ("", {}, "some.txt: the file has no rows"),
        ("label\ttext\n", {"header": True}, "some.txt: the file has no text"),
        ("good\ta\nbad\tb\tc\n", {}, "some.txt:2: 3 columns, but the first row has 2"),
        ("good\ta\n\tb\n", {}, "some.txt:2: an empty label"),
        ("good\ta\nbad\t \n", {}, "some.txt:2: a text without a token"),
        ("good\ta\n", {"text_column": 2}, "some.txt:1: no column 2"),
        ("l\tt\ngood\ta\n", {"header": True, "text_column": "text"}, "no column 'text': there are 'l', 't'"),
        ("good\ta\n", {"pattern": "("}, "`pattern` is no regular expression"),
        ("good\ta b\n", {"max_length": 1, "on_long": "fail"}, "some.txt:1: a sequence of 2 tokens"),
    ],
)
def test_bad_input_is_named(tmp_path: Path, content: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError) as error:
        load(tmp_path, content, **options)
    assert message in str(error.value)


def test_bad_rows_are_skipped_by_option(tmp_path: Path) -> None:
    examples = load(tmp_path, "good\ta\nbad\nbad\tb\n", on_error="skip")
    assert rows(examples) == [("good", "a"), ("bad", "b")]
    assert [problem.line for problem in examples.problems] == [2]


def test_long_texts_are_cut_and_told(tmp_path: Path) -> None:
    examples = load(tmp_path, ROWS, max_length=2)
    assert rows(examples)[0] == ("good", "A fine")
    assert [problem.line for problem in examples.problems] == [1, 2]


def test_split_is_stratified(tmp_path: Path) -> None:
    examples = load(tmp_path, "".join(f"{'ab'[number % 4 == 0]}\tx\n" for number in range(80)))
    parts = examples.split({"test": 0.25}, 1)
    assert sorted(parts["train"] + parts["test"]) == list(range(80))
    assert examples.labels.counts(parts["test"]) == {"a": 15, "b": 5}


def test_table(tmp_path: Path) -> None:
    examples = load(tmp_path, ROWS)
    assets = examples.fit([0, 1, 2], None)
    assert assets.classes == ("bad", "good")
    assert assets.vocabulary is not None
    table = examples.table(assets)
    text = table.features["text"].take(np.array([2, 0]))
    assert [[assets.vocabulary.words[number] for number in row] for row in text] == [
        ["fine", "<pad>", "<pad>", "<pad>"],
        ["a", "fine", "film", "!"],
    ]
    assert table.targets["label"].take(np.array([2, 1])).tolist() == [1, 0]
    assert str(table.features["text"].spec) == "int32 [?]" and str(table.targets["label"].spec) == "int32 []"
    assert examples.report([0, 1, 2], examples.fit([0], None)) == {"unknown_tokens": 3 / 8}


def test_a_label_that_training_never_saw_is_named(tmp_path: Path) -> None:
    assets = load(tmp_path, ROWS).fit([0, 1, 2], None)
    with pytest.raises(DataError, match=r"some.txt:3: .*no label 'odd' \(training has bad, good\)"):
        load(tmp_path, "bad\tx\n\nodd\ty\n").table(assets)


def test_new_texts(tmp_path: Path) -> None:
    examples = load(tmp_path, ROWS)
    assets = examples.fit([0, 1, 2], None)
    column = examples.source.encode(["FINE!", "?"], assets, tmp_path)["text"]
    assert assets.vocabulary is not None
    assert column.take(np.array([0, 1])).tolist() == [assets.vocabulary.encode(["fine", "!"]), [1, 0]]


def test_a_text_longer_than_pythons_own_limit_of_a_cell(tmp_path: Path) -> None:
    (tmp_path / "some.csv").write_text(f'label,text\npos,"{"word " * 40_000}"\nneg,short\n')
    examples = Text("some.csv", separator=",", header=True, max_length=3).load(tmp_path)
    assert examples.tokens[0] == ["word"] * 3
    assert "40000 tokens, over the limit of 3" in str(examples.problems[0])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("label\ttext\n" + "pos\tgood\nneg\tbad\n" * 5, "the first row looks like a header.*header: true"),
        ("".join(f"good film {n}\tpos\n" for n in range(12)), "12 texts have 12 labels.*label_column"),
        ("pos\tgood\nneg\tbad\n" * 5 + "Pos \tfine\n", r"'pos' \(5 examples\) and 'Pos' \(1\) are almost one name"),
        ("a_b\tgood\nneg\tbad\n" * 5 + "a b?\tfine\n", r"'a_b' \(5 examples\) and 'a b\?' \(1\)"),
        ("pos\tgood\nneg\tbad\n" * 5 + "NaN\tfine\n", "the class 'NaN' of 1 examples looks like a missing label"),
    ],
)
def test_labels_that_are_likely_mistakes(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "some.tsv").write_text(text)
    (problem,) = Text("some.tsv").load(tmp_path).problems
    assert re.search(says, str(problem))


@pytest.mark.parametrize(
    ("on_long", "told"), [("cut", ["example 2: the network sees the first 3 of 5 tokens"]), ("fail", [])]
)
def test_what_is_cut_off_a_new_text_is_told(tmp_path: Path, on_long: str, told: list[str]) -> None:
    """While training the same is a problem that `check` tells of."""
    source = Text("some.txt", max_length=3, on_long=on_long)  # type: ignore[arg-type]
    assets = load(tmp_path, "a\tone two three\nb\ttwo\n").fit([0, 1], None)
    with remarks() as found:
        if told:
            column = source.encode(["one two", "one two three one two"], assets, tmp_path)["text"]
            assert column.take(np.arange(2)).shape == (2, 3)
        else:
            with pytest.raises(DataError, match="over the limit of 3"):
                source.encode(["one two three one two"], assets, tmp_path)
    assert found == told


def test_a_new_text_of_unknown_words_alone_is_told(tmp_path: Path) -> None:
    source = Text("some.txt")
    assets = load(tmp_path, "a\tone two\nb\ttwo\n").fit([0, 1], None)
    with remarks() as found:
        source.encode(["one four", "four five", "two"], assets, tmp_path)
    assert found == ["example 2: none of its 2 tokens occurred in training"]


@pytest.mark.parametrize(
    ("source", "content", "texts"),
    [
        (Text("t"), 'spam\tcall now\nham\tat "six\n', ["call now", 'at "six']),
        (Text("t"), 'call now\n\nat six, or "so\n', ["call now", 'at six, or "so']),
        (
            Text("t", separator=",", header=True, text_column="text", label_column="y"),
            'y,text\n1,"call,\nnow"\n0,at six\n',
            ["call,\nnow", "at six"],
        ),
        (Text("t", separator=",", header=True, text_column="text"), "call, now\nat six\n", ["call, now", "at six"]),
    ],
)
def test_a_file_that_is_written_as_the_training_data_gives_its_texts(
    tmp_path: Path, source: Text, content: str, texts: list[str]
) -> None:
    """Its lines would hold the label and the commas, and a header would be a text."""
    (tmp_path / "new.txt").write_text(content)
    assert source.examples_of(tmp_path / "new.txt") == texts


def test_a_table_without_the_column_of_texts_is_refused(tmp_path: Path) -> None:
    (tmp_path / "new.csv").write_text("y,review\n1,call now\n")
    source = Text("t", separator=",", header=True, text_column="text")
    with pytest.raises(DataError, match="no column 'text'"):
        source.examples_of(tmp_path / "new.csv")


def test_a_new_text_without_a_token_is_refused(tmp_path: Path) -> None:
    assets = load(tmp_path, "a\tone two\nb\ttwo\n").fit([0, 1], None)
    with pytest.raises(DataError, match="example 2: a text without a token"):
        Text("some.txt").encode(["one", "  "], assets, tmp_path)
