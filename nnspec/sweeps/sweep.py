"""A sweep: one spec trained again and again with other settings, each trial a process and a run folder of its own.

The folder holds ``plan.json``, what was asked for, and a run folder for each trial, ``000``, ``001`` and so on, with
``trial.json`` beside: its values, and the score once it is done. Everything follows from these, so a sweep that was
interrupted resumes by the same command, an interrupted trial in mid-epoch like any training.
"""

from __future__ import annotations

import json
import math
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeVar

from nnspec.console.atomic_files import write_json
from nnspec.console.own_python import own_environment, own_python
from nnspec.reading import read_json
from nnspec.runs.errors import Interrupted, TrainingError
from nnspec.runs.record import stored
from nnspec.runs.run_folder import COMPLETE, RunFolder, file_name, own_place, refuse_links
from nnspec.schema_validity import fits, is_integer
from nnspec.sweeps.search_space import Axis, Values, drawn, grid, overrides, shortened
from nnspec.sweeps.tpe import tried_next
from nnspec.training.interrupts import terminations_interrupt

SWEEPS = Path("sweeps")
INTERRUPTED = 130  # the exit code of a training that was asked to stop
MAX_FILE = 4 << 20  # bytes of a plan or a trial
SCALAR = {"type": ["string", "number", "boolean", "null"]}
TRIAL = {  # as `Trial.as_json` writes it
    "type": "object",
    "required": ["number", "values", "run"],
    "additionalProperties": False,
    "properties": {
        "number": {"type": "integer"},
        "values": {"type": "object", "additionalProperties": SCALAR},
        "run": {"type": "string"},
        "state": {"enum": ["waiting", "complete", "failed", "interrupted"]},
        "monitor": {"type": ["string", "null"]},
        "mode": {"enum": ["min", "max", None]},
        "score": {"type": ["number", "null"]},
        "epoch": {"type": ["integer", "null"]},
        "seconds": {"type": "number", "minimum": 0, "maximum": 1e12},
        "message": {"type": "string"},
        "measured": {"type": "object"},
    },
}
Search = Literal["grid", "random", "optuna"]
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a sweep was asked to do. Two with the same one are the same sweep; ``trials`` may grow.

    Attributes:
        spec: the spec's file; ``sets`` and ``plugins`` are those of the command line, for every trial.
        spec_sha256: of all in the spec that decides a training.
        search: ``grid``, every combination; ``random`` or ``optuna``, as many as ``trials`` says.
    """

    spec: str
    spec_sha256: str
    axes: tuple[Axis, ...]
    search: Search
    seed: int
    trials: int
    sets: tuple[str, ...] = ()
    plugins: tuple[str, ...] = ()

    MAY_CHANGE: ClassVar[tuple[str, ...]] = ("trials",)

    def as_json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return found

    def extends(self, other: dict[str, Any]) -> bool:
        """Whether a sweep of the plan ``other`` can be resumed."""
        free = dict.fromkeys(self.MAY_CHANGE)
        return {**other, **free} == {**self.as_json(), **free} and other.get("trials", 0) <= self.trials


@dataclass(frozen=True, slots=True)
class Trial:
    """One trial.

    Attributes:
        state: waiting, complete, failed or interrupted.
        score: the best value of the quantity ``monitor``, met in ``epoch``; ``mode`` says whether min or max is best.
        seconds: of all processes that worked on it.
        message: why it failed.
        measured: what else is known of its outcome; nothing of a plain sweep's.
    """

    number: int
    values: Values
    run: Path
    state: str = "waiting"
    monitor: str | None = None
    mode: str | None = None
    score: float | None = None
    epoch: int | None = None
    seconds: float = 0.0
    message: str = ""
    measured: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        found = {**asdict(self), "values": dict(self.values), "run": str(self.run)}
        return found if self.measured else {name: value for name, value in found.items() if name != "measured"}


@dataclass
class Sweep:
    """A sweep in its folder, and how far it is. Another kind of search overrides what it does with a trial."""

    plan: Plan
    folder: Path
    trials: list[Trial] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event, repr=False)
    _processes: set[subprocess.Popen[str]] = field(default_factory=set, repr=False)

    def run(self, jobs: int, say: Say) -> None:
        """Runs what is not complete, ``jobs`` trials at a time.

        Raises:
            Interrupted: Ctrl-C, SIGTERM or SIGHUP; every trial has saved where it was.
        """
        with ThreadPoolExecutor(jobs, "trial") as pool:
            try:
                with terminations_interrupt():
                    for done in self._started(pool, say):
                        done.result()
            except KeyboardInterrupt:
                self._stop.set()
                for process in list(self._processes):
                    process.send_signal(signal.SIGINT)
        if self._stop.is_set():
            raise Interrupted(self.folder)

    def _started(self, pool: ThreadPoolExecutor, say: Say) -> list[Future[None]]:
        """The work, off the main thread, which alone gets a Ctrl-C. Optuna's trials each wait for those before."""
        if self.plan.search == "optuna":
            return [pool.submit(self._one_by_one, say)]
        waiting = [self._trial(number, values) for number, values in enumerate(_values(self.plan))]
        return [pool.submit(self._go, trial, say) for trial in waiting]

    def _one_by_one(self, say: Say) -> None:
        for number in range(self.plan.trials):
            if self._stop.is_set():
                return
            begun = self.begun(number)
            values = self.suggest() if begun is None else begun.values
            if values is None:
                return
            self._go(self._trial(number, values), say)

    def _trial(self, number: int, values: Values) -> Trial:
        """The trial as its folder has it; one that was begun keeps its values."""
        trial = self.begun(number) or Trial(number, values, self._place(number))
        if len(self.trials) <= number:
            self.trials.append(trial)
        return trial

    def begun(self, number: int) -> Trial | None:
        """The trial as its folder has it, if it was begun."""
        run = self._place(number)
        try:
            kept = read_json(_beside(run), MAX_FILE)
        except (OSError, ValueError):
            return None
        return Trial(**{**kept, "run": run}) if fits(kept, TRIAL, {}) and kept["number"] == number else None

    def _place(self, number: int) -> Path:
        return self.folder / f"{number:03d}"

    def _go(self, trial: Trial, say: Say) -> None:
        if trial.state == COMPLETE or self._stop.is_set():
            return
        self._keep(trial)
        for line in self.starting(trial):
            say(line)
        started = time.monotonic()
        code, errors = self._train(trial)
        ended = self.judged(trial, code, errors, trial.seconds + time.monotonic() - started)
        self._keep(ended)
        self.trials[trial.number] = ended
        if ended.state == "interrupted":
            self._stop.set()
        say(self.line(ended))

    def _train(self, trial: Trial) -> tuple[int, str]:
        """Trains in a process of its own: TensorFlow gives nothing back, and a crash ends one trial alone.

        It has a session of its own too, so that a Ctrl-C reaches it once, from here.
        """
        if self.is_trained(trial):  # whoever waited for it was killed
            return 0, ""
        with subprocess.Popen(
            self.command(trial),
            env=own_environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as process:
            self._processes.add(process)
            _, errors = process.communicate()
            self._processes.discard(process)
        return process.returncode, errors

    def _keep(self, trial: Trial) -> None:
        write_json(_beside(trial.run), trial.as_json())

    def suggest(self) -> Values | None:
        """What Optuna tries next, given the trials before; None: there is none left to try.

        Raises:
            TrainingError: Optuna is not installed.
        """
        goal = "maximize" if _mode(self.trials) == "max" else "minimize"
        done = [{"params": dict(one.values), "values": [one.score]} for one in self.trials if one.score is not None]
        values = tried_next(self.plan.axes, [goal], done, self.plan.seed * 100_003 + len(self.trials))
        return {path: shortened(value) for path, value in values.items()}

    def command(self, trial: Trial) -> list[str]:
        """The command line of a trial's process; it ends with 0, or INTERRUPTED where it saved and stopped."""
        arguments = [text for item in (*self.plan.sets, *overrides(trial.values)) for text in ("--set", item)]
        arguments += [text for name in self.plan.plugins for text in ("--plugin", name)]
        command = own_python("nnspec", "train", self.plan.spec, *arguments)
        return [*command, "--run", str(trial.run), "--json", "--quiet"]

    def judged(self, trial: Trial, code: int, errors: str, seconds: float) -> Trial:
        """The trial once its process has ended."""
        if code == 0:
            best = RunFolder(trial.run).read_record().get("best") or {}
            told: dict[str, Any] = {name: best.get(name) for name in ("monitor", "mode", "epoch")}
            return replace(trial, state=COMPLETE, score=best.get("value"), seconds=seconds, message="", **told)
        if code == INTERRUPTED:
            return replace(trial, state="interrupted", seconds=seconds)
        return replace(trial, state="failed", seconds=seconds, message=last_error(errors, code))

    def is_trained(self, trial: Trial) -> bool:
        """Whether the process has done all its work, though nobody has kept what came of it."""
        return RunFolder(trial.run).read_record().get("status") == COMPLETE

    def starting(self, trial: Trial) -> Sequence[str]:
        """What is said of a trial that begins."""
        return ()

    def line(self, trial: Trial) -> str:
        """What is said of a trial that has ended."""
        values = " ".join(f"{path.rpartition('.')[2]}={value}" for path, value in trial.values.items())
        score = f"{trial.monitor} {trial.score:.4f}" if trial.score is not None else trial.message
        head = f"trial {trial.number + 1}/{self.plan.trials}"
        return f"{head}  {values}  {trial.state}  {score}  {trial.seconds:.0f} s".rstrip()

    def ranked(self) -> list[Trial]:
        """The trials, the best score first and those without one last."""
        sign = -1.0 if _mode(self.trials) == "max" else 1.0
        return sorted(self.trials, key=lambda trial: math.inf if trial.score is None else sign * trial.score)

    def doubt(self) -> str | None:
        """Why the trials' scores do not tell which is better, in words; None where they do."""
        ended = [trial for trial in self.trials if trial.score is not None]
        monitors = sorted({str(trial.monitor) for trial in ended})
        if len(monitors) > 1:
            return f"trials are judged by {' and '.join(monitors)}, which are no scores of one quantity"
        records = [RunFolder(trial.run).read_record().get("data") or {} for trial in ended]
        if len({record["sha256"] for record in records if "sha256" in record}) > 1:
            return "the data are not the same for all trials, and scores on other examples tell nothing: `--fresh`"
        for path, theirs in _measures([trial.run for trial in ended]).items():
            if len(theirs) > 1 and (path.startswith("data") or monitors[0].endswith("loss")):
                return (
                    f"`{path}` is another from trial to trial, and with it what {monitors[0]} measures: "
                    "rank by a metric of the same examples, `EarlyStopping: {monitor: val_accuracy}` for one"
                )
        return None


MEASURES = ("train.loss", "train.loss_weights", "data.split", "data.seed")  # settings that say what a loss is
PENALTIES = "regularizer"  # how the arguments of layers end that add to it


def _measures(runs: Sequence[Path]) -> dict[str, set[str]]:
    """By setting that says what a loss is, or on which examples it is taken, the values that these runs have."""
    found: dict[str, set[str]] = {path: set() for path in (*MEASURES, PENALTIES)}
    for run in runs:
        spec = stored(RunFolder(run))
        for path in MEASURES:
            section, name = path.split(".")
            found[path].add(json.dumps((spec.get(section) or {}).get(name), sort_keys=True, default=str))
        found[PENALTIES].add(_penalties(RunFolder(run)))
    return found


def _penalties(folder: RunFolder) -> str:
    """What the weights and values of a run's layers add to its loss, of the validation part, too."""
    from nnspec.frontend.pipeline import check

    spec = check(folder.spec, data=False).spec if folder.spec.is_file() else None
    layers = () if spec is None else spec.graph.layers
    given = {f"{name} {value}" for layer in layers for name, value in layer.args.items() if name.endswith(PENALTIES)}
    alone = {f"{layer.kind} {dict(layer.args)}" for layer in layers if layer.kind == "ActivityRegularization"}
    return " ".join(sorted(given | alone))


Kind = TypeVar("Kind", bound=Sweep)


def open_sweep(name: str, plan: Plan, folder: Path | None, fresh: bool) -> Sweep:
    """The last sweep of this name if it is of the same plan, else a new one; see `open_search`."""
    return open_search(Sweep, SWEEPS, name, plan, folder, fresh)


def open_search(kind: type[Kind], root: Path, name: str, plan: Plan, folder: Path | None, fresh: bool) -> Kind:
    """The last search of this kind and name if it is of the same plan, else a new one.

    Args:
        folder: in place of ``root/name/number``.

    Raises:
        TrainingError: ``folder`` holds something else, or cannot be written.
    """
    numbered = _numbered(root / file_name(name))
    found = [folder] if folder else [numbered[number] for number in sorted(numbered)[-1:]]
    for candidate in found:
        kept = _plan_of(candidate)
        if kept is not None and plan.extends(kept) and not fresh:
            return _planned(kind, plan, candidate)
        if folder and candidate.exists() and any(candidate.iterdir()):
            raise TrainingError(
                f"{folder} holds something else than this {kind.__name__.lower()}", hint="choose another folder"
            )
    if folder is None:
        folder = own_place(root / file_name(name)) / str(1 + max(numbered, default=0))
    return _planned(kind, plan, folder)


def _planned(kind: type[Kind], plan: Plan, folder: Path) -> Kind:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        refuse_links(folder)
        write_json(folder / "plan.json", plan.as_json())
    except OSError as error:
        raise TrainingError(f"the sweep's folder cannot be written: {error.strerror or error}") from error
    return kind(plan, folder)


def _plan_of(folder: Path) -> dict[str, Any] | None:
    try:
        found = read_json(folder / "plan.json", MAX_FILE)
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and is_integer(found.get("trials", 0)) else None


def _numbered(folder: Path) -> dict[int, Path]:
    """The sweeps of a spec by their numbers."""
    paths = folder.glob("[0-9]*")
    return {int(path.name): path for path in paths if path.name.isascii() and path.name.isdecimal()}


def _beside(run: Path) -> Path:
    return run.with_suffix(".json")


def _values(plan: Plan) -> Iterator[Values]:
    if plan.search == "grid":
        return grid(plan.axes)
    return (drawn(plan.axes, plan.seed, number) for number in range(plan.trials))


def last_error(errors: str, code: int) -> str:
    """What a process that failed has said of it on its standard error."""
    lines = [line for line in errors.splitlines() if line.strip()]
    return next((line for line in lines if "error" in line), lines[-1] if lines else f"exit code {code}")


def _mode(trials: Sequence[Trial]) -> str:
    return next((trial.mode for trial in trials if trial.mode), "min")
