"""Where in a spec a place is, in a text that need not be sound: the keys and the items that lead there.

The text before the place is read as YAML with a mark behind it: what a parser has opened by then is the way to the
place. Where the text before it has a fault, the lines that are indented less stand for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from nnspec.frontend.source import LOADER, MAX_BYTES
from nnspec.frontend.syntax.stopped import indent_of

Step = str | int

_MARK = "mArKoFcUrSoR"
_WORD_BEFORE = re.compile(r"[\w$./+-]*\Z")
_WORD_BEHIND = re.compile(r"[\w.]*")
_BEFORE_VALUE = re.compile(r"[ \t]*:(?=\s|\Z)")
_COMMENT = re.compile(r"(^|\s)#")


@dataclass(frozen=True)
class Cursor:
    """A place in a spec.

    Attributes:
        path: the keys and the positions in lists that lead to the mapping, the list or the value that it is in.
        role: ``key``, ``value`` or ``item``: what may stand there.
        start, end: where the word at the place begins and ends; the same where there is none.
        word: the word up to the place.
        given: the keys that stand before it in the same mapping.
        first: whether nothing stands before it on its line: behind a key it may begin a mapping.
    """

    path: tuple[Step, ...]
    role: str
    start: int
    end: int
    word: str
    given: tuple[str, ...] = ()
    first: bool = False


def cursor_at(text: str, index: int) -> Cursor | None:
    """The place at an index of a text; None in a comment, and where nothing can be told."""
    line_start = text.rfind("\n", 0, index) + 1
    line = text[line_start:index]
    if _in_comment(line) or len(text) > MAX_BYTES:
        return None
    start = line_start + _match(_WORD_BEFORE, line)
    behind = _WORD_BEHIND.match(text, index)
    end = behind.end() if behind else index
    for before in (text[:start], _skeleton(text[:start])):
        if before is None:
            continue
        for mark in (_MARK, f"{_MARK}: 0", f"{_MARK}'", f'{_MARK}"'):
            found = _find(before + mark)
            if found is not None:
                first = not text[line_start:start].strip()
                is_key = found.role == "key" or _BEFORE_VALUE.match(text, end) is not None
                role, given = (
                    ("key", found.given if found.role == "key" else ()) if is_key else (found.role, found.given)
                )
                return Cursor(found.path, role, start, end, text[start:index], given, first)
    return None


def word_of_expression(line: str) -> str | None:
    """The name that is being typed in the ``$name`` or the ``$(...)`` at the end of a line; None outside of one."""
    at = line.rfind("$(")
    if at < 0 or line.count("(", at) <= line.count(")", at):
        match = re.search(r"\$([A-Za-z_][\w.]*)?\Z", line)
        return None if match is None else match.group(1) or ""
    word = re.search(r"[\w.]*\Z", line)
    return word.group() if word else ""


def _match(pattern: re.Pattern[str], text: str) -> int:
    match = pattern.search(text)
    return match.start() if match else len(text)


def _in_comment(line: str) -> bool:
    """Whether the end of a line stands behind a ``#``; one in quotes is none, as far as one line tells."""
    outside = re.sub(r"'[^']*'|\"[^\"]*\"", "", line)
    return bool(_COMMENT.search(outside))


@dataclass
class _Open:
    """A mapping or a list that is not closed yet: the key or the number of what comes next in it."""

    is_mapping: bool
    key: str | None = None
    number: int = 0
    keys: list[str] = field(default_factory=list)

    def step(self) -> Step:
        return (self.key or "") if self.is_mapping else self.number

    def done(self) -> None:
        """A value has ended."""
        self.key = None
        self.number += 1


@dataclass(frozen=True)
class _Found:
    path: tuple[Step, ...]
    role: str
    given: tuple[str, ...]


def _find(text: str) -> _Found | None:
    """Where the mark stands; None where the parser stops before it."""
    open_ones: list[_Open] = []
    try:
        for event in _events(text):
            if isinstance(event, yaml.ScalarEvent) and _MARK in event.value:
                return _place(open_ones)
            _take(open_ones, event)
    except (yaml.YAMLError, RecursionError):
        return None
    return None


def _events(text: str) -> Iterator[Any]:
    events: Iterator[Any] = yaml.parse(text, Loader=LOADER)
    return events


def _take(open_ones: list[_Open], event: Any) -> None:
    top = open_ones[-1] if open_ones else None
    if isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
        open_ones.append(_Open(isinstance(event, yaml.MappingStartEvent)))
    elif isinstance(event, yaml.CollectionEndEvent):
        open_ones.pop()
        if open_ones:
            open_ones[-1].done()
    elif isinstance(event, yaml.ScalarEvent | yaml.AliasEvent) and top is not None:
        if top.is_mapping and top.key is None:
            top.key = getattr(event, "value", "")
            top.keys.append(top.key or "")
        else:
            top.done()


def _place(open_ones: list[_Open]) -> _Found:
    if not open_ones:
        return _Found((), "key", ())
    top = open_ones[-1]
    path = tuple(one.step() for one in open_ones[:-1])
    if not top.is_mapping:
        return _Found((*path, top.number), "item", ())
    if top.key is None:
        return _Found(path, "key", tuple(top.keys))
    return _Found((*path, top.key), "value", tuple(top.keys))


def _skeleton(text: str) -> str | None:
    """The last line with the lines above it that are indented less: what it stands in, whatever else is wrong."""
    lines = text.split("\n")
    kept = [lines[-1]]
    bound = indent_of(lines[-1])
    for line in reversed(lines[:-1]):
        content = line.strip()
        if not content or content.startswith("#"):
            continue
        indent = indent_of(line)
        opens_list = indent == bound and kept[-1].lstrip().startswith("-") and not content.startswith("-")
        if indent < bound or (opens_list and content.endswith(":")):
            kept.append(_opened(line))
            bound = indent
        if bound == 0 and not kept[-1].lstrip().startswith("-"):
            break
    return "\n".join(reversed(kept)) if len(kept) > 1 else None


def _opened(line: str) -> str:
    """A line up to the key that it opens: what else is on it need not be sound."""
    match = re.match(r"(\s*(?:-\s+)*[^\s:#{}\[\]]+:)(\s|$)", line)
    return match.group(1) if match else line
