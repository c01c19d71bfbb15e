"""What a guess is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nnspec.data.errors import DataError

PARTS: Mapping[str, float] = {"validation": 0.15, "test": 0.15}
CUT = "texts over 200 tokens are cut there: `max_length`"


class Unknown(DataError):
    """Data that no source reads, or of which it cannot be told what is to be learned."""


@dataclass(frozen=True, slots=True)
class Guess:
    """How data may be read.

    Attributes:
        source, arguments: the source and its arguments, as they stand in a spec.
        split: what is held back: shares, files, or rows.
        notes: what was guessed and what is left out, a sentence each.
        others: arguments to try in place of these, one after the other, where nnspec refuses the first.
        names_files: whether it is a table of files, which tells more than a table that lies beside them.
        instead: the next guess, where nnspec refuses all of these.
    """

    source: str
    arguments: Mapping[str, Any]
    split: Mapping[str, Any] = field(default_factory=lambda: dict(PARTS))
    notes: Sequence[str] = ()
    others: Sequence[Mapping[str, Any]] = ()
    names_files: bool = False
    instead: Guess | None = None
