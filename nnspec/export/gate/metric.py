"""The task's metric, by which an artifact is held against Keras."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cached_property
from typing import Any, Literal

from nnspec.backend.signature import Run, keras_run
from nnspec.export.candidate import Candidate

Metric = Callable[[Run], float]
Goal = Literal["max", "min"]


class Judge:
    """A metric on one part of the data. `goal` says whether a larger or a smaller one is better."""

    def __init__(self, model: Any, metric: Metric, goal: Goal) -> None:
        self._model, self._metric, self._goal = model, metric, goal

    @cached_property
    def before(self) -> float:
        """Keras's own, measured once."""
        return self._metric(keras_run(self._model))

    def after(self, draft: Candidate) -> float | None:
        """An artifact's; None where it cannot even be run, for which the gate has its reason already."""
        if math.isnan(draft.max_abs_diff):
            return None
        with draft.open() as run:
            return self._metric(run)

    def drop(self, after: float | None) -> float:
        """How much worse than Keras; negative where it is better, nan where it could not be measured."""
        if after is None:
            return math.nan
        return self.before - after if self._goal == "max" else after - self.before

    def refusal(self, after: float | None, allowed: float | None) -> tuple[str, ...]:
        """The reason to refuse an artifact, if it is worse by more than is allowed."""
        if allowed is None or after is None or self.drop(after) <= allowed:  # the last is false for nan
            return ()
        return (f"the metric went from {self.before:.4g} to {after:.4g}, and may get worse by {allowed:.4g} at most",)
