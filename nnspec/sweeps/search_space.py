"""What a sweep varies: one setting of the spec each, over a list of values or a range, and the ways through them.

    train.optimizer.Adam.learning_rate=[1e-3, 3e-3]     a list
    params.dropout={uniform: [0, 0.5]}                  any number between
    train.optimizer.Adam.learning_rate={log: [1e-5, 1e-2]}   likewise, each power of ten as likely as another
    params.width={int: [8, 64]}                         any whole number, both ends included

A trial's values follow from the seed and its number alone, so that a sweep can be interrupted, resumed and
extended.
"""

from __future__ import annotations

import itertools
import json
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nnspec.runs.errors import TrainingError

RANGES = ("uniform", "log", "int")
EXAMPLE = "--over 'params.width=[8, 16]' or --over 'params.rate={log: [1e-4, 1e-1]}'"

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Axis:
    """One setting: ``choices``, or from ``low`` to ``high`` as ``scale`` (uniform, log or int) says."""

    path: str
    choices: tuple[Any, ...] = ()
    low: float = 0
    high: float = 0
    scale: str = ""

    def draw(self, generator: random.Random) -> Any:
        if self.choices:
            return generator.choice(self.choices)
        if self.scale == "int":
            return generator.randint(int(self.low), int(self.high))
        if self.scale == "log":
            return shortened(math.exp(generator.uniform(math.log(self.low), math.log(self.high))))
        return shortened(generator.uniform(self.low, self.high))


def shortened(value: Any) -> Any:
    """A fraction to four digits that count: enough for a search, and legible in a table."""
    return float(f"{value:.4g}") if isinstance(value, float) else value


def parse_axis(text: str) -> Axis:
    """The axis that ``path=values`` describes, the values in YAML.

    Raises:
        TrainingError: it is neither a list nor a range.
    """
    from nnspec.frontend.diagnostics import COMMAND_LINE, Source, SpecError
    from nnspec.frontend.source import compose

    path, equals, given = text.partition("=")
    if not equals or not all(path.split(".")):
        raise TrainingError(f"`{text}` is no path with values", hint=EXAMPLE)
    try:
        value = compose(Source(COMMAND_LINE, given, "."), 0, given).plain()
    except SpecError as error:
        raise TrainingError(f"`{text}`: {error.diagnostics[0].message}", hint=EXAMPLE) from error
    if isinstance(value, list) and value:
        return Axis(path, tuple(value))
    if isinstance(value, dict) and len(value) == 1:
        ((scale, ends),) = value.items()
        return _range(text, path, scale, ends)
    raise TrainingError(f"`{text}`: the values are a list or a range", hint=EXAMPLE)


def _range(text: str, path: str, scale: str, ends: Any) -> Axis:
    if scale not in RANGES:
        raise TrainingError(f"`{text}`: no range is called `{scale}`", hint=f"there are {', '.join(RANGES)}")
    numbers = isinstance(ends, list) and len(ends) == 2 and all(type(end) in (int, float) for end in ends)
    if not numbers or not ends[0] < ends[1] or (scale == "log" and ends[0] <= 0):
        above = ", both above 0" if scale == "log" else ""
        raise TrainingError(f"`{text}`: a range is its two ends, the smaller first{above}", hint=EXAMPLE)
    if scale == "int" and any(end != int(end) for end in ends):
        raise TrainingError(f"`{text}`: the ends of an int range are whole numbers", hint=EXAMPLE)
    return Axis(path, low=ends[0], high=ends[1], scale=scale)


def grid(axes: Sequence[Axis]) -> Iterator[Values]:
    """Every combination of the lists, the last axis fastest.

    Raises:
        TrainingError: an axis is a range.
    """
    for axis in axes:
        if not axis.choices:
            raise TrainingError(f"`{axis.path}` is a range, and a grid needs lists", hint="--trials N draws from it")
    for values in itertools.product(*(axis.choices for axis in axes)):
        yield {axis.path: value for axis, value in zip(axes, values, strict=True)}


def drawn(axes: Sequence[Axis], seed: int, number: int) -> Values:
    """The values of random trial ``number``."""
    return {axis.path: axis.draw(random.Random(f"{seed}/{number}/{axis.path}")) for axis in axes}


def overrides(values: Values) -> list[str]:
    """The texts of ``--set`` for a trial; JSON is YAML, so that each value arrives as it is."""
    return [f"{path}={json.dumps(value, ensure_ascii=False)}" for path, value in values.items()]
