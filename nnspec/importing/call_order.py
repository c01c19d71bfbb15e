"""The order in which a model's layers are called: each after what it takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import heappop, heappush

Key = tuple[str, int]  # a layer's name in its model, and which of its calls


class CallOrder:
    """Calls in an order in which each comes after what it takes, as repeated walks over all of them would find it.

    Attributes:
        left: the numbers of those that wait.
    """

    def __init__(self, needs: Sequence[set[Key]]) -> None:
        self.needs = needs
        self.left = set(range(len(needs)))
        self.waiting: dict[Key, list[int]] = {}
        for number, keys in enumerate(needs):
            for key in keys:
                self.waiting.setdefault(key, []).append(number)
        self.ready = [(0, number) for number, keys in enumerate(needs) if not keys]
        self.walk = self.number = 0

    def __iter__(self) -> Iterator[int]:
        while self.ready:
            self.walk, self.number = heappop(self.ready)
            self.left.discard(self.number)
            yield self.number

    def made(self, key: Key) -> None:
        """Says that the last call that came gives this."""
        for number in self.waiting.pop(key, ()):
            self.needs[number].discard(key)
            if not self.needs[number]:
                heappush(self.ready, (self.walk + (number < self.number), number))
