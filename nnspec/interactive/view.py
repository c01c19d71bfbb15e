"""What a function found, as a session shows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from nnspec.quick_classes import dataclass


@dataclass(frozen=True)
class View:
    """Something to look at: in a notebook a card, elsewhere the text that the command prints.

    Attributes:
        data: plain values, those that the command prints with `--json`.
        text: for people.
        path: the file that was written, where one was.
        found: the objects that `data` is made of, where there are any.
    """

    data: Mapping[str, Any]
    text: str
    path: Path | None = None
    found: Any = None
    draw: Callable[[], str] | None = field(default=None, repr=False, compare=False)

    def __repr__(self) -> str:
        """The text, so that a session that has no HTML shows it as the terminal does."""
        from nnspec.console.formatting import plain_text

        return plain_text(self.text)

    def _repr_html_(self) -> str:
        from nnspec.console.formatting import plain_text
        from nnspec.report.notebook.markup import card, element

        return self.draw() if self.draw else card(element("pre", plain_text(self.text)))


def columns() -> int:
    """Columns of the terminal; 100 where there is none, so that what is piped does not depend on a window."""
    import shutil

    return shutil.get_terminal_size((100, 24)).columns
