"""The few examples with the largest error, kept while a part is gone through."""

from __future__ import annotations

import heapq
import math
from typing import Any


class Worst:
    """Keeps the ``count`` examples of the largest error, and nothing of the others."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._heap: list[tuple[float, int, Any]] = []
        self._seen = 0

    def add(self, error: float, kept: Any) -> None:
        """The next example, in the order of its part. An error that is no number counts as the largest."""
        entry = (math.inf if math.isnan(error) else error, -self._seen, kept)
        self._seen += 1
        if len(self._heap) < self.count:
            heapq.heappush(self._heap, entry)
        elif entry[:2] > self._heap[0][:2]:
            heapq.heapreplace(self._heap, entry)

    @property
    def found(self) -> list[tuple[int, float, Any]]:
        """Place in the part, error and what was kept of each, the largest error first."""
        ordered = sorted(self._heap, key=lambda entry: entry[:2], reverse=True)
        return [(-place, error, kept) for error, place, kept in ordered]
