"""The first rows of a table that nobody has described: its encoding, whether it has a header, and the header."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

from nnspec.data.errors import DataError
from nnspec.data.formats.delimited_text import records
from nnspec.data.formats.plain_table import plain
from nnspec.data.formats.table_files import is_plain
from nnspec.data.formats.table_head import Head
from nnspec.data.sources.csv import Csv
from nnspec.reading import open_regular

ENCODINGS = ("utf-8", "cp1252", "latin-1")  # the first that a file can be read with
BYTE_ORDERS = (b"\xff\xfe", b"\xfe\xff")  # how a file in UTF-16 begins, as spreadsheets write "Unicode text"
FIRST_ROWS = 200  # that the first one is compared with
WORDS = 3  # a text has so many words in the middle
_TELLS_SEPARATOR = re.compile(rb'(\xef\xbb\xbf)?"?sep=."?\r?\n', re.IGNORECASE)  # a first line for Excel alone
NUMBER = re.compile(r"[-+]?(\d+([.,]\d+)?|[.,]\d+)([eE][-+]?\d+)?")


def head_of(path: Path, told: Mapping[str, Any] | None = None) -> tuple[dict[str, Any], Head]:
    """The first rows, with the options without which they cannot be read.

    Args:
        told: all options, where the file says itself how it is read.
    """
    if told is not None:
        return {"path": str(path), **told}, Csv(path=str(path), **told).head(Path())
    plain(path)  # what cannot be unpacked cannot be in another encoding either
    start = first_bytes(path)
    remarks: dict[str, Any] = {"comment": "#"} if start[:1] == b"#" else {}
    remarks |= {"skip_lines": 1} if _TELLS_SEPARATOR.match(first_bytes(path, 16)) else {}
    encodings = ("utf-16",) if start in BYTE_ORDERS else ENCODINGS
    refused: DataError | None = None
    for encoding, separator in [*((one, {}) for one in encodings), (encodings[0], {"separator": " "})]:
        options: dict[str, Any] = {
            **({} if encoding == ENCODINGS[0] else {"encoding": encoding}),
            **remarks,
            **separator,
        }
        headers: tuple[Any, ...] = ({}, _told_apart, {"header": 2}, {"header": False})
        for header in ({"header": False},) if _is_headless(path, options) else headers:
            written = {**options, **(header(path, options) if callable(header) else header)}
            try:
                return {"path": str(path), **written}, Csv(path=str(path), **written).head(Path())
            except DataError as error:
                refused = refused or error
    assert refused is not None
    raise refused


def names_in(path: str, options: Mapping[str, Any]) -> Sequence[str]:
    """The names of the columns of a table that is read as another one. Raises DataError where it cannot be."""
    return Csv(path=path, **options).head(Path()).names


def first_bytes(path: Path, count: int = 2) -> bytes:
    with open_regular(path) as file:
        return file.read(count)


def _is_headless(path: Path, options: Mapping[str, Any]) -> bool:
    """Whether the first row is one of the data: a number, a class or a sentence stands where the rest has such, too."""
    if not is_plain(path):
        return False
    try:
        dialect = Csv(path=str(path), **options).dialect(path)
        rows = [cells for _, cells in islice(records(path, replace(dialect, header=0)), FIRST_ROWS)]
    except DataError:
        return False
    if len(rows) < 3 or any(len(row) != len(rows[0]) for row in rows) or len(rows[0]) < 2:
        return False
    counted = [int(cell) for cell in rows[0] if re.fullmatch(r"\d{1,9}", cell.strip())]
    if len(counted) > 1 and {after - before for before, after in pairwise(counted)} == {1}:
        return False  # the years, or the numbers of columns
    found = [_is_of(column[0].strip(), [cell.strip() for cell in column[1:]]) for column in zip(*rows, strict=True)]
    return False not in found and True in found


def _is_of(first: str, others: Sequence[str]) -> bool | None:
    """Whether a cell is of the kind of those below it; None where that says nothing."""
    if sum(NUMBER.fullmatch(one) is not None for one in others) > 0.9 * len(others):
        return NUMBER.fullmatch(first) is not None or not first
    counts = Counter(others)
    if 2 * len(counts) <= len(others):  # classes
        return True if first in counts else False if first and counts.most_common()[-1][1] > 2 else None
    words = sorted(len(one.split()) for one in others)
    if words[len(words) // 2] >= WORDS:
        return len(first.split()) >= WORDS
    return None


def _told_apart(path: Path, options: Mapping[str, Any]) -> dict[str, Any]:
    """Names for columns of which several are called the same; nothing where none are, or they are numbers."""
    try:
        first = next(records(path, replace(Csv(path=str(path), **options).dialect(path), header=0)), None)
    except DataError:
        return {}
    names = first[1] if first else []
    if len(set(names)) == len(names) or any(re.fullmatch(r"[-+.\d]+", name) for name in names):
        return {}
    before = [names[:place].count(name) for place, name in enumerate(names)]
    return {"names": [f"{name}_{count + 1}" if count else name for name, count in zip(names, before, strict=True)]}
