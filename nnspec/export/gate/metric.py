"""The metrics of a network's outputs, by which an artifact is held against Keras."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from nnspec.backend.signature import Run, keras_run
from nnspec.catalog.targets import Drop
from nnspec.export.candidate import Candidate
from nnspec.export.errors import ExportError

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


@dataclass(frozen=True)
class Fall:
    """What became of an output's metric, and how much worse it may get; None: it is not held to anything."""

    output: str  # empty where the network has one
    judge: Judge
    after: float | None
    allowed: float | None

    @property
    def too_far(self) -> bool:
        """Worse by more than is allowed, or no number. What cannot be run has its reason already."""
        if self.allowed is None or self.after is None:
            return False
        return not self.judge.drop(self.after) <= self.allowed  # nan too

    @property
    def what(self) -> str:
        return f"the metric of `{self.output}`" if self.output else "the metric"


@dataclass(frozen=True)
class Judges:
    """The metric of each output on one part of the data, by the output's name; that of the first output first."""

    by_output: Mapping[str, Judge]

    @classmethod
    def of(cls, model: Any, metrics: Mapping[str, tuple[Metric, Goal]]) -> Judges:
        return cls({name: Judge(model, metric, goal) for name, (metric, goal) in metrics.items()})

    def check(self, drop: Drop) -> None:
        """Raises ExportError where a drop is given for an output that there is not."""
        for name in drop if isinstance(drop, dict) else ():
            if name not in self.by_output:
                raise ExportError(f"max_metric_drop: no output is called `{name}`", hint=", ".join(self.by_output))

    def falls(self, draft: Candidate, drop: Drop) -> list[Fall]:
        """How an artifact does on the first output, and on each that is held to something."""
        found = []
        for place, (name, judge) in enumerate(self.by_output.items()):
            allowed = drop.get(name) if isinstance(drop, dict) else drop
            if place == 0 or allowed is not None:
                shown = name if len(self.by_output) > 1 else ""
                found.append(Fall(shown, judge, judge.after(draft), allowed))
        return found


def refusals(falls: list[Fall]) -> Iterator[str]:
    """A reason to refuse an artifact for each output on which it is worse by more than is allowed."""
    for fall in falls:
        if fall.too_far:
            numbers = f"from {fall.judge.before:.4g} to {fall.after:.4g}"
            yield f"{fall.what} went {numbers}, and may get worse by {fall.allowed:.4g} at most"


def remarks(falls: list[Fall]) -> Iterator[str]:
    """What became of the metrics that no other number tells: those of the outputs beyond the first."""
    for fall in falls[1:]:
        if fall.after is not None:
            yield f"{fall.what} went from {fall.judge.before:.4g} to {fall.after:.4g}"
