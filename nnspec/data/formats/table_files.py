"""Which files a table is: one, several, those of a folder or of a pattern; and what their endings say."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from nnspec.data.errors import DataError
from nnspec.data.files import matching

TEXTS = frozenset({".csv", ".tsv", ".tab", ".txt", ".data"})
PARQUET = frozenset({".parquet", ".pq"})
TYPED = frozenset({*PARQUET, ".feather", ".arrow", ".ipc", ".jsonl", ".ndjson"})
RECORDS = frozenset({".json"})  # a table where it is named; in a folder of tables it is what describes them
PACKED: Mapping[str, Callable[[Any], Any]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
ENDINGS = TEXTS | TYPED | PACKED.keys()
NO_VALUE = "__HIVE_DEFAULT_PARTITION__"
SEVERAL = "\n"  # between the paths of several files


def place_of(base: Path, given: str | Sequence[str]) -> Path:
    """The path of a table, or those of several files as one: each on a line of its own, which no name has."""
    if isinstance(given, str):
        return base / given
    if not given:
        raise DataError("`path` lists no file")
    return Path(SEVERAL.join(str(base / one) for one in given))


def parts_of(path: Path) -> list[Path]:
    """The files of a table: one, those of a folder, or those that a pattern matches, in the order of their names.

    Of a list each in its place. Raises DataError on a file that it has twice, and on a pattern that matches none.
    """
    if SEVERAL in str(path):
        found: list[Path] = []
        for one in map(Path, str(path).split(SEVERAL)):
            parts = parts_of(one)
            if not parts:
                raise DataError("no file is there", file=str(one))
            twice = next((part for part in parts if part in found), None)
            if twice is not None:
                raise DataError("`path` lists the file twice", file=str(twice))
            found += parts
        return found
    if path.is_dir():
        return [path / name for name in _listed(path)]
    if not os.path.exists(path) and any(mark in path.name for mark in "*?["):
        base = next(folder for folder in (*path.parents, Path()) if folder.is_dir())
        return matching(base, str(path.relative_to(base)))
    return [path]


def _listed(folder: Path) -> list[str]:
    """The names of a folder's tables, and of those in its folders that say a value, `year=2024/0.parquet`.

    They stay texts: thousands of paths take seconds to make, and to compare.
    """
    names = [name for name in os.listdir(folder) if not name.startswith(".")]
    found = [name for name in names if os.path.splitext(name)[1].lower() in ENDINGS]
    for name in names:
        if "=" in name and (folder / name).is_dir():
            found += [f"{name}/{below}" for below in _listed(folder / name)]
    return sorted(found)


def said_by_folders(file: Path) -> dict[str, str | None]:
    """What the folders of a file say of all its rows, by column, as Hive and Spark write it: `year=2024/month=1`."""
    found: dict[str, str | None] = {}
    for folder in file.parents:
        name, mark, value = folder.name.partition("=")
        if not (name and mark):
            break
        found[name] = None if value == NO_VALUE else unquote(value)
    return dict(reversed(found.items()))


def files_of(path: Path) -> list[str]:
    """As `parts_of`, as texts; none where a folder has no table."""
    return [os.path.join(path, name) for name in _listed(path)] if path.is_dir() else [*map(str, parts_of(path))]


def ending(path: Path) -> str:
    return path.suffix.lower()


def is_plain(path: Path) -> bool:
    """Whether a table is one file of text."""
    if ending(path) in TYPED | RECORDS or ending(path) in PACKED:
        return False
    return path.is_file() or (not path.is_dir() and parts_of(path) == [path])
