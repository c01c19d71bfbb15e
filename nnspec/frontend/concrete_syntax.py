"""A YAML file as it is written: every value with its own spelling, and every comment with the entry that it speaks of.

`source` reads what a file means; this reads how it is put, for `format` to lay it out again. PyYAML drops comments, but
its tokens tell where they can be: what stands between two tokens is white space and comments, nothing else.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import field, replace
from typing import Any

import yaml

from nnspec.frontend.source import LOADER
from nnspec.quick_classes import dataclass


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment from its `#` to the end of its line.

    Attributes:
        line, column: its place, from 0. Behind something, one that is not set apart to align with others has column 0.
    """

    text: str
    line: int
    column: int


@dataclass(slots=True)
class Scalar:
    """A scalar or an alias.

    Attributes:
        text: as written, without anchor and tag; a block scalar with all its lines.
        value: the text that YAML reads from it, lines folded and escapes resolved.
        style: '' plain, "'" or '"' quoted, "|" or ">" a block, "*" an alias.
        properties: the anchor and the tag before it.
        parent_column: where the block around it is indented; a block scalar's own indicator counts from there.
    """

    text: str
    value: str
    style: str
    properties: str
    start: int
    end: int
    parent_column: int = 0


@dataclass(slots=True)
class Collection:
    """A mapping or a list.

    Attributes:
        flow: written in braces or brackets.
        trailing: the comments after its last entry.
    """

    is_mapping: bool
    flow: bool
    properties: str
    start: int
    column: int
    owner: Entry | None
    end: int = 0
    entries: list[Entry] = field(default_factory=list)
    trailing: list[Comment] = field(default_factory=list)

    @property
    def has_comments(self) -> bool:
        return bool(self.trailing) or any(
            entry.leading
            or entry.after
            or entry.blank_inside
            or (isinstance(entry.value, Collection) and entry.value.has_comments)
            for entry in self.entries
        )


Value = Scalar | Collection


@dataclass(slots=True)
class Entry:
    """A key with its value, or an item of a list.

    Attributes:
        leading: comments on the lines before it.
        after: the comment at the end of its line, or of the line that opens its value.
        blank: a blank line stands before it and its comments.
        blank_inside: a blank line stands between its comments and itself.
    """

    key: Scalar | None
    parent: Collection
    start: int
    line: int
    column: int
    value: Value = field(init=False)
    leading: list[Comment] = field(default_factory=list)
    after: Comment | None = None
    blank: bool = False
    blank_inside: bool = False

    @property
    def end(self) -> int:
        return self.value.end


@dataclass(frozen=True, slots=True)
class Written:
    """A file: its one value, the comments that stand before it, and its lines."""

    root: Value
    head: list[Comment]
    lines: list[str]

    def is_blank(self, line: int) -> bool:
        return 0 <= line < len(self.lines) and not self.lines[line].strip()


def comments(text: str) -> list[tuple[int, int, Comment]]:
    """Every comment of `text`, with its offset and that of the token before it (-1: there is none)."""
    return _Reader(text).comments


def parse(text: str) -> Written:
    """Reads a file that `source.compose` has found to be sound; its lines end in ``\\n``."""
    reader = _Reader(text)
    root = reader.tree()
    written = Written(root, [], text.split("\n"))
    for offset, token, comment in reader.comments:
        _attach(reader, written, offset, token, comment)
    for entry in reader.entries:
        first = min([entry.line, *(comment.line for comment in entry.leading)])
        entry.blank = written.is_blank(first - 1)
        entry.blank_inside = bool(entry.leading) and written.is_blank(entry.line - 1)
    return written


