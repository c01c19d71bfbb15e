"""Plain words: what the glossary and the style leave out does not come back into messages, docstrings or the manual."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# An old or turned phrase, and the plain one.
INSTEAD = {
    r"\banew\b": "again",
    r"\bgone on with\b|\bgoes on with\b|\bgo on with\b": "resumed, continues",
    r"\bbroken off\b|\bbreaks off\b": "interrupted",
    r"\bat hand\b": "available",
    r"\bas ever\b": "as before",
    r"\bfor ever\b": "without end",
    r"\bheeds?\b": "uses, obeys",
    r"\bhitherto\b|\bhenceforth\b|\bthereby\b|\bwherein\b": "(a plain sentence)",
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


@pytest.mark.parametrize("phrase", INSTEAD)
def test_plain_words(phrase: str) -> None:
    pattern = re.compile(phrase)
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in FILES
        if pattern.search(text(path))
        for number, line in enumerate(text(path).split("\n"), 1)
        if pattern.search(line)
    ]
    assert not found, f"say instead: {INSTEAD[phrase]}\n" + "\n".join(found)
