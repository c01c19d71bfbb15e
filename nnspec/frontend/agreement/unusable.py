"""Data that training would refuse, as a diagnostic at the place of the spec that names them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from nnspec.data.addresses import ADDRESS
from nnspec.frontend.diagnostics import Diagnostic, Note, Span

if TYPE_CHECKING:
    from nnspec.data.errors import DataError


def unusable(error: DataError, place: Span | None) -> Diagnostic:
    """E0901, with the file and the line in a note."""
    return Diagnostic("E0901", error.message, place, hint=error.hint, notes=where(error))


def where(error: DataError) -> tuple[Note, ...]:
    if error.file is None:
        return ()
    counts = (("line", error.line), ("row", error.row))
    return (Note(", ".join([f"in {shown(error.file)}", *(f"{unit} {at}" for unit, at in counts if at is not None)])),)


def shown(path: str | Path) -> str:
    """A path as people know it: from the current folder where it lies there. An address is as it is."""
    if ADDRESS.match(str(path)):
        return str(path)
    inside = os.path.relpath(path)
    return str(path) if inside.startswith("..") else inside
