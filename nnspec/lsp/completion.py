"""Completion and the help with a kind's arguments: kinds, arguments, values, names in scope, files."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from nnspec.catalog.kinds import catalog
from nnspec.console.formatting import yaml_scalar
from nnspec.frontend.codes import CODES
from nnspec.frontend.expand import GROUP_KEYS
from nnspec.frontend.monitors import monitored
from nnspec.layers import layer_kind
from nnspec.lsp.columns import columns_at
from nnspec.lsp.cursor import Cursor, Step, cursor_at, word_of_expression
from nnspec.lsp.documents import Position, text_of
from nnspec.lsp.language import Kind, Schema, category_at, every, kind_at, schemas_at
from nnspec.lsp.scopes import FUNCTIONS, block_names, block_params, expression_names, tensor_names
from nnspec.lsp.workspace import Analysis

# Kinds of completions by the protocol's numbers.
FUNCTION, FIELD, VARIABLE, CLASS, MODULE, PROPERTY, VALUE, ENUM, FILE, REFERENCE, FOLDER = (
    3, 5, 6, 7, 9, 10, 12, 13, 17, 18, 19,
)  # fmt: skip
MAX_FILES = 500  # of a folder that are offered; an editor asks again, as more of a name is typed

_REFERENCES = ("from", "reuse")

Item = dict[str, Any]


def completions(analysis: Analysis, position: Position, snippets: bool = False) -> list[Item]:
    """What may stand at a place.

    Args:
        snippets: whether the editor knows places to fill in (``${1:}``).
    """
    document = analysis.document
    index = document.places.index(position)
    cursor = cursor_at(document.text, index)
    if cursor is None:
        return []
    line = document.text[document.text.rfind("\n", 0, index) + 1 : index]
    if (word := word_of_expression(line)) is not None:
        return _replacing(analysis, cursor, index - len(word), _names(analysis, cursor, line))
    items: dict[str, Item] = {}
    for item in _items(analysis, cursor, position["line"], snippets):
        items.setdefault(item["label"], item)
    return _replacing(analysis, cursor, cursor.start, list(items.values()))


def _items(analysis: Analysis, cursor: Cursor, line: int, snippets: bool) -> Iterator[Item]:
    path = cursor.path
    if _names_tensors(cursor):
        yield from (item for item in _tensors(analysis, line) if "reuse" not in path or item["detail"] == "layer")
        return
    if path[-1:] == ("monitor",):
        yield from (_item(name, ENUM, "of an epoch") for name in monitored(analysis.spec))
        return
    if "silence" in path[-2:]:
        yield from (_item(code, ENUM, CODES[code].title) for code in CODES if code.startswith("W09"))
    columns = columns_at(analysis, path, is_key=cursor.role == "key" or cursor.first)
    for name in columns:
        yield _item(name, FIELD, "column of the data", insert=_word_of_yaml(name))
    if cursor.role == "key" or (cursor.role == "value" and cursor.first):
        given = {*cursor.given} if cursor.role == "key" else set()
        yield from _keys(analysis, path, given - {cursor.word}, snippets)
    if cursor.role in ("value", "item"):
        yield from _values(analysis, path, cursor)
    if cursor.role == "item":
        yield from _entries(analysis, path, snippets)


def _names_tensors(cursor: Cursor) -> bool:
    steps = [step for step in cursor.path if isinstance(step, str)]
    return cursor.role != "key" and bool(steps) and (steps[-1] in _REFERENCES or steps[0] == "outputs")


def _names(analysis: Analysis, cursor: Cursor, line: str) -> list[Item]:
    """Inside ``$name`` or ``$(...)``: the names in scope, and within brackets the functions."""
    items = [
        _item(named.name, VARIABLE, named.what + (f", {named.value}" if named.value else ""))
        for named in expression_names(analysis, cursor.path)
    ]
    if "$(" in line:
        items += [_item(name, FUNCTION, "function") for name in FUNCTIONS]
    return items


def _tensors(analysis: Analysis, line: int) -> Iterator[Item]:
    for named in tensor_names(analysis, line):
        yield _item(named.name, REFERENCE, f"{named.what} {named.value}".strip())


def _keys(analysis: Analysis, path: Sequence[Step], given: set[str], snippets: bool) -> Iterator[Item]:
    """Keys of a mapping: settings, arguments, and kinds where the mapping is one of a kind."""
    has_kind = any(category_at(path, name) for name in given)  # beside which no other may stand, and no group
    others = GROUP_KEYS | {"parallel", "merge", "reuse"} if has_kind else set()
    for schema in every(schemas_at(path)):
        for name, value in schema.get("properties", {}).items():
            fits = not (has_kind and category_at(path, name)) and _may_stand(path, name)
            if name not in given | others and fits:
                yield _key(path, name, value, name in schema.get("required", ()), snippets)
    block = _block_at(analysis, path)
    if block is not None:
        for name, default in block_params(block).items():
            if name not in given:
                yield _item(name, FIELD, default or "must be given", insert=f"{name}: ")


def _may_stand(path: Sequence[Step], name: str) -> bool:
    """Whether a kind is of use there: `merge` takes layers that join, `augment` those that draw at random."""
    steps = [step for step in path if isinstance(step, str)]
    if category_at(path, name) != "layer":
        return True
    if steps[-1:] == ["merge"]:
        return layer_kind(name).family == "merge"
    return steps[-2:] != ["data", "augment"] or "seed" in catalog().defaults("layer", name) or name == "Pipeline"


def _key(path: Sequence[Step], name: str, schema: Schema, required: bool, snippets: bool) -> Item:
    category = category_at(path, name)
    if category is not None:
        return _kind_item(Kind(category, name), snippets)
    default = schema.get("default")
    detail = "required" if required else "" if default is None else f"default {_yaml(default)}"
    found = _item(name, PROPERTY, detail or _says(schema), _description(schema), insert=f"{name}: ")
    found["sortText"] = f"{0 if required else 1}{name}"
    return found


def _entries(analysis: Analysis, path: Sequence[Step], snippets: bool) -> Iterator[Item]:
    """Items of a list that are mappings: layers, blocks of the spec's own, callbacks, targets."""
    yield from _keys(analysis, path, set(), snippets)
    if not any(step in ("layers", "parallel") for step in path[-3:]):
        return
    for name, block in block_names(analysis).items():
        params = ", ".join(f"{key}={value}" if value else key for key, value in block_params(block).items())
        doc = block.get("description")
        text = "" if doc is None or doc.value is None else str(doc.value)
        yield _item(name, MODULE, f"block({params})", text, insert=f"{name}: " if params else name)


