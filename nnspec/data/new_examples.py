"""What is changed of new examples as they are read: told to whoever listens, since no listing keeps it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_remarks: ContextVar[list[str] | None] = ContextVar("remarks", default=None)


@contextmanager
def remarks() -> Iterator[list[str]]:
    """Within it, what is changed of new examples as they are read is told here: what was cut off, above all."""
    found: list[str] = []
    token = _remarks.set(found)
    try:
        yield found
    finally:
        _remarks.reset(token)


def remark(text: str) -> None:
    """Says what was changed of a new example, to whoever listens."""
    found = _remarks.get()
    if found is not None:
        found.append(text)
