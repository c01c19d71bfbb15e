"""What a document is made of: symbols, folds, selections that grow, links to files, words of expressions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from nnspec.console.formatting import scaled
from nnspec.frontend.source import Node
from nnspec.lsp.documents import Position, Text, bounds, span_range, uri_of
from nnspec.lsp.lines import lines_of, params_of, shape_of, shapes_of
from nnspec.lsp.names import expressions, places
from nnspec.lsp.renaming import files_named
from nnspec.lsp.scopes import FUNCTIONS
from nnspec.lsp.workspace import Analysis, Workspace

# Kinds of symbols by the protocol's numbers.
MODULE, CLASS, METHOD, FIELD, VARIABLE = 2, 5, 6, 8, 13
TOKENS = ("variable", "function", "number", "operator", "keyword", "string")

_EXPRESSION_WORDS = re.compile(
    r"(?P<string>'[^']*'|\"[^\"]*\")|(?P<number>\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)"
    r"|(?P<word>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)|(?P<operator>[-+*/%<>=!]+)"
)
_WORDS_OF_LOGIC = {"and", "or", "not", "in", "if", "else", "true", "false", "null", "True", "False", "None"}

Symbol = dict[str, Any]
_NO_KIND = ("name", "from", "when", "call")


def document_symbols(analysis: Analysis) -> list[Symbol]:
    """The sections, and in them what they hold: layers with their shapes, blocks, parameters, settings."""
    if analysis.tree is None:
        return []
    return [symbol for key in analysis.tree.value for symbol in _section(analysis, analysis.tree, key)]


def _section(analysis: Analysis, tree: Node, key: str) -> Iterator[Symbol]:
    node, span = tree.value[key], tree.keys.get(key)
    if span is None:
        return
    if key == "layers":
        inner = list(_layers(analysis, node))
    elif node.is_mapping:
        kind = CLASS if key == "blocks" else VARIABLE
        inner = [_symbol(name, kind, node.keys[name], value) for name, value in node.value.items() if name in node.keys]
    else:
        inner = []
    yield {**_symbol(key, MODULE, span, node), "children": inner}


def _layers(analysis: Analysis, node: Node) -> Iterator[Symbol]:
    spec = analysis.spec
    lines = {} if spec is None else lines_of(spec, analysis.document.path)

    @cache  # a list that is written on one line has all its layers there
    def detail(number: int) -> str:
        line = lines.get(number)
        if line is None or spec is None:
            return ""
        shapes = shapes_of(line.layers, spec) if line.own else shape_of(spec.facts[line.made[-1].name].outputs)
        return f"{shapes}, {scaled(params_of(line.layers, spec))} parameters"

    def symbols(node: Node) -> Iterator[Symbol]:
        for entry in node.items:
            given = [key for key in entry.value if key not in _NO_KIND] if entry.is_mapping else []
            title = given[0] if given else str(entry.value)
            name = entry.get("name") if entry.is_mapping else None
            told = title if name is None else f"{name.value}: {title}"
            symbol = _symbol(told, FIELD, entry.span, entry, detail(entry.span.line - 1))
            inner = entry.get("layers") if entry.is_mapping else None
            yield symbol if inner is None else {**symbol, "children": list(symbols(inner))}

    return symbols(node)


def _symbol(name: str, kind: int, span: Any, node: Node, detail: str = "") -> Symbol:
    own, value = span_range(span), span_range(node.span)
    end = max(own["end"], value["end"], key=lambda place: (place["line"], place["character"]))
    found = {"name": name or "-", "kind": kind, "range": {"start": own["start"], "end": end}, "selectionRange": own}
    return {**found, "detail": detail} if detail else found


def workspace_symbols(workspace: Workspace, query: str) -> list[Symbol]:
    """Blocks, parameters and named layers of the open documents whose names hold a text."""
    found = []
    for uri, analysis in workspace.analyses.items():
        for place in () if analysis.tree is None else places(analysis.tree):
            if place.defines and query.lower() in place.name.lower():
                where = {"uri": uri, "range": analysis.document.places.range(place.start, place.end)}
                kind = {"block": CLASS, "layer": FIELD}.get(place.what, VARIABLE)
                found.append({"name": place.name, "kind": kind, "location": where})
    return found


def folding_ranges(analysis: Analysis) -> list[dict[str, Any]]:
    """Everything that is indented below a line, and comments of several lines."""
    lines = analysis.document.text.split("\n")
    found: list[dict[str, Any]] = []
    open_ones: list[tuple[int, int]] = []  # indentation and line
    last = 0
    for number, line in enumerate(lines):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        indent = len(line) - len(line.lstrip())
        while open_ones and open_ones[-1][0] >= indent:
            _, start = open_ones.pop()
            if last > start:
                found.append({"startLine": start, "endLine": last})
        open_ones.append((indent, number))
        last = number
    found += [{"startLine": start, "endLine": last} for _, start in open_ones if last > start]
    return [*found, *_comments(lines)]


def _comments(lines: Sequence[str]) -> Iterator[dict[str, Any]]:
    start = None
    for number, line in enumerate([*lines, ""]):
        if line.lstrip().startswith("#"):
            start = number if start is None else start
        elif start is not None:
            if number - 1 > start:
                yield {"startLine": start, "endLine": number - 1, "kind": "comment"}
            start = None


def selection_range(analysis: Analysis, position: Position) -> dict[str, Any]:
    """The value at a place, what it is in, and so on up to the document."""
    text = analysis.document.places
    index = text.index(position)
    stretches = [(0, len(text.text))]
    node = analysis.tree
    while node is not None:
        start, end = bounds(node.span)
        if stretches[-1] != (start, end):
            stretches.append((start, end))
        node = next((child for child in _children(node) if _holds(child, index)), None)
    word = _word_around(text, index)
    if word is not None:
        stretches.append(word)
    found: dict[str, Any] = {"range": text.range(*stretches[0])}
    for start, end in stretches[1:]:
        found = {"range": text.range(start, end), "parent": found}
    return found


def _children(node: Node) -> Iterator[Node]:
    if node.is_mapping:
        yield from node.value.values()
    elif node.is_list:
        yield from node.value


def _holds(node: Node, index: int) -> bool:
    start, end = bounds(node.span)
    return start <= index <= end


def _word_around(places: Text, index: int) -> tuple[int, int] | None:
    for match in re.finditer(r"[\w$.]+", places.text[max(index - 200, 0) : index + 200]):
        start, end = match.start() + max(index - 200, 0), match.end() + max(index - 200, 0)
        if start <= index <= end:
            return start, end
    return None


def document_links(analysis: Analysis) -> list[dict[str, Any]]:
    """The files that a document names."""
    text = analysis.document.places
    return [
        {"range": text.range(start, end), "target": uri_of(path), "tooltip": "Open the file"}
        for path, start, end in files_named(analysis)
    ]


def semantic_tokens(analysis: Analysis) -> dict[str, Any]:
    """The words of expressions, in the protocol's counting: each from the one before it."""
    data: list[int] = []
    line_before = character_before = 0
    for line, start, length, kind in sorted(_tokens(analysis)):
        if line != line_before:
            character_before = 0
        data += [line - line_before, start - character_before, length, TOKENS.index(kind), 0]
        line_before, character_before = line, start
    return {"data": data}


def _tokens(analysis: Analysis) -> Iterator[tuple[int, int, int, str]]:
    if analysis.tree is None:
        return
    text = analysis.document.places
    for scalar in analysis.tree.scalars():
        if not isinstance(scalar.value, str) or "$" not in scalar.value:
            continue
        first, last = bounds(scalar.span)
        for start, end, in_brackets in expressions(text.text[first:last]):
            if in_brackets:
                yield from _within(text, first + start, text.text[first + start : first + end])
            else:
                yield _token(text, first + start - 1, first + end, "variable")


def _within(places: Text, at: int, text: str) -> Iterator[tuple[int, int, int, str]]:
    for match in _EXPRESSION_WORDS.finditer(text):
        kind = str(match.lastgroup)
        if kind == "word":
            word = match.group()
            kind = "function" if word in FUNCTIONS else "keyword" if word in _WORDS_OF_LOGIC else "variable"
        yield _token(places, at + match.start(), at + match.end(), kind)


def _token(places: Text, start: int, end: int, kind: str) -> tuple[int, int, int, str]:
    one, other = places.position(start), places.position(end)
    return one["line"], one["character"], other["character"] - one["character"], kind
