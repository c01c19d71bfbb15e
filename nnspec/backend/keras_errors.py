"""Keras's own errors as diagnostics: the sentence that matters, without its frame."""

from __future__ import annotations

import re

from nnspec.frontend.diagnostics import Diagnostic, Note, Span, SpecError

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_FRAME = re.compile(r"^(Exception encountered when calling .*|Arguments received by .*)$")
MAX_MESSAGE = 400


def keras_message(error: BaseException) -> str:
    """One line of what Keras says: without colours, the frame around it, and the dump of arguments below."""
    lines: list[str] = []
    for line in _COLOUR.sub("", str(error)).splitlines():
        line = line.strip()
        if line.startswith("Arguments received by"):
            break
        if line and not _FRAME.match(line):
            lines.append(line)
    text = " ".join(lines) or type(error).__name__
    return text if len(text) <= MAX_MESSAGE else text[:MAX_MESSAGE].rstrip() + " ..."


def refused(
    code: str, message: str, span: Span | None, error: BaseException, notes: tuple[Note, ...] = ()
) -> SpecError:
    """A ``SpecError`` for what Keras refuses, with its words."""
    return SpecError([Diagnostic(code, f"{message}: {keras_message(error)}", span, notes=notes)])
