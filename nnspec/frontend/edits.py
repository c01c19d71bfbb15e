"""Fixes as edits of a spec's text, comments and layout kept. Each is None where the text does not stand as expected."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import Any

from nnspec.frontend.concrete_syntax import Collection, Comment, Entry, Scalar, Value, comments, parse
from nnspec.frontend.diagnostics import Edit, Fix, Source, Span
from nnspec.frontend.source import Node, resolve
from nnspec.frontend.suggest import certain, closest

MAX_TEXT = 1_000_000  # characters
_PLAIN = re.compile(r"(?:\.\.?/)*\$?[A-Za-z0-9_][\w./+-]*|\$\([\w. +*/-]*\)")  # texts that need no quotes anywhere
ONE_TEXT = "`{}` makes one text of all lines below it: take it out"
_DEFINITIONS = ("params", "blocks")  # sections that go with their last entry


def reword(
    span: Span | None, old: object, new: str, *, safe: bool = True, retype: bool = False, written: bool = False
) -> Fix | None:
    """Puts ``new`` in the place of a scalar whose value is ``old``; quotes stay.

    Args:
        retype: the value becomes one of another type, so that quotes go.
        written: ``new`` is YAML that may stand there as it is, more than a word.
    """
    if span is None or span.source.is_command_line or not (written or _PLAIN.fullmatch(new)):
        return None
    raw = _text(span)
    quote = raw[:1] if raw[:1] in ("'", '"') and raw[1:-1] == old and raw[-1:] == raw[:1] else ""
    if not quote and not _reads_as(raw, old):
        return None
    text = new if retype or written else f"{quote}{new}{quote}"
    if written and text[:1] == "{" and not span.source.line(span.line)[: span.column - 1].strip(" -"):
        text = text[1:-1]  # an item of a list on a line of its own
    return Fix(f"replace `{raw}` by `{text}`", (Edit(span, text),), safe)


def instead(span: Span, text: str, *, safe: bool = False) -> Fix | None:
    """Puts a text in the place of a list or mapping in brackets, on one line."""
    if span.source.is_command_line or span.line != span.end_line or _text(span)[:1] not in ("[", "{"):
        return None
    return Fix(f"write `{text}`", (Edit(span, text),), safe)


def block_mark(span: Span) -> str | None:
    """The `|` or `>` that a text of several lines begins with."""
    mark = span.source.line(span.line)[span.column - 1 : span.column]
    return mark if mark in ("|", ">") and span.end_line > span.line else None


def without_mark(span: Span) -> Fix | None:
    """Takes the `|` or `>` out that makes one text of the lines below it; unsafe, as those are read again."""
    if span.source.is_command_line:
        return None
    line = span.source.line(span.line)
    end = len(line[: span.column - 1].rstrip())
    place = Span(span.source, span.line, end + 1, span.line, len(line) + 1)
    return Fix(f"take `{line[end:].strip()}` out", (Edit(place, ""),), safe=False)


def spelling(span: Span | None, word: str, candidates: Iterable[str], taken: Iterable[str] = ()) -> Fix | None:
    """Puts the name that was meant in the place of a misspelt one; unsafe where it might have been another word.

    Args:
        taken: the names that stand beside it; one of them was not meant.
    """
    known = list(candidates)
    meant = closest(word, known)
    return None if meant is None or meant in taken else reword(span, word, meant, safe=certain(word, known))


def name_within(span: Span, word: str, candidates: Iterable[str]) -> Fix | None:
    """The same for a name inside an expression."""
    known = list(candidates)
    meant, raw = closest(word, known), _text(span)
    if meant is None or span.source.is_command_line or span.line != span.end_line or not _PLAIN.fullmatch(meant):
        return None
    text, count = re.subn(rf"(?<![\w.'\"]){re.escape(word)}(?!\w)", meant, raw)
    title = f"replace `{word}` by `{meant}`"
    return Fix(title, (Edit(span, text),), certain(word, known)) if count and "'" not in raw else None


def without(span: Span | None, title: str, *, safe: bool = True) -> Fix | None:
    """Takes out the entry whose key, or whose scalar, stands at ``span``; its comments stay, on lines of their own.

    A section of definitions goes with its last one.
    """
    entry = _entry_at(span)
    if span is None or entry is None or _has_anchor(entry.value):
        return None
    parent = entry.parent
    owner = parent.owner
    if len(parent.entries) == 1 and owner is not None:
        if not parent.is_mapping:
            return None
        if owner.key is not None and owner.key.value in _DEFINITIONS and owner.parent.owner is None:
            entry, parent = owner, owner.parent
    edit = _cut_from_braces(span.source, entry) if parent.flow else _cut_lines(span.source, entry)
    return None if edit is None else Fix(title, (edit,), safe)


def with_argument(span: Span | None, name: str, value: str, first: str, *, safe: bool = True) -> Fix | None:
    """Gives an argument to the kind that stands at ``span``, a key or a bare word.

    Args:
        first: the argument that a value without a name is.
    """
    entry = _entry_at(span)
    if span is None or entry is None:
        return None
    source, title = span.source, f"add `{name}: {value}`"
    if entry.key is None or _offset(source, span.line, span.column) != entry.key.start:  # a bare word
        word = entry.value
        if not isinstance(word, Scalar) or word.properties or not _PLAIN.fullmatch(word.text):
            return None
        text = f"{word.text}: {{{name}: {value}}}"
        bare = entry.key is None and not entry.parent.flow
        return Fix(title, (_edit(source, word.start, word.end, text if bare else f"{{{text}}}"),), safe)
    edit = _with_argument(source, entry, name, value, first)
    return None if edit is None else Fix(title, (edit,), safe)


def moved_home(span: Span, root: Node, home: Sequence[str], title: str) -> Fix | None:
    """The entry whose key stands at ``span`` as another key in another section, which may be there or not.

    Args:
        home: the keys that lead to it.
    """
    entry = _entry_at(span)
    if entry is None or entry.key is None or _has_anchor(entry.value) or entry.value.properties:
        return None
    value = entry.value
    if value.style in ("*", "|", ">") if isinstance(value, Scalar) else not value.flow:
        return None
    written = span.source.text[value.start : value.end]
    for depth in range(len(home) - 1, 0, -1):
        above, step = root.get(*home[: depth - 1]), home[depth - 1]
        if above is None or (above.value != step and step not in above.keys):
            continue
        place = above.span if above.value == step else above.keys[step]
        taken = without(span, title)
        given = with_argument(place, home[depth], _nested(home[depth + 1 :], written), home[depth])
        empty = root.get(*home[:depth])
        if taken is None or given is None or (empty is not None and not (empty.is_mapping or empty.value is None)):
            return None
        return Fix(title, (*given.edits, *taken.edits))
    if entry.parent.owner is not None:
        return None
    return Fix(title, (_edit(span.source, entry.start, value.end, f"{home[0]}: {_nested(home[1:], written)}"),))


def _nested(keys: Sequence[str], value: str) -> str:
    return value if not keys else f"{{{keys[0]}: {_nested(keys[1:], value)}}}"


def flattened(span: Span | None) -> Fix | None:
    """Puts a Flatten before the layer whose kind stands at ``span``: never safe, as it is a guess at the network."""
    entry = _entry_at(span)
    item = entry if entry is None or entry.key is None else entry.parent.owner
    if span is None or item is None or item.key is not None:
        return None
    text = "Flatten, " if item.parent.flow else f"- Flatten{_newline(span.source.text)}{' ' * item.column}"
    return Fix("put `Flatten` before it", (_edit(span.source, item.start, item.start, text),), safe=False)


def tabs_to_spaces(source: Source, means: Any) -> Fix | None:
    """Spaces in the place of tabs that indent; safe where the text means the same, however wide a tab is.

    Args:
        means: what a text means, None where it is not YAML.
    """
    lines = source.text.splitlines()
    indents = [(number, found.group()) for number, line in enumerate(lines, 1) if (found := re.match(r"[ \t]+", line))]
    indents = [(number, indent) for number, indent in indents if "\t" in indent]
    if not indents:
        return None
    versions = []
    for width in (2, 4, 8):
        texts = [indent.expandtabs(width) for _, indent in indents]
        spans = [Span(source, number, 1, number, len(indent) + 1) for number, indent in indents]
        versions.append(tuple(Edit(span, text) for span, text in zip(spans, texts, strict=True)))
    meanings = [means(apply(source.text, edits)) for edits in versions]
    known = [at for at, meaning in enumerate(meanings) if meaning is not None]
    if not known:
        return None
    same = len(known) == len(versions) and all(meaning == meanings[0] for meaning in meanings)
    return Fix("indent with spaces", versions[known[0]], same)


def apply(text: str, edits: Iterable[Edit]) -> str:
    """The text with edits made that do not overlap; their spans are those of this text."""
    parts, end = [], 0
    for start, stop, new in sorted((*stretch(text, edit.span), edit.text) for edit in edits):
        parts += [text[end:start], new]
        end = stop
    return "".join([*parts, text[end:]])


# Removing.


def _cut_from_braces(source: Source, entry: Entry) -> Edit | None:
    siblings = entry.parent.entries
    at = siblings.index(entry)
    if at + 1 < len(siblings):
        start, end = entry.start, siblings[at + 1].start
    else:
        start, end = (siblings[at - 1].end if at else entry.start), entry.end
    return None if _comments_in(source.text, start, end) else _edit(source, start, end, "")


def _cut_lines(source: Source, entry: Entry) -> Edit | None:
    text, starts = source.text, _line_starts(source.text)
    begin = starts[bisect_right(starts, entry.start) - 1]
    if text[begin : entry.start].strip():  # the first key of an item, behind its dash
        return _cut_behind_dash(source, entry)
    last = max(entry.start, _end(entry) - 1)
    line = bisect_right(starts, last)
    end = starts[line] if line < len(starts) else len(text)
    kept = "".join(f"{text[begin : entry.start]}{found.text}\n" for found in _comments_in(text, begin, end))
    if line >= len(starts) and not text.endswith(("\n", "\r")):
        kept = kept.rstrip("\n")
    return _edit(source, begin, end, kept.replace("\n", _newline(text)))


def _cut_behind_dash(source: Source, entry: Entry) -> Edit | None:
    siblings = entry.parent.entries
    at = siblings.index(entry)
    if at + 1 == len(siblings):
        return None
    start, end = entry.start, siblings[at + 1].start
    return None if _comments_in(source.text, start, end) else _edit(source, start, end, "")


def _end(entry: Entry) -> int:
    """Where an entry ends; an empty value is nowhere, its key or dash is the end."""
    value = entry.value
    if isinstance(value, Scalar):
        return value.end
    return value.end if value.flow or not value.entries else _end(value.entries[-1])


def _comments_in(text: str, start: int, end: int) -> list[Comment]:
    return [comment for offset, _, comment in _comments(text) if start <= offset < end]


def _has_anchor(value: Value) -> bool:
    if "&" in value.properties:
        return True
    return isinstance(value, Collection) and any(_has_anchor(entry.value) for entry in value.entries)


# Adding.


def _with_argument(source: Source, entry: Entry, name: str, value: str, first: str) -> Edit | None:
    given = entry.value
    if isinstance(given, Scalar):
        if given.style in ("*", "|", ">") or given.properties or "\n" in given.text:
            return None
        if not given.text:
            return _edit(source, given.end, given.end, f" {{{name}: {value}}}")
        return _edit(source, given.start, given.end, f"{{{first}: {_in_braces(given)}, {name}: {value}}}")
    if given.properties:
        return None
    if not given.is_mapping:
        written = source.text[given.start : given.end]
        return _edit(source, given.start, given.end, f"{{{first}: {written}, {name}: {value}}}") if given.flow else None
    before = next((one for one in given.entries if one.key is not None and one.key.value == name), None)
    if before is not None:
        plain = isinstance(before.value, Scalar) and before.value.text in ("true", "false", "null", "~", "linear")
        return _edit(source, before.value.start, before.value.end, value) if plain else None
    if not given.entries:
        return _edit(source, given.start, given.end, f"{{{name}: {value}}}")
    if given.flow:
        return _edit(source, given.entries[-1].end, given.entries[-1].end, f", {name}: {value}")
    end = _end(given.entries[-1])
    starts = _line_starts(source.text)
    line = bisect_right(starts, max(end - 1, 0))
    stop = len(source.text[: starts[line]].rstrip("\r\n")) if line < len(starts) else len(source.text.rstrip("\r\n"))
    if stop < end:  # a block text, which its own blank lines end
        return None
    return _edit(source, stop, stop, f"{_newline(source.text)}{' ' * given.column}{name}: {value}")


def _in_braces(scalar: Scalar) -> str:
    """A scalar's text where braces are around it: quotes are needed for what they would cut."""
    if scalar.style or not re.search(r"[,\[\]{}]", scalar.text):
        return scalar.text
    return '"' + scalar.text.replace("\\", "\\\\").replace('"', '\\"') + '"'


