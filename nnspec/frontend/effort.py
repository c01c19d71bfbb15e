"""How much work a spec may make of itself: what its text can multiply is counted here, over the whole of a check.

A bound on each value alone bounds nothing, since a text may hold a million of them. Outside of a check nothing is
counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

MAX_VALUES = 1_000_000  # that references put in, and that expressions come to on the way
MAX_WORDS = 20_000  # that misspelt ones are compared with
CHARACTERS = 64  # of a text that count as one value


class TooMuch(Exception):
    """A spec asks for more work than any that a person has written."""


@dataclass(slots=True)
class _Count:
    values: int = 0
    words: int = 0


_count: ContextVar[_Count | None] = ContextVar("count", default=None)


@contextmanager
def counted() -> Iterator[None]:
    """One check: its count begins at nothing."""
    token = _count.set(_Count())
    try:
        yield
    finally:
        _count.reset(token)


def spend(values: int, characters: int = 0) -> None:
    """Counts values, and the characters of texts, that an expression makes. Raises TooMuch."""
    count = _count.get()
    if count is None:
        return
    count.values += values + characters // CHARACTERS
    if count.values > MAX_VALUES:
        raise TooMuch(f"the references and expressions of this spec come to more than {MAX_VALUES:,} values in all")


def words_left() -> int:
    """How many words may still be compared; so many faults, and so many names, need no more suggestions."""
    count = _count.get()
    return MAX_WORDS if count is None else MAX_WORDS - count.words


def compare(words: int) -> None:
    """Counts words that are compared."""
    count = _count.get()
    if count is not None:
        count.words += words
