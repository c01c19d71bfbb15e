"""How far a file that was trained to be rounded parts from what its training saw, on the examples of the metric."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

import numpy as np

from nnspec.backend.signature import Batch, Run


@dataclass
class Agreement:
    """
    Attributes:
        steps: by output, the size of one step of the file; others are floats.
        count: how many steps a range of values has.
        examples, chosen, same: examples seen, places where a largest value chooses, and those where both choose alike.
        worst: the most steps that a value is off.
        equal, values: values that are the same step, of all.
    """

    steps: Mapping[str, float]
    count: int = 256
    examples: int = 0
    chosen: int = 0
    same: int = 0
    worst: float = 0.0
    equal: int = 0
    values: int = 0
    seen: bool = field(default=False)

    def watched(
        self, opened: Callable[[], AbstractContextManager[Run]], reference: Run
    ) -> Callable[[], AbstractContextManager[Run]]:
        """Opens the file so that whatever it is asked, Keras is asked too; once, for the first who opens it."""

        @contextmanager
        def both() -> Iterator[Run]:
            with opened() as run:
                if self.seen:
                    yield run
                    return
                self.seen = True
                yield lambda batch: self._count(run(batch), reference(batch))

        return both

    def _count(self, found: Batch, reference: Batch) -> Batch:
        self.examples += len(next(iter(found.values())))
        for name, step in self.steps.items():
            ours, theirs = np.round(reference[name] / step), np.round(found[name] / step)
            off = np.abs(ours - theirs)
            self.worst = max(self.worst, float(off.max(initial=0.0)))
            self.equal, self.values = self.equal + int((off == 0).sum()), self.values + off.size
            if ours.shape[-1] > 1:
                alike = ours.argmax(-1) == theirs.argmax(-1)
                self.chosen, self.same = self.chosen + alike.size, self.same + int(alike.sum())
        return found

    def remarks(self) -> Iterator[str]:
        if not self.values:
            return
        classes = f"the largest value is the same one in {self.same / self.chosen:.2%}, " if self.chosen else ""
        yield (
            f"file and training on {self.examples:,} examples: {classes}{self.equal / self.values:.2%} of the values "
            f"are equal, the others at most {self.worst:.0f} of {self.count:,} steps off"
        )
