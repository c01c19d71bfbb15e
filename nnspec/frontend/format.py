"""The canonical layout of a spec, comments kept: what `nnspec fmt` writes.

Sections come in the order of the language, two spaces indent, braces hold what fits in a line, quotes stand where they
are needed. What a writer chose is kept: numbers and texts as spelled, blocks and blank lines inside a section, the
column of a comment. `format_text` compares what the old and the new text mean before it answers.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import Any

import yaml

from nnspec.frontend.concrete_syntax import Collection, Comment, Entry, Scalar, Value, Written, comments, parse
from nnspec.frontend.diagnostics import Diagnostic, Source, Span, SpecError
from nnspec.frontend.source import Node, compose, resolve

WIDTH = 120

HEADER = ("nnspec", "name", "description", "extends", "use", "requires")  # these stand together, without blank lines
SECTIONS = (*HEADER, "params", "inputs", "blocks", "layers", "outputs", "data", "train", "export", "budget")
MODELINE = re.compile(r"#\s*yaml-language-server:")

# What a plain scalar cannot begin with or hold; a reader may not know which of these YAML would let pass.
_INDICATORS = frozenset("-?:,[]{}#&*!|>'\"%@`")
_BREAKS_PLAIN = re.compile(r": | #|:\Z|\A\.\.\.|\A\s|\s\Z")
_BREAKS_FLOW = re.compile(r"[,\[\]{}]")


def format_text(source: Source) -> str:
    """The text of a spec in canonical layout. The spec needs to be sound YAML, not valid.

    Raises:
        SpecError: not sound YAML, or (E0114) YAML that cannot be laid out without a change of what it says.
    """
    text = re.sub("\r\n?", "\n", source.text)
    before = compose(Source(source.name, text, source.folder))
    laid_out = _document(parse(text))
    if not _same(before, text, laid_out):
        message = "this file cannot be laid out without a change of what it says, so it stays as it is"
        raise SpecError([Diagnostic("E0114", message, Span(source, 1, 1, 1, 1))])
    return laid_out.replace("\n", "\r\n") if "\r\n" in source.text else laid_out


def _same(before: Node, text: str, laid_out: str) -> bool:
    """Whether values, their order and all comments are what they were. The order of sections means nothing."""
    try:
        after = compose(Source("", laid_out))
    except SpecError:
        return False
    kept = [Counter(comment.text for _, _, comment in comments(version)) for version in (text, laid_out)]
    return _meaning(before) == _meaning(after) and kept[0] == kept[1]


def _meaning(node: Node) -> str:
    """The value as text: unlike `==` it tells 1 from 1.0 and true, sees the order of keys, and nan equals itself."""
    plain: Any = node.plain()
    return repr(sorted(plain.items())) if isinstance(plain, dict) else repr(plain)


def _document(written: Written) -> str:
    root = written.root
    if isinstance(root, Scalar):
        lines = [comment.text for comment in written.head] + _scalar_lines(root, 0, flow=False)
    elif not root.entries:
        lines = [
            _joined(root.properties, "{}" if root.is_mapping else "[]"),
            *_comment_lines(written, root.trailing, 0),
        ]
    else:
        first = root.entries[0]
        head, first.leading = _head(written, first)
        first.blank_inside = first.blank_inside and bool(first.leading)
        if root.is_mapping:
            root.entries = _sorted(root)
        lines = [*head, *([root.properties] if root.properties else []), *_block(written, root, 0, sections=True)]
    return "\n".join(lines) + "\n"


def _head(written: Written, first: Entry) -> tuple[list[str], list[Comment]]:
    """What stands above the first entry and is about the file, the modeline first; and what is about that entry."""
    cut = max((at + 1 for at, comment in enumerate(first.leading) if written.is_blank(comment.line + 1)), default=0)
    modelines = [comment for comment in first.leading if MODELINE.match(comment.text)]
    about_file = [comment for comment in first.leading[:cut] if comment not in modelines]
    about_first = [comment for comment in first.leading[cut:] if comment not in modelines]
    lines = _comment_lines(written, about_file, 0)
    return [comment.text for comment in modelines] + lines + [""] * bool(lines), about_first


def _sorted(root: Collection) -> list[Entry]:
    """The sections in the language's order, unknown ones last; as they are where an alias must follow its anchor."""
    if _has_alias(root):
        return root.entries
    rank = {name: number for number, name in enumerate(SECTIONS)}
    return sorted(root.entries, key=lambda entry: rank.get(entry.key.value if entry.key else "", len(rank)))