def _values(analysis: Analysis, path: Sequence[Step], cursor: Cursor) -> Iterator[Item]:
    """Plain values: words, kinds that need no argument, true and false, files."""
    found = list(every(schemas_at(path)))
    if any(schema.get("x-path") for schema in found) or path[:1] in (("extends",), ("use",)):
        yield from _files(analysis, cursor)
    for schema in found:
        for word in _words(schema):
            category = category_at(path, word)
            if category is None:
                yield _item(word, ENUM, "")
            elif _may_stand(path, word) and not Kind(category, word).schema.get("required"):
                yield _item(word, CLASS, category, Kind(category, word).description)
    if cursor.role == "value" and not cursor.first:
        for schema in found:
            for name in schema.get("properties", {}):
                if (category := category_at(path, name)) and _may_stand(path, name):
                    yield _item(name, CLASS, category, Kind(category, name).description, insert=f"{{{name}: }}")


def _word_of_yaml(text: str) -> str:
    """A text as it is written: in quotes where YAML would take it for something else."""
    plain = re.fullmatch(r"[A-Za-z_][\w ./()+-]*", text) and yaml.safe_load(text) == text
    return text if plain else json.dumps(text, ensure_ascii=False)


def _words(schema: Schema) -> Iterator[str]:
    for value in schema.get("enum", ()):
        yield _yaml(value)
    kinds = schema.get("type", ())
    if "boolean" in ((kinds,) if isinstance(kinds, str) else kinds):
        yield from ("true", "false")


def _kind_item(kind: Kind, snippets: bool) -> Item:
    """A kind; what must be given is there to be filled in."""
    required = kind.schema.get("required", ())
    insert = f"{kind.name}: "
    if snippets and required:
        fields = ", ".join(f"{name}: ${{{number}}}" for number, name in enumerate(required, 1))
        insert = f"{kind.name}: {{{fields}$0}}"
    found = _item(kind.name, CLASS, kind.signature or kind.category, kind.description, insert=insert)
    if snippets and required:
        found["insertTextFormat"] = 2
    return found


