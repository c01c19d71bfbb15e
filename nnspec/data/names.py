"""Names of classes: of numbers beyond them, and those that are likely mistakes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence

from nnspec.data.errors import Remark

MISSING = frozenset({"nan", "null", "none", "n/a", "na", "?", "-", "unknown"})
MARKS = re.compile(r"[\s_.?!-]+")
SHOWN = 5  # so many pairs are told


def name_of(classes: Sequence[str], number: int) -> str:
    """What a class is called. An output may have more units than the data have classes: those have no name."""
    return classes[number] if number < len(classes) else f"[{number}]"


def names_of(classes: Sequence[str], count: int) -> list[str]:
    """The names of so many units, and of all classes."""
    return [name_of(classes, number) for number in range(max(count, len(classes)))]


def without_trifles(text: str) -> str:
    """What is left of a text without what no person sees: case, forms of one letter, and characters of no width."""
    letters = unicodedata.normalize("NFKC", text.casefold())
    return "".join(letter for letter in letters if letter.isascii() or unicodedata.category(letter) != "Cf")


def told_apart(one: str, other: str) -> tuple[str, str]:
    """Two texts as they are quoted: by the codes of their characters where they look the same."""
    same = unicodedata.normalize("NFC", one) == unicodedata.normalize("NFC", other)
    return (ascii(one), ascii(other)) if same else (repr(one), repr(other))


def looks_missing(label: str) -> bool:
    """Whether a label is a word for having none."""
    return label.casefold() in MISSING


def _nearly(name: str) -> object:
    """What is equal of names that people would take for one; numbers by their value."""
    try:
        return float(name)
    except ValueError:
        return MARKS.sub("", without_trifles(name)) or name


def nearly_one(counts: Mapping[str, int], where: str | None) -> Iterator[Remark]:
    """Remarks on classes, with so many examples each, that people would take for one."""
    first: dict[object, str] = {}
    pairs = []
    for name in counts:
        other = first.setdefault(_nearly(name), name)
        if other != name:
            pairs.append((other, name))
    for one, other in pairs[:SHOWN]:
        ours, theirs = told_apart(one, other)
        message = f"the classes {ours} ({counts[one]:,} examples) and {theirs} ({counts[other]:,}) are almost one name"
        yield Remark("W0906", message, file=where, hint="write them alike if they are one class")
    if len(pairs) > SHOWN:
        yield Remark("W0906", f"so are {len(pairs) - SHOWN:,} more pairs of classes", file=where)


def doubtful(counts: Mapping[str, int], where: str) -> Iterator[Remark]:
    """Remarks on classes with so many examples each."""
    yield from nearly_one(counts, where)
    for name, count in counts.items():
        if looks_missing(name):
            yield Remark("W0903", f"the class {name!r} of {count:,} examples looks like a missing label", file=where)
