"""What can be known of a spec that is being typed: the network up to the first fault, with its shapes.

The text at fault is blanked, line by line kept so that every place stays where it is, and what is left is checked as
any spec: there is one front end, and it never has to guess. A fault in ``layers`` takes its entry and all that follow
with it, since they would be wired otherwise; a fault in a section takes that section.
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

_SECTION = re.compile(r"[A-Za-z_\"'][^:]*:(\s|$)")


@dataclass(frozen=True, slots=True)
class Known:
    """A checked text, and the network of its sound part.

    Attributes:
        checked: what ``check`` says of the text as it stands.
        text: the text without what is at fault; its lines stand where they stood.
        spec: of that text; None where no part of the network stands before the fault.
    """

    checked: Checked
    text: str
    spec: Spec | None

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
    text = source.text
    for _ in range(MAX_CUTS):
        if found.spec is not None:
            break
        shorter = _without_fault(text, source.name, found.diagnostics)
        if shorter is None:
            break
        text, has_network = shorter
        if not has_network:
            break
        found = check(replace(source, text=text), overrides, plugins, unsaved=unsaved, data=data and None)
    return Known(checked, text, found.spec)


def _without_fault(text: str, name: str, diagnostics: Sequence[Diagnostic]) -> tuple[str, bool] | None:
    """The text without what its first error blames, and whether layers are left; None where nothing can be taken."""
    lines = text.split("\n")
    first = min(_blamed(diagnostics, name), default=None)
    if first is None:
        return None
    first = min(first, len(lines) - 1)
    while first > 0 and not lines[first].strip():  # a fault at the end of the text belongs to what stands last
        first -= 1
    start, end = _section(lines, first)
    has_network = True
    if re.match(r"layers\s*:", lines[start]):
        start, has_network = _entry(lines, start, first)
    blank = [""] * (end - start)
    shorter = "\n".join([*lines[:start], *blank, *lines[end:]])
    return None if shorter == text else (shorter, has_network)


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


def _entry(lines: Sequence[str], section: int, line: int) -> tuple[int, bool]:
    """Where the entry of ``layers`` begins that holds a line, and whether others stand before it."""
    dashes = [number for number in range(section + 1, len(lines)) if lines[number].lstrip().startswith("- ")]
    dashes += [number for number in range(section + 1, len(lines)) if lines[number].strip() == "-"]
    outer = min((_indent(lines[number]) for number in dashes), default=0)
    entries = sorted(number for number in dashes if _indent(lines[number]) == outer and number <= line)
    return (entries[-1] if entries else section), len(entries) > 1


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