def _files(analysis: Analysis, cursor: Cursor) -> Iterator[Item]:
    """The entries of the folder that a path begins with, relative to the spec's."""
    folder = analysis.document.path.parent / os.path.dirname(cursor.word)
    prefix = os.path.dirname(cursor.word)
    try:
        begun = os.path.basename(cursor.word)
        found = (entry for entry in os.scandir(folder) if entry.name.startswith(begun))
        entries = sorted(found, key=lambda entry: entry.name)[:MAX_FILES]
    except (OSError, ValueError):
        return
    for entry in entries:
        if entry.name[0] != "." and Path(entry.path) != analysis.document.path:
            label = os.path.join(prefix, entry.name)
            yield _item(label, FOLDER if entry.is_dir() else FILE, "folder" if entry.is_dir() else "file")


def _block_at(analysis: Analysis, path: Sequence[Step]) -> Any:
    """The block whose arguments a mapping at this path holds."""
    name = path[-1] if path else None
    return block_names(analysis).get(name) if isinstance(name, str) and len(path) > 1 else None


def _replacing(analysis: Analysis, cursor: Cursor, start: int, items: list[Item]) -> list[Item]:
    """Each item with the stretch of text that it takes the place of: the word at the place, whole."""
    text = analysis.document.text
    places = text_of(text)
    behind = re.match(r"[ \t]*:[ \t]*", text[cursor.end :])
    for item in items:
        new = item.pop("insert")
        end = cursor.end
        if behind and re.fullmatch(r"[\w.]+: ", new):  # a key that has its colon already
            end += behind.end()
        item["textEdit"] = {"range": places.range(start, end), "newText": new}
    return items


def _item(label: str, kind: int, detail: str, doc: str = "", insert: str | None = None) -> Item:
    found: Item = {"label": label, "kind": kind, "insert": label if insert is None else insert}
    if detail:
        found["detail"] = detail
    if doc:
        found["documentation"] = {"kind": "markdown", "value": doc}
    return found


def _description(schema: Schema) -> str:
    return str(schema.get("description", ""))


def _says(schema: Schema) -> str:
    return next((str(one["x-says"]) for one in every([schema]) if "x-says" in one), "")


def _yaml(value: Any) -> str:
    return ", ".join(map(_yaml, value)).join("[]") if isinstance(value, list) else yaml_scalar(value)


def signature_help(analysis: Analysis, position: Position) -> dict[str, Any] | None:
    """The signature of the kind around a place, with the argument that it is in."""
    document = analysis.document
    cursor = cursor_at(document.text, document.places.index(position))
    if cursor is None:
        return None
    word = document.text[cursor.start : cursor.end]
    found = kind_at(cursor.path)
    if found is not None:
        kind, rest = found
        return _signature(kind.signature, kind.description, _arguments(kind), str(rest[0]) if rest else word)
    for end in range(len(cursor.path), 1, -1):
        name = cursor.path[end - 1]
        block = block_names(analysis).get(name) if isinstance(name, str) else None
        if block is not None:
            params = block_params(block)
            shown = ", ".join(f"{key}={value}" if value else key for key, value in params.items())
            rest = cursor.path[end:]
            return _signature(f"{name}({shown})", "", dict.fromkeys(params, ""), str(rest[0]) if rest else word)
    return None


def _arguments(kind: Kind) -> Mapping[str, str]:
    return {name: _description(schema) for name, schema in kind.schema.get("properties", {}).items()}


def _signature(label: str, doc: str, arguments: Mapping[str, str], active: str) -> dict[str, Any] | None:
    parameters = []
    for name, says in arguments.items():
        if match := re.search(rf"(?<=[(\s]){re.escape(name)}(?=[=,)])", label):
            parameters.append((name, {"label": [match.start(), match.end()], "documentation": says}))
    if not parameters:
        return None
    names = [name for name, _ in parameters]
    found: dict[str, Any] = {
        "signatures": [{"label": label, "documentation": doc, "parameters": [shown for _, shown in parameters]}],
        "activeSignature": 0,
    }
    if active in names:
        found["activeParameter"] = names.index(active)
    return found
