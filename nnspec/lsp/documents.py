"""Texts as an editor holds them: places are lines from 0 and UTF-16 units from 0, and a change comes as a stretch."""

from __future__ import annotations

import os
import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from nnspec.frontend.diagnostics import Span
from nnspec.frontend.edits import stretch

Position = Mapping[str, int]
Range = dict[str, dict[str, int]]

_BREAK = re.compile(r"\r\n|\r|\n")


class Text:
    """A text whose places are asked for in both ways: as an editor counts, and as an index."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def starts(self) -> Sequence[int]:
        return [0, *(match.end() for match in _BREAK.finditer(self.text))]

    def line(self, number: int) -> str:
        """The line of this number, from 0, without its break; empty where there is none."""
        if not 0 <= number < len(self.starts):
            return ""
        end = self.starts[number + 1] if number + 1 < len(self.starts) else len(self.text)
        return self.text[self.starts[number] : end].rstrip("\r\n")

    def index(self, position: Position) -> int:
        """The index of a place; one behind the end of a line, or of the text, is that end."""
        number = position["line"]
        if number < 0 or number >= len(self.starts):
            return 0 if number < 0 else len(self.text)
        return self.starts[number] + _column(self.line(number), position["character"])

    def position(self, index: int) -> dict[str, int]:
        number = bisect_right(self.starts, index) - 1
        before = self.text[self.starts[number] : index]
        return {"line": number, "character": len(before.encode("utf-16-le", "surrogatepass")) // 2}

    def range(self, start: int, end: int) -> Range:
        return {"start": self.position(start), "end": self.position(end)}


@lru_cache(maxsize=64)
def text_of(text: str) -> Text:
    return Text(text)


@dataclass(frozen=True)
class Document:
    """An open document.

    Attributes:
        uri: as the editor calls it.
        path: the file that it is, or would be.
        language: what the editor takes it for, such as ``yaml``.
    """

    uri: str
    path: Path
    language: str
    version: int | None
    text: str

    @property
    def places(self) -> Text:
        return text_of(self.text)

    @cached_property
    def lines(self) -> list[str]:
        return split_lines(self.text)

    def changed(self, changes: Sequence[Mapping[str, Any]], version: int | None) -> Document:
        """The document after changes, applied in order; one without a range is the whole text.

        A change costs what its lines do: a text of very many lines is taken apart once, not for each of them.
        """
        lines = list(self.lines)
        for change in changes:
            if change.get("range") is None:
                lines = split_lines(change["text"])
            else:
                replace_stretch(lines, change["range"], change["text"])
        made = replace(self, text="".join(lines), version=version)
        made.__dict__["lines"] = lines
        return made


def split_lines(text: str) -> list[str]:
    """The lines of a text with their breaks; the last has none, and is empty behind a break."""
    starts = [0, *(match.end() for match in _BREAK.finditer(text)), len(text)]
    return [text[start:end] for start, end in pairwise(starts)]


def replace_stretch(lines: list[str], stretch: Mapping[str, Position], text: str) -> None:
    """Puts a text in the place of a stretch of lines, which keep their breaks."""
    first, before = _place(lines, stretch["start"])
    last, behind = _place(lines, stretch["end"])
    if (last, behind) < (first, before):
        last, behind = first, before
    made = lines[first][:before] + text + lines[last][behind:]
    if first and made.startswith("\n") and lines[first - 1].endswith("\r"):  # together they are one break
        first, made = first - 1, lines[first - 1] + made
    # Behind the break of a line that is not the last there is another one, and no empty one.
    lines[first : last + 1] = split_lines(made) if last + 1 == len(lines) else split_lines(made)[:-1]


def _place(lines: Sequence[str], position: Position) -> tuple[int, int]:
    """The number of a line, and an index in it; as ``Text.index``."""
    number = position["line"]
    if number < 0:
        return 0, 0
    if number >= len(lines):
        return len(lines) - 1, len(lines[-1])
    return number, _column(lines[number].rstrip("\r\n"), position["character"])


def _column(line: str, units: int) -> int:
    """The index in a line that is so many units of UTF-16 behind its start; its end, where it is shorter."""
    units = max(units, 0)
    if line.isascii():
        return min(units, len(line))
    return len(line.encode("utf-16-le", "surrogatepass")[: 2 * units].decode("utf-16-le", "ignore"))


def span_range(span: Span) -> Range:
    """Where a span stands in its text. A span without extent takes in the character behind it, so that it is seen."""
    places = text_of(span.source.text)
    start, end = bounds(span)
    line_end = places.starts[bisect_right(places.starts, start) - 1] + len(places.line(places.position(start)["line"]))
    if end <= start:
        end = min(start + 1, line_end)
    return places.range(start, end)


def bounds(span: Span) -> tuple[int, int]:
    """The indices in its text between which a span stands; of a block, up to the end of its last line of text."""
    text = span.source.text
    start, end = (min(index, len(text)) for index in stretch(text, span))
    return start, start + len(text[start:end].rstrip()) if end > start else end


def location(span: Span) -> dict[str, Any]:
    return {"uri": uri_of(Path(span.source.path)), "range": span_range(span)}


def path_of(uri: str) -> Path:
    """The file of an address; for one that is no file, such as ``untitled:1``, a name in the current folder."""
    try:
        parts = urlsplit(uri)
    except ValueError:  # half a bracket
        parts = None
    if parts is None or parts.scheme != "file":
        return Path(os.path.abspath(re.sub(r"[^\w.-]", "_", uri)))
    path = unquote(parts.path)
    if re.match(r"/[A-Za-z]:", path):  # Windows: /C:/folder
        path = path[1:]
    return Path(os.path.abspath(path))


def uri_of(path: Path) -> str:
    text = path.as_posix()
    return "file://" + quote(os.fsencode(text if text.startswith("/") else "/" + text), safe="/")
