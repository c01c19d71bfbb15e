"""What a session shows of a value: notebooks ask a value for HTML, and the rooms above know how it looks.

A value of a lower room cannot import the pages that are made of it. It inherits from `Displayed`, and whoever knows how
to draw says so once, by `display_by`.
"""

from __future__ import annotations

from collections.abc import Callable

_drawn: Callable[[object], str | None] = lambda value: None  # noqa: E731


class Displayed:
    """A value that notebooks show as a card; elsewhere its ``repr`` stands for it."""

    __slots__ = ()

    def _repr_html_(self) -> str | None:
        """The card, or None where there is none."""
        return _drawn(self)


def display_by(draw: Callable[[object], str | None]) -> None:
    """Says what makes cards of values: a function that gives HTML."""
    global _drawn
    _drawn = draw