# Places.


def _reads_as(raw: str, value: object) -> bool:
    """Whether a plain scalar is this value."""
    if isinstance(value, str):
        return raw == value
    try:
        found = resolve(raw)
    except ValueError:
        return False
    return type(found) is type(value) and found == value


def word_at(span: Span) -> str:
    """The word or text that stands at a place, without its quotes."""
    raw = _text(span)
    return raw[1:-1] if raw[:1] in ("'", '"') and raw[-1:] == raw[:1] else raw


def _text(span: Span) -> str:
    start, end = stretch(span.source.text, span)
    return span.source.text[start:end]


def stretch(text: str, span: Span) -> tuple[int, int]:
    """Where a span of a text begins and ends in it, as indices."""
    starts = _line_starts(text)
    return (
        starts[min(span.line, len(starts)) - 1] + span.column - 1,
        starts[min(span.end_line, len(starts)) - 1] + span.end_column - 1,
    )


def _offset(source: Source, line: int, column: int) -> int:
    return _line_starts(source.text)[line - 1] + column - 1


def _edit(source: Source, start: int, end: int, text: str) -> Edit:
    starts = _line_starts(source.text)
    places = [(line := bisect_right(starts, at), at - starts[line - 1] + 1) for at in (start, end)]
    return Edit(Span(source, *places[0], *places[1]), text)


