"""The receptive field of a layer's output: the question to its kind's record.

Where branches meet, the largest counts: their windows are taken to have one middle, as padding `same` makes them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nnspec.layers import LayerKind, layer_kind
from nnspec.layers.fields import ALL, Field, Reach, everything, fraction, within
from nnspec.layers.types import KindValue

__all__ = ["ALL", "Field", "Reach", "receptive_field", "start"]


def start(rank: int) -> Reach:
    """Of an input with `rank` dimensions besides the batch, the last of them the channels: it sees itself."""
    return Field((1,) * (rank - 1), (fraction(1),) * (rank - 1))


def receptive_field(
    kind: str, args: Mapping[str, Any], inputs: Sequence[Reach], record: LayerKind | None = None
) -> Reach:
    """The field of a layer's output.

    Args:
        args: every argument, defaults filled in.
        inputs: the fields of what it is called with.
        record: of a kind that a plugin brings.

    Returns:
        `ALL` where the whole input is seen, None where it is not known.
    """
    inner = args.get("layer")
    record = record or layer_kind(kind)
    if record.field is within and isinstance(inner, KindValue):
        return receptive_field(inner.kind, inner.args, inputs)
    if record.field is everything or ALL in inputs:
        return ALL
    widest = _widest(inputs)
    return None if widest is None else record.field(widest, args)


def _widest(inputs: Sequence[Reach]) -> Field | None:
    fields = [reach for reach in inputs if isinstance(reach, Field)]
    if len(fields) < len(inputs) or len({len(field.sizes) for field in fields}) != 1:
        return None
    pairs = zip(*(field.sizes for field in fields), strict=True)
    return Field(tuple(max(pair) for pair in pairs), max(field.strides for field in fields))
