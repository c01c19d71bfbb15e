"""Guesses: brackets that are not closed, not opened or mixed up, and commas left out within them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nnspec.frontend.syntax.stopped import LEAD, NEAR, WORD, Guess, Stopped, short, without_remark

_CLOSERS = {"{": "}", "[": "]"}


def brackets(stopped: Stopped) -> Iterator[Guess]:
    yield from _colon_glued(stopped)
    yield from _never_opened(stopped)
    if "flow" not in stopped.context:
        yield from _closes_nothing(stopped)
        return
    yield from _no_colon_before_bracket(stopped)
    yield from _semicolons(stopped)
    yield from _wrong_bracket(stopped)
    yield from _no_comma(stopped)
    yield from _never_closed(stopped)


def _closes_nothing(stopped: Stopped) -> Iterator[Guess]:
    line = stopped.lines[stopped.line]
    at = stopped.column
    for column in (at, at - 1, at + 1):
        if 0 <= column < len(line) and line[column] in "}])":
            message = f"`{line[column]}` closes nothing"
            lines = {stopped.line: line[:column] + line[column + 1 :]}
            yield Guess(message, stopped.line, column, column + 1, None, lines, True, f"take the `{line[column]}` out")


def _never_opened(stopped: Stopped) -> Iterator[Guess]:
    """``Dense: units: 3}``."""
    for number in stopped.near[:2]:
        content, rest = without_remark(stopped.lines[number])
        found = re.fullmatch(rf"(?P<before>{LEAD}{WORD}: +)(?P<value>[^{{\[].*(?P<closer>[}}\]]))", content)
        if not found:
            continue
        opener = "{" if found["closer"] == "}" else "["
        start, end = found.start("value"), len(content)
        lines = {number: f"{found['before']}{opener}{found['value']}{rest}"}
        message = f"`{found['closer']}` closes what nothing opened"
        hint = f"write `{opener}` before `{short(found['value'])}`"
        yield Guess(message, number, start, end, hint, lines, True, f"write `{opener}`")


def _colon_glued(stopped: Stopped) -> Iterator[Guess]:
    """``{x:[4]}``: all of the line, since who glues one glues the next."""
    line = stopped.lines[stopped.line]
    pattern = rf"(?<=[{{,\s])({WORD}):(?=[\[{{])"
    if found := re.search(pattern, line):
        lines = {stopped.line: re.sub(pattern, r"\1: ", line)}
        message, hint = f"no space after the colon of `{found[1]}`", f"write `{short(lines[stopped.line])}`"
        title = "put a space after the colon"
        yield Guess(message, stopped.line, found.start(), found.end(), hint, lines, True, title)


def _no_colon_before_bracket(stopped: Stopped) -> Iterator[Guess]:
    """``{ReLU {max_value: 1}}``."""
    line = stopped.lines[stopped.line]
    for found in re.finditer(rf"(?P<key>{WORD}) *(?=[{{\[])", line):
        lines = {stopped.line: f"{line[: found.end('key')]}: {line[found.end() :]}"}
        message, hint = f"no colon after `{found['key']}`", f"write `{found['key']}: `"
        yield Guess(message, stopped.line, *found.span("key"), hint, lines, True, "write the colon")


def _semicolons(stopped: Stopped) -> Iterator[Guess]:
    """``{filters: 4; kernel_size: 3}``."""
    line = stopped.lines[stopped.line]
    if (at := line.find(";")) >= 0:
        lines = {stopped.line: line.replace(";", ",")}
        message, hint = "a semicolon separates nothing in YAML", "entries within brackets are separated by commas"
        yield Guess(message, stopped.line, at, at + 1, hint, lines, True, "write commas")


def _wrong_bracket(stopped: Stopped) -> Iterator[Guess]:
    line, at = stopped.lines[stopped.line], stopped.column
    opened = stopped.lines[stopped.within[0]][stopped.within[1] : stopped.within[1] + 1]
    closer = _CLOSERS.get(opened)
    if closer and line[at : at + 1] in ("}", "]", ")") and line[at] != closer:
        message = f"`{line[at]}` closes what `{opened}` opened"
        hint = f"write `{closer}`"
        lines = {stopped.line: line[:at] + closer + line[at + 1 :]}
        yield Guess(message, stopped.line, at, at + 1, hint, lines, True, f"write `{closer}`")
        lines = {stopped.line: line[:at] + closer + line[at:]}
        message = f"`{opened}` is not closed before `{line[at]}`"
        yield Guess(message, *stopped.within, stopped.within[1] + 1, f"write `{closer}`", lines, True, "close it")


def _no_comma(stopped: Stopped) -> Iterator[Guess]:
    """Entries within brackets with no comma between them, on one line."""
    line = stopped.lines[stopped.line]
    before = re.finditer(rf"(?<=[^\s,{{\[:(]) +(?=(?:{WORD}|['\"]\w+['\"]):? ?)", line)
    for found in sorted(before, key=lambda found: abs(found.end() - stopped.column))[:3]:
        word = re.match(r"[\w.$'\"]+", line[found.end() :])
        lines = {stopped.line: f"{line[: found.start()]}, {line[found.end() :]}"}
        message = f"no comma before `{word[0] if word else ''}`"
        hint = "entries within brackets are separated by commas"
        yield Guess(message, stopped.line, found.end(), found.end() + 1, hint, lines, True, "put a comma between them")


def _never_closed(stopped: Stopped) -> Iterator[Guess]:
    """A bracket whose closing one is missing at the end of a line."""
    first, column = _opened(stopped)
    open_now: list[str] = []
    for number in range(first, min(stopped.line + 1, first + NEAR)):
        line = stopped.lines[number]
        content, rest = without_remark(line)
        _follow(content[column:] if number == first else content, open_now)
        if not open_now:
            continue
        closers = "".join(_CLOSERS[one] for one in reversed(open_now))
        opened = stopped.lines[first][column : column + 1]
        message = f"`{opened}` is never closed"
        if number > first and not content.strip():
            continue
        hint = f"write `{closers}` at the end of {'the line' if number == first else f'line {number + 1}'}"
        lines = {number: re.sub(r"[, ]*$", " " if re.search(r": *$", content) else "", content) + closers + rest}
        yield Guess(message, first, column, column + 1, hint, lines, number == first, f"write `{closers}`")


def _opened(stopped: Stopped) -> tuple[int, int]:
    """Where the bracket stands that stays open; libyaml tells the end of the text where nothing follows the bracket."""
    line, column = stopped.within
    if stopped.lines[line][column : column + 1] in _CLOSERS:
        return line, column
    for number in (line, *stopped.contents_above(line)):
        text, _ = without_remark(stopped.lines[number][:column] if number == line else stopped.lines[number])
        for at in (at for at, char in enumerate(text) if char in _CLOSERS):
            open_now: list[str] = []
            _follow(text[at:], open_now)
            if open_now:
                return number, at
    return line, column


def _follow(text: str, opened: list[str]) -> None:
    """The brackets that are open after a text, quotes and expressions left out."""
    plain = re.sub(
        r"'[^']*'|\"(?:\\.|[^\"\\])*\"|\$\([^()]*(?:\([^()]*\)[^()]*)*\)", lambda found: " " * len(found[0]), text
    )
    for char in plain:
        if char in "{[":
            opened.append(char)
        elif char in "}]" and opened:
            opened.pop()
