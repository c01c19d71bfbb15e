"""The layout of ``nnspec fmt`` as edits of the lines that differ, and the indentation of a new line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Any

from nnspec.frontend.diagnostics import Source, SpecError
from nnspec.frontend.format import format_text
from nnspec.lsp.documents import Position, Range
from nnspec.lsp.workspace import Analysis

STEP = 2  # blanks of one level
MOST_PAIRS = 100_000  # of equal lines that are weighed against each other; with more, all between is one edit
_OPENS = re.compile(r"(?P<dash>(?:-\s+)*)[\w$.\"'-]+:\s*(?:#.*)?\Z")


def formatted(analysis: Analysis, wanted: Range | None = None) -> list[dict[str, Any]]:
    """The edits that lay a document out, or those of the lines of a range; none where it is no sound YAML."""
    document = analysis.document
    try:
        new = format_text(Source.from_text(document.text, str(document.path)))
    except SpecError:
        return []
    return [edit for edit in _edits(document.text, new) if wanted is None or _within(edit["range"], wanted)]


def _edits(before: str, after: str) -> Iterator[dict[str, Any]]:
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    same = _same(old, new)
    tail = _same(old[same:][::-1], new[same:][::-1])
    middle, made = old[same : len(old) - tail], new[same : len(new) - tail]
    counts = Counter(made)
    if sum(counts[line] for line in middle) > MOST_PAIRS:
        codes = [("replace", 0, len(middle), 0, len(made))]
    else:
        codes = list(SequenceMatcher(None, middle, made, autojunk=False).get_opcodes())
    for tag, start, end, first, last in codes:
        if tag != "equal":
            place = {"start": {"line": same + start, "character": 0}, "end": {"line": same + end, "character": 0}}
            yield {"range": place, "newText": "".join(made[first:last])}


def _same(one: Sequence[str], other: Sequence[str]) -> int:
    """How many lines are the same at the beginning of both."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((number for number, (line, theirs) in pairs if line != theirs), min(len(one), len(other)))


def _within(one: Range, wanted: Range) -> bool:
    return wanted["start"]["line"] <= one["start"]["line"] and one["end"]["line"] <= wanted["end"]["line"] + 1


def indented(analysis: Analysis, position: Position) -> list[dict[str, Any]]:
    """The indentation of a line that was just begun: below a key that opens something, a level deeper."""
    places, line = analysis.document.places, position["line"]
    before, now = places.line(line - 1), places.line(line)
    match = _OPENS.match(before.lstrip())
    if line == 0 or match is None or now.strip():
        return []
    depth = len(before) - len(before.lstrip()) + len(match.group("dash")) + STEP
    if now == " " * depth:
        return []
    place = {"start": {"line": line, "character": 0}, "end": {"line": line, "character": len(now)}}
    return [{"range": place, "newText": " " * depth}]
