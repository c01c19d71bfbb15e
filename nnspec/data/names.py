"""Names of classes: of numbers beyond them, and those that are likely mistakes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from nnspec.data.errors import DataError

MISSING = frozenset({"nan", "null", "none", "n/a", "na", "?", "-", "unknown"})
MARKS = re.compile(r"[\s_.?!-]+")
SHOWN = 5  # so many pairs are told


def name_of(classes: Sequence[str], number: int) -> str:
    """What a class is called. An output may have more units than the data have classes: those have no name."""
    return classes[number] if number < len(classes) else f"[{number}]"


def names_of(classes: Sequence[str], count: int) -> list[str]:
    """The names of so many units, and of all classes."""
    return [name_of(classes, number) for number in range(max(count, len(classes)))]


def doubtful(counts: Mapping[str, int], where: str) -> Iterator[DataError]:
    """Remarks on classes with so many examples each."""
    first: dict[str, str] = {}
    pairs = []
    for name in counts:
        other = first.setdefault(MARKS.sub("", name.casefold()) or name, name)
        if other != name:
            pairs.append((other, name))
    for one, other in pairs[:SHOWN]:
        message = (
            f"the classes {one!r} ({counts[one]:,} examples) and {other!r} ({counts[other]:,}) are almost one name"
        )
        yield DataError(message, file=where, hint="write them alike if they are one class")
    if len(pairs) > SHOWN:
        yield DataError(f"so are {len(pairs) - SHOWN:,} more pairs of classes", file=where)
    for name, count in counts.items():
        if name.casefold() in MISSING:
            yield DataError(f"the class {name!r} of {count:,} examples looks like a missing label", file=where)
