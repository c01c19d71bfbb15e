"""Diagnostics as an editor shows them: at their place in the document that it is about, with related places."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nnspec.frontend.diagnostics import Diagnostic, Span
from nnspec.lsp.documents import location, span_range
from nnspec.lsp.workspace import Analysis

_TOP = {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 1}}
_UNUSED = ("W0503", "W0605", "W0606", "W0607")  # editors show such text faded
_SEVERITIES = {"error": 1, "warning": 2}


def reports(analysis: Analysis) -> list[dict[str, Any]]:
    """The diagnostics of a document, each told once at a place."""
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for diagnostic in analysis.diagnostics:
        report = _report(diagnostic, analysis.document.path)
        found.setdefault((report["code"], report["message"], str(report["range"])), report)
    return list(found.values())


def here(diagnostic: Diagnostic, path: Path) -> Span | None:
    """The place in a file that a diagnostic speaks of: its own, or that which brought in the file at fault."""
    spans = [diagnostic.span, *(note.span for note in diagnostic.notes)]
    return next((span for span in spans if span is not None and span.source.path == str(path)), None)


def _report(diagnostic: Diagnostic, path: Path) -> dict[str, Any]:
    span = here(diagnostic, path)
    message = diagnostic.message + (f"\n{diagnostic.hint}" if diagnostic.hint else "")
    found = {
        "range": _TOP if span is None else span_range(span),
        "severity": _SEVERITIES.get(diagnostic.severity, 3),
        "code": diagnostic.code,
        "source": "nnspec",
        "message": message,
    }
    if related := list(_related(diagnostic, span)):
        found["relatedInformation"] = related
    if diagnostic.code in _UNUSED:
        found["tags"] = [1]
    return found


def _related(diagnostic: Diagnostic, shown: Span | None) -> Iterator[dict[str, Any]]:
    if diagnostic.span is not None and diagnostic.span is not shown and not diagnostic.span.source.is_command_line:
        yield {"location": location(diagnostic.span), "message": "the fault is here"}
    for note in diagnostic.notes:
        if note.span is not None and not note.span.source.is_command_line:
            yield {"location": location(note.span), "message": note.message}
