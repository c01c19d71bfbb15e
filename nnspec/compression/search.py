"""A search for a smaller file: trials of the ways to it, each a process, and the best point within the bounds.

Every trial is measured the same: bytes, latency, and the task's metric of the file on the validation part. What is
best follows from the trials and the bounds alone, so that other bounds choose again among what is there.
"""

from __future__ import annotations

import math
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any, ClassVar

from nnspec.compression.ways import ROUNDING, SHARE, TEACHER, Setting, effective, own_width, said, trains
from nnspec.console.atomic_files import replacing, write_text
from nnspec.console.formatting import file_size, metric, plural
from nnspec.console.own_python import own_environment, own_python
from nnspec.reading import read_json
from nnspec.runs.errors import TrainingError
from nnspec.sweeps.search_space import Axis, Values, drawn
from nnspec.sweeps.sweep import MAX_FILE, Plan, Sweep, Trial, last_error
from nnspec.sweeps.tpe import tried_next

ROOT = Path("compressed")
WORKER = "nnspec.compression.trial_worker"
FINAL = "final.json"
STARTUP = 6  # trials before Optuna's model has a say
DRAWS = 20  # of Optuna, which may name what has been tried, before chance decides
CHANCES = 200  # before a search has nothing new to try
STEPS = 20  # that shares are whole numbers of: finer ones are mostly the same network
MARGIN = 0.95  # of the bytes wanted, since a guess is one
GUESSES = 5  # trials, the first of them, in which a share is guessed that reaches the target


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a file may be at most; None where nothing is said.

    Attributes:
        target: bytes.
        max_drop: how much worse the metric may be than that of the trained network in float.
        latency_ms: median of one example on one thread.
        arena: bytes that TensorFlow Lite Micro takes.
    """

    target: float | None = None
    max_drop: float = 0.01
    latency_ms: float | None = None
    arena: float | None = None


@dataclass(frozen=True, slots=True)
class SearchPlan(Plan):
    """What a search was asked to do. Its bounds may change, and it may grow.

    Attributes:
        run: the run folder of the trained network, and `weights_sha256` of its weights.
        epochs: of what trains on; None: half of the spec's.
        compressed: files count as gzip makes them.
    """

    run: str = ""
    weights_sha256: str | None = None
    epochs: int | None = None
    compressed: bool = False
    micro: bool = False
    bounds: Bounds = field(default_factory=Bounds)

    MAY_CHANGE: ClassVar[tuple[str, ...]] = ("trials", "bounds")

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> SearchPlan:
        """The plan that a search has written into its folder."""
        axes = tuple(Axis(**{**axis, "choices": tuple(axis["choices"])}) for axis in kept["axes"])
        lists = {name: tuple(kept[name]) for name in ("sets", "plugins")}
        return cls(**{**kept, **lists, "axes": axes, "bounds": Bounds(**kept["bounds"])})

    @property
    def setting(self) -> Setting:
        """What all its choices have in common."""
        return Setting(Path(self.spec), Path(self.run), self.sets, self.plugins, self.epochs, self.micro)


@dataclass
class Search(Sweep):
    """A search in its folder, and how far it is."""

    plan: SearchPlan

    @property
    def base(self) -> Trial | None:
        """The trained network in float, the first trial, against which the others are held."""
        first = self.trials[0] if self.trials else None
        return first if first is not None and first.measured else None

    def is_trained(self, trial: Trial) -> bool:
        """Its process measures after the training, and trains no run twice."""
        return False

    def command(self, trial: Trial) -> list[str]:
        return own_python(WORKER, "trial", str(self.folder), str(trial.number))

    def judged(self, trial: Trial, code: int, errors: str, seconds: float) -> Trial:
        if code != 0:
            return super().judged(trial, code, errors, seconds)
        try:
            found = read_json(measured_place(self.folder, trial.number), MAX_FILE)
        except (OSError, ValueError) as error:
            return replace(trial, state="failed", seconds=seconds, message=f"its result cannot be read: {error}")
        told = {name: found[name] for name in ("monitor", "mode")}
        message = "" if found["ok"] else found["reasons"][0]
        score = found["metric"]
        return replace(trial, state="complete", score=score, seconds=seconds, message=message, measured=found, **told)

    def starting(self, trial: Trial) -> list[str]:
        work = "trains" if trains(trial.values, self.plan.setting) else "is written"
        return [f"{self._head(trial)}{work} …"]

    def _head(self, trial: Trial) -> str:
        return f"trial {trial.number + 1}/{self.plan.trials}  {said(trial.values)}: "

    def line(self, trial: Trial) -> str:
        head = self._head(trial)
        if not trial.measured:
            return f"{head}{trial.state}  {trial.message}".rstrip()
        latency = trial.measured["latency_ms"]
        quick = "" if latency is None else f", {latency:.3g} ms"
        number = f"{trial.monitor} {metric(trial.score)}"
        return f"{head}{file_size(self.size(trial))}{quick}, {number}  {trial.message}".rstrip()

    def suggest(self) -> Values | None:
        """The first trials are the same in each search; the others come from Optuna, none of them twice.

        None where nothing new comes, or the trained network itself could not be measured.
        """
        if self.trials and self.base is None:
            return None
        setting = self.plan.setting
        tried = [effective(trial.values, setting) for trial in self.trials]
        for values in chain(_opening(self), _suggestions(self), _at_random(self)):
            coarse = {name: _coarse(value) if name == SHARE else value for name, value in values.items()}
            found = effective(coarse, setting)
            if found not in tried:
                return found
        return None

    def size(self, trial: Trial) -> int:
        """The bytes that count: of the file, or as gzip makes them."""
        return int(trial.measured["gzip" if self.plan.compressed else "bytes"])

    def drop(self, trial: Trial) -> float:
        """How much worse the metric is than that of the trained network in float."""
        assert self.base is not None
        before, after = self.base.measured["keras"], trial.score
        if after is None:
            return math.nan
        return float(before - after if trial.mode == "max" else after - before)

    def over(self, trial: Trial) -> list[str]:
        """Why a trial is not within the bounds: empty where it is."""
        bounds, measured, found = self.plan.bounds, trial.measured, []
        if not measured["ok"]:
            found.append(measured["reasons"][0])
        if bounds.target is not None and self.size(trial) > bounds.target:
            found.append("too large")
        if not self.drop(trial) <= bounds.max_drop:
            found.append("loses too much")
        if bounds.latency_ms is not None and not (measured["latency_ms"] or math.inf) <= bounds.latency_ms:
            found.append("too slow")
        if bounds.arena is not None and not (measured["arena"] or math.inf) <= bounds.arena:
            found.append("arena too large")
        return found

    def front(self) -> list[Trial]:
        """The sound trials of which no other is both smaller and better, the smallest first."""
        sign = 1.0 if self.rises else -1.0
        sound = [trial for trial in self.trials if trial.measured and trial.measured["ok"] and trial.score is not None]
        found: list[Trial] = []
        for trial in sorted(sound, key=lambda one: (self.size(one), -sign * (one.score or 0.0), one.number)):
            if not found or sign * (trial.score or 0.0) > sign * (found[-1].score or 0.0):
                found.append(trial)
        return found

    def chosen(self) -> Trial | None:
        """The best within the bounds: of a target the one that loses least, else the smallest; None: none is.

        Trials that differ by less than a thousandth of what may be lost are equal; of these the smaller one counts.
        """
        within = [trial for trial in self.trials if trial.measured and not self.over(trial)]
        if not within:
            return None
        step = max(self.plan.bounds.max_drop / 1000, 1e-9)

        def order(trial: Trial) -> tuple[float, ...]:
            loss = math.floor(self.drop(trial) / step)
            return (loss, self.size(trial)) if self.plan.bounds.target is not None else (self.size(trial), loss)

        return min(within, key=lambda trial: (*order(trial), trial.number))

    @property
    def remarks(self) -> list[str]:
        """That the search has ended before all its trials, where it has."""
        if self.base is None or len(self.trials) >= self.plan.trials:
            return []
        tried = plural(len(self.trials), "trial")
        return [f"nothing new is left to try after {tried}: a `--width` gives the search more to choose from"]

    @property
    def rises(self) -> bool:
        """Whether more of the metric is better."""
        return next((trial.mode for trial in self.trials if trial.mode), "max") == "max"


def measured_place(folder: Path, number: int) -> Path:
    """Where a trial's process writes what it measured."""
    return folder / f"{number:03d}.measured.json"


