"""Code actions: the fixes that diagnostics have, all of them at once, a line silenced, layers as a block or a loop."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from nnspec.console.formatting import capitalized
from nnspec.frontend.diagnostics import Diagnostic, Edit, Source
from nnspec.frontend.edits import stretch
from nnspec.frontend.fixes import fix
from nnspec.frontend.pipeline import check
from nnspec.lsp.documents import Range, span_range, text_of, uri_of
from nnspec.lsp.reports import here
from nnspec.lsp.rewriting import EXTRACT, INLINE, REWRITE, rewritings
from nnspec.lsp.workspace import Analysis, Workspace

QUICK_FIX, FIX_ALL = "quickfix", "source.fixAll.nnspec"

Action = dict[str, Any]


def actions(workspace: Workspace, analysis: Analysis, wanted: Range, context: Mapping[str, Any]) -> list[Action]:
    """What can be done about a range: only of the sorts that the editor asks for, where it asks for some."""
    only = context.get("only")
    found = [*_fixes(analysis, wanted, context.get("diagnostics") or ()), *_all_fixes(workspace, analysis)]
    if not only or any(_is_sort(kind, sort) for kind in (REWRITE, INLINE, EXTRACT) for sort in only):
        found += rewritings(workspace, analysis, wanted, context)
    return [one for one in found if not only or any(_is_sort(one["kind"], sort) for sort in only)]


def _is_sort(kind: str, asked: str) -> bool:
    return kind == asked or kind.startswith(asked + ".")


def _fixes(analysis: Analysis, wanted: Range, shown: Sequence[Mapping[str, Any]]) -> Iterator[Action]:
    for diagnostic in analysis.diagnostics:
        span = here(diagnostic, analysis.document.path)
        if span is None or not _meet(span_range(span), wanted):
            continue
        about = [one for one in shown if one.get("code") == diagnostic.code and one.get("range") == span_range(span)]
        if diagnostic.fix is not None:
            yield {
                "title": capitalized(diagnostic.fix.title),
                "kind": QUICK_FIX,
                "isPreferred": diagnostic.fix.safe,
                "diagnostics": about,
                "edit": {"changes": _changes(diagnostic.fix.edits)},
            }
        if diagnostic.severity == "warning":
            yield _silenced(analysis, diagnostic, span.line - 1, about)


def _meet(one: Range, other: Range) -> bool:
    def key(place: Mapping[str, int]) -> tuple[int, int]:
        return place["line"], place["character"]

    return key(one["start"]) <= key(other["end"]) and key(other["start"]) <= key(one["end"])


def _changes(edits: Sequence[Edit]) -> dict[str, list[dict[str, Any]]]:
    changes: dict[str, list[dict[str, Any]]] = {}
    for edit in edits:
        places = text_of(edit.span.source.text)
        start, end = stretch(edit.span.source.text, edit.span)
        change = {"range": places.range(start, end), "newText": edit.text}
        changes.setdefault(uri_of(Path(edit.span.source.path)), []).append(change)
    return changes


def _silenced(analysis: Analysis, diagnostic: Diagnostic, line: int, about: list[Any]) -> Action:
    """A comment on the line that silences the warning there; codes that it silences already stay."""
    places = analysis.document.places
    text = places.line(line)
    end = places.starts[line] + len(text.rstrip())
    match = re.search(r"#\s*nnspec:\s*ignore(?:[\s,]+W[A-Z]*\d{4})+", text)
    at = places.starts[line] + match.end() if match else end
    new = f" {diagnostic.code}" if match else f"  # nnspec: ignore {diagnostic.code}"
    edit = {"range": places.range(at, at), "newText": new}
    return {
        "title": f"Silence {diagnostic.code} on this line",
        "kind": QUICK_FIX,
        "diagnostics": about,
        "edit": {"changes": {analysis.document.uri: [edit]}},
    }


def _all_fixes(workspace: Workspace, analysis: Analysis) -> Iterator[Action]:
    """Every fix that is certain, as ``nnspec check --fix`` applies them."""
    document = analysis.document
    if not any(one.fix is not None and one.fix.safe for one in analysis.diagnostics):
        return
    source = Source.from_text(document.text, str(document.path))

    def again(texts: Mapping[Path, str]) -> list[Any]:
        text = texts.get(document.path, document.text)
        unsaved = {**workspace.unsaved, **texts}
        return [check(Source(source.name, text, source.folder), unsaved=unsaved, data=workspace.looks(text))]

    fixed = fix(again, {document.path})
    new = fixed.after.get(document.path)
    if new is not None:
        whole = document.places.range(0, len(document.text))
        yield {
            "title": "Apply all fixes that are certain",
            "kind": FIX_ALL,
            "edit": {"changes": {document.uri: [{"range": whole, "newText": new}]}},
        }