@lru_cache(maxsize=8)
def _line_starts(text: str) -> Sequence[int]:
    """Where lines begin, by YAML's breaks; a text that ends with a break has an empty last line."""
    lines = text.splitlines(keepends=True)
    ends = list(accumulate(map(len, lines)))
    open_end = bool(lines) and lines[-1].splitlines()[0] != lines[-1]
    return [0, *(ends if open_end else ends[:-1])]


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


@lru_cache(maxsize=8)
def _comments(text: str) -> list[tuple[int, int, Comment]]:
    return comments(text)


def _entry_at(span: Span | None) -> Entry | None:
    """The entry whose key stands at a place, or else whose scalar does."""
    if span is None or span.source.is_command_line or not _is_editable(span.source.text):
        return None
    keys, values = _entries(span.source.text)
    at = _offset(span.source, span.line, span.column)
    return keys.get(at) or values.get(at)


@lru_cache(maxsize=8)
def _is_editable(text: str) -> bool:
    """Whether fixes are looked for: not in a text of more than a megabyte, and not where lines end by ``\\r`` alone."""
    return len(text) <= MAX_TEXT and "\r" not in text.replace("\r\n", "")


@lru_cache(maxsize=8)
def _entries(text: str) -> tuple[dict[int, Entry], dict[int, Entry]]:
    """Every entry of a text by the offset of its key, and of its scalar. The text is sound YAML."""
    keys: dict[int, Entry] = {}
    values: dict[int, Entry] = {}
    for entry in _below(parse(text).root):
        if entry.key is not None:
            keys[entry.key.start] = entry
        if isinstance(entry.value, Scalar):
            values[entry.value.start] = entry
    return keys, values


def _below(value: Value) -> Iterator[Entry]:
    for entry in value.entries if isinstance(value, Collection) else ():
        yield entry
        yield from _below(entry.value)