def spec_place(folder: Path, number: int) -> Path:
    """The spec of a trial."""
    return folder / f"{number:03d}.yaml"


def _opening(search: Search) -> Iterator[Values]:
    """The trained network in float and rounded, and a guess at what reaches the target."""
    axes = {axis.path: axis for axis in search.plan.axes}
    setting = search.plan.setting
    plain = {path: _plain(axis, setting) for path, axis in axes.items()}
    yield {**plain, ROUNDING: "none"}
    if not search.trials:
        return
    roundings = axes[ROUNDING].choices
    best = next((name for name in ("int8", "dynamic", "float16") if name in roundings), "none")
    yield {**plain, ROUNDING: best}
    best = "trained int8" if "trained int8" in roundings else best
    share = _reaching(search) if SHARE in axes else None
    if share is not None:
        yield {**plain, ROUNDING: best, SHARE: max(axes[SHARE].low, share)}
    elif len(search.trials) < GUESSES:
        yield {**plain, ROUNDING: best}


def _reaching(search: Search) -> float | None:
    """The share of multiply-adds at which a file rounded to 8 bits is likely to reach the target.

    None where one does already, nothing is known, or the guesses so far were enough.
    """
    target = search.plan.bounds.target
    rounded = [trial for trial in search.trials if trial.measured and str(trial.values[ROUNDING]).endswith("int8")]
    known: list[tuple[float, int]] = sorted(
        {trial.values.get(SHARE, 1.0): search.size(trial) for trial in rounded}.items()
    )
    if target is None or not known or known[0][1] <= target or len(search.trials) >= GUESSES:
        return None
    share, size = known[0]
    if len(known) == 1:
        return float(MARGIN * share * target / size)
    slope = (known[1][1] - size) / (known[1][0] - share)
    return share - (size - MARGIN * target) / slope if slope > 0 else None


