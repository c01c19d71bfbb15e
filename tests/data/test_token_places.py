"""New text for a tagger: where its tokens are, and files in columns without tags."""

from __future__ import annotations

from typing import Any

import pytest

from nnspec.data.errors import DataError
from nnspec.data.sources.conll import Conll
from nnspec.data.sources.text import Text


@pytest.mark.parametrize(
    ("options", "text", "tokens"),
    [
        ({}, "Reye's  syndrome.", ["Reye's", "syndrome."]),
        ({"tokenization": "words"}, "Reye's  syndrome.", ["Reye's", "syndrome", "."]),
        ({"tokenization": "words", "pattern": "[a-z]*"}, "Reye's", ["eye", "s"]),
        ({"tokenization": "characters"}, " a b", ["a", "b"]),
        ({"unit": "character", "tokenization": "words"}, "东京 塔", ["东", "京", "塔"]),
        ({}, " \u3000\t", []),
    ],
)
def test_places_are_those_of_the_tokens(options: dict[str, Any], text: str, tokens: list[str]) -> None:
    source = Conll("any", **options)
    found, places = source.located(text)
    assert found == text and [text[start:end] for start, end in places] == tokens == source.tokenize(text)


def test_white_space_is_what_python_splits_at() -> None:
    text = "a\x1cb\xa0c\u2028d\u200be\u3000f"
    assert Conll("any").tokenize(text) == text.split()


@pytest.mark.parametrize(
    ("options", "text", "places"),
    [
        ({}, "New York", [(0, 3), (4, 8)]),
        ({"unit": "character"}, "NewYork", [(place, place + 1) for place in range(7)]),
    ],
)
def test_a_list_of_tokens_is_a_text(options: dict[str, Any], text: str, places: list[tuple[int, int]]) -> None:
    assert Conll("any", **options).located(["New", "York"]) == (text, places)


def test_a_pattern_that_is_none() -> None:
    for source in (Text("any", pattern="("), Conll("any", tokenization="words", pattern="(")):
        with pytest.raises(DataError, match="no regular expression"):
            source.tokenize("a")


@pytest.mark.parametrize("lines", ["Anna\tB-PER\nslept\tO\n\nBo\tB-PER\n", "Anna\nslept\n\n\n-DOCSTART-\nBo"])
def test_columns_with_and_without_tags(lines: str) -> None:
    assert list(Conll("any").untagged(lines.splitlines(keepends=True), "a")) == [["Anna", "slept"], ["Bo"]]


def test_a_line_that_lacks_the_tokens() -> None:
    with pytest.raises(DataError, match=r"a\.conll:2: no column 1"):
        list(Conll("any", token_column=1).untagged(["1 Anna\n", "2\n"], "a.conll"))
