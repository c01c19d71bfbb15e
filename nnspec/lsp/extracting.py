"""Layers of a spec as a block of their own, used where they stood."""

from __future__ import annotations

import re
from collections.abc import Sequence

from nnspec.frontend.concrete_syntax import Collection, Entry
from nnspec.lsp.cursor import cursor_at
from nnspec.lsp.scopes import block_names, local_names
from nnspec.lsp.workspace import Analysis

Edits = list[tuple[int, int, str]]  # from where to where, and what takes its place


def extracted(analysis: Analysis, text: str, root: Collection, start: int, end: int) -> tuple[str, Edits]:
    """The title, and the edits; none where nothing is selected that could be a block.

    What the layers take from a loop or a block around them is handed over.
    """
    chosen = _entries_within(root, start, end) if start != end else []
    if not chosen:
        return "", []
    first, last = chosen[0], chosen[-1]
    stop = last.end + _remark(text[last.end :])
    taken = text[first.start : stop]
    handed = [name for name in _locals(analysis, text, first) if _names(taken, name)]
    lines = taken.split("\n")
    body = [lines[0], *(line[first.column :] if line.strip() else "" for line in lines[1:])]
    name = _free_name(analysis)
    params = f"    params: {{{', '.join(f'{one}: ' for one in handed)}}}\n" if handed else ""
    layers = "\n".join(" " * 6 + line if line else "" for line in body)
    block = f"  {name}:\n{params}    layers:\n{layers}\n"
    given = f": {{{', '.join(f'{one}: ${one}' for one in handed)}}}" if handed else ""
    title = f"Make a block of {len(chosen)} layer{'s' * (len(chosen) > 1)}"
    return title, [_with_block(text, root, block), (first.start, stop, f"- {name}{given}")]


def _locals(analysis: Analysis, text: str, entry: Entry) -> list[str]:
    """Names that are known where an entry stands, and not in a block."""
    cursor = cursor_at(text, entry.start + 2)
    return [] if cursor is None else [named.name for named in local_names(analysis, cursor.path)]


def _names(text: str, name: str) -> bool:
    """Whether layers refer to a name, alone or within an expression."""
    return re.search(rf"\$(?:{name}\b|\([^\n]*\b{name}\b)", text) is not None


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
        branches = entry.key is not None and entry.key.value == "parallel"  # each a list of layers
        if not (value.is_mapping or value.flow or branches):
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


def _with_block(text: str, root: Collection, block: str) -> tuple[int, int, str]:
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    for entry in root.entries:
        value = entry.value
        if entry.key is None or entry.key.value != "blocks" or not isinstance(value, Collection) or value.flow:
            continue
        at = starts[value.entries[0].line]
        return at, at, block
    at = starts[next(one.line for one in root.entries if one.key is not None and one.key.value == "layers")]
    return at, at, f"blocks:\n{block}\n"
