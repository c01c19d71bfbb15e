"""Lines for people in the width of a terminal: broken between words, where a terminal would break them anywhere."""

from __future__ import annotations

import re

from nnspec.console.formatting import plain_text
from nnspec.console.tables import display_width

SAID = re.compile(
    r"\s*(?:(?:error|warning|note|hint|more|failed|left out|silenced|mistaken most often)(?:\[\w+\])?:|ok|wrote) \S"
)
INDENT = "  "  # of what follows the first line


def told(text: str, width: int) -> str:
    """``text`` with its sentences (``warning: ...``, ``note: ...``) `filled`; code, tables and commands stay."""
    return "\n".join(filled(line, width) if SAID.match(plain_text(line)) else line for line in text.split("\n"))


def filled(line: str, width: int, indent: str | None = None, gap: str = " ") -> str:
    """A line, of `width` terminal columns at most, as far as no word is longer.

    Args:
        indent: what the lines begin with that follow; by default two blanks more than the first.
        gap: what parts the words, which stays where no line ends.
    """
    begin = line[: len(line) - len(line.lstrip())]
    indent = begin + INDENT if indent is None else indent
    first, *words = line[len(begin) :].split(gap)
    lines = [begin + first]
    for word in words:
        longer = f"{lines[-1]}{gap}{word}"
        if display_width(plain_text(longer)) <= width:
            lines[-1] = longer
        else:
            lines[-1] = lines[-1].rstrip(" ")
            lines.append(indent + word)
    return "\n".join(lines)
