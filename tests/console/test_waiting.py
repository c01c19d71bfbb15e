"""A terminal that nothing was written to for a while says what goes on; a pipe gets no such line."""

from __future__ import annotations

import os
import pty
import sys
import time

import pytest

from nnspec.console import waiting
from nnspec.console.waiting import CLEARED, counting, doing, never_silent


def terminal_of(monkeypatch: pytest.MonkeyPatch) -> int:
    """The other end of a terminal at standard error."""
    seen, shown = pty.openpty()
    monkeypatch.setattr(sys, "stderr", os.fdopen(shown, "w", buffering=1))
    monkeypatch.setattr(waiting, "SILENT", 0.3)
    return seen


def read(terminal: int, last: str) -> str:
    text = ""
    while last not in text:
        text += os.read(terminal, 10_000).decode()
    return text


def test_a_silence_is_broken_and_the_line_goes_before_more_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = terminal_of(monkeypatch)
    with never_silent(), doing("reading the data"):
        print("begun", file=sys.stderr)
        time.sleep(1.2)
        print("done", file=sys.stderr)
    before, line, *_, after = read(terminal, "done").split(CLEARED)
    assert before == "begun\r\n" and line.startswith("reading the data … ") and after.startswith("done")


def test_a_line_that_is_under_way_and_one_that_counts_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = terminal_of(monkeypatch)
    with never_silent():
        sys.stderr.write("a bar: 1/3")
        time.sleep(1.2)
        sys.stderr.write("\n")
        with counting("loading"):
            time.sleep(0.8)
    assert CLEARED not in read(terminal, "1/3\r\n")


def test_a_pipe_gets_no_line(monkeypatch: pytest.MonkeyPatch) -> None:
    reads, writes = os.pipe()
    monkeypatch.setattr(sys, "stderr", os.fdopen(writes, "w", buffering=1))
    monkeypatch.setattr(waiting, "SILENT", 0.2)
    with never_silent():
        time.sleep(0.9)
        print("done", file=sys.stderr)
    assert os.read(reads, 100) == b"done\n"
