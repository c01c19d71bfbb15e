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
        looked_at: files that say something of the data, and of which the spec needs nothing more.
        classes: names for the places of a target that is a vector of 0 and 1 for each example.
        one_of: whether one place of it is 1, so that these are classes, and no labels of which several may hold.
    """

    source: str
    arguments: Mapping[str, Any]
    split: Mapping[str, Any] = field(default_factory=lambda: dict(PARTS))
    notes: Sequence[str] = ()
    others: Sequence[Mapping[str, Any]] = ()
    names_files: bool = False
    instead: Guess | None = None
    looked_at: Sequence[str] = ()
    classes: Sequence[str] = ()
    one_of: bool = False
