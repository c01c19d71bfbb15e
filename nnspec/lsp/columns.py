"""The columns of a spec's data, where one may be named."""

from __future__ import annotations

import dataclasses
import re
import typing
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from nnspec.data.errors import DataError
from nnspec.data.sources import SOURCES
from nnspec.lsp.cursor import Step
from nnspec.lsp.workspace import Analysis

MOST = 2_000  # columns that are offered


def columns_at(analysis: Analysis, path: Sequence[Step], *, is_key: bool) -> Sequence[str]:
    """The columns that may be named at a path, as a value, an item of a list, or a key; none elsewhere.

    Args:
        is_key: whether a key may stand there.
    """
    if tuple(path[:2]) != ("data", "source") or len(path) < 4 or path[2] not in SOURCES:
        return ()
    kind = str(path[2])
    if not _names_columns(SOURCES[kind], [step for step in path[3:] if isinstance(step, str)], is_key):
        return ()
    node = None if analysis.tree is None else analysis.tree.get("data", "source", kind)
    given = None if node is None else node.plain()
    if not isinstance(given, Mapping) or "path" not in given:  # within a bracket that is not closed yet
        written = re.search(rf"\b{kind}:[^#]*?\bpath:\s*['\"]?([^,'\"}}\n]+)", analysis.document.text)
        given = {"path": written[1].strip()} if written else None
    return _columns(kind, given, analysis.document.path.parent)


def _names_columns(record: Any, steps: Sequence[str], is_key: bool) -> bool:
    """Whether the field that some steps lead to names columns; below a mapping by name, that of its settings."""
    field = next((one for one in dataclasses.fields(record) if one.name == steps[0]), None)
    if field is None:
        return False
    hint = typing.get_type_hints(record)[field.name]
    is_mapping = typing.get_origin(hint) in (Mapping, dict) or any(
        typing.get_origin(one) in (Mapping, dict) for one in typing.get_args(hint)
    )
    if len(steps) == 1:
        return bool(field.metadata.get("column")) and (not is_mapping or is_key)
    return len(steps) == 3 and any(_names_columns(one, steps[2:], is_key) for one in _settings(hint))


def _settings(hint: Any) -> list[Any]:
    """The dataclasses within a type."""
    if dataclasses.is_dataclass(hint):
        return [hint]
    return [found for one in typing.get_args(hint) for found in _settings(one)]


def _columns(kind: str, given: Any, base: Path) -> Sequence[str]:
    """What the source says of its table. A source that is still being typed is asked by what is whole of it."""
    record = SOURCES[kind]
    if not isinstance(given, Mapping):
        return ()
    fields = {one.name: one for one in dataclasses.fields(record)}  # type: ignore[arg-type]
    known = {name: value for name, value in given.items() if name in fields and not fields[name].metadata.get("column")}
    path = known.get("path")
    if not isinstance(path, str):
        return ()
    try:
        stat = (base / path).stat()
    except (OSError, ValueError):
        return ()
    for arguments in (known, {"path": path}):
        try:
            source = record(**arguments)
            return _read(kind, repr(source), source, base, stat.st_mtime_ns, stat.st_size)[:MOST]
        except (DataError, TypeError, ValueError, OSError):
            continue
    return ()


class _Asked:
    """A source, which need not be hashable, told from others by its text."""

    def __init__(self, text: str, source: Any) -> None:
        self.text, self.source = text, source

    def __hash__(self) -> int:
        return hash(self.text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Asked) and other.text == self.text


def _read(kind: str, text: str, source: Any, base: Path, *stamp: int) -> tuple[str, ...]:
    return _cached(_Asked(f"{kind} {text}", source), base, stamp)


@lru_cache(maxsize=16)
def _cached(asked: _Asked, base: Path, stamp: tuple[int, ...]) -> tuple[str, ...]:
    """The columns of a file that has not changed since."""
    return tuple(asked.source.columns_there(base))