def _has_alias(value: Value) -> bool:
    if isinstance(value, Scalar):
        return value.style == "*"
    return any(_has_alias(entry.value) or bool(entry.key and entry.key.style == "*") for entry in value.entries)


def _block(written: Written, collection: Collection, indent: int, sections: bool = False) -> list[str]:
    """The lines of a collection in block style, each with its indentation."""
    lines: list[str] = []
    previous: Entry | None = None
    for entry in collection.entries:
        if previous is not None and _parted(previous, entry, sections and collection.is_mapping):
            lines.append("")
        lines += _comment_lines(written, entry.leading, indent)
        if entry.blank_inside:
            lines.append("")
        lines += _entry(written, entry, indent)
        previous = entry
    if collection.trailing and written.is_blank(collection.trailing[0].line - 1):
        lines.append("")
    return lines + _comment_lines(written, collection.trailing, indent)


def _parted(previous: Entry, entry: Entry, sections: bool) -> bool:
    """Whether a blank line stands between two entries: as written; between sections always, but in the header."""
    if not sections or entry.key is None or previous.key is None:
        return entry.blank
    return not (entry.key.value in HEADER and previous.key.value in HEADER)


def _comment_lines(written: Written, found: list[Comment], indent: int) -> list[str]:
    """Comments on lines of their own, with single blank lines where there were some."""
    lines: list[str] = []
    for comment in found:
        if lines and written.is_blank(comment.line - 1):
            lines.append("")
        lines.append(" " * indent + comment.text)
    return lines


def _entry(written: Written, entry: Entry, indent: int) -> list[str]:
    """The lines of a key or a dash with its value."""
    value, key = entry.value, entry.key
    head = " " * indent + ("-" if key is None else _key(key))
    if isinstance(value, Scalar):
        first, *rest = _scalar_lines(value, indent + 2, flow=False)
        return _commented([_joined(head, first), *rest], entry.after)
    if (text := _inline(value, key, len(head) + 1)) is not None:
        return _commented([f"{head} {text}"], entry.after)
    if value.flow and not value.properties and (filled := _filled(value, head)):
        return _commented(filled, entry.after)
    if key is None and not value.properties:
        return _compact(written, entry, value, indent)
    opened = _commented([_joined(head, value.properties)], _moved(entry, value))
    return opened + _block(written, value, indent + 2)


def _compact(written: Written, entry: Entry, value: Collection, indent: int) -> list[str]:
    """An item that is itself a block begins on the line of its dash; a comment there is the first entry's."""
    if entry.after and value.entries[0].after:
        value.trailing.append(entry.after)
    value.entries[0].after = value.entries[0].after or _moved(entry, value)
    first, *rest = _block(written, value, indent + 2)
    return [" " * indent + "- " + first.lstrip(), *rest]


def _commented(lines: list[str], after: Comment | None) -> list[str]:
    """The last line with its comment, in the column where it was unless the line needs it."""
    if after is None:
        return lines
    *others, last = lines
    return [*others, last.ljust(max(len(last) + 2, after.column)) + after.text]


def _moved(entry: Entry, value: Collection) -> Comment | None:
    """The comment of an entry that becomes several lines: the column that it had behind them means nothing any more."""
    return replace(entry.after, column=0) if entry.after and value.flow else entry.after


def _inline(value: Collection, key: Scalar | None, column: int) -> str | None:
    """A collection in braces or brackets, where it is to be written so and fits between `column` and the margin.

    Braces stay where they are, except around the one key of an item (`- {Dense: 3}`). A block stays too, except that
    of a kind's plain arguments.
    """
    if key is None and value.is_mapping and len(value.entries) == 1 and not value.properties:
        return None
    if not value.flow and not (key is not None and key.value[:1].isupper() and _plain_arguments(value)):
        return None
    text = _flow(value)
    return text if text is not None and column + len(text) <= WIDTH else None


def _plain_arguments(value: Collection) -> bool:
    return value.is_mapping and not any(
        isinstance(entry.value, Collection) and (not entry.value.flow or entry.value.is_mapping)
        for entry in value.entries
    )


