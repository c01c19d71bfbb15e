"""A reporter that keeps what it is told."""

from __future__ import annotations

from nnspec.console.progress import Reporter
from nnspec.frontend.diagnostics import Diagnostic


class Heard(Reporter):
    """Attributes: said: every line. warned: every warning."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.warned: list[Diagnostic] = []

    def say(self, text: str) -> None:
        self.said.append(text)

    def warn(self, warning: Diagnostic) -> None:
        self.warned.append(warning)
