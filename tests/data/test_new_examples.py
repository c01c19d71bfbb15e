"""New examples: one or many, and what is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nnspec.data.errors import DataError
from nnspec.data.given import check_names, check_texts, examples_of


@pytest.mark.parametrize("one", ["a.png", Path("a.png"), {"a": 1}])
def test_one_example_stands_for_itself(one: Any) -> None:
    assert examples_of(one) == [one] == examples_of([one]) == examples_of(item for item in [one])


class Frame:
    def iterrows(self) -> None: ...


@pytest.mark.parametrize("given", [3, None, b"text", 2.5, Frame(), object()])
def test_what_holds_no_examples(given: Any) -> None:
    with pytest.raises(TypeError, match="examples are"):
        examples_of(given)


def test_names() -> None:
    check_names({"a": 1, "b": 2}, ["a", "b"], 1, more=False)
    check_names({"a": 1, "z": 2}, ["a"], 1, more=True)
    check_names({"a": 1}, ["a", "length"], 1, more=True, may_lack=["length"])
    with pytest.raises(DataError, match=r"example 4 has no 'length' \(is it 'Lenght' of the example\?\)"):
        check_names({"a": 1, "Lenght": 2}, ["a", "length"], 4, more=True, may_lack=["length"])
    with pytest.raises(DataError, match="the file has no 'b', 'c'"):
        check_names({"a": 1}, ["a", "b", "c"], None, more=True)
    with pytest.raises(DataError, match=r"has 'z', which training did not have \(it takes 'a'\)"):
        check_names({"a": 1, "z": 2}, ["a"], 1, more=False)


def test_texts() -> None:
    check_texts(["a b", ["a", "b"]], tokens=True)
    for given, tokens in ((5, True), ([1, 2], True), (["a"], False), (None, False)):
        with pytest.raises(DataError, match="example 1 is a text"):
            check_texts([given], tokens=tokens)