def _flow(value: Value) -> str | None:
    """A value in one line, or None where comments or texts of several lines forbid it."""
    if isinstance(value, Scalar):
        lines = _scalar_lines(value, 0, flow=True)
        return None if value.style in ("|", ">") and lines else lines[0] if len(lines) == 1 else None
    if value.has_comments:
        return None
    parts = []
    for entry in value.entries:
        text = _flow(entry.value)
        if text is None:
            return None
        if entry.key is None:
            parts.append(text)
        elif entry.key.text and entry.value.end == entry.key.end:
            parts.append(_key(entry.key).rstrip(" :"))  # written without a colon, as a comma in `$(max(2, 3))` does
        else:
            parts.append(f"{_key(entry.key)} {text}")
    inner = ", ".join(parts)
    return _joined(value.properties, f"{{{inner}}}" if value.is_mapping else f"[{inner}]")


def _filled(value: Collection, head: str) -> list[str]:
    """A long list of scalars as lines that fill the width, as a paragraph does."""
    words = [_flow(entry.value) for entry in value.entries if isinstance(entry.value, Scalar)]
    if value.is_mapping or value.has_comments or len(words) < len(value.entries) or None in words:
        return []
    lines, line = [], f"{head} ["
    margin = " " * len(line)
    for number, word in enumerate(words):
        end = "]" if number == len(words) - 1 else ","
        if len(line) + len(f"{word}{end}") > WIDTH and line.strip() and number:
            lines.append(line.rstrip())
            line = margin
        line += f"{word}{end} "
    return [*lines, line.rstrip()]


def _key(key: Scalar) -> str:
    lines = _scalar_lines(key, 0, flow=True)
    if len(lines) == 1 and key.text:
        text = lines[0]
    else:
        text = key.value if _is_plain(key.value, flow=True) else _quoted(key.value) or lines[0]
    return f"{text} :" if key.style == "*" else f"{text}:"


def _scalar_lines(scalar: Scalar, indent: int, flow: bool) -> list[str]:
    """A scalar as written, in quotes only where it needs them; lines after the first stand at `indent`."""
    text = scalar.text
    if scalar.style in ("|", ">"):
        lines = _block_scalar(scalar, indent)
    elif "\n" in text:
        lines = [line if not number else line and " " * indent + line for number, line in enumerate(_continued(text))]
    elif scalar.style in ("'", '"'):
        lines = [scalar.value if _is_plain(scalar.value, flow) else _quoted(scalar.value) or text]
    elif not scalar.style and flow and _BREAKS_FLOW.search(text):
        lines = [_quoted(scalar.value) or text]
    else:
        lines = [text]
    return [_joined(scalar.properties, lines[0]), *lines[1:]]


def _continued(text: str) -> list[str]:
    """The lines of a folded scalar without the white space that YAML drops; one behind a backslash stays."""
    return [line.lstrip(" \t") if line.rstrip().endswith("\\") else line.strip(" \t") for line in text.split("\n")]


def _block_scalar(scalar: Scalar, indent: int) -> list[str]:
    header, *lines = scalar.text.split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    digit = re.match(r"[|>][-+]?([1-9])", header)
    if digit:  # the indentation is counted from the block around, since the text itself begins with a space
        cut = scalar.parent_column + int(digit[1])
        header = header[: digit.start(1)] + "2" + header[digit.end(1) :]
    else:
        cut = next((len(line) - len(line.lstrip(" ")) for line in lines if line.strip()), 0)
    return [header.rstrip(), *(" " * indent + line[cut:] if line[cut:] else "" for line in lines)]


def _is_plain(value: str, flow: bool) -> bool:
    """Whether a text may stand without quotes: nnspec, and YAML 1.1's readers too, then still take it for a text."""
    if not value or value[0] in _INDICATORS or not value.isprintable() or _BREAKS_PLAIN.search(value):
        return False
    if flow and _BREAKS_FLOW.search(value):
        return False
    try:
        own = resolve(value)
    except ValueError:
        return False
    resolvers = yaml.SafeLoader.yaml_implicit_resolvers.get(value[0], ())
    return own == value and not any(pattern.match(value) for _, pattern in resolvers)


def _quoted(value: str) -> str | None:
    """The text in double quotes, where it needs no escapes."""
    return f'"{value}"' if value.isprintable() and not set('"\\') & set(value) else None


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)
