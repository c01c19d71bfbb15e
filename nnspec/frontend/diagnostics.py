"""What the front end has to say, and where: spans, diagnostics, and the one exception that carries them.

A pass says *what* is wrong and hands over the span of the node at fault; nothing here knows about passes.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import field
from functools import lru_cache
from typing import Any

from nnspec.quick_classes import dataclass

COMMAND_LINE = "command line"


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """One piece of text that diagnostics can point into: a file, an editor's document, an argument of the command line.

    Attributes:
        name: what a reader sees, a path as it was given or ``command line``.
        text: the whole text.
        folder: the folder that relative paths in this text start from.
    """

    name: str
    text: str
    folder: str = "."

    @classmethod
    def from_text(cls, text: str, name: str = "spec.yaml", folder: str | None = None) -> Source:
        """A spec given as text.

        Args:
            name: what diagnostics call it. A path as a rule, which need not exist.
            folder: what relative paths in it start from; the folder of ``name`` by default.
        """
        return cls(name, text, os.path.dirname(name) or "." if folder is None else folder)

    @property
    def is_command_line(self) -> bool:
        return self.name == COMMAND_LINE

    @property
    def path(self) -> str:
        """The absolute path that the text has, or would have as a file."""
        return os.path.abspath(os.path.join(self.folder, os.path.basename(self.name)))

    def line(self, number: int) -> str:
        lines = _lines(self.text)
        return lines[number - 1] if 0 < number <= len(lines) else ""


@lru_cache(maxsize=8)
def _lines(text: str) -> list[str]:
    """The lines of a file, which every diagnostic in it asks for."""
    return text.splitlines()


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of source text. Lines and columns count from 1; the end column is exclusive."""

    source: Source
    line: int
    column: int
    end_line: int
    end_column: int

    @property
    def file(self) -> str:
        return self.source.name

    def __str__(self) -> str:
        return f"{printable(self.file)}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Note:
    """A further remark, with the place that it speaks of where there is one."""

    message: str
    span: Span | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "message", readable(self.message))


@dataclass(frozen=True, slots=True)
class Frame(Note):
    """A remark on a group of layers that were made together: one use of a block, or one round of a loop.

    Attributes:
        title: the name of the use or of the block; of a round its values, such as ``filters=64``.
        round, rounds: which round it is, from 0, and of how many; ``rounds`` is 0 for a block.
    """

    title: str = ""
    round: int = 0
    rounds: int = 0


@dataclass(frozen=True, slots=True)
class Edit:
    """A stretch of source text, and what takes its place; an empty stretch is a place to insert at."""

    span: Span
    text: str

    def as_json(self) -> dict[str, Any]:
        span = self.span
        end = {"end_line": span.end_line, "end_column": span.end_column}
        return {"file": span.file, "line": span.line, "column": span.column, **end, "text": self.text}


@dataclass(frozen=True, slots=True)
class Fix:
    """What mends a fault, as edits of the text.

    Attributes:
        title: what it does, as a command: ``replace `a` by `b` ``.
        safe: whether it is certainly what the writer meant; ``nnspec check --fix`` applies no other.
    """

    title: str
    edits: tuple[Edit, ...]
    safe: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "title", readable(self.title))

    def as_json(self) -> dict[str, Any]:
        return {"title": self.title, "safe": self.safe, "edits": [edit.as_json() for edit in self.edits]}


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding: a stable code, a sentence, the place at fault, and what may help.

    Message and hint quote what a spec says, which may be anything: they are made ``readable`` here, once for every
    way of showing them.
    """

    code: str
    message: str
    span: Span | None = None
    severity: str = "error"
    hint: str | None = None
    notes: tuple[Note, ...] = field(default=())
    fix: Fix | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "message", readable(self.message))
        if self.hint is not None:
            object.__setattr__(self, "hint", readable(self.hint))

    def as_json(self) -> dict[str, Any]:
        """The object that ``--json`` prints; every key is always there."""
        return {
            "code": self.code,
            "severity": self.severity,
            "message": self.message,
            **_place(self.span),
            "hint": self.hint,
            "notes": [{"message": note.message, **_place(note.span)} for note in self.notes],
            "fix": self.fix and self.fix.as_json(),
        }

    def __str__(self) -> str:
        return self.text(MAX_EXCERPT)

    def text(self, most: int) -> str:
        """What a person reads: place, source line in at most so many characters, caret, notes, hint."""
        lines = [f"{self.severity}[{self.code}]: {self.message}"]
        if self.span is not None:
            lines += _excerpt(self.span, most)
        for note in self.notes:
            lines.append(f"  note: {note.message}")
            if note.span is not None:
                lines += _excerpt(note.span, most)
        if self.hint:
            lines.append(f"  hint: {self.hint}")
        return "\n".join(lines)


class SpecError(Exception):
    """A spec that cannot be used. Carries every diagnostic of the pass that found fault (exit code 3)."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__(self.diagnostics)

    def __str__(self) -> str:
        return "\n\n".join(str(diagnostic) for diagnostic in self.diagnostics)

    def _render_traceback_(self) -> list[str]:
        """What IPython prints in place of a traceback: the fault is in the spec, not in the lines that read it."""
        return [str(self)]


MAX_PROBLEMS = 200  # that a pass tells of: a fault in a loop comes back each round
MAX_EXCERPT = 160
MAX_MESSAGE = 1000


def _place(span: Span | None) -> dict[str, Any]:
    if span is None:
        return {"file": None, "line": None, "column": None}
    return {"file": span.file, "line": span.line, "column": span.column}


def _excerpt(span: Span, most: int) -> list[str]:
    """The source line with a caret below it; a very long line is cut around the caret."""
    text, start = span.source.line(span.line), span.column - 1
    end = span.end_column - 1 if span.end_line == span.line else len(text)
    if len(text) > most:
        cut = max(0, start - most // 4)
        text, start, end = text[cut : cut + most], start - cut, end - cut
    carets = "^" * max(1, min(end, len(text)) - start)
    gutter = " " * len(str(span.line))
    return [
        f"  {gutter}--> {span}",
        f"  {gutter} |",
        f"  {span.line} | {printable(text)}".rstrip(),
        f"  {gutter} | {' ' * start}{carets}",
    ]


def readable(text: str) -> str:
    """``text`` in lines of printable characters; from the middle of a very long one something is left out."""
    if len(text) > MAX_MESSAGE:
        text = f"{text[: MAX_MESSAGE // 2]} ... {text[-MAX_MESSAGE // 2 :]}"
    return text if text.isprintable() else "\n".join(printable(line) for line in text.split("\n"))


def printable(text: str) -> str:
    """``text`` with every character that a terminal would act on replaced by a visible one."""
    return "".join(
        char if char.isprintable() else " " if char == "\t" else "\N{REPLACEMENT CHARACTER}" for char in text
    )
