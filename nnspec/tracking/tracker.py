"""What a tracker of experiments is told of a run, and what it has to be able to do."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Protocol

from nnspec.frontend.spec import Spec
from nnspec.runs.run_folder import RunFolder

Ending = Literal["complete", "interrupted", "failed"]
ASIDE = ("epoch", "time", "steps")  # of a line of metrics; the others are numbers to draw
LEFT_OUT = ("nnspec", "name", "description", "inputs", "layers", "blocks", "outputs", "use", "export", "budget")


@dataclass(frozen=True)
class TrackedRun:
    """A run as trackers see it.

    Attributes:
        settings: those of `train`, `data` and `params` by dotted path, with the size of the network.
    """

    name: str
    folder: RunFolder
    description: str
    settings: Mapping[str, Any]

    @property
    def title(self) -> str:
        """Such as ``lenet/3``."""
        return f"{self.name}/{self.folder.path.name}"


@dataclass(frozen=True)
class Epoch:
    """What was measured in an epoch, counted from 1, and when it ended, in seconds since 1970."""

    number: int
    time: float
    values: Mapping[str, float]


class TrackerFailed(Exception):
    """Why a tracker is not told of a run, in words for people."""


class Tracker(Protocol):
    """One library, called on one thread, which is not the training's. Any exception is told as a warning."""

    def open(self, run: TrackedRun, known: Mapping[str, str]) -> Mapping[str, str]:
        """Begins to track a run, or goes on.

        Args:
            known: what the last call returned for this run, in whatever process; empty at first. It stands in the run
                folder, which anybody may have written.

        Returns:
            What it takes to find the run again.
        """

    def log(self, epoch: Epoch) -> None: ...

    def close(self, ending: Ending, best: Mapping[str, float], files: Sequence[Path]) -> None:
        """The training ended; the files are the run's own."""


def tracked_run(folder: RunFolder, spec: Spec) -> TrackedRun:
    settings = dict(flat({key: value for key, value in spec.resolved.items() if key not in LEFT_OUT}))
    size = {"parameters": spec.param_count, "multiply_adds": spec.macs}
    known = {name: value for name, value in size.items() if value is not None}
    return TrackedRun(spec.name, folder, spec.description or "", {**settings, **known})


def flat(values: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Nested settings by dotted path; lists, and mappings without entries, as JSON."""
    if isinstance(values, Mapping) and values:
        for key, value in values.items():
            yield from flat(value, f"{path}.{key}" if path else str(key))
    elif values is None or isinstance(values, bool | int | float | str):
        yield path, values
    else:
        yield path, json.dumps(values, ensure_ascii=False, default=str)


def epoch_of(line: Mapping[str, Any]) -> Epoch:
    """A line of ``metrics.jsonl``; a metric with a value for each class gives one by number, what is null none."""
    found: dict[str, float] = {}
    for name, value in line.items():
        if name not in ASIDE:
            found.update(numbers(name, value))
    ended = line.get("time")
    return Epoch(int(line["epoch"]), datetime.fromisoformat(ended).timestamp() if ended else 0.0, found)


def numbers(name: str, value: Any) -> Iterator[tuple[str, float]]:
    if isinstance(value, list):
        for index, part in enumerate(value):
            yield from numbers(f"{name}.{index}", part)
    elif isinstance(value, int | float):
        yield name, float(value)
