"""Which run a training resumes: the spec's last one if it was interrupted, and what may have changed since."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from nnspec.catalog.kinds import catalog
from nnspec.frontend.config import TrainConfig
from nnspec.frontend.differences import Pair, differences
from nnspec.frontend.spec import Spec
from nnspec.runs.errors import TrainingError
from nnspec.runs.record import decisive, spec_sha256, stored
from nnspec.runs.run_folder import (
    COMPLETE,
    RUNS,
    RunFolder,
    create_run,
    file_name,
    lock,
    own_place,
    refuse_links,
    runs_of,
)

if TYPE_CHECKING:
    from nnspec.console.progress import Reporter

LAST_PHASE = "train.phases[last].epochs"
EPOCHS = ("train.epochs", LAST_PHASE)
SHOWN = 5  # differences told before the rest is counted


@dataclass(frozen=True)
class RunLease:
    """A run folder that is ours to train in.

    Attributes:
        resumed: whether it holds a training to resume.
        changes: what the spec says otherwise than when that training was begun, all of it tolerated.
        checkpoints: where they are read from, if not in the folder: a worker that is not the chief reads the chief's.
    """

    folder: RunFolder
    resumed: bool = False
    changes: Mapping[str, Pair] = field(default_factory=dict)
    checkpoints: Path | None = None

    def refuse_ended(self, position: Mapping[str, Any], epochs: int) -> None:
        """Raises TrainingError where the training is past the new end, or a callback has ended it.

        It is asked before anything of the run is written: a complete run stays one.

        Args:
            position: as a checkpoint holds it.
        """
        if not self.changes:
            return
        if position["stopped"]:
            raise TrainingError(f"a callback has ended the run {self.folder.path}", hint="begin a new one: --fresh")
        if position["epoch"] >= epochs:
            raise TrainingError(
                f"the run {self.folder.path} has done {position['epoch']} epochs, and train.epochs is {epochs}",
                hint="more epochs, or a new run: --fresh",
            )

    def apply(self, model: Any) -> None:
        """Puts the changes into a model that was restored."""
        for path, (_, rate) in self.changes.items():
            if path.endswith(".learning_rate"):
                model.optimizer.learning_rate = rate


def lease_run(spec: Spec, run: Path | None, resume: bool, reporter: Reporter, stack: ExitStack) -> RunLease:
    """The folder to train in, locked until the stack unwinds.

    The spec's last run is resumed if it was interrupted. Since then ``train.epochs``, ``train.checkpoint_every``,
    ``train.debug``, ``train.track``, the epochs of the last phase and, without phases, a learning rate that is a
    number may have changed; with any other change a new run is begun, and the reporter told why. A run that is
    complete takes more epochs where ``run`` names it.

    Raises:
        TrainingError: the folder ``run`` cannot be written, or holds a run that cannot be resumed.
    """
    found, passed = _last(spec)
    for folder in passed if run is None else ():
        reporter.say(f"{folder.path} is passed over: it was ended before it had begun, or its record.json is damaged")
    for folder in [RunFolder(run)] if run is not None else found:
        record = folder.read_record()
        if not record:
            if folder.record.exists():
                _refuse(run, "has a record.json that cannot be read")
            continue
        if not resume:
            _refuse(run, "holds a run already")
            continue
        changes = _changes(folder, record, spec)
        ended = record.get("status") == COMPLETE
        why = _why_not(changes, ended, named=run is not None, settled=_settled(spec))
        if why:
            _refuse(run, why)
            if not ended:
                reporter.say(f"{folder.path} was interrupted, but {why}; a new run is begun")
        elif held := _locked(folder, named=run is not None):
            stack.enter_context(held)
            for path, (before, after) in changes.items():
                reporter.say(f"{folder.path}: {path} was {before}, now {after}")
            return RunLease(folder, True, changes)
        else:
            _refuse(run, "is being trained in by another process")
    folder = create_run(spec.name, run)
    taken = lock(folder)
    if taken is None:
        raise TrainingError(f"another process is training in {folder.path}")
    stack.enter_context(taken)
    return RunLease(folder)


def folder_of(spec: Spec, run: Path | None, resume: bool) -> Path:
    """The folder that `lease_run` would take, for processes that are told; nothing is made or locked."""
    if run is not None:
        return run
    found = continued(spec, None, resume)
    if found is not None:
        return found.path
    numbers = (int(one.path.name) for one in runs_of(spec.name))
    return own_place(RUNS / file_name(spec.name)) / str(max(numbers, default=0) + 1)


def continued(spec: Spec, run: Path | None, resume: bool) -> RunFolder | None:
    """The run that `lease_run` would resume; None where it would begin a new one, or refuse."""
    folders = [RunFolder(run)] if run is not None else _last(spec)[0]
    for folder in folders if resume else ():
        record = folder.read_record()
        ended = record.get("status") == COMPLETE
        named, settled = run is not None, _settled(spec)
        if record and not _why_not(_changes(folder, record, spec), ended, named=named, settled=settled):
            return folder
    return None


def _locked(folder: RunFolder, named: bool) -> IO[bytes] | None:
    """As `lock`, of a run that is there already. Raises TrainingError where a link leads out of it."""
    if not named:
        own_place(folder.path)
    refuse_links(folder.path)
    return lock(folder)


def _last(spec: Spec) -> tuple[list[RunFolder], list[RunFolder]]:
    """The spec's last run that has a record, if there is one, and those after it that have none."""
    passed: list[RunFolder] = []
    for folder in reversed(runs_of(spec.name)):
        if folder.read_record():
            return [folder], passed
        passed.append(folder)
    return [], passed


