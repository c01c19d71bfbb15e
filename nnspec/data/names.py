"""Names of classes that are likely mistakes: one name in two spellings, marks of a missing value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from nnspec.data.errors import DataError

MISSING = frozenset({"nan", "null", "none", "n/a", "na", "?", "-", "unknown"})
MARKS = re.compile(r"[\s_.?!-]+")
SHOWN = 5  # so many pairs are told


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
