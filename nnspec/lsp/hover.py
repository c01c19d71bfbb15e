"""What hovering tells: of a kind, of an argument or a setting, of a name's value, of the layers that a line makes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from nnspec.console.formatting import count
from nnspec.frontend.spec import Layer, Spec
from nnspec.layers.types import KindValue
from nnspec.lsp.cursor import Cursor, cursor_at, word_of_expression
from nnspec.lsp.documents import Position
from nnspec.lsp.language import Kind, category_at, every, kind_at, schemas_at
from nnspec.lsp.lines import lines_of, macs_of, params_of, shape_of
from nnspec.lsp.scopes import block_names, block_params, expression_names
from nnspec.lsp.workspace import Analysis
from nnspec.report.text.difference import written
from nnspec.report.text.layers import field_text, receptive_fields

MOST_LAYERS = 8  # that are told of one by one
MOST_CHOICES = 12  # of a setting that are listed

_WORD = re.compile(r"\$?\(?[\w./]+")


def hover(analysis: Analysis, position: Position) -> dict[str, Any] | None:
    """Markdown about the word at a place, with the range of the word; None where there is nothing to tell."""
    document = analysis.document
    places = document.places
    index = places.index(position)
    line = places.line(position["line"])
    column = index - places.starts[position["line"]] if position["line"] < len(places.starts) else 0
    word = next((match for match in _WORD.finditer(line) if match.start() <= column <= match.end()), None)
    if word is None:
        return None
    start = index - column
    cursor = cursor_at(document.text, start + word.end())
    if cursor is None:
        return None
    parts = list(_parts(analysis, cursor, word.group(), position["line"]))
    if not parts:
        return None
    text = "\n\n".join(parts)
    return {
        "contents": {"kind": "markdown", "value": text},
        "range": places.range(start + word.start(), start + word.end()),
    }


def _parts(analysis: Analysis, cursor: Cursor, word: str, line: int) -> Iterator[str]:
    if word.startswith("$") or _in_expression(analysis, cursor):
        yield from _name(analysis, cursor, word.lstrip("$("))
        yield from _values(analysis, cursor, line)
        return
    path = cursor.path
    within = path if cursor.role == "key" else path[:-1] if path and path[-1] == word else path
    category = category_at(path if cursor.role != "value" or within == path else within, word)
    if category is not None:
        yield from _kind(Kind(category, word))
    elif word in block_names(analysis):
        yield from _block(analysis, word)
    elif cursor.role == "key":
        yield from _key((*path, word), word)
    else:
        yield from _value(analysis, cursor, line)
    if category == "layer" or word in block_names(analysis) or _opens_layers(word):
        yield from _layers(analysis, line)


def _opens_layers(word: str) -> bool:
    return word in ("repeat", "for", "layers", "parallel", "reuse", "name")


def _in_expression(analysis: Analysis, cursor: Cursor) -> bool:
    text = analysis.document.text
    return word_of_expression(text[text.rfind("\n", 0, cursor.start) + 1 : cursor.start] + cursor.word) is not None


def _name(analysis: Analysis, cursor: Cursor, name: str) -> Iterator[str]:
    for named in expression_names(analysis, cursor.path):
        if named.name == name:
            yield f"`${name}`: {named.what}" + (f", `{named.value}`" if named.value else "")
            return


def _kind(kind: Kind) -> Iterator[str]:
    yield f"**{kind.name}** ({kind.category})"
    if kind.signature:
        yield f"```python\n{kind.signature}\n```"
    yield kind.description


def _block(analysis: Analysis, name: str) -> Iterator[str]:
    block = block_names(analysis)[name]
    params = ", ".join(f"{key}={value}" if value else key for key, value in block_params(block).items())
    yield f"**{name}({params})**, a block of {block.span.source.name.rpartition('/')[2]}"
    says = block.get("description")
    if says is not None and says.value:
        yield str(says.value)


def _key(path: Sequence[Any], word: str) -> Iterator[str]:
    if not path or path[-1] != word:
        return
    for schema in every(schemas_at(path)):
        if "description" in schema:
            default = schema.get("default")
            within = kind_at(path[:-1])
            owner = f" of {within[0].name}" if within else ""
            says = str(schema["description"]).partition("\n")[0]
            yield f"**{word}**{owner}: {says}" + (f" Default: `{default}`." if default is not None else "")
            return


def _value(analysis: Analysis, cursor: Cursor, line: int) -> Iterator[str]:
    """What the setting is that a value is given to, what else it could be, and what it comes to."""
    path = _setting(cursor.path)
    if len(path) < 2 or path[-1] in ("layers", "parallel"):
        return
    yield from _key(path, str(path[-1]))
    choices = dict.fromkeys(one for schema in every(schemas_at(path)) for one in schema.get("enum", ()))
    if len(choices) > 1:
        shown = [f"`{'null' if one is None else one}`" for one in choices][:MOST_CHOICES]
        more = f", and {len(choices) - MOST_CHOICES} more" if len(choices) > MOST_CHOICES else ""
        yield f"One of {', '.join(shown)}{more}."
    yield from _values(analysis, cursor, line)


def _values(analysis: Analysis, cursor: Cursor, line: int) -> Iterator[str]:
    """What a setting comes to where that is not as it is written: an expression, or a value that rounds differ in."""
    path, spec = _setting(cursor.path), analysis.spec
    if spec is None or not path:
        return
    key, within = str(path[-1]), kind_at(path[:-1])
    if path[0] in ("layers", "blocks"):
        found = [
            layer.args[key]
            for layer in spec.graph.layers
            if within is not None and within[0].name in (layer.kind, layer.alias) and key in layer.args
            if line in _lines_of_argument(layer, key, str(analysis.document.path))
        ]
    else:
        found = [value for value in [_resolved(spec, path)] if value is not None]
    told = list(dict.fromkeys(written(value) for value in found if not isinstance(value, KindValue)))
    node = None if analysis.tree is None else analysis.tree.get(*path)
    if told and (len(told) > 1 or (node is not None and "$" in str(node.plain()))):
        shown = told if len(told) <= MOST_LAYERS else [*told[: MOST_LAYERS - 2], "...", told[-1]]
        yield f"`{key}` comes to {', '.join(one if one == '...' else f'`{one}`' for one in shown)}."


def _setting(path: Sequence[Any]) -> tuple[Any, ...]:
    """The path of the key that a value is given to; a value may be an item of a list."""
    end = next((end for end in range(len(path), 0, -1) if isinstance(path[end - 1], str)), 0)
    return tuple(path[:end])


def _lines_of_argument(layer: Layer, key: str, file: str) -> set[int]:
    spans = [span for span in (layer.span, layer.arg_spans.get(key)) if span is not None]
    return {span.line - 1 for span in spans if span.source.path == file}


def _resolved(spec: Spec, path: Sequence[Any]) -> Any:
    found: Any = spec.resolved
    for step in path:
        try:
            found = found[step]
        except (KeyError, IndexError, TypeError):
            return None
    return found


def _layers(analysis: Analysis, line: int) -> Iterator[str]:
    """What the layers of a line are: shapes, cost, receptive field."""
    spec = analysis.spec
    found = None if spec is None else lines_of(spec, analysis.document.path).get(line)
    if spec is None or found is None:
        return
    layers = found.layers
    fields = receptive_fields(spec)
    rows = [
        f"`{layer.name}`: {_inputs(layer, spec)} → {shape_of(spec.facts[layer.name].outputs)}, {_cost([layer], spec)}"
        + (f", sees {sees}" if (sees := field_text(fields[layer.name])) else "")
        for layer in layers[:MOST_LAYERS]
    ]
    if len(layers) > MOST_LAYERS:
        rows.append(f"and {len(layers) - MOST_LAYERS} more")
    if len(layers) > 1:
        rows.append(f"together: {_cost(layers, spec)}")
    yield "\n".join(f"- {row}" for row in rows)


def _inputs(layer: Layer, spec: Spec) -> str:
    shapes = []
    for ref in layer.inputs:
        given = next((one for one in spec.graph.inputs if one.name == ref.layer), None)
        if given is not None:
            shapes.append("x".join("?" if size is None else str(size) for size in given.shape) or "scalar")
        else:
            outputs = spec.facts[ref.layer].outputs
            shapes.append("?" if outputs is None else shape_of([outputs[ref.index]]))
    return " + ".join(shapes)


def _cost(layers: Sequence[Layer], spec: Spec) -> str:
    return f"{count(params_of(layers, spec))} parameters, {count(macs_of(layers, spec))} multiply-adds"
