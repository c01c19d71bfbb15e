"""What the writer did where YAML cannot be read: guesses from the lines around the fault, proven by reading on.

libyaml tells where it stopped, in its own terms, such as "did not find expected key". A guess (the files of this
folder) says what may have been done, and how the lines would stand without it; the one by which the text reads
furthest is told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import yaml

from nnspec.frontend.diagnostics import Diagnostic, Edit, Fix, Note, Source, Span, printable
from nnspec.frontend.source import LOADER
from nnspec.frontend.syntax import brackets, indentation, lines, mixed, quotes
from nnspec.frontend.syntax.stopped import Guess, Stopped

MAX_TRIED = 2_000_000  # characters that are read again for guesses at one fault
END = 1 << 30


# What libyaml says where no guess fits, in words; the first whose beginning it is.
_WORDS = {
    "mapping values are not allowed": "a key with a value stands where none can",
    "block sequence entries are not allowed": "an item of a list stands where none can",
    "did not find expected key": "this line belongs neither to the block above nor to one around it",
    "did not find expected '-' indicator": "this stands among the items of a list, and begins with no dash",
    "did not find expected ',' or": "a comma or a closing bracket is expected before this",
    "found unexpected end of stream": "the text ends within quotes",
    "did not find expected node content": "a value is expected here",
    "could not find expected ':'": "a colon is expected after a key",
    "found character that cannot start any token": "no value begins with this character; quote it",
    "found unknown escape character": "a backslash within double quotes begins an escape",
    "found undefined tag handle": "a value that begins with `!` is a tag; quote it",
    "found undefined alias": "a value that begins with `*` is an alias; quote it",
}

# From what is plain to see to what could be many things: of guesses that read as far, the first is told.
GUESSES: tuple[Callable[[Stopped], Iterator[Guess]], ...] = (
    lines.conflict,
    lines.other_remarks,
    lines.lookalikes,
    lines.text_of_lines,
    lines.section_of_ini,
    lines.star,
    mixed.arguments_beside,
    quotes.backslash,
    lines.dash_without_space,
    lines.colon_without_space,
    lines.equals,
    mixed.two_keys_on_a_line,
    mixed.arguments_below,
    lines.no_colon,
    mixed.dash_behind_key,
    brackets.brackets,
    quotes.colon_within,
    quotes.quotes,
    quotes.needs_quotes,
    quotes.expression,
    mixed.dash_or_key,
    indentation.indentation,
    lines.stray,
)


@dataclass(frozen=True, slots=True)
class _Mended:
    """A guess, its text, and the line from 0 on which that cannot be read either; ``END`` where it reads whole."""

    guess: Guess
    text: str
    line: int


def explain(
    source: Source, error: yaml.MarkedYAMLError, text: str, span: Callable[[int, int, int], Span], fixes: bool
) -> Diagnostic:
    """The diagnostic of a text that is not YAML.

    Args:
        text: what was read; part of the source's text where it is the value of a ``--set``.
        span: line, column and end column, from 0, as a place of the source.
        fixes: whether the text can be edited.
    """
    mark = error.problem_mark or error.context_mark
    if mark is None:
        return Diagnostic("E0105", f"not YAML: {printable(str(error))}")
    stopped = Stopped.of(text, error, mark)
    mended = _best(stopped)
    if mended is None:
        return _plain(error, stopped, span)
    guess = mended.guess
    place = span(guess.line, guess.column, max(guess.end, guess.column + 1))
    fix = None
    if fixes and guess.lines:
        fix = Fix(guess.title, tuple(_edits(source, stopped, guess)), guess.sure)
    return Diagnostic("E0105", guess.message, place, hint=guess.hint, fix=fix)


def _plain(error: yaml.MarkedYAMLError, stopped: Stopped, span: Callable[[int, int, int], Span]) -> Diagnostic:
    problem = printable(error.problem or str(error))
    words = next((words for start, words in _WORDS.items() if problem.startswith(start)), problem)
    place = span(stopped.line, stopped.column, stopped.column + 1)
    notes: tuple[Note, ...] = ()
    context = error.context_mark
    if error.context and context is not None and 0 < context.line != stopped.line:
        note = Note("what it is in begins here", span(context.line, context.column, context.column + 1))
        notes = (note,)
    return Diagnostic("E0105", f"not YAML: {words}", place, notes=notes)


def _best(stopped: Stopped) -> _Mended | None:
    """The guess by which the text reads furthest, the first of equals; None where it reads with none further."""
    tries = MAX_TRIED // max(len(stopped.text), 1)
    best: _Mended | None = None
    for guess in _guesses(stopped):
        if not guess.lines:
            return best or _Mended(guess, stopped.text, stopped.line)  # it needs no proof
        tries -= 1
        if tries < 0:
            break
        text = "".join(guess.lines.get(number, line) for number, line in enumerate(stopped.lines))
        line = reads_to(text)
        if line in (stopped.line, stopped.end) or line <= max(guess.lines):
            continue  # no further; what is never closed may have hidden a fault before the end
        if best is None or line > best.line:
            best = _Mended(guess, text, line)
    return best


def _guesses(stopped: Stopped) -> Iterator[Guess]:
    for look in GUESSES:
        yield from look(stopped)


def reads_to(text: str) -> int:
    """The line, from 0, on which a text stops to be YAML; ``END`` where it does not."""
    try:
        for _ in yaml.parse(text, Loader=LOADER):
            pass
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return int(mark.line) if mark else 0
    except (yaml.reader.ReaderError, UnicodeEncodeError, RecursionError):
        return 0
    return END


def _edits(source: Source, stopped: Stopped, guess: Guess) -> Iterator[Edit]:
    """Of each line what changes."""
    for number, new in sorted(guess.lines.items()):
        old = stopped.lines[number]
        start = _common(old, new)
        end = _common(old[start:][::-1], new[start:][::-1])
        last = len(old) - end
        yield Edit(Span(source, number + 1, start + 1, number + 1, last + 1), new[start : len(new) - end])


def _common(one: str, other: str) -> int:
    """How many characters at the beginning are the same."""
    for at, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return at
    return min(len(one), len(other))
