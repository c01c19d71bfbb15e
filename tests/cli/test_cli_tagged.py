"""What `predict` reads and writes for a tagger, without a network."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import click
import pytest

from nnspec.cli.predict import read_inputs, read_sentences, written
from nnspec.console.formatting import for_terminal
from nnspec.data.errors import DataError
from nnspec.frontend.pipeline import load
from nnspec.frontend.spec import Spec
from nnspec.report.text import tagged

TAGGER = """\
nnspec: 1
name: tagger
inputs: {tokens: {shape: [null], dtype: int32}}
layers:
  - Embedding: {input_dim: 10, output_dim: 4}
  - Dense: {units: 3, activation: softmax}
data: {source: {Conll: {path: words.conll, encoding: latin-1}}}
"""
FOUND = [
    {
        "input": "Anna Ek saw Paris .",
        "tokens": ["Anna", "Ek", "saw", "Paris", "."],
        "tags": ["B-PER", "I-PER", "O", "B-LOC", "O"],
        "entities": [{"type": "PER"}, {"type": "LOC"}],
    },
    {"input": "No", "tokens": ["No"], "tags": ["O"], "entities": [], "cut": 3},
]


@pytest.fixture
def tagger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Spec:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "words.conll").write_text("Anna\tB-PER\n", encoding="utf-8")
    (tmp_path / "net.yaml").write_text(TAGGER, encoding="utf-8")
    return load(tmp_path / "net.yaml", [])


def test_entities_have_the_colour_of_their_type() -> None:
    text = tagged.sentence(FOUND[0], tagged.types_of(FOUND))
    assert click.unstyle(text) == "Anna/B-PER Ek/I-PER saw/O Paris/B-LOC ./O"
    text = for_terminal(text)
    colour = [click.style("", fg=name, reset=False) for name in tagged.COLOURS[:2]]
    assert text.startswith(f"{colour[1]}\x1b[1mAnna/B-PER") and f"{colour[0]}\x1b[1mParis/B-LOC" in text
    assert "saw\x1b[2m/O" in text


def test_the_forms() -> None:
    assert written(FOUND, "conll") == "Anna\tB-PER\nEk\tI-PER\nsaw\tO\nParis\tB-LOC\n.\tO\n\nNo\tO\n\n"
    assert [json.loads(line) for line in written(FOUND, "jsonl").splitlines()] == FOUND
    assert click.unstyle(written(FOUND, "text")).splitlines()[1] == "No/O (cut: 3 more words)"
    with pytest.raises(click.UsageError, match="for taggers"):
        written([{"input": 1, "values": [2.0]}], "conll")


def test_files_of_text_and_files_in_columns(tagger: Spec, tmp_path: Path, monkeypatch: Any) -> None:
    (tmp_path / "new.txt").write_bytes("Zoë slept .\n\nBo Ek\n".encode("latin-1"))
    (tmp_path / "new.conll").write_bytes("Zoë\tB-PER\nslept\tO\n\nBo\tO\n".encode("latin-1"))
    assert read_inputs(tagger, ["new.txt", "a text"]) == ["Zoë slept .", "Bo Ek", "a text"]
    assert read_sentences(tagger, ["new.conll"]) == [["Zoë", "slept"], ["Bo"]]
    monkeypatch.setattr("sys.stdin", io.StringIO("Anna\n\nBo\n"))
    assert read_sentences(tagger, ["-"]) == [["Anna"], ["Bo"]]


def test_what_cannot_be_read(tagger: Spec, tiny: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone\.conll: cannot read the file"):
        read_sentences(tagger, ["gone.conll"])
    other = tmp_path / "utf-8.yaml"
    other.write_text(TAGGER.replace("latin-1", "utf-8"), encoding="utf-8")
    (tmp_path / "odd.txt").write_bytes(b"fine\nZo\xeb\n")
    with pytest.raises(DataError, match=r"odd\.txt:2: byte 0xeb"):
        read_inputs(load(other, []), ["odd.txt"])
    rows = tmp_path / "rows.yaml"
    rows.write_text(tiny.read_text() + "data: {source: {Csv: {path: a.csv, target: b}}}\n", encoding="utf-8")
    with pytest.raises(click.UsageError, match="not Csv"):
        read_sentences(load(rows, []), ["a"])
