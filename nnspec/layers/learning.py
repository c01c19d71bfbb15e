"""Kinds that learn from the training data before the training: what their records say of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nnspec.layers import KINDS
from nnspec.layers.kind import Learns

LEARNS: dict[str, Learns] = {kind: record.learns for kind, record in KINDS.items() if record.learns is not None}


def learns(kind: str, args: Mapping[str, Any]) -> bool:
    """Whether a layer of this kind with these arguments has something to learn from data."""
    found = LEARNS.get(kind)
    return found is not None and args.get(found.argument) is None


def size_follows(kind: str, args: Mapping[str, Any]) -> bool:
    """Whether the size of the layer's output is that of the vocabulary that it has still to learn."""
    if not learns(kind, args) or LEARNS[kind].argument != "vocabulary":
        return False
    return args.get("output_mode", "int") != "int" and not args.get("pad_to_max_tokens")
