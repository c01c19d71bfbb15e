"""The spec's budget for what is shipped: bytes, latency, memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from nnspec.frontend.config import Budget

if TYPE_CHECKING:
    from nnspec.export.gate.measure import Cost

SAYS = {
    "tflite_bytes": "it has {:,} bytes; the budget of TFLite files is {:,.0f}",
    "saved_model_bytes": "it has {:,} bytes; the budget of SavedModels is {:,.0f}",
    "latency_ms": "the median latency is {:.3g} ms; the budget is {:.3g}",
    "memory_bytes": "it takes {:,} bytes of memory; the budget is {:,.0f}",
    "arena_bytes": "it takes an arena of {:,} bytes; the budget is {:,.0f}",
}


def over_budget(
    budget: Budget, bytes_key: str | None, size: int, cost: Cost | None = None, arena: int | None = None
) -> Iterator[str]:
    """A sentence for each limit that a file passes; those of latency and memory are held if it was measured.

    Args:
        bytes_key: the limit that the size is held against, the target's `bytes_budget`.
        size: bytes.
        arena: bytes that TensorFlow Lite Micro takes, of a file that it is for.
    """
    found: dict[str, float] = {bytes_key or "": size}
    if cost is not None:
        found |= {"latency_ms": cost.median_ms, "memory_bytes": cost.memory}
    if arena is not None:
        found["arena_bytes"] = arena
    for key, text in SAYS.items():
        limit = getattr(budget, key)
        if limit is not None and found.get(key, 0) > limit:
            yield text.format(found[key], limit)
