"""Which examples share a batch: those that come one after the other, or those of about the same length.

A shuffled batch is as long as its longest sequence, and often more than half of it is padding. Sorted by length before
they are cut into batches, the same examples fill nearly all of it; the batches are then shuffled. Either way the plan
of an epoch is a pure function of seed and epoch, so that a run resumes within it by the number of a batch.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

GROWTH = 1.1  # each length that batches may have is a tenth longer than the one before


@dataclass(frozen=True)
class Plan:
    """The batches of an epoch: batch i has the examples `order[starts[i]:starts[i + 1]]`.

    Attributes:
        order: int64, numbers of examples; starts: int64 [batches + 1].
        steps: int64 [batches], how long the sequences of each batch are padded to; None: to its longest.
    """

    order: np.ndarray
    starts: np.ndarray
    steps: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def size(self) -> int | None:
        """How many examples every batch has; None where they differ."""
        import numpy as np

        sizes = np.diff(self.starts)
        return int(sizes[0]) if len(sizes) and (sizes == sizes[0]).all() else None

    def waste(self, lengths: np.ndarray) -> float:
        """The share of all steps that is padding; `lengths` are those of the examples in `order`."""
        import numpy as np

        used = lengths[: self.starts[-1]]
        longest = np.maximum.reduceat(used, self.starts[:-1]) if self.steps is None else self.steps
        total = int((np.diff(self.starts) * longest).sum())
        return 1 - int(used.sum()) / total if total else 0.0


@dataclass(frozen=True, slots=True)
class ByLength:
    """Batches of examples of about the same length.

    Attributes:
        tokens: how many steps a batch has at most, padding included, instead of a number of examples. A longer sequence
            is a batch of its own.
    """

    tokens: int | None = None

    def plan(self, order: np.ndarray, lengths: np.ndarray, batch_size: int, draw: np.ndarray | None) -> Plan:
        """
        Args:
            order: the examples of the epoch, shuffled: those of one length stay in this order.
            lengths: int64, of the examples in `order`.
            draw: at least a number for each batch, by which the batches are shuffled; None: short ones first.
        """
        import numpy as np

        rounded = round_up(lengths)
        by_length = np.argsort(rounded, kind="stable")
        order, rounded = order[by_length], rounded[by_length]
        starts = cut(rounded, self.tokens) if self.tokens else np.arange(0, len(order), batch_size)
        ends = np.append(starts[1:], len(order))
        turn = np.arange(len(starts)) if draw is None else np.argsort(draw[: len(starts)], kind="stable")
        members = [order[starts[batch] : ends[batch]] for batch in turn]
        return Plan(
            np.concatenate(members), np.cumsum([0, *map(len, members)], dtype=np.int64), rounded[ends[turn] - 1]
        )


def in_turn(order: np.ndarray, batch_size: int) -> Plan:
    """Batches of examples as they come, the last one perhaps smaller."""
    import numpy as np

    return Plan(order, np.minimum(np.arange(0, len(order) + batch_size, batch_size, dtype=np.int64), len(order)))


def round_up(lengths: np.ndarray) -> np.ndarray:
    """Lengths as batches may have them: few, so that a compiler of fixed shapes has few to compile."""
    import numpy as np

    longest, edges = int(lengths.max(initial=1)), [1]
    while edges[-1] < longest:
        edges.append(min(longest, max(edges[-1] + 1, math.ceil(edges[-1] * GROWTH))))
    rounded: np.ndarray = np.array(edges, np.int64)[np.searchsorted(edges, lengths)]
    return rounded


def cut(lengths: np.ndarray, tokens: int) -> np.ndarray:
    """Where batches start, so that each has at most so many steps with its padding; lengths ascend."""
    import numpy as np

    starts, start = [], 0
    while start < len(lengths):
        starts.append(start)
        window = lengths[start : start + max(1, tokens // int(lengths[start]))]
        fits = np.arange(1, len(window) + 1) * window <= tokens
        start += max(1, int(fits.sum()))
    return np.array(starts, np.int64)
