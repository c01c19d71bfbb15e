"""A stranger's regular expression on a stranger's text: how long it may take before it is given up.

Some patterns, `(a+)+b` for one, try every way to part a text, which are more than can be tried. Python's `re` has no
limit of its own, but lets signals through.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from nnspec.data.errors import DataError

SECONDS = 0.6  # of the processor, whatever is read
PER_CHARACTER = 2e-5  # seconds more for each character; an ordinary pattern takes a hundredth of that


@dataclass
class Patience:
    """How long a pattern has taken, and on how much text. Threads beside the main one wait for as long as it takes.

    Attributes:
        what: has the pattern, as a message names it.
    """

    spent: float = 0.0
    characters: int = 0
    what: str = "`pattern`"

    @contextmanager
    def on(self, text: str) -> Iterator[None]:
        """Within it, the pattern is at work on a text. Raises DataError once it takes longer than texts explain."""
        self.characters += len(text)
        if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
            yield
            return
        start = time.process_time()
        left = SECONDS + PER_CHARACTER * self.characters - self.spent
        before = signal.signal(signal.SIGVTALRM, self._give_up)
        signal.setitimer(signal.ITIMER_VIRTUAL, max(left, 1e-3))
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            signal.signal(signal.SIGVTALRM, before)
            self.spent += time.process_time() - start

    def _give_up(self, number: int, frame: FrameType | None) -> None:
        limit = SECONDS + PER_CHARACTER * self.characters
        raise DataError(
            f"{self.what} takes more than {limit:.1f} s on {self.characters:,} characters",
            hint="a repetition within a repetition, `(a+)+` for one, tries every way to part a text",
        )
