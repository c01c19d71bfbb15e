"""Guesses: quotes left open, ended early or left out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nnspec.frontend.syntax.stopped import WORD, Guess, Stopped, short, without_remark


def quotes(stopped: Stopped) -> Iterator[Guess]:
    yield from _apostrophe(stopped)
    yield from _open_quote(stopped)
    yield from _text_behind_quotes(stopped)


def _apostrophe(stopped: Stopped) -> Iterator[Guess]:
    for number in stopped.near:
        content, rest = without_remark(stopped.lines[number])
        found = re.fullmatch(rf"(?P<before>\s*(?:- +)*(?:{WORD}: +)?)'(?P<text>[^'\"]*\w'\w[^\"]*)'", content)
        if found:
            message = "an apostrophe within single quotes ends the text"
            hint = f'use double quotes: `"{short(found["text"])}"`'
            lines = {number: f'{found["before"]}"{found["text"]}"{rest}'}
            start = found.start("text") - 1
            yield Guess(message, number, start, len(content), hint, lines, True, "use double quotes")


def _open_quote(stopped: Stopped) -> Iterator[Guess]:
    found_lines = [
        number for number in [*stopped.near, *stopped.contents_above(stopped.line)] if number <= stopped.line
    ]
    for number in dict.fromkeys(found_lines):
        line = stopped.lines[number]
        content, rest = without_remark(line)
        for found in re.finditer(r"(?<=[\s{\[,:])(['\"])|^(['\"])", content):
            quote = found[1] or found[2]
            start = found.start()
            if content.count(quote, start) % 2 == 0:
                continue
            message, hint = f"this text begins with `{quote}` and is never closed", f"write `{quote}` where it ends"
            ends = [hit.start() for hit in re.finditer(r"\s*[,}\]]|$", content[start + 1 :])]
            for end in dict.fromkeys((ends[0], ends[-1])):
                at = start + 1 + end
                lines = {number: f"{content[:at]}{quote}{content[at:]}{rest}"}
                yield Guess(message, number, start, at, hint, lines, at == len(content), f"write `{quote}`")
            break


def _text_behind_quotes(stopped: Stopped) -> Iterator[Guess]:
    for number in stopped.near[:2]:
        content, rest = without_remark(stopped.lines[number])
        pattern = rf"(?P<before>\s*(?:- +)*(?:{WORD}: +)?)(?P<text>(['\"])[^'\"]*\3 *[^\s,}}\]].*)"
        if found := re.fullmatch(pattern, content):
            quoted = "'" + found["text"].replace("'", "''") + "'"
            message, hint = (
                "there is text behind the closing quote",
                f"write `{short(quoted)}`, or leave the quotes out",
            )
            lines = {number: f"{found['before']}{quoted}{rest}"}
            yield Guess(message, number, found.start("text"), len(content), hint, lines, False, "quote all of it")


def needs_quotes(stopped: Stopped) -> Iterator[Guess]:
    """A value that begins with a character of YAML's own."""
    content, rest = without_remark(stopped.lines[stopped.line])
    for found in re.finditer(r"(?<=[ \[,{])[@`%*&!|>][^\s,}\]]*", content):
        if found[0] in ("|", ">", "|-", ">-", "|+", ">+"):
            continue
        lines = {stopped.line: f"{content[: found.start()]}'{found[0]}'{content[found.end() :]}{rest}"}
        message = f"a text that begins with `{found[0][0]}` needs quotes"
        yield Guess(message, stopped.line, *found.span(), f"write `'{short(found[0])}'`", lines, True, "quote the text")


def colon_within(stopped: Stopped) -> Iterator[Guess]:
    """A text within brackets with a colon of its own: ``{path: C:\\pets: new}``."""
    if "flow" not in stopped.context:
        return
    line = stopped.lines[stopped.line]
    for found in re.finditer(rf"(?<=[{{,]) *{WORD}: +(?P<text>[^\s'\"{{\[][^,}}\]'\"]*: [^,}}\]'\"]*)", line):
        text = found["text"].rstrip()
        start = found.start("text")
        lines = {stopped.line: f"{line[:start]}'{text}'{line[start + len(text) :]}"}
        message, hint = "a text with a colon and a space needs quotes", f"write `'{short(text)}'`"
        yield Guess(message, stopped.line, start, start + len(text), hint, lines, True, "quote the text")


def backslash(stopped: Stopped) -> Iterator[Guess]:
    if "escape" not in stopped.problem and "escape" not in stopped.context and "hex" not in stopped.problem:
        return
    line = stopped.lines[stopped.line]
    for found in re.finditer(r'"([^"\']*\\[^"\']*)"', line):
        if found.start() <= stopped.column <= found.end():
            lines = {stopped.line: f"{line[: found.start()]}'{found[1]}'{line[found.end() :]}"}
            message = "a backslash within double quotes begins an escape"
            hint = (
                f"write `'{short(found[1])}'`, or slashes, which every system reads: `{found[1].replace(chr(92), '/')}`"
            )
            yield Guess(message, stopped.line, *found.span(), hint, lines, True, "use single quotes")


def expression(stopped: Stopped) -> Iterator[Guess]:
    """An expression with a comma, a bracket or a colon inside braces."""
    for number in stopped.near:
        line = stopped.lines[number]
        if found := re.search(r"\$\{\s*([\w.]+)\s*\}|\{\{\s*([\w.]+)\s*\}\}", line):
            name = f"${(found[1] or found[2]).removeprefix('params.')}"
            lines = {number: line[: found.start()] + name + line[found.end() :]}
            message = f"`{found[0]}` is another language's way to write a name"
            yield Guess(message, number, *found.span(), f"write `{name}`", lines, True, f"write `{name}`")
        if found := re.search(r"\$\{ *([\w.]+(?: *[-+*/]+ *[\w.]+)+) *\}", line):
            text = f"$({found[1]})"
            lines = {number: line[: found.start()] + text + line[found.end() :]}
            message = f"`{found[0]}` is another language's way to calculate"
            yield Guess(message, number, *found.span(), f"write `{text}`", lines, True, f"write `{text}`")
        for found in re.finditer(r"\$\((?:[^()\"']|\([^()\"']*\))*\)", line):
            lines = {number: f'{line[: found.start()]}"{found[0]}"{line[found.end() :]}'}
            message = "an expression with a comma, a bracket or `: ` inside {...} needs quotes"
            yield Guess(
                message, number, *found.span(), f'write `"{short(found[0])}"`', lines, True, "quote the expression"
            )
