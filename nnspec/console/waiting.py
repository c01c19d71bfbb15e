"""What a terminal shows while something takes seconds without a word: what it is, and for how long."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from time import monotonic

from nnspec.console.formatting import visible


@contextmanager
def counting(text: str) -> Iterator[None]:
    """Within it, a line on standard error, which is a terminal, says `text` and counts the seconds.

    It is written past the filter of what TensorFlow logs.
    """
    terminal, done = os.dup(2), Event()
    counter = Thread(target=_count, args=(visible(text), terminal, done), daemon=True)
    counter.start()
    try:
        yield
    finally:
        done.set()
        counter.join()
        _write(terminal, "\n")
        os.close(terminal)


def _count(text: str, terminal: int, done: Event) -> None:
    """Writes the line again each second, until it is done."""
    begin = monotonic()
    _write(terminal, text)
    while not done.wait(1):
        _write(terminal, f"\r{text} {monotonic() - begin:.0f} s")


def _write(terminal: int, text: str) -> None:
    with contextlib.suppress(OSError):  # a terminal that is gone
        os.write(terminal, text.encode())
