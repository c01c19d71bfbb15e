"""The end of a process at a step, as far as training can tell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nnspec.console.progress import Reporter


class Killed(Exception):
    """Stands for the end of the process."""


class KillAt(Reporter):
    """Ends the process, as far as training can tell, after so many steps."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def step(self, done: int, logs: Mapping[str, Any]) -> None:
        self.left -= 1
        if self.left == 0:
            raise Killed
