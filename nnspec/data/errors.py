"""The one exception of data that cannot be used."""

from __future__ import annotations


class DataError(Exception):
    """Data that cannot be used: what is wrong, in which file, on which line or row, and what helps. Exit code 4.

    Attributes:
        code: of the diagnostic that says the same; None where there is none.
        row: counted from 1, where the file has no lines, or the rows are of no file.
    """

    code: str | None = "E0901"

    def __init__(
        self,
        message: str,
        *,
        file: str | None = None,
        line: int | None = None,
        row: int | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.file = file
        self.line = line
        self.row = row
        self.hint = hint

    def plain(self) -> dict[str, str | int | None]:
        """As JSON has it, of which another one is made again."""
        return {"message": self.message, "file": self.file, "line": self.line, "row": self.row, "hint": self.hint}

    def __str__(self) -> str:
        place = place_of(self.file, self.line, self.row)
        return (f"{place}: " if place else "") + self.message + (f" ({self.hint})" if self.hint else "")


class Remark(DataError):
    """What is likely to be wrong, though nothing was left out because of it: a warning with a code."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        file: str | None = None,
        line: int | None = None,
        row: int | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, file=file, line=line, row=row, hint=hint)
        self.code = code


def place_of(file: str | None, line: int | None, row: int | None) -> str:
    """`table.csv:3`, or `table.parquet, row 3`; empty where nothing is known."""
    place = ":".join(str(part) for part in (file, line) if part is not None)
    return place if row is None else ", ".join(filter(None, (place, f"row {row}")))
