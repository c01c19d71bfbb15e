"""Ctrl-C, SIGTERM and SIGHUP as a question that the loop answers after its step: has anyone asked to stop?

SIGHUP comes when the terminal or the connection of a session is closed. A signal that is ignored when a command starts
stays so: SIGHUP under `nohup`, SIGINT of what a script puts into the background.
"""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import threading
from collections.abc import Iterator
from types import FrameType, TracebackType
from typing import Any

TERMINATIONS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
SIGNALS = (signal.SIGINT, *TERMINATIONS)


class Interrupts:
    """While entered, the first signal sets ``asked``; a second one acts as if nobody had listened.

    Signals reach only the main thread of Python; in another, ``asked`` stays false.
    """

    def __init__(self) -> None:
        self.asked = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Interrupts:
        if threading.current_thread() is threading.main_thread():
            self._before = _listen(SIGNALS, self._heard)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _give_back(self._before)

    def _heard(self, number: int, frame: FrameType | None) -> None:
        self.asked = True
        _leave_terminal(number)
        _give_back(self._before)


@contextlib.contextmanager
def terminations_interrupt() -> Iterator[None]:
    """While open, SIGTERM and SIGHUP are a KeyboardInterrupt, as Ctrl-C is; in the main thread alone."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        _leave_terminal(number)
        raise KeyboardInterrupt

    before = _listen(TERMINATIONS, interrupt)
    try:
        yield
    finally:
        _give_back(before)


def _listen(signals: tuple[int, ...], heard: Any) -> dict[int, Any]:
    return {number: signal.signal(number, heard) for number in signals if signal.getsignal(number) != signal.SIG_IGN}


def _give_back(before: dict[int, Any]) -> None:
    while before:
        signal.signal(*before.popitem())


def _leave_terminal(number: int) -> None:
    """After SIGHUP nothing can be written to the terminal any more, and a line for it must not end what is saved."""
    if number != getattr(signal, "SIGHUP", None):
        return
    for stream in (1, 2):
        with contextlib.suppress(OSError):
            if stat.S_ISCHR(os.fstat(stream).st_mode):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
