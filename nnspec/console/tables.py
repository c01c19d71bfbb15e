"""Tables in plain text that fit the terminal."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import zip_longest

from nnspec.console.formatting import visible
from nnspec.quick_classes import dataclass

GAP = 2  # blanks between columns
NARROWEST = 8  # a column that gives way keeps this much


@dataclass(frozen=True, slots=True)
class Column:
    """A column. One that `yields` is cut in the middle where the table would be too wide, or else `wraps`."""

    title: str
    right: bool = False
    yields: bool = False
    wraps: bool = False


def numbers(*titles: str) -> list[Column]:
    """Columns that stand to the right."""
    return [Column(title, right=True) for title in titles]


def table(columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int, footer: Sequence[str] = ()) -> str:
    """Rows under their titles, in at most `width` terminal columns.

    What is too wide stands closer, then its yielding columns are cut; else it is parted: the columns that are left
    over follow below, behind the names of the rows.

    Args:
        footer: one more row, below a rule.
    """
    lines = [
        [visible(cell).replace("\n", "\\n") for cell in row]
        for row in ([column.title for column in columns], *rows, *([footer] if footer else []))
    ]
    sizes = [max(display_width(row[index]) for row in lines) for index in range(len(columns))]
    excess = sum(sizes) + GAP * (len(sizes) - 1) - width
    for place, column in enumerate(columns):  # a title of several words takes several lines before a cell gives way
        needed = max(display_width(text) for text in (*(row[place] for row in lines[1:]), *column.title.split()))
        spared = max(0, min(excess, sizes[place] - needed))
        sizes[place], excess = sizes[place] - spared, excess - spared
    gap = GAP
    if 0 < excess < len(sizes):
        gap, excess = 1, 0
    least = [min(size, NARROWEST) if column.yields else size for column, size in zip(columns, sizes, strict=True)]
    if excess > sum(sizes) - sum(least) and len(parts := _parts(columns, sizes, least, width)) > 1:
        return "\n\n".join(_part(columns, rows, width, footer, part) for part in parts)
    yielding = [index for index, column in enumerate(columns) if column.yields]
    for _ in range(excess):  # always the widest of them, so that all stay legible
        index = max(yielding, key=sizes.__getitem__, default=None)
        if index is None or sizes[index] <= NARROWEST:
            break
        sizes[index] -= 1
    titles = [replace(column, wraps=column.wraps or " " in column.title) for column in columns]
    kinds = [titles, *[columns] * (len(lines) - 1)]
    text = [
        "\n".join(_line(columns, part, sizes, gap) for part in _wrapped(kind, row, sizes))
        for kind, row in zip(kinds, lines, strict=True)
    ]
    rule = "─" * (sum(sizes) + gap * (len(sizes) - 1))
    text.insert(1, rule)
    if footer:
        text.insert(-1, rule)
    return "\n".join(text)


def _parts(columns: Sequence[Column], sizes: Sequence[int], least: Sequence[int], width: int) -> list[list[int]]:
    """Which columns stand together, so that each part fits: each begins with those that name a row."""
    names = [place for place, column in enumerate(columns) if column.right or sum(sizes[: place + 1]) > width // 2]
    named = max(1, names[0] if names else len(columns) - 1)
    least = [*(min(size, width // 2) for size in sizes[:named]), *least[named:]]
    parts = [list(range(named))]
    for place in range(named, len(columns)):
        longer = [*parts[-1], place]
        if sum(least[each] for each in longer) + GAP * (len(longer) - 1) > width and len(parts[-1]) > named:
            longer = [*range(named), place]
            parts.append(longer)
        parts[-1] = longer
    return parts


def _part(
    columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int, footer: Sequence[str], part: Sequence[int]
) -> str:
    cells = [[row[place] for place in part] for row in (*rows, *([footer] if footer else []))]
    return table([columns[place] for place in part], cells[: len(rows)], width, cells[-1] if footer else ())


def _wrapped(columns: Sequence[Column], row: Sequence[str], sizes: Sequence[int]) -> Iterator[list[str]]:
    """A row in as many lines as its longest text needs."""
    cells = [
        textwrap.wrap(cell, size, break_on_hyphens=False) or [""] if column.wraps else [cell]
        for column, cell, size in zip(columns, row, sizes, strict=True)
    ]
    for parts in zip_longest(*cells, fillvalue=""):
        yield list(parts)


def _line(columns: Sequence[Column], row: Sequence[str], sizes: Sequence[int], gap: int) -> str:
    cells = []
    for column, text, size in zip(columns, row, sizes, strict=True):
        text = shortened(text, size)
        padding = " " * (size - display_width(text))
        cells.append(padding + text if column.right else text + padding)
    return (" " * gap).join(cells).rstrip()


def shortened(text: str, size: int) -> str:
    """`text` in `size` terminal columns: an ellipsis stands for the middle, since both ends tell names apart."""
    if display_width(text) <= size:
        return text
    head, tail = "", ""
    front, back = iter(text), iter(reversed(text))
    room = size - 1
    while True:
        for_tail = display_width(tail) <= display_width(head)
        char = next(back if for_tail else front)
        if display_width(head + tail + char) > room:
            return f"{head}…{tail}"
        head, tail = (head, char + tail) if for_tail else (head + char, tail)


def display_width(text: str) -> int:
    """Terminal columns: East Asian wide characters take two, combining marks none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )
