"""Guesses: a value and a mapping, or a list and a mapping, in one place."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nnspec.frontend.syntax.stopped import ENTRY, LEAD, WORD, Guess, Stopped, break_of, indent_of, short, without_remark


def two_keys_on_a_line(stopped: Stopped) -> Iterator[Guess]:
    """``optimizer: Adam: {...}``, and texts with a colon in them."""
    for number in stopped.near[:2]:
        content, rest = without_remark(stopped.lines[number])
        found = re.fullmatch(rf"(?P<before>{LEAD}(?P<key>{WORD}): +)(?P<value>[^\s{{\[\"'|>&*!].*?:(?: .*)?)", content)
        if not found:
            continue
        start, value = found.start("value"), found["value"]
        inner = _nested(value)
        if inner is None:
            quoted = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
            message = f"the text of `{found['key']}` has a colon in it and no quotes"
            hint, new, sure, title = f"write `{found['key']}: {short(quoted)}`", quoted, True, "quote the text"
        else:
            message = f"two keys on one line: `{found['key']}` and `{value.partition(':')[0]}`"
            hint, new, sure, title = (
                f"write `{found['key']}: {short(inner)}`",
                inner,
                True,
                "put braces around the inner",
            )
        yield Guess(message, number, start, len(content), hint, {number: found["before"] + new + rest}, sure, title)
        if inner is not None and value.endswith(":"):
            yield _inner_on_its_own_line(stopped, number, found["before"], value, rest)


def _nested(value: str) -> str | None:
    """``Adam: learning_rate: 1`` with braces around each inner mapping; None where a key is more than a word."""
    key, _, inner = value.partition(":")
    if not re.fullmatch(WORD, key):
        return None
    inner = inner.strip()
    if " " in inner and ":" not in inner and inner[0] not in "{[\"'$":
        return None  # prose
    if re.match(rf"{WORD}:(\s|$)", inner):
        below = _nested(inner)
        return None if below is None else f"{{{key}: {below}}}"
    return f"{{{key}: {inner}}}" if inner else f"{{{key}: }}"


def _inner_on_its_own_line(stopped: Stopped, number: int, before: str, value: str, rest: str) -> Guess:
    indent = " " * (len(before) - len(before.lstrip(" -")) + 1)
    new = f"{before.rstrip()}{break_of(stopped.lines[number]) or chr(10)}{indent}{value}{rest}"
    message = f"two keys on one line: `{before.strip(' -:')}` and `{value.partition(':')[0]}`"
    hint = f"put `{value}` on a line of its own, indented further than `{before.strip(' -:')}`"
    return Guess(message, number, len(before), len(before) + len(value), hint, {number: new})


def arguments_below(stopped: Stopped) -> Iterator[Guess]:
    """A value behind the colon, and more below; or a bare word with arguments below it."""
    above = stopped.above
    if above is None or not ENTRY.match(stopped.lines[stopped.line]):
        return
    content, rest = without_remark(stopped.lines[above])
    below = stopped.below(above)
    line = stopped.lines[stopped.line]
    if line.lstrip().startswith("- ") or indent_of(line) <= indent_of(stopped.lines[above]):
        return
    argument = short(without_remark(stopped.lines[stopped.line])[0])
    column, end = indent_of(stopped.lines[stopped.line]), len(without_remark(stopped.lines[stopped.line])[0])
    if found := re.fullmatch(rf"{LEAD}(?P<key>{WORD})", content):
        deeper = found.start("key") + 2 - column
        if deeper <= 0 or content.lstrip(" -") != found["key"]:
            return  # it is below the word already: the colon alone is missing
        lines = {above: f"{content}:{rest}", **{at: " " * deeper + stopped.lines[at] for at in below}}
        message = f"`{found['key']}` has arguments below it, and no colon"
        hint = f"write `{found['key']}: {{{argument}}}`"
        yield Guess(message, stopped.line, column, end, hint, lines, True, "write it as a mapping")
    elif found := ENTRY.fullmatch(content):
        name = _first_argument(found["key"])
        if name is None:
            return
        if not found["value"] or found["value"][0] in "{[|>":
            if found["value"] and found["value"][0] == "{" and found["value"].endswith("}"):
                inner = found["value"][1:-1].strip()
                message = f"`{found['key']}` has arguments in braces, and more below"
                hint = f"write them in one place: `{found['key']}: {{{inner}, {argument}}}`"
                new = f"{found['lead']}{found['key']}: {{{inner}, {argument}}}{rest}"
                lines = {above: new, stopped.line: ""}
                yield Guess(message, stopped.line, column, end, hint, lines, True, "put it into the braces")
            return
        message = f"`{found['key']}` has the value `{short(found['value'])}` and arguments below it"
        hint = f"name the value, too: `{found['key']}: {{{name}: {short(found['value'])}, {argument}}}`"
        indent = " " * max(column, found.start("key") + 1)
        first = f"{found['lead']}{found['key']}:{rest or chr(10)}{indent}{name}: {found['value']}"
        lines = {above: f"{first}{break_of(stopped.lines[above]) or chr(10)}"}
        yield Guess(message, stopped.line, column, end, hint, lines, True, "name the value")


def _first_argument(kind: str) -> str | None:
    from nnspec.catalog.kinds import catalog

    for category in ("layer", "optimizer", "loss", "metric", "callback", "source", "target"):
        for argument in catalog().arguments(category, kind)[:1]:
            return argument.name
    return None


def arguments_beside(stopped: Stopped) -> Iterator[Guess]:
    """Arguments under the dash of ``- Dense:``, where they should stand further in than the kind."""
    above = stopped.above
    if above is None:
        return
    content, _ = without_remark(stopped.lines[above])
    found = re.fullmatch(rf"(?P<lead>\s*- +)(?P<key>{WORD}):", content)
    indent = indent_of(stopped.lines[stopped.line])
    if found is None or indent != indent_of(content) or _first_argument(found["key"]) is None:
        return
    below = [at for at in (stopped.line, *stopped.below(stopped.line)) if indent_of(stopped.lines[at]) == indent]
    own = []
    for at in below:
        if not ENTRY.fullmatch(without_remark(stopped.lines[at])[0]) or stopped.lines[at].lstrip().startswith("- "):
            break
        own.append(at)
    further = " " * (len(found["lead"]) + 2)
    lines = {at: f"{further}{stopped.lines[at].lstrip()}" for at in own}
    message = f"arguments of {found['key']} are indented further than `{found['key']}:` itself"
    end = len(without_remark(stopped.lines[stopped.line])[0])
    hint = f"indent them by {len(further)} spaces"
    yield Guess(message, stopped.line, indent, end, hint, lines, True, "indent the arguments")


def dash_behind_key(stopped: Stopped) -> Iterator[Guess]:
    """``metrics: - MeanSquaredError``."""
    above = stopped.above
    opened = above is not None and without_remark(stopped.lines[above])[0].endswith(("[", "{", ","))
    in_brackets = opened and stopped.lines[stopped.line].lstrip().startswith("- ")
    if not in_brackets and not stopped.problem.startswith("block sequence entries"):
        return
    content, rest = without_remark(stopped.lines[stopped.line])
    if found := re.fullmatch(rf"(?P<before>{LEAD}(?P<key>{WORD}): +)- +(?P<value>\S.*)", content):
        key, value, start = found["key"], found["value"], found.start("value") - 2
        message = f"the list of `{key}` begins behind its colon"
        hint = f"write `{key}: [{short(value)}]`, or begin each item on a line of its own below `{key}:`"
        flow = {stopped.line: f"{found['before']}[{value}]{rest}"}
        yield Guess(message, stopped.line, start, len(content), hint, flow, True, "write the list in brackets")
        indent = " " * next((indent_of(stopped.lines[at]) for at in stopped.below(stopped.line)), 2)
        broken = f"{found['before'].rstrip()}\n{indent}- {value}{rest}"
        yield Guess(message, stopped.line, start, len(content), hint, {stopped.line: broken}, False, "break the line")
    elif in_brackets:
        message = "an item with a dash stands within brackets"
        hint = "within [ ] items are separated by commas, without dashes; or leave the brackets out"
        yield Guess(message, stopped.line, stopped.column, stopped.column + 1, hint)


def dash_or_key(stopped: Stopped) -> Iterator[Guess]:
    """A key among the items of a list, or an item among keys, indented alike."""
    line = stopped.lines[stopped.line]
    content, indent = without_remark(line)[0], indent_of(line)
    siblings = [at for at in stopped.contents_above(stopped.line) if indent_of(stopped.lines[at]) == indent]
    if not siblings:
        return
    is_item, above = content.lstrip().startswith("- "), stopped.lines[siblings[0]].lstrip().startswith("- ")
    if above and not is_item:
        message = f"`{short(content)}` is no item of a list, and stands among items"
        hint = f"write `- {short(content)}`, or take the dashes before the others out"
        lines = {stopped.line: f"{' ' * indent}- {line[indent:]}"}
        yield Guess(message, stopped.line, indent, len(content), hint, lines, False, "put a dash before it")
        without = dict.fromkeys(siblings)
        if all(stopped.lines[at].lstrip().startswith("- ") for at in siblings[:1]):
            lines = {at: " " * indent + stopped.lines[at].lstrip()[2:] for at in without if at == siblings[0]}
            message = f"`{short(without_remark(stopped.lines[siblings[0]])[0])}` is an item of a list, among keys"
            hint = "entries of a mapping have no dash"
            yield Guess(message, siblings[0], indent, indent + 1, hint, lines, False, "take the dash out")
    elif is_item and not above:
        yield from _bare_word(stopped, siblings)
        lines = {stopped.line: " " * indent + line.lstrip()[2:]}
        message = f"`{short(content)}` is an item of a list, and stands among keys"
        hint = "entries of a mapping have no dash"
        yield Guess(message, stopped.line, indent, indent + 1, hint, lines, False, "take the dash out")
        yield Guess(message, stopped.line, indent, indent + 1, hint)


def _bare_word(stopped: Stopped, siblings: list[int]) -> Iterator[Guess]:
    """``Flatten`` among items, without its dash: the line after it is where reading stops."""
    at = siblings[0]
    content, _ = without_remark(stopped.lines[at])
    items = [one for one in siblings[1:] if stopped.lines[one].lstrip().startswith("- ")]
    if items and re.fullmatch(rf" *{WORD}", content):
        indent = indent_of(content)
        message, hint = (
            f"`{content.strip()}` is no item of a list, and stands among items",
            f"write `- {content.strip()}`",
        )
        lines = {at: f"{' ' * indent}- {stopped.lines[at][indent:]}"}
        yield Guess(message, at, indent, len(content), hint, lines, True, "put a dash before it")
