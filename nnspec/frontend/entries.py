"""Entries of a network as plain data, put beside or in place of one another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def placed(
    entries: Sequence[Any], new: Sequence[Any], after: str | int | None, in_place_of: str | int | None
) -> list[Any]:
    """The entries with new ones among them.

    Args:
        after: the entry that they follow, by name or number; `in_place_of` the one that they replace. One of both.

    Raises:
        KeyError: no entry has that name, or several have.
        IndexError: there is no entry of that number.
        ValueError: both places are given.
    """
    if after is not None and in_place_of is not None:
        raise ValueError("give `after` or `in_place_of`, not both")
    where = _number(entries, after if in_place_of is None else in_place_of)
    begin = where + (in_place_of is None)
    return [*entries[:begin], *new, *entries[where + 1 :]]


def _number(entries: Sequence[Any], place: str | int | None) -> int:
    if isinstance(place, int):
        if not -len(entries) <= place < len(entries):
            raise IndexError(f"the spec has {len(entries)} entries under `layers`, and none of number {place}")
        return place % len(entries)
    names = [entry.get("name") if isinstance(entry, Mapping) else None for entry in entries]
    if names.count(place) != 1:
        named = ", ".join(str(name) for name in names if name) or "none has a name"
        raise KeyError(f"no entry under `layers` alone has the name {place!r}: {named}")
    return names.index(place)