class _Reader:
    """The tokens and events of a text as a tree; `entries` has every entry in the order of the text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.line_starts = [0, *(at + 1 for at, char in enumerate(text) if char == "\n")]
        scanned: Iterator[Any] = yaml.scan(text, Loader=LOADER)
        self.tokens = [token for token in scanned if token.end_mark.index > token.start_mark.index]
        self.starts = {token.end_mark.index: token.start_mark.index for token in self.tokens}
        self.openings = {token.start_mark.index for token in self.tokens if token.id in ("{", "[")}
        self.flow_commas = {token.start_mark.index for token in self.tokens if token.id == ","}
        self.dashes: list[int] = [token.start_mark.index for token in self.tokens if token.id == "-"]
        self.items: dict[int, Entry] = {}  # the offset of a dash -> the item that it begins
        self.comments = list(self._comments())
        self.last: tuple[int, Collection | None] = (-1, None)  # where the last comment on a line of its own went
        self.entries: list[Entry] = []

    def place(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self.line_starts, offset) - 1
        return line, offset - self.line_starts[line]

    def _comments(self) -> Iterator[tuple[int, int, Comment]]:
        before, end = -1, 0
        for token in [*self.tokens, None]:
            start = token.start_mark.index if token else len(self.text)
            while (at := self.text.find("#", end, start)) >= 0:
                newline = self.text.find("\n", at)
                end = newline if newline >= 0 else len(self.text)
                yield at, before, Comment(self.text[at:end].rstrip(), *self.place(at))
            if token:
                before, end = start, token.end_mark.index

    def tree(self) -> Value:
        events: Iterator[Any] = yaml.parse(self.text, Loader=LOADER)
        while not isinstance(next(events), yaml.DocumentStartEvent):
            pass
        return self.value(next(events), events, None, 0)

    def value(self, event: Any, events: Iterator[Any], owner: Entry | None, column: int) -> Value:
        if isinstance(event, yaml.AliasEvent):
            return self.alias(event)
        if isinstance(event, yaml.ScalarEvent):
            return self.scalar(event, column)
        return self.collection(event, events, owner)

    def key(self, event: Any) -> Scalar:
        if isinstance(event, yaml.AliasEvent):
            return self.alias(event)
        return self.scalar(event, 0)  # `source` refuses any other

    def alias(self, event: Any) -> Scalar:
        start, end = event.start_mark.index, event.end_mark.index
        return Scalar(self.text[start:end], "", "*", "", start, end)

    def scalar(self, event: Any, column: int) -> Scalar:
        start, end = event.start_mark.index, event.end_mark.index
        is_there = event.value or event.style  # else there is nothing but, perhaps, an anchor
        text = self.text[self.starts[end] : end] if is_there else ""
        return Scalar(text, event.value, event.style or "", _properties(event), start, end, column)

    def collection(self, event: Any, events: Iterator[Any], owner: Entry | None) -> Collection:
        start = event.start_mark.index
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        found = Collection(is_mapping, bool(event.flow_style), _properties(event), start, self.place(start)[1], owner)
        while not isinstance(event := next(events), yaml.CollectionEndEvent):
            key = None
            if is_mapping:
                key = self.key(event)
                at = event.start_mark.index
                if not found.entries and not found.flow:
                    found.column = self.place(at)[1]  # an anchor of the mapping's own may stand elsewhere
                event = next(events)
            else:
                at = event.start_mark.index if found.flow else self.dash(event.start_mark.index, found)
            entry = Entry(key, found, at, *self.place(at))
            self.entries.append(entry)
            found.entries.append(entry)
            if not is_mapping and not found.flow:
                self.items[at] = entry
            entry.value = self.value(event, events, entry, found.column)
        last = found.entries[-1].end if found.entries else start
        closing: Any = event
        found.end = closing.end_mark.index if found.flow else last
        return found

    def dash(self, offset: int, parent: Collection) -> int:
        """The dash of the item whose value starts at `offset`: the last one that stands in the list's own column."""
        if not parent.entries and parent.properties:
            first = bisect_left(self.dashes, parent.start)
            parent.column = self.place(self.dashes[first])[1]
        at = bisect_right(self.dashes, offset) - 1
        while self.place(self.dashes[at])[1] != parent.column:
            at -= 1
        return self.dashes[at]


def _properties(event: Any) -> str:
    anchor = f"&{event.anchor}" if event.anchor else ""
    tag = event.tag or ""
    tag = f"!!{tag.rpartition(':')[2]}" if tag.startswith("tag:yaml.org,2002:") else tag
    return f"{anchor} {tag}".strip()


def _attach(reader: _Reader, written: Written, offset: int, token: int, comment: Comment) -> None:
    """Gives a comment to the entry that it speaks of: the one on its line, else the next one, else the block's end."""
    own_line = not written.lines[comment.line][: comment.column].strip()
    if not own_line and token in reader.items:
        _outermost(reader.items[token]).leading.append(comment)
        return
    if not own_line and token not in reader.openings and (entry := _ended(reader, token)) is not None:
        if entry.after:  # as in `key:  # one`, its text on the next line, `# two`
            _outermost(entry).leading.append(entry.after)
        aligned = written.lines[comment.line][: comment.column].endswith("   ")
        entry.after = comment if aligned else replace(comment, column=0)
        return
    following = bisect_right(reader.entries, offset, key=lambda entry: entry.start)
    after = reader.entries[following] if following < len(reader.entries) else None
    around = _around(reader, following, offset, comment.column) if following else None
    reader.last = (following, around)
    if around is not None and not around.entries and around.owner is not None:
        _outermost(around.owner).leading.append(comment)
    elif around is not None:
        around.trailing.append(comment)
    elif after is not None:
        _outermost(after).leading.append(comment)
    elif isinstance(written.root, Collection):
        written.root.trailing.append(comment)
    else:
        written.head.append(comment)


def _ended(reader: _Reader, token: int) -> Entry | None:
    """The entry that the token at this offset belongs to; a comma ends the entry before it."""
    at = bisect_right(reader.entries, token, key=lambda entry: entry.start) - 1
    if at < 0:
        return None
    entry: Entry | None = reader.entries[at]
    comma = token in reader.flow_commas
    while entry is not None and entry.end <= token:
        if comma and entry.parent.flow and entry.parent.end > token:
            return entry
        entry = entry.parent.owner
    return entry


def _around(reader: _Reader, following: int, offset: int, column: int) -> Collection | None:
    """The collection that a comment on a line of its own closes, or None where it opens the entry `following`."""
    before = reader.entries[following - 1]
    after = reader.entries[following] if following < len(reader.entries) else None
    inside: Collection | None = before.value if isinstance(before.value, Collection) else before.parent
    if reader.last[0] == following:  # a comment never goes deeper than the one above it, or they would change places
        inside = reader.last[1]
    while inside is not None and not (after is not None and inside is after.parent):
        if inside.flow and inside.start < offset < inside.end:
            return inside
        if not inside.flow and inside.column <= column and (after is None or column > after.column):
            return inside
        inside = inside.owner.parent if inside.owner else None
    return None


def _outermost(entry: Entry) -> Entry:
    """What stands before the first key of an item stands before the item: `- a: 1` leaves no line between them."""
    owner = entry.parent.owner
    while owner is not None and owner.key is None and entry is entry.parent.entries[0] and not entry.parent.properties:
        entry, owner = owner, owner.parent.owner
    return entry
