"""Changes of an open document: the text that comes of them, and what very many of them cost."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Any

import pytest

from nnspec.lsp.documents import Document, Text

PIECES = ("", "a", "\n", "\r", "\r\n", "ü", "\U0001f980", "x\ny", "\r\r\n", "long line of text")


def document(text: str) -> Document:
    return Document("file:///a.yaml", Path("/a.yaml"), "yaml", 1, text)


def change(start: tuple[int, int], end: tuple[int, int], text: str) -> dict[str, Any]:
    places = {
        "start": dict(zip(("line", "character"), start, strict=True)),
        "end": {"line": end[0], "character": end[1]},
    }
    return {"range": places, "text": text}


def by_indices(text: str, one: dict[str, Any]) -> str:
    """A change as the protocol explains it: a stretch between two places of the whole text."""
    places = Text(text)
    start, end = (places.index(one["range"][name]) for name in ("start", "end"))
    return text[:start] + one["text"] + text[max(start, end) :]


@pytest.mark.parametrize("seed", range(20))
def test_changes_are_those_of_the_whole_text(seed: int) -> None:
    rng = random.Random(seed)
    text = "".join(rng.choices(PIECES, k=rng.randrange(12)))
    found = document(text)
    for version in range(40):
        places = [(rng.randrange(-1, 8), rng.randrange(-1, 6)) for _ in range(2)]
        changes = [change(*places, text="".join(rng.choices(PIECES, k=rng.randrange(3))))]  # type: ignore[arg-type]
        text = by_indices(text, changes[0])
        found = found.changed(changes, version)
        assert found.text == text
        assert found.lines == document(text).lines
        assert found.version == version


def test_a_change_without_a_range_is_the_whole_text() -> None:
    assert document("a\nb").changed([{"text": "c\r\nd"}, change((1, 0), (1, 1), "e")], 2).text == "c\r\ne"


@pytest.mark.slow
def test_very_many_changes_of_a_large_text_cost_what_they_are() -> None:
    """Each was once a split of the whole text: minutes, for what an editor sends when a word is replaced everywhere."""
    count = 20_000
    text = "- {Dense: {units: 10, activation: relu}}\n" * count
    changes = [change((line, 0), (line, 1), "*") for line in range(count)]
    start = time.process_time()
    made = document(text).changed(changes, 2)
    assert time.process_time() - start < 2
    assert made.text == text.replace("-", "*")
