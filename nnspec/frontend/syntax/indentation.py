"""Guesses: a line indented other than its neighbours."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nnspec.frontend.syntax.stopped import Guess, Stopped, indent_of


def indentation(stopped: Stopped) -> Iterator[Guess]:
    """A line, or the lines before it, indented other than its neighbours; what moves fewest lines first."""
    if "flow" not in stopped.context:
        yield from sorted(_moves(stopped), key=lambda guess: (len(guess.lines), indent_of(guess.lines[guess.line]) % 2))


def _moves(stopped: Stopped) -> Iterator[Guess]:
    levels: list[int] = []
    for number in stopped.contents_above(stopped.line):
        levels += [column for column in _columns(stopped.lines[number]) if column not in levels]
    yield from _moved(stopped, stopped.line, levels)
    here = _columns(stopped.lines[stopped.line])
    for number in _suspects(stopped):
        dash, *key = _columns(stopped.lines[number])
        yield from _moved(stopped, number, [*here, *(column - (key[0] - dash) for column in here if key)])
    below = [indent_of(stopped.lines[number]) for number in stopped.below(stopped.line)[:1]]
    yield from _moved(stopped, stopped.line, below)


def _suspects(stopped: Stopped) -> Iterator[int]:
    """The lines just above, and those above that they are within."""
    least = 1 << 30
    for count, number in enumerate(stopped.contents_above(stopped.line)):
        if count < 3 or indent_of(stopped.lines[number]) < least:
            yield number
        least = min(least, indent_of(stopped.lines[number]))


def _columns(line: str) -> list[int]:
    """Where the dash of a line is, and what is behind it; or its key alone."""
    dashes = re.match(r" *(?:- +)*", line)
    assert dashes is not None
    return list(dict.fromkeys((indent_of(line), dashes.end())))


def _moved(stopped: Stopped, number: int, levels: list[int]) -> Iterator[Guess]:
    """A line with those below that belong to it, at the indentation of its neighbours."""
    line = stopped.lines[number]
    if not line.strip():
        return
    at = indent_of(line)
    group = [number]
    for below in range(number + 1, len(stopped.lines)):
        if stopped.lines[below].strip() and indent_of(stopped.lines[below]) <= at:
            break
        group.append(below)
    same = [number]
    for below in range(number + 1, stopped.line):
        if stopped.lines[below].strip() and indent_of(stopped.lines[below]) < at:
            break
        same.append(below)
    for level in sorted(levels, key=lambda level: abs(level - at))[:4]:
        if level == at or (at == 0 and number != stopped.line):
            continue
        for moved in dict.fromkeys((tuple(group), tuple(same), (number,))):
            lines = {
                below: " " * max(indent_of(stopped.lines[below]) + level - at, 0) + stopped.lines[below].lstrip(" ")
                for below in moved
                if stopped.lines[below].strip()
            }
            message = f"this line is indented by {_spaces(at)}, the lines that it belongs to by {_spaces(level)}"
            yield Guess(
                message,
                number,
                0,
                max(at, 1),
                f"indent it by {_spaces(level)}",
                lines,
                abs(level - at) == 1 and level % 2 == 0,
                f"indent by {_spaces(level)}",
            )


def _spaces(count: int) -> str:
    return f"{count} space{'s' * (count != 1)}" if count else "nothing"
