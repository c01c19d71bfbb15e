"""Which warnings a line of a spec silences: ``# nnspec: ignore W0601``, or ``# nnspec: ignore`` for all."""

from __future__ import annotations

import re

from nnspec.frontend.diagnostics import Span

_IGNORE = re.compile(r"#\s*nnspec:\s*ignore\b(.*)")
_NAMED = re.compile(r"(?:[\s,:(\[]*[WE][A-Z]*\d{4}\b)+", re.IGNORECASE)
_CODE = re.compile(r"[WE][A-Z]*\d{4}", re.IGNORECASE)
ALL = "all"


def silenced_at(span: Span | None) -> tuple[str, ...]:
    """The codes after ``# nnspec: ignore`` on the line of a place; ``all`` where none is named.

    Of codes that are spelled otherwise, ``w0601`` or behind a colon, those are meant, and not all.
    """
    match = None if span is None else _IGNORE.search(span.source.line(span.line))
    if match is None:
        return ()
    named = _NAMED.match(match.group(1))
    codes = _CODE.findall(named.group() if named else match.group(1))
    return tuple(code.upper() for code in codes) or (ALL,)


def silences(span: Span | None, code: str) -> bool:
    """Whether the line of a place carries ``# nnspec: ignore`` for a code, or for all."""
    return not {code, ALL}.isdisjoint(silenced_at(span))