def _coarse(share: float) -> float:
    return math.floor(share * STEPS + 1e-9) / STEPS


def _plain(axis: Axis, setting: Setting) -> Any:
    """The value of an axis that leaves the network as it is."""
    if "." in axis.path:
        return own_width(setting.spec, axis.path)
    return {SHARE: 1.0, TEACHER: False}.get(axis.path, axis.choices[0] if axis.choices else axis.low)


def _suggestions(search: Search) -> Iterator[Values]:
    """What Optuna tries next for two goals within bounds, given the trials before. Raises TrainingError."""
    done = [_told(search, trial) for trial in search.trials if trial.measured and trial.score is not None]
    goals = ["maximize" if search.rises else "minimize", "minimize"]
    for draw in range(DRAWS):
        seed = (search.plan.seed * 100_003 + len(search.trials)) * DRAWS + draw
        yield tried_next(search.plan.axes, goals, done, seed, n_startup_trials=STARTUP)


def _at_random(search: Search) -> Iterator[Values]:
    """Choices by chance, where Optuna has nothing new."""
    for draw in range(CHANCES):
        yield drawn(search.plan.axes, search.plan.seed, len(search.trials) * CHANCES + draw)


def _told(search: Search, trial: Trial) -> dict[str, Any]:
    """A trial as Optuna knows it; a constraint above 0 is broken."""
    bounds, measured = search.plan.bounds, trial.measured
    over = {"metric": search.drop(trial) - bounds.max_drop, "gate": 0.0 if measured["ok"] else 1.0}
    for name, limit, found in (
        ("size", bounds.target, search.size(trial)),
        ("latency", bounds.latency_ms, measured["latency_ms"]),
        ("arena", bounds.arena, measured["arena"]),
    ):
        if limit is not None:
            over[name] = 1.0 if found is None else found / limit - 1
    values = [trial.score, float(search.size(trial))]
    return {"params": dict(trial.values), "values": values, "constraints": over}


def finish(search: Search, trial: Trial) -> dict[str, Any]:
    """The chosen file made once more, and it and the trained network measured on the test part.

    Returns:
        `float` and `file`, the metric of each, `drop`, how much worse the file is, `part` and the file's `path`.

    Raises:
        TrainingError: the process failed.
    """
    command = own_python(WORKER, "final", str(search.folder), str(trial.number))
    ended = subprocess.run(
        command, env=own_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False
    )
    if ended.returncode != 0:
        raise TrainingError(f"the chosen file cannot be made again: {last_error(ended.stderr, ended.returncode)}")
    found: dict[str, Any] = read_json(search.folder / FINAL, MAX_FILE)
    fall = found["float"] - (math.nan if found["file"] is None else found["file"])
    return {**found, "drop": fall if search.rises else -fall}


def write_chosen(search: Search, trial: Trial, output: Path | None) -> Path:
    """Writes the spec of a trial, by default as `chosen.yaml` in the search's folder, its weights beside it.

    Returns:
        The file of the spec.
    """
    file = output or search.folder / "chosen.yaml"
    text = spec_place(search.folder, trial.number).read_text(encoding="utf-8")
    weights = search.folder / f"{trial.run.name}_weights.keras"
    if weights.is_file():
        copied = file.with_name(f"{file.stem}_weights.keras")
        with replacing(copied) as scratch:
            shutil.copyfile(weights, scratch)
        text = text.replace(weights.name, copied.name)
    write_text(file, text)
    return file
