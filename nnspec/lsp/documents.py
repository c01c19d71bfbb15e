"""Texts as an editor holds them: places are lines from 0 and UTF-16 units from 0, and a change comes as a stretch."""

from __future__ import annotations

import os
import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
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
        line = self.line(number)
        units = max(position["character"], 0)
        if line.isascii():
            return self.starts[number] + min(units, len(line))
        return self.starts[number] + len(line.encode("utf-16-le")[: 2 * units].decode("utf-16-le", "ignore"))

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

    def changed(self, changes: Sequence[Mapping[str, Any]], version: int | None) -> Document:
        """The document after changes, applied in order; one without a range is the whole text."""
        text = self.text
        for change in changes:
            if change.get("range") is None:
                text = change["text"]
            else:
                places = Text(text)
                start, end = places.index(change["range"]["start"]), places.index(change["range"]["end"])
                text = text[:start] + change["text"] + text[max(start, end) :]
        return replace(self, text=text, version=version)


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
