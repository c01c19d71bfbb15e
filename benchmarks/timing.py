"""Timing of whole commands in turn: A B A B ..., so that a drift of the machine hits both alike."""

from __future__ import annotations

import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Pair:
    """Measurements of two things taken in turn, in seconds."""

    first: tuple[float, ...]
    second: tuple[float, ...]

    @property
    def ratios(self) -> list[float]:
        return [a / b for a, b in zip(self.first, self.second, strict=True)]

    def line(self, name: str) -> str:
        """Medians of both and the ratio pair by pair, smallest to largest."""
        ratios = sorted(self.ratios)
        return (
            f"{name:<34} {statistics.median(self.first):8.3f} s {statistics.median(self.second):8.3f} s   "
            f"ratio {statistics.median(ratios):6.3f}  ({ratios[0]:.3f} to {ratios[-1]:.3f}, {len(ratios)} pairs)"
        )


def in_turn(first: Callable[[], float], second: Callable[[], float], runs: int, warm_up: int = 1) -> Pair:
    """Runs the two alternately; each returns the seconds that count."""
    for _ in range(warm_up):
        first()
        second()
    rows = [(first(), second()) for _ in range(runs)]
    return Pair(tuple(a for a, _ in rows), tuple(b for _, b in rows))


def whole_process(command: Sequence[str]) -> float:
    """Seconds from starting a command to its end.

    Raises:
        RuntimeError: the command failed; its output is the message.
    """
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return seconds
