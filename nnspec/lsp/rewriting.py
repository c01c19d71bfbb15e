"""Networks written in another way, which stay the same networks: repeated layers as a loop, layers as a block and back.

Each is tried on the whole text first. What would be another network, or none, is not offered.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nnspec.catalog.kinds import catalog
from nnspec.frontend.concrete_syntax import Collection, Entry, Scalar, parse
from nnspec.importing.loop_rerolling import folded
from nnspec.importing.text import flow, lines_of
from nnspec.lsp.documents import Range, text_of
from nnspec.lsp.extracting import Edits, extracted
from nnspec.lsp.keeping import is_kept, keeps_others, renamed_output, spec_of
from nnspec.lsp.scopes import block_names, block_params
from nnspec.lsp.workspace import Analysis, Workspace

REWRITE, INLINE, EXTRACT = "refactor.rewrite", "refactor.inline", "refactor.extract"
AUTOMATIC = 2  # of the protocol: the editor asks by itself, at each move of the cursor
HIDDEN = "\ue000"  # a dollar sign of the text's own, while the rest is taken as it stands
MOST = 400  # entries that are looked at

Action = dict[str, Any]


def rewritings(workspace: Workspace, analysis: Analysis, wanted: Range, context: Mapping[str, Any]) -> Iterator[Action]:
    """The rewritings at a range. They take a check each, so that they wait until somebody asks for actions."""
    document = analysis.document
    spec = None if analysis.known is None else analysis.known.checked.spec
    if spec is None or context.get("triggerKind") == AUTOMATIC:
        return
    text = document.text.replace("\r\n", "\n")  # lines and columns are the same, and the editor knows its line ends
    places = text_of(text)
    root = parse(text).root
    if not isinstance(root, Collection):
        return
    start, end = (places.index(wanted[one]) for one in ("start", "end"))
    extraction = (*extracted(analysis, text, root, start, end), EXTRACT)
    for title, edits, kind in (_rolled(text, root, start, end), _inlined(analysis, text, root, start), extraction):
        if not edits:
            continue
        new = text
        for first, last, put in sorted(edits, reverse=True):
            new = new[:first] + put + new[last:]
        found = spec_of(workspace, new, document.path, workspace.unsaved)
        if found is not None and is_kept(spec, found) and keeps_others(workspace, document.path, new):
            output = renamed_output(spec, found)
            told = "" if output is None else f"; the output `{output[0]}` is called `{output[1]}` then"
            ending = "\r\n" if text != document.text else "\n"
            changes = [(places.range(first, last), put.replace("\n", ending)) for first, last, put in edits]
            edit = {document.uri: [{"range": place, "newText": put} for place, put in changes]}
            yield {"title": f"{title}{told}", "kind": kind, "edit": {"changes": edit}}


def _lists(value: Any) -> Iterator[Collection]:
    """The lists of layers in a spec, one entry below the other, the outer ones first."""
    if not isinstance(value, Collection):
        return
    for entry in value.entries:
        inner = entry.value
        if not isinstance(inner, Collection):
            continue
        if entry.key is not None and entry.key.value == "layers" and not inner.is_mapping and not inner.flow:
            yield inner
        yield from _lists(inner)


# Layers that repeat, as a loop.


def _rolled(text: str, root: Collection, start: int, end: int) -> tuple[str, Edits, str]:
    title = "Roll the repeated layers into a loop"
    for found in reversed([one for one in _lists(root) if one.entries[0].start <= start <= one.entries[-1].end]):
        chosen = _plain_around(found.entries, start, end)
        plain = [entry for _, entry in chosen]
        if not 2 <= len(plain) <= MOST:
            continue
        loops = folded([dict(one) for one in plain])
        if not any("repeat" in one or "for" in one for one in loops):
            continue
        first, last = chosen[0][0], chosen[-1][0]
        lines = [line for one in loops for line in lines_of(one, first.column)]
        new = "\n".join(lines).lstrip()
        new = re.sub(rf'"({HIDDEN}[\w.]+)"', r"\1", new).replace(HIDDEN, "$")
        if len(lines) < text.count("\n", first.start, last.end) + 1:
            return title, [(first.start, last.end, new)], REWRITE
    return title, [], REWRITE


def _plain_around(entries: Sequence[Entry], start: int, end: int) -> list[tuple[Entry, dict[str, Any]]]:
    """The layers of a selection, or where nothing is selected the plain ones around the place, side by side."""
    found = [(entry, _normal(entry)) for entry in entries]
    at = next((number for number, (entry, _) in enumerate(found) if entry.start <= end and start <= entry.end), None)
    if at is None:
        return []
    if start != end:
        taken = [(entry, plain) for entry, plain in found if entry.start <= end and start < entry.end]
        taken[:1] = [(entry, _normal(entry, below=True)) for entry, _ in taken[:1]]
        return [] if any(plain is None for _, plain in taken) else [(one, plain) for one, plain in taken if plain]
    first = last = at
    while first > 0 and found[first][1] is not None and found[first - 1][1] is not None:
        first -= 1
    top = first - 1 if first > 0 and found[first][1] is not None else first
    if (plain := _normal(entries[top], below=True)) is not None:
        first, found[top] = top, (entries[top], plain)
    while last + 1 < len(found) and found[last + 1][1] is not None:
        last += 1
    return [(entry, plain) for entry, plain in found[first : last + 1] if plain]


def _normal(entry: Entry, below: bool = False) -> dict[str, Any] | None:
    """A layer with its arguments by name; None for what has a name, connections, comments or layers of its own.

    Args:
        below: comments above it stay where they are.
    """
    value = entry.value
    if (
        (entry.leading and not below)
        or entry.after
        or entry.blank_inside
        or (isinstance(value, Collection) and value.has_comments)
    ):
        return None
    if isinstance(value, Scalar):
        return {value.value: {}} if catalog().has("layer", value.value) else None
    if not value.is_mapping or len(value.entries) != 1 or value.entries[0].key is None:
        return None
    kind, given = value.entries[0].key.value, _plain(value.entries[0].value)
    if not catalog().has("layer", kind):
        return None
    if isinstance(given, Mapping):
        return {kind: given}
    names = [argument.name for argument in catalog().arguments("layer", kind)]
    return {kind: {}} if given is None or not names else {kind: {names[0]: given}}


def _plain(value: Scalar | Collection) -> Any:
    """A value as plain data, its dollar signs hidden."""
    from nnspec.frontend.source import resolve

    if isinstance(value, Scalar):
        found = resolve(value.value) if value.style == "" else value.value
        return found.replace("$", HIDDEN) if isinstance(found, str) else found
    if value.is_mapping:
        return {entry.key.value: _plain(entry.value) for entry in value.entries if entry.key is not None}
    return [_plain(entry.value) for entry in value.entries]


# A block, where it is used.


def _inlined(analysis: Analysis, text: str, root: Collection, at: int) -> tuple[str, Edits, str]:
    for found in reversed([one for one in _lists(root) if one.entries[0].start <= at <= one.entries[-1].end]):
        entry = next((one for one in found.entries if one.start <= at <= one.end), None)
        name, given = (None, {}) if entry is None else _use(entry)
        body = None if name is None else _body(root, name)
        if entry is None or name is None or body is None:
            continue
        block = block_names(analysis).get(name)
        values: dict[str, Any] = {} if block is None else dict(block_params(block))
        node = None if block is None else block.get("params")
        if node is not None and node.is_mapping:
            values |= {key: one.plain() for key, one in node.value.items()}
        names = list(values)
        values |= given if isinstance(given, Mapping) else {names[0]: given} if names and given is not None else {}
        lines = _indented(text, body, entry.column)
        put = (entry.start, entry.end, _filled(lines, values).lstrip())
        return f"Write the layers of `{name}` here", [put], INLINE
    return "", [], INLINE


def _use(entry: Entry) -> tuple[str | None, Any]:
    """The name that an entry begins with, and what is given to it; none where it has a name or connections, too."""
    value = entry.value
    if isinstance(value, Scalar):
        return value.value, None
    if not value.is_mapping or len(value.entries) != 1 or value.entries[0].key is None:
        return None, None
    given = _plain(value.entries[0].value)
    return value.entries[0].key.value, json.loads(json.dumps(given).replace(json.dumps(HIDDEN)[1:-1], "$"))


def _body(root: Collection, name: str) -> Collection | None:
    """The list of layers of a block that the document itself defines."""
    blocks = next((one.value for one in root.entries if one.key is not None and one.key.value == "blocks"), None)
    if not isinstance(blocks, Collection):
        return None
    block = next((one.value for one in blocks.entries if one.key is not None and one.key.value == name), None)
    return None if block is None else next(_lists(block), None)


def _indented(text: str, body: Collection, column: int) -> str:
    """The lines of a list, moved to a column."""
    first, last = body.entries[0], body.entries[-1]
    start = text.rfind("\n", 0, first.start) + 1
    lines = text[start : last.end].split("\n")
    return "\n".join(" " * column + line[first.column :] if line.strip() else "" for line in lines)


def _filled(text: str, values: Mapping[str, Any]) -> str:
    """A text with parameters replaced by their values, alone and within expressions."""

    def alone(match: re.Match[str]) -> str:
        return _written(values[match[1]]) if match[1] in values else match[0]

    def within(match: re.Match[str]) -> str:
        return re.sub(r"(?<![\w.'\"])[A-Za-z_]\w*", lambda one: _term(values, one[0]), match[0])

    parts = re.split(r"(\$\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))", text)
    parts[1::2] = [f"$({within(found)})" for part in parts[1::2] if (found := re.fullmatch(r".*", part[2:-1], re.S))]
    parts[::2] = [re.sub(r"\$([A-Za-z_]\w*)(?![\w.])", alone, part) for part in parts[::2]]
    return "".join(parts)


def _written(value: Any) -> str:
    return value if isinstance(value, str) and value.startswith("$") else flow(value)


def _term(values: Mapping[str, Any], name: str) -> str:
    """A value as a part of an expression."""
    if name not in values:
        return name
    value = values[name]
    if isinstance(value, str):
        return f"({value[2:-1]})" if value.startswith("$(") else value[1:] if value.startswith("$") else repr(value)
    return json.dumps(value)
