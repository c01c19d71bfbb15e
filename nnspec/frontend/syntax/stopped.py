"""Where the reading of YAML stopped, and what a guess at the reason says. Lines and columns count from 0."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

WORD = r"[A-Za-z_$][\w.$/-]*"
LEAD = r"(?P<lead>\s*(?:- +)*)"
ENTRY = re.compile(rf"{LEAD}(?P<key>{WORD}):(?: +(?P<value>\S.*?))?\s*$")
NEAR = 40  # lines above the fault that a guess looks at


@dataclass(frozen=True, slots=True)
class Guess:
    """What may have been done.

    Attributes:
        message: it, in words.
        line, column, end: the place to blame.
        lines: the lines as they would be right; none where there is nothing to prove, or no way to tell.
        sure: whether that is certainly what was meant, once the text reads further with it.
        title: what putting it right does, as a command.
    """

    message: str
    line: int
    column: int
    end: int
    hint: str | None = None
    lines: Mapping[int, str] = field(default_factory=dict)
    sure: bool = False
    title: str = "mend the line"


@dataclass(frozen=True, slots=True)
class Stopped:
    """Where libyaml stopped, why, and what it was in.

    Attributes:
        lines: the text's lines, each with its break.
        context, within: what it was reading, and where that began.
        end: the line as libyaml tells it, which may be one behind the last.
    """

    text: str
    lines: list[str]
    line: int
    column: int
    problem: str
    context: str
    within: tuple[int, int]
    end: int

    @classmethod
    def of(cls, text: str, error: yaml.MarkedYAMLError, mark: Any) -> Stopped:
        lines = text.splitlines(keepends=True) or [""]
        begin = error.context_mark or mark
        line = min(mark.line, len(lines) - 1)
        column = mark.column if mark.line < len(lines) else len(lines[-1])
        within = (begin.line, begin.column) if begin.line < len(lines) else (len(lines) - 1, len(lines[-1]))
        return cls(text, lines, line, column, error.problem or "", error.context or "", within, mark.line)

    @property
    def above(self) -> int | None:
        """The line with content before the one at fault."""
        return next(iter(self.contents_above(self.line)), None)

    def contents_above(self, line: int) -> Iterator[int]:
        """The lines before one, nearest first, that are neither blank nor remarks."""
        return (number for number in range(line - 1, max(line - 1 - NEAR, -1), -1) if has_content(self.lines[number]))

    @property
    def near(self) -> list[int]:
        """The lines that may be at fault: where reading stopped, the one before, and where what it is in begins."""
        found = [self.line, *([] if self.above is None else [self.above]), self.within[0]]
        return list(dict.fromkeys(found))

    def below(self, line: int) -> list[int]:
        """The lines after one that are indented at least as far as the first of them."""
        found: list[int] = []
        for number in range(line + 1, len(self.lines)):
            if not self.lines[number].strip():
                continue
            if found and indent_of(self.lines[number]) < indent_of(self.lines[found[0]]):
                break
            found.append(number)
        return found


def has_content(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def indent_of(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def body_of(line: str) -> str:
    return line.rstrip("\r\n")


def break_of(line: str) -> str:
    return line[len(body_of(line)) :]


def without_remark(line: str) -> tuple[str, str]:
    """A line's content, and its remark with what is before that and the break."""
    body = body_of(line)
    found = re.search(r"\s+#.*$", body)
    end = found.start() if found else len(body.rstrip())
    return body[:end], line[end:]


def short(text: str) -> str:
    text = text.strip()
    return text if len(text) <= 40 else f"{text[:39]}…"
