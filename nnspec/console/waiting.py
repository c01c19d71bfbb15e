"""What a terminal shows while something takes seconds without a word: what it is, and for how long."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, RLock, Thread
from time import monotonic
from typing import Any, TextIO, cast

from nnspec.console.formatting import visible

SILENT = 1.5  # seconds after which a line says what is being done
CLEARED = "\r\x1b[K"

_tasks: list[str] = []  # what is being done, from the outside in
_counted: list[None] = []  # not empty: a line is on the terminal that counts already
_lines: list[_Line] = []  # that which breaks a silence, where there is one


@contextmanager
def doing(text: str) -> Iterator[None]:
    """Within it, `text` is what a terminal that is silent for long says; nothing is written elsewhere."""
    _tasks.append(text)
    try:
        yield
    finally:
        _tasks.remove(text)


@contextmanager
def never_silent() -> Iterator[None]:
    """Within it, a terminal at standard error that nothing was written to for a while says what goes on.

    The line goes with the next one that is written. Where standard error is no terminal there is none.
    """
    before, outer = sys.stdout, sys.stderr
    try:
        terminal = os.dup(outer.fileno()) if outer.isatty() else None
    except (OSError, ValueError, AttributeError):
        terminal = None
    if terminal is None:
        yield
        return
    line = _Line(terminal)
    _lines.append(line)
    sys.stderr = cast(TextIO, _Heard(outer, line))
    if before.isatty():
        sys.stdout = cast(TextIO, _Heard(before, line))
    done = Event()
    watch = Thread(target=line.watch, args=(done,), daemon=True)
    watch.start()
    try:
        yield
    finally:
        done.set()
        watch.join()
        line.clear()
        _lines.remove(line)
        sys.stdout, sys.stderr = before, outer
        os.close(terminal)


@contextmanager
def counting(text: str) -> Iterator[None]:
    """Within it, a line on standard error, which is a terminal, says `text` and counts the seconds.

    It is written past the filter of what TensorFlow logs.
    """
    terminal, done = os.dup(2), Event()
    counter = Thread(target=_count, args=(visible(text), terminal, done), daemon=True)
    _counted.append(None)
    for line in _lines:
        line.clear()
    counter.start()
    try:
        yield
    finally:
        done.set()
        counter.join()
        for line in _lines:
            line.last = monotonic()
        _counted.pop()
        _write(terminal, "\n")
        os.close(terminal)


def _count(text: str, terminal: int, done: Event) -> None:
    """Writes the line again each second, until it is done."""
    begin = monotonic()
    _write(terminal, text)
    while not done.wait(1):
        _write(terminal, f"\r{text} {monotonic() - begin:.0f} s")


class _Line:
    """The line that breaks a silence: drawn where nothing else stands on its line, gone before more is written."""

    def __init__(self, terminal: int) -> None:
        self.terminal, self.lock = terminal, RLock()
        self.last, self.drawn, self.is_free = monotonic(), "", True

    def watch(self, done: Event) -> None:
        while not done.wait(0.5):
            with self.lock:
                if _counted:
                    self.last = monotonic()
                elif self.is_free and monotonic() - self.last >= SILENT:
                    self.draw(visible(_tasks[-1]) if _tasks else "working", f" … {monotonic() - self.last:.0f} s")

    def draw(self, text: str, seconds: str) -> None:
        columns = os.get_terminal_size(self.terminal).columns or 80
        told = text[: max(columns - len(seconds) - 1, 8)] + seconds
        if told != self.drawn:
            _write(self.terminal, CLEARED + told)
            self.drawn = told

    def clear(self) -> None:
        with self.lock:
            if self.drawn:
                _write(self.terminal, CLEARED)
            self.last, self.drawn = monotonic(), ""

    def written(self, text: str) -> None:
        """Before a text is written."""
        self.clear()
        self.is_free = text.endswith(("\n", "\x1b[2K", CLEARED)) if text else self.is_free


class _Heard:
    """A standard stream that tells the line of what is written."""

    def __init__(self, stream: TextIO, line: _Line) -> None:
        self._stream, self._line = stream, line

    def write(self, text: str) -> int:
        with self._line.lock:
            self._line.written(text)
            return self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _write(terminal: int, text: str) -> None:
    with contextlib.suppress(OSError):  # a terminal that is gone
        os.write(terminal, text.encode())
