"""Guesses: lines that are no YAML, signs that look like YAML's own, and spaces, dashes and colons left out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nnspec.frontend.lookalikes import LOOKALIKES, looks_like
from nnspec.frontend.syntax.stopped import LEAD, WORD, Guess, Stopped, body_of, break_of, short, without_remark


def conflict(stopped: Stopped) -> Iterator[Guess]:
    for number in stopped.near:
        if re.match(r"(<{7}|={7}|>{7})(\s|$)", stopped.lines[number]):
            message = "a merge conflict is left in the file"
            hint = "keep one of the two versions, and take the lines with `<<<<<<<`, `=======` and `>>>>>>>` out"
            yield Guess(message, number, 0, 7, hint)


def other_remarks(stopped: Stopped) -> Iterator[Guess]:
    for number in stopped.near:
        line = stopped.lines[number]
        if found := re.match(r"(\s*)(//|/\*|--(?!-)|;|<!--|\"\"\")", line):
            new = f"{found[1]}#{line[found.end() :]}"
            message = f"a remark begins with `#` in YAML, not with `{found[2]}`"
            yield Guess(
                message, number, found.start(2), found.end(2), None, {number: new}, True, "begin the remark with `#`"
            )


def lookalikes(stopped: Stopped) -> Iterator[Guess]:
    for number in stopped.near:
        line = stopped.lines[number]
        found = next((at for at, char in enumerate(line) if char in LOOKALIKES), None)
        if found is not None:
            name, plain = LOOKALIKES[line[found]]
            new = looks_like(line)
            message = f"{name} stands here, where YAML takes {plain}"
            yield Guess(message, number, found, found + 1, None, {number: new}, True, "write the plain characters")


def section_of_ini(stopped: Stopped) -> Iterator[Guess]:
    """``[train]`` with lines below it, and ``data =``."""
    for number in stopped.near:
        content, rest = without_remark(stopped.lines[number])
        found = re.fullmatch(r"\[(?P<key>[a-z]\w*)\]", content) or re.fullmatch(r"(?P<key>[a-z]\w*) *=", content)
        if found:
            message = f"a section of YAML is a key with a colon, not `{content}`"
            hint = f"write `{found['key']}:`"
            if entry := re.match(r"(\w+) *= *(\S+)", "".join(stopped.lines[number + 1 : number + 2])):
                hint = f"this is INI or TOML; in YAML it is `{found['key']}:` and below it `  {entry[1]}: {entry[2]}`"
                yield Guess(message, number, 0, len(content), hint)
            lines = {number: f"{found['key']}:{rest}"}
            yield Guess(message, number, 0, len(content), hint, lines, True, "write the section as a key")


def star(stopped: Stopped) -> Iterator[Guess]:
    """``* Flatten``, an item of Markdown."""
    for number in stopped.near:
        if found := re.match(r"(\s*)[*+] (?=[A-Za-z{])", stopped.lines[number]):
            rest = stopped.lines[number][found.end() :]
            hint = f"write `- {short(without_remark(rest)[0])}`"
            at = len(found[1])
            lines = {number: f"{found[1]}- {rest}"}
            yield Guess("an item of a list begins with a dash", number, at, at + 1, hint, lines, True, "write a dash")


def text_of_lines(stopped: Stopped) -> Iterator[Guess]:
    """A line that ends the document before its end, and a directive that none follows."""
    for number in stopped.near[:2]:
        line = body_of(stopped.lines[number])
        if line.strip() == "..." or line.startswith(("%YAML", "%TAG")):
            what = "ends the document" if line.strip() == "..." else "is a directive, which needs `---` after it"
            lines = {number: break_of(stopped.lines[number])}
            message, hint = f"`{short(line)}` {what}", "take the line out"
            yield Guess(message, number, 0, len(line), hint, lines, True, "take the line out")


_DASH = re.compile(r"(\s*)-(?=[A-Za-z{\[$])")
_COLON = re.compile(rf"{LEAD}(?P<key>{WORD}):(?=[^\s:/\\])")


def dash_without_space(stopped: Stopped) -> Iterator[Guess]:
    for number in stopped.near:
        line = stopped.lines[number]
        if found := _DASH.match(line):
            message = f"no space after the dash of `{short(without_remark(line)[0])}`"
            title = "put a space after the dash"
            for lines in _spaced(stopped, number, _DASH):
                hint = f"write `{short(without_remark(lines[number])[0])}`"
                yield Guess(message, number, found.end() - 1, found.end() + 1, hint, lines, True, title)


def colon_without_space(stopped: Stopped) -> Iterator[Guess]:
    for number in stopped.near:
        line = stopped.lines[number]
        if found := _COLON.match(line):
            message = f"no space after the colon of `{found['key']}`"
            hint = f"write `{found['key']}: {short(without_remark(line[found.end() :])[0])}`"
            title = "put a space after the colon"
            for lines in _spaced(stopped, number, _COLON):
                yield Guess(message, number, found.end() - 1, found.end() + 1, hint, lines, True, title)


def _spaced(stopped: Stopped, number: int, sign: re.Pattern[str]) -> Iterator[dict[int, str]]:
    """The line with a space behind the sign; then its neighbours too: who leaves one out does so in a whole list."""
    alone = _with_space(stopped.lines[number], sign)
    assert alone is not None
    together = {number: alone}
    for step in (-1, 1):
        at = number + step
        while 0 <= at < len(stopped.lines) and (new := _with_space(stopped.lines[at], sign)) is not None:
            together[at] = new
            at += step
    yield {number: alone}
    if len(together) > 1:
        yield dict(sorted(together.items()))


def _with_space(line: str, sign: re.Pattern[str]) -> str | None:
    found = sign.match(line)
    return f"{line[: found.end()]} {line[found.end() :]}" if found else None


def equals(stopped: Stopped) -> Iterator[Guess]:
    for number in stopped.near:
        line = stopped.lines[number]
        if found := re.match(rf"{LEAD}(?P<key>{WORD}) *(?P<sign>:?=)(?!=) *(?=\S)", line):
            new = f"{found['lead']}{found['key']}: {line[found.end() :]}"
            message = f"`{found['key']}` and its value are joined by `{found['sign']}`; YAML writes a colon and a space"
            hint = f"write `{found['key']}: {short(without_remark(line[found.end() :])[0])}`"
            title = "write a colon"
            yield Guess(message, number, found.start("sign"), found.end("sign"), hint, {number: new}, True, title)


def no_colon(stopped: Stopped) -> Iterator[Guess]:
    """A key with lines below it, or a value behind it, and no colon."""
    for number in stopped.near:
        line = stopped.lines[number]
        content, rest = without_remark(line)
        found = re.fullmatch(rf"{LEAD}(?P<key>{WORD})(?P<value> +\S.*)?", content)
        if not found:
            continue
        key, value = found["key"], (found["value"] or "").strip()
        if ":" in value and not value.startswith(("{", "[")):
            continue
        new = f"{found['lead']}{key}:{' ' if value else ''}{value}{rest}"
        where = f"between `{key}` and its value" if value else f"after `{key}`, which has lines below it"
        end = found.end("key")
        message, hint = f"no colon {where}", f"write `{key}:{' ' if value else ''}{short(value)}`"
        yield Guess(message, number, found.start("key"), end, hint, {number: new}, not value, "write the colon")


def stray(stopped: Stopped) -> Iterator[Guess]:
    """A character too many."""
    for number in stopped.near:
        line = stopped.lines[number]
        for found in re.finditer(r"[{}\[\]\"',#=&*!|>%@`)(-]|:(?!\s|$)|(?<!\w):", body_of(line)):
            at = found.start()
            lines = {number: line[:at] + line[at + 1 :]}
            yield Guess(f"`{line[at]}` does not belong here", number, at, at + 1, None, lines, title="take it out")
