"""What can be known of a spec that is being typed: the network up to the first fault, with its shapes.

The text at fault is blanked, line by line kept so that every place stays where it is, and what is left is checked as
any spec: there is one front end, and it never has to guess. A fault in ``layers`` takes its entry and all that follow
with it, since they would be wired otherwise; a fault in a section takes that section. Within a loop that nothing
stands before, the entry of the loop that is at fault goes. Layers that do not fit each other are left as they are:
those before the first one at fault are known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nnspec.frontend.diagnostics import Diagnostic, Source
from nnspec.frontend.pipeline import Checked, check
from nnspec.frontend.spec import Graph, LayerFacts, Spec

MAX_CUTS = 8  # faults in different places; what is broken more than this is not worth a shape

_LAYERS = r"layers\s*:"
_SECTION = re.compile(r"[A-Za-z_\"'][^:]*:(\s|$)")


@dataclass(frozen=True, slots=True)
class Known:
    """A checked text, and the network of its sound part.

    Attributes:
        checked: what ``check`` says of the text as it stands.
        text: the text without what is at fault; its lines stand where they stood.
        spec: of that text; None where no part of the network stands before the fault.
        partial: the line, from 0, of the entry of ``layers`` that holds the fault, where layers within it are known:
            some are missing, and those of later rounds of a loop get other inputs than they will.
    """

    checked: Checked
    text: str
    spec: Spec | None
    partial: int | None = None

    @property
    def graph(self) -> Graph | None:
        return None if self.spec is None else self.spec.graph

    @property
    def facts(self) -> Mapping[str, LayerFacts]:
        return {} if self.spec is None else self.spec.facts


def known(
    source: Source,
    overrides: Sequence[str] = (),
    plugins: Sequence[str] = (),
    *,
    unsaved: Mapping[Path, str] | None = None,
    data: bool | None = True,
) -> Known:
    """Checks a text, and where it has errors, what stands before them. Arguments as of ``check``."""
    checked = found = check(source, overrides, plugins, unsaved=unsaved, data=data)
    text, partial = source.text, None
    for _ in range(MAX_CUTS):
        if found.sound is not None and found.sound.graph.layers:
            return Known(checked, text, found.sound, _first_entry(text, source.name, found.diagnostics))
        first = min(_blamed(found.diagnostics, source.name), default=None)
        if found.spec is not None or first is None:
            break
        shorter, entries = _cut(text, first)
        if shorter == text:
            break
        text = shorter
        if not entries:
            break
        partial = entries[0] if len(entries) > 1 else None
        found = check(replace(source, text=text), overrides, plugins, unsaved=unsaved, data=data and None)
    return Known(checked, text, found.spec, partial)


def _cut(text: str, first: int) -> tuple[str, list[int]]:
    """The text without what holds a line at fault, and the lines where that begins, from the outside in.

    That is a section, an entry of ``layers``, or one within it; none where no layers are left.
    """
    lines = text.split("\n")
    first = min(first, len(lines) - 1)
    while first > 0 and not lines[first].strip():  # a fault at the end of the text belongs to what stands last
        first -= 1
    start, end = _section(lines, first)
    entries = _entries(lines, start, first) if re.match(_LAYERS, lines[start]) else [start]
    start = entries[-1] if entries else start
    return "\n".join([*lines[:start], *[""] * (end - start), *lines[end:]]), entries


def _first_entry(text: str, name: str, diagnostics: Sequence[Diagnostic]) -> int | None:
    """The line of the first entry of ``layers`` that errors blame, as a place or as one that led there."""
    lines = text.split("\n")
    starts = [number for number, line in enumerate(lines) if re.match(_LAYERS, line)]
    errors = [one for one in diagnostics if one.severity == "error"]
    spans = [span for one in errors for span in (one.span, *(note.span for note in one.notes)) if span is not None]
    blamed = sorted(span.line - 1 for span in spans if span.file == name)
    sections = ((line, _section(lines, line)[0]) for line in blamed if line < len(lines))
    line = next((line for line, start in sections if start in starts), None)
    return None if line is None else max(_outer(lines, starts[-1], line), default=None)


def _blamed(diagnostics: Sequence[Diagnostic], name: str) -> Iterator[int]:
    """The lines, from 0, that errors blame in this text; for what stands elsewhere, the line that brought it here."""
    for diagnostic in diagnostics:
        if diagnostic.severity == "error":
            spans = [diagnostic.span, *(note.span for note in diagnostic.notes)]
            here = next((span for span in spans if span is not None and span.file == name), None)
            if here is not None:
                yield here.line - 1


def _section(lines: Sequence[str], line: int) -> tuple[int, int]:
    """The first line of the top-level section that holds a line, and the line after its last."""
    starts = [number for number, text in enumerate(lines) if _SECTION.match(text)]
    start = max((number for number in starts if number <= line), default=line)
    end = min((number for number in starts if number > start), default=len(lines))
    return start, max(end, line + 1)


def _entries(lines: Sequence[str], section: int, line: int) -> list[int]:
    """Where the entry of a list of layers begins that holds a line, and, where it is a loop that nothing stands before,
    the one within it: the last of these has others before it. Empty where no entry has.
    """
    entries = _outer(lines, section, line)
    if len(entries) > 1:
        return entries[-1:]
    inner = (number for number in range(section + 1, line) if re.match(rf"[\s-]+{_LAYERS}", lines[number]))
    within = next(inner, None)
    deeper = [] if within is None else _entries(lines, within, line)
    return [*entries, *deeper] if deeper else []


def _outer(lines: Sequence[str], section: int, line: int) -> list[int]:
    """The entries of a list that begin up to a line."""
    dashes = [number for number in range(section + 1, line + 1) if re.match(r"-(\s|$)", lines[number].lstrip())]
    outer = min((_indent(lines[number]) for number in dashes), default=0)
    return [number for number in dashes if _indent(lines[number]) == outer]


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
