"""The one exception of data that cannot be used."""

from __future__ import annotations

from typing import ClassVar


class DataError(Exception):
    """Data that cannot be used: what is wrong, in which file, on which line, and what helps. Exit code 4.

    Attributes:
        code: of the diagnostic that says the same; None where there is none.
    """

    code: ClassVar[str | None] = "E0901"

    def __init__(
        self, message: str, *, file: str | None = None, line: int | None = None, hint: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.file = file
        self.line = line
        self.hint = hint

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line) if part is not None)
        return (f"{place}: " if place else "") + self.message + (f" ({self.hint})" if self.hint else "")


class Remark(DataError):
    """What is likely to be wrong, though nothing was left out because of it."""
