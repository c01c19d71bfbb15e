"""Going to where a name is defined, finding where it is used, and renaming it in every file that shares it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nnspec.frontend.edits import stretch
from nnspec.frontend.expand import NAME
from nnspec.frontend.scope import RESERVED
from nnspec.lsp.cursor import cursor_at
from nnspec.lsp.documents import Position, location, text_of, uri_of
from nnspec.lsp.keeping import spec_of
from nnspec.lsp.names import Place, place_at, places
from nnspec.lsp.scopes import block_names
from nnspec.lsp.workspace import Analysis, Workspace

Location = dict[str, Any]


class RenameError(Exception):
    """Why a name cannot be changed, for the one who asked."""


def definition(workspace: Workspace, analysis: Analysis, position: Position) -> list[Location]:
    """Where the name at a place is defined; of the path of a file, the file."""
    index = analysis.document.places.index(position)
    symbol = _symbol(analysis, index)
    if symbol is not None:
        found = [one for one in _everywhere(workspace, analysis, symbol) if one[1].defines]
        if found:
            return [_location(workspace, *one) for one in found]
    return [*_file(analysis, index), *_unnamed(analysis, index)]


def references(workspace: Workspace, analysis: Analysis, position: Position, declaration: bool) -> list[Location]:
    """Every place of the name at a place, in all files that share it.

    Args:
        declaration: whether the place of its definition is one of them.
    """
    symbol = _symbol(analysis, analysis.document.places.index(position))
    if symbol is None:
        return []
    found = _everywhere(workspace, analysis, symbol)
    return [_location(workspace, *one) for one in found if declaration or not one[1].defines]


def highlights(analysis: Analysis, position: Position) -> list[dict[str, Any]]:
    """The places of a name in its document."""
    symbol = _symbol(analysis, analysis.document.places.index(position))
    if symbol is None:
        return []
    places_ = analysis.document.places
    same = [place for place in _places(analysis) if place.is_same(symbol)]
    return [{"range": places_.range(place.start, place.end), "kind": 3 if place.defines else 2} for place in same]


def renameable(analysis: Analysis, position: Position) -> dict[str, Any]:
    """The stretch that a new name would replace.

    Raises:
        RenameError: there is no name at the place, or the document has a fault.
    """
    symbol = _symbol(analysis, analysis.document.places.index(position))
    if symbol is None:
        raise RenameError("no parameter, block, layer or variable has a name here")
    if analysis.known is not None and analysis.known.checked.spec is None:
        raise RenameError("the spec has a fault; mend it first, so that no use of the name is missed")
    return {"range": analysis.document.places.range(symbol.start, symbol.end), "placeholder": symbol.name}


def rename(workspace: Workspace, analysis: Analysis, position: Position, new: str) -> dict[str, Any]:
    """The edits that give a name another spelling, in all files that share it.

    Raises:
        RenameError: as ``renameable``; the new name is none, is taken, or is one of the language.
    """
    renameable(analysis, position)
    symbol = _symbol(analysis, analysis.document.places.index(position))
    assert symbol is not None
    _require_name(symbol, new)
    missed = workspace.unread(analysis.document.path) if symbol.is_shared else None
    if missed is not None:
        raise RenameError(f"uses of the name in {missed} cannot all be found: mend the file, or open a smaller folder")
    found = list(_everywhere(workspace, analysis, symbol))
    for path in dict.fromkeys(path for path, _ in found):
        taken = [one for one in _of_file(workspace, path) if one.what == symbol.what and one.name == new]
        if any(one.owner == symbol.owner for one in taken):
            raise RenameError(f"`{new}` is a name in {path.name} already")
    _require_sound(workspace, analysis, found, new)
    changes: dict[str, list[dict[str, Any]]] = {}
    for path, place in found:
        text = workspace.text(path)
        if text is not None:
            edit = {"range": text_of(text).range(place.start, place.end), "newText": new}
            changes.setdefault(uri_of(path), []).append(edit)
    return {"changes": changes}


def _require_sound(workspace: Workspace, analysis: Analysis, found: list[tuple[Path, Place]], new: str) -> None:
    """Raises RenameError where the document would have errors that it has not now."""
    if analysis.known is None:
        return
    texts = dict(workspace.unsaved)
    for path, place in sorted(found, key=lambda one: -one[1].start):
        text = texts.get(path, workspace.text(path) or "")
        texts[path] = text[: place.start] + new + text[place.end :]
    path = analysis.document.path
    if spec_of(workspace, texts[path], path, texts) is None:
        raise RenameError(f"with `{new}` the spec would have a fault: not all uses of the name were found")


def _require_name(symbol: Place, new: str) -> None:
    legal = new.isidentifier() and new not in RESERVED if symbol.what == "value" else bool(NAME.fullmatch(new))
    if not legal:
        rule = "letters, digits and `_`, a letter first" if symbol.what == "value" else "letters, digits, `_` and `-`"
        raise RenameError(f"`{new}` cannot be a name here: {rule}")


def _symbol(analysis: Analysis, index: int) -> Place | None:
    return place_at(_places(analysis), index)


def _places(analysis: Analysis) -> list[Place]:
    return [] if analysis.tree is None else places(analysis.tree, block_names(analysis))


def _of_file(workspace: Workspace, path: Path) -> list[Place]:
    for analysis in workspace.analyses.values():
        if analysis.document.path == path:
            return _places(analysis)
    tree = workspace.tree(path)
    return [] if tree is None else places(tree, _blocks_around(workspace, path))


def _blocks_around(workspace: Workspace, path: Path) -> dict[str, Any]:
    """The blocks of all files that a file is related to."""
    found: dict[str, Any] = {}
    for other in workspace.related(path):
        tree = workspace.tree(other)
        blocks = None if tree is None else tree.get("blocks")
        if blocks is not None and blocks.is_mapping:
            found.update(blocks.value)
    return found


def _everywhere(workspace: Workspace, analysis: Analysis, symbol: Place) -> Iterator[tuple[Path, Place]]:
    path = analysis.document.path
    for file in workspace.related(path) if symbol.is_shared else [path]:
        for place in _of_file(workspace, file):
            if place.is_same(symbol):
                yield file, place


def _location(workspace: Workspace, path: Path, place: Place) -> Location:
    return {"uri": uri_of(path), "range": text_of(workspace.text(path) or "").range(place.start, place.end)}


def _file(analysis: Analysis, index: int) -> Iterator[Location]:
    """The file that a text under ``extends``, ``use`` or a setting with a path names."""
    document = analysis.document
    for path, start, end in files_named(analysis):
        if start <= index <= end and path != document.path:
            top = {"line": 0, "character": 0}
            yield {"uri": uri_of(path), "range": {"start": top, "end": top}}


def _unnamed(analysis: Analysis, index: int) -> Iterator[Location]:
    """The layer that a reference by Keras's own numbering names, such as ``conv2d_1``."""
    cursor = cursor_at(analysis.document.text, index)
    if cursor is None or analysis.spec is None or not {"from", "reuse", "outputs"} & {*cursor.path}:
        return
    word = analysis.document.text[cursor.start : cursor.end].partition(":")[0]
    layer = analysis.spec.layer(word)
    if layer is not None:
        yield location(layer.span)


def files_named(analysis: Analysis) -> Iterator[tuple[Path, int, int]]:
    """The files that a document names, each with the indices between which its name stands."""
    tree = analysis.tree
    if tree is None:
        return
    folder = analysis.document.path.parent
    nodes = [node for key in ("extends", "use") if (node := tree.get(key)) is not None]
    data = tree.get("data", "source")
    nodes += [data] if data is not None else []
    for node in nodes:
        for scalar in node.scalars():
            if isinstance(scalar.value, str) and scalar.value and "\n" not in scalar.value:
                path = Path(os.path.abspath(folder / scalar.value))
                if os.path.isfile(path):  # a name too long is none
                    yield path, *stretch(analysis.document.text, scalar.span)
