"""The layout of ``nnspec fmt`` as edits of the lines that differ, and the indentation of a new line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Any

from nnspec.frontend.diagnostics import Source, SpecError
from nnspec.frontend.format import format_text
from nnspec.lsp.documents import Position, Range
from nnspec.lsp.workspace import Analysis

STEP = 2  # blanks of one level
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
    for tag, start, end, first, last in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            place = {"start": {"line": start, "character": 0}, "end": {"line": end, "character": 0}}
            yield {"range": place, "newText": "".join(new[first:last])}


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
