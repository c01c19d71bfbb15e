"""Where the rows of a table come from: the line of a file, or the row of one that has no lines.

A table that is no single file of text is read from a copy; what is said of its rows names the files themselves.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Literal, TypedDict

from nnspec.quick_classes import dataclass


class Place(TypedDict):
    """Of a row, as a DataError takes it: its line, or its row where the file has no lines, counted from 1."""

    file: str | None
    line: int | None
    row: int | None


@dataclass(frozen=True)
class Part:
    """One file of a table.

    Attributes:
        first: the number, in the copy, of the first row that comes from it.
        line: the line, or row, where that one stands in the file.
        blank: lines of the file that hold no row, in their order.
    """

    file: str
    unit: Literal["line", "row"]
    first: int
    line: int
    blank: Sequence[int] = ()

    def count(self, number: int) -> int:
        found = number - self.first + self.line
        for blank in self.blank:
            if blank > found:
                break
            found += 1
        return found


@dataclass(frozen=True)
class Origins:
    """
    Attributes:
        file: the table as the spec names it; None of rows that are given one by one.
        parts: the files that it was copied from; none where it is read itself.
        rows: whether the copy is numbered by rows, those of its header among them, and not by lines.
    """

    file: str | None
    parts: tuple[Part, ...] = ()
    rows: bool = False

    def place(self, number: int) -> Place:
        """Of the row with this number in the copy."""
        if self.file is None:
            return {"file": None, "line": None, "row": number}
        if not self.parts:
            return {"file": self.file, "line": number, "row": None}
        part = self.part(number)
        if part is None:  # the header of a copy, which stands in none of the files
            return {"file": self.parts[0].file, "line": None, "row": None}
        found = part.count(number)
        rows = part.unit == "row"
        return {"file": part.file, "line": None if rows else found, "row": found if rows else None}

    def part(self, number: int) -> Part | None:
        after = bisect_right(self.parts, number, key=lambda one: one.first)
        return self.parts[after - 1] if after else None

    def count(self, number: int) -> int:
        """The line, or the row, of one that is no header."""
        place = self.place(number)
        return place["line"] or place["row"] or 0

    def named(self, first: int, last: int | None = None) -> str:
        """In words: `line 3`, `row 3`, `lines 3 to 5`; with the file where the table has several."""
        if last is not None and len(self.parts) > 1:
            return f"{self.named(first)} to {self.named(last)}"
        place = self.place(first)
        unit = "line" if place["row"] is None else "row"
        words = f"{unit} {self.count(first)}" if last is None else f"{unit}s {self.count(first)} to {self.count(last)}"
        return f"{place['file']}, {words}" if len(self.parts) > 1 else words
