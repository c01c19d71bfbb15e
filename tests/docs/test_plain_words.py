"""Plain words: what the glossary and the style leave out does not come back into messages, docstrings or the manual."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Old or turned phrases, and the plain one.
INSTEAD = {
    ("anew",): "again",
    ("gone on with", "goes on with", "go on with"): "resumed, continues",
    ("broken off", "breaks off"): "interrupted",
    ("at hand",): "available",
    ("as ever",): "as before",
    ("for ever",): "without end",
    ("heed", "heeds"): "uses, obeys",
    ("hitherto", "henceforth", "thereby", "wherein"): "(a plain sentence)",
}
PAGES = ("language.md", "tour.md", "shipping.md", "inside.md", "extend.md", "zoo.md", "index.md")
FILES = [
    *sorted((ROOT / "nnspec").rglob("*.py")),
    *(ROOT / "docs" / name for name in PAGES),
    *sorted((ROOT / "docs" / "cookbook").glob("*.md")),
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
]


@cache
def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def test_there_are_files_to_read() -> None:
    assert len(FILES) > 300


@pytest.mark.parametrize("phrases", INSTEAD, ids=lambda phrases: phrases[0])
def test_plain_words(phrases: tuple[str, ...]) -> None:
    pattern = re.compile(rf"\b({'|'.join(phrases)})\b")
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in FILES
        if any(phrase in text(path) for phrase in phrases)  # which is looked up in a twentieth of the pattern's time
        for number, line in enumerate(text(path).split("\n"), 1)
        if pattern.search(line)
    ]
    assert not found, f"say instead: {INSTEAD[phrases]}\n" + "\n".join(found)
