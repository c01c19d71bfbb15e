"""Code actions: the fixes that diagnostics have, all of them at once, a line silenced, layers as a block or a loop."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from nnspec.frontend.concrete_syntax import Collection, Entry, parse
from nnspec.frontend.diagnostics import Diagnostic, Edit, Source, SpecError
from nnspec.frontend.edits import stretch
from nnspec.frontend.fixes import fix
from nnspec.frontend.pipeline import check
from nnspec.frontend.source import compose
from nnspec.lsp.documents import Range, span_range, text_of, uri_of
from nnspec.lsp.reports import here
from nnspec.lsp.rewriting import INLINE, REWRITE, rewritings
from nnspec.lsp.scopes import block_names
from nnspec.lsp.workspace import Analysis, Workspace

QUICK_FIX, FIX_ALL, EXTRACT = "quickfix", "source.fixAll.nnspec", "refactor.extract"

Action = dict[str, Any]


def actions(workspace: Workspace, analysis: Analysis, wanted: Range, context: Mapping[str, Any]) -> list[Action]:
    """What can be done about a range: only of the sorts that the editor asks for, where it asks for some."""
    only = context.get("only")
    found = [
        *_fixes(analysis, wanted, context.get("diagnostics") or ()),
        *_all_fixes(workspace, analysis),
        *_extract(analysis, wanted),
    ]
    if not only or any(_is_sort(kind, sort) for kind in (REWRITE, INLINE) for sort in only):
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
                "title": _title(diagnostic.fix.title),
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


def _title(text: str) -> str:
    return text[:1].upper() + text[1:]


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
        return [check(Source(source.name, text, source.folder), unsaved=unsaved, data=None)]

    fixed = fix(again, {document.path})
    new = fixed.after.get(document.path)
    if new is not None:
        whole = document.places.range(0, len(document.text))
        yield {
            "title": "Apply all fixes that are certain",
            "kind": FIX_ALL,
            "edit": {"changes": {document.uri: [{"range": whole, "newText": new}]}},
        }


def _extract(analysis: Analysis, wanted: Range) -> Iterator[Action]:
    """The selected layers as a block of their own, used where they stood."""
    document = analysis.document
    places = document.places
    start, end = places.index(wanted["start"]), places.index(wanted["end"])
    if start == end or document.text.count("\r"):
        return
    try:
        compose(Source.from_text(document.text, str(document.path)))
    except SpecError:
        return
    root = parse(document.text).root
    chosen = _entries_within(root, start, end) if isinstance(root, Collection) else []
    if not chosen or not isinstance(root, Collection):
        return
    first, last = chosen[0], chosen[-1]
    from_line = places.starts[first.line]
    to_index = last.end + _remark(document.text[last.end :])
    lines = document.text[from_line:to_index].split("\n")
    name = _free_name(analysis)
    body = "\n".join((" " * 6 + line[first.column :]) if line.strip() else "" for line in lines)
    block = f"  {name}:\n    layers:\n{body}\n"
    use = f"{' ' * first.column}- {name}"
    edits = [
        {"range": places.range(from_line, to_index), "newText": use},
        _with_block(document.text, root, block),
    ]
    title = f"Make a block of {len(chosen)} layer{'s' * (len(chosen) > 1)}"
    yield {"title": title, "kind": EXTRACT, "edit": {"changes": {document.uri: edits}}}


def _remark(text: str) -> int:
    """How long the comment is that stands behind an entry, on its line."""
    match = re.match(r"[ \t]*#[^\n]*", text)
    return match.end() if match else 0


def _entries_within(root: Collection, start: int, end: int) -> list[Entry]:
    """The items of the list of layers that a selection takes in, where they stand one below the other."""
    waiting = [entry for entry in root.entries if entry.key is not None and entry.key.value == "layers"]
    while waiting:
        entry = waiting.pop()
        value = entry.value
        if not isinstance(value, Collection):
            continue
        if not value.is_mapping and not value.flow:
            chosen = [one for one in value.entries if start < one.end and one.start < end]
            if chosen and start <= chosen[0].start + 2 and end >= chosen[-1].end and not _has_names(chosen):
                return chosen
        waiting += value.entries
    return []


def _has_names(entries: Sequence[Entry]) -> bool:
    """Whether layers have names, or take from others: inside a block these would mean something else."""
    for entry in entries:
        keys = [one.key.value for one in entry.value.entries if one.key] if isinstance(entry.value, Collection) else []
        if {"name", "from", "reuse", "as", "for"} & {*keys}:
            return True
    return False


def _free_name(analysis: Analysis) -> str:
    taken = block_names(analysis)
    number = 1
    while f"block{number}" in taken:
        number += 1
    return f"block{number}"


def _with_block(text: str, root: Collection, block: str) -> dict[str, Any]:
    places = text_of(text)
    for entry in root.entries:
        value = entry.value
        if entry.key is None or entry.key.value != "blocks" or not isinstance(value, Collection) or value.flow:
            continue
        at = places.starts[value.entries[0].line]
        return {"range": places.range(at, at), "newText": block}
    layers = next(one for one in root.entries if one.key is not None and one.key.value == "layers")
    at = places.starts[layers.line]
    return {"range": places.range(at, at), "newText": f"blocks:\n{block}\n"}
