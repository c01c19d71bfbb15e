"""What of a CoNLL file the network reads: schemes converted and repaired, characters as steps, casing beside words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnspec.data.errors import DataError
from nnspec.data.sources.conll import Conll, ConllExamples
from nnspec.data.text.casing import CASINGS, casing

IOB1 = "Ada I-per\nmet O\nBob I-per\nEve B-per\n\nParis I-loc\n"


def load(folder: Path, content: str, **options: Any) -> ConllExamples:
    (folder / "some.conll").write_text(content, encoding="utf-8")
    return Conll("some.conll", **options).load(folder)


def tags(examples: ConllExamples) -> list[str]:
    return [" ".join(examples.tags[index]) for index in range(len(examples))]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, ["B-per O B-per B-per", "B-loc"]),
        ({"scheme": "IOB1"}, ["B-per O B-per B-per", "B-loc"]),
        ({"convert_to": "BIOES"}, ["S-per O S-per S-per", "S-loc"]),
        ({"scheme": "none"}, ["I-per O I-per B-per", "I-loc"]),
    ],
)
def test_iob1_is_never_learned(tmp_path: Path, options: dict[str, Any], expected: list[str]) -> None:
    examples = load(tmp_path, IOB1, **options)
    assert tags(examples) == expected
    if options.get("scheme") != "none":
        found = examples.report([0, 1], examples.fit([0, 1], None))
        assert found["scheme"] == "IOB1" and found["converted_to"] == examples.learned
        assert found["illegal_tags"] == 0 and found["entities"] == {"loc": 1, "per": 3}


def test_illegal_tags_are_kept_repaired_or_refused(tmp_path: Path) -> None:
    content = "Ada B-per\n\nin O\nSan I-loc\nJose I-loc\n"
    assert tags(load(tmp_path, content)) == ["B-per", "O I-loc I-loc"]
    repaired = load(tmp_path, content, on_illegal="repair")
    assert tags(repaired) == ["B-per", "O B-loc I-loc"]
    assert repaired.report([0, 1], repaired.fit([0, 1], None))["illegal_examples"] == [
        {"file": str(tmp_path / "some.conll"), "line": 4, "tag": "I-loc"}
    ]
    with pytest.raises(DataError, match=r"some.conll:4: the tag 'I-loc' breaks BIO .*repair"):
        load(tmp_path, content, on_illegal="fail")


def test_tags_of_no_scheme_cannot_be_converted(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no scheme.* BIOES .*tags are NN, VB"):
        load(tmp_path, "dogs NN\nbark VB\n", convert_to="BIOES")


@pytest.mark.parametrize(
    ("content", "options", "tokens", "expected"),
    [
        ("北京 B-loc\n很 O\n大 O\n", {}, "北 京 很 大", "B-loc I-loc O O"),
        ("北京 S-loc\n很大 O\n", {}, "北 京 很 大", "B-loc E-loc O O"),
        ("北 B\n京 E\n很 S\n", {"scheme": "BMES"}, "北 京 很", "B E S"),
        ("很大 JJ\n", {}, "很 大", "JJ JJ"),
    ],
)
def test_characters_as_steps(tmp_path: Path, content: str, options: Any, tokens: str, expected: str) -> None:
    examples = load(tmp_path, content, unit="character", **options)
    assert (examples.tokens[0], tags(examples)) == (tokens.split(), [expected])
    assets = examples.fit([0], None)
    encoded = examples.source.encode(["北京很大", ["北京", "很"]], assets, tmp_path)["tokens"]
    assert assets.vocabulary is not None
    assert encoded.take(np.array([0])).tolist() == [assets.vocabulary.encode("北京很大")]
    assert encoded.lengths(np.array([0, 1])).tolist() == [4, 3]


def test_the_limit_counts_characters_and_cuts_at_tokens(tmp_path: Path) -> None:
    examples = load(tmp_path, "北京 S-loc\n很大 O\n", unit="character", max_length=3, on_long="cut")
    assert examples.tokens[0] == ["北", "京"]
    assert [problem.message for problem in examples.problems] == ["a sequence of 4 tokens, over the limit of 3"]


def test_all_three_inputs_of_a_sentence(tmp_path: Path) -> None:
    examples = load(tmp_path, "Ada B-per\ncounts O\n42 O\n", characters=3, casing=True)
    assets = examples.fit([0], None)
    features = examples.table(assets).features
    assert {name: str(column.spec) for name, column in features.items()} == {
        "tokens": "int32 [?]",
        "characters": "int32 [?, 3]",
        "casing": "int32 [?]",
    }
    rows = np.array([0])
    assert [CASINGS[number] for number in features["casing"].take(rows)[0]] == ["title", "lower", "number"]
    new = examples.source.encode(["Ada counts 42"], assets, tmp_path)
    for name, column in features.items():
        assert new[name].take(rows).tolist() == column.take(rows).tolist()


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("the", "lower"),
        ("don't", "lower"),
        ("London", "title"),
        ("A", "title"),
        ("NATO", "upper"),
        ("U.S.", "upper"),
        ("McDonald", "mixed"),
        ("iPhone", "mixed"),
        ("1,000", "number"),
        ("B-52", "digits"),
        ("...", "other"),
        ("北京", "lower"),
    ],
)
def test_casing(word: str, expected: str) -> None:
    assert CASINGS[casing(word)] == expected


def test_rare_words_are_told_by_the_vocabulary(tmp_path: Path) -> None:
    content = "a O\na O\nb O\nb O\nc O\nd O\n"
    examples = load(tmp_path, content)
    assets = examples.fit([0], None)
    assert assets.vocabulary is not None
    column = examples.table(assets).features["tokens"]
    assert column.rare is not None and assets.vocabulary.words[column.rare.first :] == ("c", "d")
    assets.save(tmp_path / "assets")
    assert type(assets).load(tmp_path / "assets").vocabulary == assets.vocabulary
    always = load(tmp_path, content, rare_to_unknown=0.0)
    assert always.table(always.fit([0], None)).features["tokens"].rare is None
    none = load(tmp_path, content, min_count=2)
    assert none.table(none.fit([0], None)).features["tokens"].rare is None
