"""Trackers are told of a run while it trains: each on a thread of its own, out of what the run has written.

What a tracker was told is known by the run folder: it is told the rest whenever it can be reached, in this training or
when it is resumed. One that fails, waits or is not installed costs a warning and nothing else.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nnspec.console.atomic_files import write_text
from nnspec.console.formatting import plural
from nnspec.console.progress import Passing, Plan, Reporter
from nnspec.frontend.spec import Spec
from nnspec.reading import read_json
from nnspec.report.pages.harmless import reason
from nnspec.report.pages.run_page import FILE, best_so_far
from nnspec.runs.contents import read_metrics
from nnspec.runs.run_folder import COMPLETE, RunFolder
from nnspec.tracking.tracker import Ending, Tracker, TrackerFailed, epoch_of, tracked_run

PATIENCE = 300.0  # seconds that a training waits at its end for a tracker that takes its files
SILENCE = 2.0  # seconds after which it says that it waits
MAX_STATE = 1 << 16  # bytes
FILES = ("spec.yaml", "record.json", "metrics.jsonl", "results.json", FILE)


@contextmanager
def telling_trackers(reporter: Reporter, spec: Spec) -> Iterator[Reporter]:
    """Within it, a training that is given the reporter is told to the trackers that the spec lists under ``train``."""
    if spec.train is None or not spec.training.track:
        yield reporter
        return
    tracked = Tracked(reporter, spec)
    try:
        yield tracked
    finally:
        tracked.close()


def tell_of_exports(reporter: Reporter, spec: Spec, folder: RunFolder, exported: Sequence[Path]) -> None:
    """Gives what was exported, and the run's page with it, to the trackers that know the run of a finished training.

    Args:
        exported: files; a folder stays where it is, which is said.
    """
    known = [
        name for name in dict.fromkeys(spec.training.track if spec.train else ()) if _state(folder, name).is_file()
    ]
    if not known:
        return
    for path in exported:
        if path.is_dir():
            reporter.say(f"{path.name} is a folder, which is not given to {' and '.join(known)}")
    files = [path for path in (*exported, folder.path / "exported.json", folder.path / FILE) if path.is_file()]
    tracked = Tracked(reporter, spec)
    tracked.tellers = [Teller(name, folder, spec, tuple(files)) for name in known]
    for teller in tracked.tellers:
        teller.start()
    tracked.close()


def _state(folder: RunFolder, name: str) -> Path:
    """What is kept of a tracker: how it knows the run, and how much it was told."""
    return folder.path / "tracking" / f"{name}.json"


def tracker(name: str) -> Tracker:
    """A new one, by the name that specs have for it."""
    if name == "mlflow":
        from nnspec.tracking.mlflow_tracker import MLflow

        return MLflow()
    if name == "wandb":
        from nnspec.tracking.wandb_tracker import WeightsAndBiases

        return WeightsAndBiases()
    from nnspec.tracking.tensorboard_tracker import TensorBoard

    return TensorBoard()


class Tracked(Passing):
    """Passes everything on, and wakes those who tell the trackers."""

    def __init__(self, reporter: Reporter, spec: Spec) -> None:
        super().__init__(reporter)
        self.spec = spec
        self.tellers: list[Teller] = []

    def begin(self, plan: Plan) -> None:
        super().begin(plan)
        if plan.writes:
            folder = RunFolder(Path(plan.run).absolute())  # a thread outlives the current folder
            self.tellers = [Teller(name, folder, self.spec) for name in dict.fromkeys(self.spec.training.track)]
        for teller in self.tellers:
            teller.start()

    def epoch(self, epoch: int, logs: Mapping[str, Any], seconds: float) -> None:
        super().epoch(epoch, logs, seconds)
        for teller in self.tellers:
            teller.wake()
        self._warn()

    def close(self) -> None:
        """Gives the trackers what is left, and waits for them as long as a person would."""
        for teller in self.tellers:
            teller.finish()
        until = time.monotonic() + PATIENCE
        for teller in self.tellers:
            teller.join(SILENCE)
            if teller.is_alive():
                self.say(f"{teller.tracker_name} is being told of the run")
                teller.join(max(0.0, until - time.monotonic()))
            if teller.is_alive():
                teller.problem = f"no answer within {PATIENCE:.0f} s"
        self._warn(at_the_end=True)

    def _warn(self, at_the_end: bool = False) -> None:
        for teller in self.tellers:
            problem, left = teller.problem, teller.left
            if problem and (problem != teller.said or at_the_end):
                missing = f"; it lacks {plural(left, 'epoch')}" if left else "; it lacks the files"
                self.say(f"warning: {teller.tracker_name}: {problem}{missing if at_the_end else ''}")
                teller.said = problem


class Teller(threading.Thread):
    """Tells one tracker of one run. It ends with the process: nobody waits for a server that does not answer."""

    def __init__(self, name: str, folder: RunFolder, spec: Spec, later: tuple[Path, ...] = ()) -> None:
        super().__init__(name=f"tracker {name}", daemon=True)
        self.later = later  # files that came to be after the training, which are all that it is told of then
        self.tracker_name, self.folder, self.spec = name, folder, spec
        self.state = _state(folder, name)
        self.problem: str | None = None
        self.said: str | None = None  # the problem that people know of
        self.left = 0  # epochs that it was not told
        self._tracker: Tracker | None = None
        self._told = 0
        self._news = threading.Event()
        self._news.set()
        self._last = False

    def wake(self) -> None:
        self._news.set()

    def finish(self) -> None:
        self._last = True
        self._news.set()

    def run(self) -> None:
        last = False
        while not last:
            self._news.wait()
            self._news.clear()
            last = self._last
            try:
                self._tell(last)
                self.problem = None
            except ModuleNotFoundError as error:
                self.problem = f'{error.name} is not installed: pip install "nnspec[{self.tracker_name}]"'
            except TrackerFailed as error:
                self.problem = str(error)
            except (Exception, SystemExit) as error:
                self.problem = reason(error) if isinstance(error, Exception) else "it ended itself"

    def _tell(self, last: bool) -> None:
        """Everything that it does not know yet. Raises whatever its library does."""
        lines = list(read_metrics(self.folder.path, []))
        self.left = max(0, len(lines) - self._told)
        found = self._tracker or self._open()
        for line in lines[self._told :]:
            found.log(epoch_of(line))
            self._told += 1
            self.left = len(lines) - self._told
            self._keep()
        if last:
            record = self.folder.read_record()
            if self.later:
                found.close(ending(record), {}, self.later)
                return
            best = record.get("best") or best_so_far(record, lines)
            numbers = {f"best_{best['monitor']}": best["value"], "best_epoch": best["epoch"]} if best else {}
            files = [self.folder.path / name for name in FILES]
            files += [self.folder.model] if self.folder.model else []
            found.close(ending(record), numbers, [path for path in files if path.is_file()])

    def _open(self) -> Tracker:
        known = self._known()
        self._told = int(known.pop("epochs", "0"))
        found = tracker(self.tracker_name)
        place = dict(found.open(tracked_run(self.folder, self.spec), known))
        self._told = self._told if place == known else 0  # another run of the tracker's knows nothing yet
        self.place, self._tracker = place, found
        self._keep()
        return found

    def _known(self) -> dict[str, str]:
        """What was kept of this tracker, if it is what `_keep` writes."""
        try:
            found = read_json(self.state, MAX_STATE)
        except (OSError, ValueError):
            return {}
        if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
            return {}
        return found if found.get("epochs", "").isdecimal() else {}

    def _keep(self) -> None:
        self.state.parent.mkdir(exist_ok=True)
        write_text(self.state, json.dumps({**self.place, "epochs": str(self._told)}) + "\n")


def ending(record: Mapping[str, Any]) -> Ending:
    """How a training ended, by its record: a status of ``running`` is that of one that an error ended."""
    status = record.get("status")
    return "complete" if status == COMPLETE else "interrupted" if status == "interrupted" else "failed"