def _changes(folder: RunFolder, record: Mapping[str, Any], spec: Spec) -> dict[str, Pair]:
    if record.get("spec_sha256") == spec_sha256(spec):
        return {}
    found = dict(differences(_with_rate(stored(folder)), _with_rate(decisive(spec))))
    before, after = found.get("train.phases", (None, None))
    if _same_but_epochs(before, after):
        del found["train.phases"]
        found[LAST_PHASE] = (before[-1]["epochs"], after[-1]["epochs"])
    return found


def _with_rate(resolved: Mapping[str, Any]) -> dict[str, Any]:
    """The spec with its optimizer and that one's rate written out: `--lr` changes a rate that was left to defaults."""
    training = resolved.get("train")
    if not isinstance(training, Mapping):
        return dict(resolved)
    written = training.get("optimizer") or TrainConfig().optimizer_kind
    kind, given = next(iter(written.items())) if isinstance(written, Mapping) else (written, None)
    kind = catalog().canonical("optimizer", str(kind))
    defaults = catalog().defaults("optimizer", kind)
    first = next(iter(defaults), None)
    args = given if isinstance(given, Mapping) else {} if given is None else {first: given}
    rate = {"learning_rate": defaults["learning_rate"]} if "learning_rate" in defaults else {}
    return {**resolved, "train": {**training, "optimizer": {kind: {**rate, **args}}}}


def _why_not(changes: Mapping[str, Pair], ended: bool, *, named: bool, settled: frozenset[str]) -> str:
    """Why a run cannot be resumed; empty if it can."""
    refused = [path for path, pair in changes.items() if not _tolerated(path, pair, settled)]
    if refused:
        more = f" and {len(refused) - SHOWN} more" if len(refused) > SHOWN else ""
        return f"is of another spec: {', '.join(refused[:SHOWN])}{more} differ"
    if ended and not (named and any(path in changes for path in EPOCHS)):
        return "holds a complete run"
    return ""


def _settled(spec: Spec) -> frozenset[str]:
    """Settings that may not change: with phases the rate, and the epochs where rounding and pruning go by them."""
    rate = {"learning_rate"} if spec.training.phases else set()
    return frozenset(rate | (set(EPOCHS) if spec.training.quantize or spec.training.prune else set()))


def _tolerated(path: str, pair: Pair, settled: frozenset[str]) -> bool:
    """Whether a training may continue with another value; its state does not depend on these."""
    if path in settled:
        return False
    if path in (*EPOCHS, "train.checkpoint_every", "train.debug", "train.track"):
        return True
    rate = path.startswith("train.optimizer.") and path.endswith(".learning_rate") and "learning_rate" not in settled
    return rate and all(isinstance(value, int | float) and not isinstance(value, bool) for value in pair)


def _same_but_epochs(before: Any, after: Any) -> bool:
    """Whether phases differ by the epochs of the last one alone."""
    if not isinstance(before, list) or not isinstance(after, list) or not before or not after:
        return False  # an empty list is no phase, as none at all
    if before[:-1] != after[:-1]:
        return False
    return {**before[-1], "epochs": None} == {**after[-1], "epochs": None}


def _refuse(run: Path | None, why: str) -> None:
    """A folder that the user named is an error; one that was found is passed over."""
    if run is not None:
        raise TrainingError(f"{run} {why}", hint="choose another folder")
