"""Kinds that learn from the training data before the training, by Keras's ``adapt``, unless they have the values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Learns:
    """What a kind learns.

    Attributes:
        argument: given, there is nothing to learn.
        what, given: what it learns, and the arguments that say it, for messages.
        reversed_by: an argument that turns the layer round: what reaches it then is no example of what it learns from.
    """

    argument: str
    what: str
    given: str
    reversed_by: str | None = None


LEARNS: dict[str, Learns] = {
    "Normalization": Learns("mean", "mean and variance", "`mean` and `variance`", "invert"),
    "Discretization": Learns("bin_boundaries", "bin boundaries", "`bin_boundaries`"),
    "StringLookup": Learns("vocabulary", "vocabulary", "`vocabulary`", "invert"),
    "IntegerLookup": Learns("vocabulary", "vocabulary", "`vocabulary`", "invert"),
    "TextVectorization": Learns("vocabulary", "vocabulary", "`vocabulary`"),
}


def learns(kind: str, args: Mapping[str, Any]) -> bool:
    """Whether a layer of this kind with these arguments has something to learn from data."""
    found = LEARNS.get(kind)
    return found is not None and args.get(found.argument) is None


def size_follows(kind: str, args: Mapping[str, Any]) -> bool:
    """Whether the size of the layer's output is that of the vocabulary that it has still to learn."""
    if not learns(kind, args) or LEARNS[kind].argument != "vocabulary":
        return False
    return args.get("output_mode", "int") != "int" and not args.get("pad_to_max_tokens")
