"""Which warnings a line of a spec silences: ``# nnspec: ignore W0601``, or ``# nnspec: ignore`` for all."""

from __future__ import annotations

import re

from nnspec.frontend.diagnostics import Span

_IGNORE = re.compile(r"#\s*nnspec:\s*ignore((?:[\s,]+W[A-Z]*\d{4})*)")
_CODE = re.compile(r"W[A-Z]*\d{4}")
ALL = "all"


def silenced_at(span: Span | None) -> tuple[str, ...]:
    """The codes after ``# nnspec: ignore`` on the line of a place; ``all`` where none is named."""
    match = None if span is None else _IGNORE.search(span.source.line(span.line))
    if match is None:
        return ()
    return tuple(_CODE.findall(match.group(1))) or (ALL,)


def silences(span: Span | None, code: str) -> bool:
    """Whether the line of a place carries ``# nnspec: ignore`` for a code, or for all."""
    return not {code, ALL}.isdisjoint(silenced_at(span))
