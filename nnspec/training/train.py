"""Training a spec: a run folder made or found again, the loop run, and everything that it leaves behind."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from nnspec.console.atomic_files import write_text
from nnspec.console.displayed import Displayed
from nnspec.console.formatting import metric
from nnspec.console.progress import Plan, Reporter
from nnspec.data.dataset import Dataset
from nnspec.data.text.text_report import padding
from nnspec.frontend.config import TrainConfig
from nnspec.frontend.learning import learners
from nnspec.frontend.pruning import first_sparse_epoch
from nnspec.frontend.requirements import require
from nnspec.frontend.rounding import float_epochs
from nnspec.frontend.spec import Spec
from nnspec.runs.binding import Binding
from nnspec.runs.errors import Interrupted, TrainingError
from nnspec.runs.git_state import git_state
from nnspec.runs.machine import instructions, take_threads
from nnspec.runs.record import environment, spec_sha256, spec_text
from nnspec.runs.resuming import RunLease, continued, lease_run
from nnspec.runs.run_folder import COMPLETE, RunFolder, discard, now, unwritable
from nnspec.runs.seals import others_told, refuse_others, seal, seals_of
from nnspec.training.callbacks import Diary, EventLog, KeepBest, cut_logs, finite, monitored, save_model, spec_callbacks
from nnspec.training.checkpoint import Checkpoints, Found
from nnspec.training.distributed.loss_reduction import whole_batch_means
from nnspec.training.distributed.workers import CHECKPOINT_STEPS, Team, gone, heartbeat, team_of, together
from nnspec.training.inputs import Inputs, take_inputs
from nnspec.training.interrupts import Interrupts
from nnspec.training.learned import Learned
from nnspec.training.loop import Logs, Loop
from nnspec.training.nan_debugging import bad_losses, bad_weights, culprit, culprit_of_validation, has_diverged
from nnspec.training.precision import fix_operations
from nnspec.training.prepare import Prepared, prepare
from nnspec.training.pruning import make_pruner, said
from nnspec.training.scoring import entity_scorer, sequence_scorer
from nnspec.training.sequences import ctc_names
from nnspec.training.state import Position, capture, weights_sha256
from nnspec.training.stopped import telling
from nnspec.training.yes_no import outputs_of_yes_or_no

CHECKPOINT_SECONDS = 120.0  # within an epoch, unless the spec says otherwise


@dataclass(frozen=True)
class RunResult(Displayed):
    """A completed training.

    Attributes:
        run: the run folder.
        epochs, steps: those done in all, before and after a resume.
        metrics: of the last epoch; those of the validation part begin with ``val_``.
        best: which quantity chose ``best.keras``, its value and its epoch, from 1.
        weights_sha256: of the weights that training ended with, which are those of ``last.keras``.
        resumed_from: the checkpoint from which it went on.
        model: the trained ``keras.Model``, as in ``last.keras``.
        dataset, binding: what it was trained on, and which column went where.
        is_chief: whether the run folder is that of the training; other workers' hold nothing that stays.
    """

    run: Path
    epochs: int
    steps: int
    metrics: Mapping[str, Any]
    best: Mapping[str, Any]
    weights_sha256: str
    resumed_from: Path | None
    model: Any = field(repr=False, compare=False)
    dataset: Dataset = field(repr=False, compare=False)
    binding: Binding = field(repr=False, compare=False)
    is_chief: bool = True

    def __repr__(self) -> str:
        """Short: the run, and its last metrics."""
        numbers = ", ".join(
            f"{name}={metric(value)}" for name, value in self.metrics.items() if isinstance(value, float)
        )
        return f"RunResult({str(self.run)!r}, epochs={self.epochs}, {numbers})"

    def as_json(self) -> dict[str, Any]:
        """What ``nnspec train --json`` prints."""
        return {
            "run": str(self.run),
            "epochs": self.epochs,
            "steps": self.steps,
            "metrics": finite(self.metrics),
            "best": finite(self.best),
            "weights_sha256": self.weights_sha256,
            "resumed_from": self.resumed_from and str(self.resumed_from),
        }


def train(spec: Spec, run: Path | None = None, resume: bool = True, reporter: Reporter | None = None) -> RunResult:
    """Trains a spec to the end.

    The newest run of the same spec is resumed if it was interrupted, mid-epoch and to the same bits; else a new
    run folder is made.

    Args:
        run: the run folder, in place of ``runs/<name>/<number>`` under the current folder.
        resume: whether to resume a run; if not, a new one is begun.

    Raises:
        SpecError: a section is missing, a setting cannot be used, or the data do not fit the network.
        DataError: the data cannot be used.
        Interrupted: Ctrl-C, SIGTERM or SIGHUP came; all is saved.
        TrainingError: the run folder cannot be written or belongs to another spec, or the loss or weights became
            infinite or nan.
    """
    require(spec, "train", "data", "train")
    reporter = reporter or Reporter()
    deterministic = fix_operations(spec.training.deterministic)
    if deterministic:
        as_begun(continued(spec, run, resume), reporter)
    with ExitStack() as stack:
        stack.callback(reporter.end)
        with telling(spec, "preparing the training"):
            prepared = prepare(spec, reporter, learned_before(spec, run, resume))
        try:
            team = team_of(prepared.feed.strategy)
            lease = lease_run(spec, run, resume, reporter, stack) if team is None or team.is_chief else None
            if team is not None:
                lease = together(team, lease, spec, prepared.dataset, stack)
                team.agree({"values that layers learned": prepared.learned.layers})
                team.agree({"teacher": prepared.teacher and prepared.teacher.weights_sha256})
            assert lease is not None
            folder = lease.folder
            try:
                return Run(spec, prepared, lease, reporter, deterministic, team).complete()
            except BaseException:
                if (
                    (team is None or team.is_chief)
                    and not lease.resumed
                    and not folder.metrics.exists()
                    and not any(folder.checkpoints.glob("step-*"))
                ):
                    discard(folder)
                raise
        except OSError as error:
            raise unwritable(error) from error


def as_begun(folder: RunFolder | None, reporter: Reporter) -> None:
    """Takes the number of threads that a run was begun with, and says what of the machine is another."""
    record = folder.read_record() if folder is not None else {}
    told = [take_threads(record.get("threads"))]
    if record.get("instructions") not in (None, instructions()):
        told.append("its processor had other instructions")
    if any(told):
        assert folder is not None
        reporter.say(f"warning: {folder.path}: {' and '.join(filter(None, told))}: the last bits may differ")


def learned_before(spec: Spec, run: Path | None, resume: bool) -> Learned | None:
    """What layers learned when the run that is resumed was begun; None where a new one begins.

    Raises:
        TrainingError: the run does not say, or a file is not what its training wrote.
    """
    folder = continued(spec, run, resume)
    begun = folder is not None and any(folder.checkpoints.glob("step-*"))
    if folder is None or not begun:  # what is there is written again
        return None
    found = Learned.load(folder.learned, spec.graph) if learners(spec.graph) else Learned()
    if found is None:
        message = f"{folder.path} does not say what {learners(spec.graph)[0].name!r} learned from the data"
        raise TrainingError(message, hint="an earlier nnspec began it: begin a new run, --fresh")
    refuse_others(folder)
    return found


class Run:
    """One training in its folder: what watches the loop, and what is written before, while and after it runs."""

    def __init__(
        self,
        spec: Spec,
        prepared: Prepared,
        lease: RunLease,
        reporter: Reporter,
        deterministic: bool,
        team: Team | None = None,
    ) -> None:
        settings = spec.training
        folder, resumed = lease.folder, lease.resumed
        self.spec, self.lease, self.folder, self.reporter = spec, lease, folder, reporter
        self.learned, self.teacher = prepared.learned, prepared.teacher
        self.model, self.dataset, self.feed = prepared.model, prepared.dataset, prepared.feed
        self.deterministic = deterministic
        self.team = team
        self.seconds = settings.checkpoint_seconds
        self.every = settings.checkpoint_every or (CHECKPOINT_STEPS if team and not self.seconds else None)
        self.debug = settings.debug
        # Reading the loss waits for the step, which costs nothing on a CPU and keeps a GPU from working ahead.
        self.look_every = 20 if tf.config.list_physical_devices("GPU") else 1
        self.epochs = settings.epochs
        for path in (folder.checkpoints, folder.logs, folder.assets):
            path.mkdir(exist_ok=True)
        self.checkpoints = Checkpoints(lease.checkpoints or folder.checkpoints)
        self.found = self.checkpoints.newest() if resumed else Found(None, None, ())
        self.identity = secrets.token_hex(8) if self.found.tree is None else folder.read_record().get("identity")
        if team is not None:
            team.agree({"checkpoint": self.found.path and self.found.path.name})
        since = first_final_epoch(settings)  # what does not round yet, or is not pruned to the end, is no better
        self.best = KeepBest(folder.best, *monitored(spec, self.feed.held_back is not None), since)
        own = [self.best, Diary(folder, lambda: self.loop.position.total), EventLog(folder.logs)]
        self.pruner = make_pruner(spec, self.model, self.feed)
        first = [keras.callbacks.History(), *([self.pruner] if self.pruner else [])]
        callbacks = [*first, *spec_callbacks(spec, folder, resumed), *own]
        self.loop = Loop(self.model, self.feed, callbacks, self.epochs, self)
        self.loop.enter = prepared.phases.enter
        entities = entity_scorer(self.model, self.dataset, prepared.feed)
        self.loop.scorer = entities or sequence_scorer(self.model, ctc_names(spec), prepared.feed)
        self.saved_at = time.monotonic()
        self.interrupts = Interrupts()
        self.inputs: Future[Inputs]
        self.inputs_kept = False
        self.bad: str | None = None  # weights that are no numbers
        self.lost: list[str] = []  # losses that are none after an epoch

    def complete(self) -> RunResult:
        """Runs the loop to its end and writes what a completed run has."""
        for path in self.found.damaged:
            self.reporter.say(f"warning: the checkpoint {path} is damaged and is not used")
        # Hashing the data needs no attention and can take a second: it is done meanwhile, unless they are compared.
        with ThreadPoolExecutor(1, "fingerprint") as pool:
            self.inputs = pool.submit(take_inputs, self.spec, self.dataset)
            fingerprint = pool.submit(self.dataset.fingerprint)
            if self.found.tree is not None:
                self._refuse_changed(self.found.tree)
            self._write_inputs()
            if self.pruner is not None:
                self.reporter.say(said(self.spec, self.pruner))
            self._run_loop()
        save_model(self.model, self.folder.last)
        result = RunResult(
            self.folder.path,
            self.loop.position.epoch,
            self.loop.position.total,
            self.loop.logs,
            self.best.summary(),
            weights_sha256(self.model),
            self.found.path,
            self.model,
            self.dataset,
            self.feed.binding,
            self.team is None or self.team.is_chief,
        )
        wasted = padding(self.dataset.splits["train"], self.loop.feed.batch_size)
        found: dict[str, Any] = {"data": fingerprint.result()} | ({} if wasted is None else {"padding": wasted})
        found |= {"pruned": self.pruner.as_json()} if self.pruner else {}
        if changed := self.inputs.result().changed():
            told = f"{', '.join(changed[:3])}{' and more' if len(changed) > 3 else ''}"
            self.reporter.say(f"warning: data changed while the training ran, the run is of what they were: {told}")
            found["changed_while_running"] = changed[:100]
        found["files"] = self._files()
        self._write_record(**{**result.as_json(), "status": COMPLETE, "ended": now(), **found})
        return result

    def _run_loop(self) -> None:
        """Until its end, or until it is stopped or has no numbers any more: then the run is left as it is."""
        try:
            with (
                self.interrupts,
                whole_batch_means(self.feed.strategy),
                telling(self.spec, self._doing),
                self._unreadable(),
            ):
                self.loop.run(self.found.tree)
        except _Diverged:
            self.checkpoints.wait()
            self._write_record(status="diverged", steps=self.loop.position.total)
            raise self._divergence() from None
        except _Stop:
            if self.team is None:
                self._save()
            self.checkpoints.close()
            save_model(self.model, self.folder.last)
            self._write_record(status="interrupted", steps=self.loop.position.total, files=self._files())
            raise Interrupted(self.folder.path, workers=self.team is not None) from None
        finally:
            self.checkpoints.close()

    def _files(self) -> dict[str, Any]:
        """What the files of the ended run are; of one that goes on the models change, and the metrics."""
        folder = self.folder
        return seals_of(folder, folder.best, folder.last, folder.inputs, folder.spec, folder.metrics)

    def _refuse_changed(self, tree: Mapping[str, Any]) -> None:
        """Raises TrainingError where what the checkpoint goes on from is not what it was, or is another run's."""
        if self.lease.resumed and self._writes:
            told = self.inputs.result().refuse_changed(self.folder)
            for remark in (*([told] if told else []), *others_told(self.folder, self.folder.read_record())):
                self.reporter.say(f"warning: {remark}")
        if self._writes and tree.get("identity") != self.identity:
            message = f"{self.found.path} is a checkpoint of another run than {self.folder.path}"
            raise TrainingError(message, hint="put back the run's own, or begin a new run: --fresh")
        self.lease.refuse_ended(tree["position"], self.epochs)

    @contextmanager
    def _unreadable(self) -> Iterator[None]:
        """Within it, what TensorFlow reports of a reader of data is the reader's own error, or another worker's end."""
        try:
            yield
        except tf.errors.OpError as error:
            failure = next((split.failure for split in self.dataset.splits.values() if split.failure), None)
            if self.team:
                raise gone(error) from error
            if failure is not None:
                raise failure from error
            raise

    def _doing(self) -> str:
        position = self.loop.position
        if position.logs is not None:
            return f"validating after epoch {position.epoch + 1}"
        return f"training, in step {position.step + 1} of epoch {position.epoch + 1}"

    def _divergence(self) -> TrainingError:
        """The step at which the loss was lost, and with `debug` the layer; the last checkpoint is from before it."""
        position, kept = self.loop.position, self.checkpoints.newest()
        after, more = f"infinite or nan after epoch {position.epoch}, step {position.total}", "the layer"
        if self.bad is not None:
            where, more = f"the weights {self.bad} are {after}", "the step and its cause"
        elif self.lost:
            where = f"`{self.lost[0]}` is {after}"
        else:
            where = f"the loss became infinite or nan in step {position.step} of epoch {position.epoch + 1}"
        if not self.debug:
            where += f"; `--set train.debug=true` finds {more}"
        elif self.bad is None and self.lost == ["val_loss"]:
            where += f": {culprit_of_validation(self.loop, self.spec)}"
        elif kept.tree is not None:
            where += f": {culprit(self.loop, kept.tree, self.spec, self.bad is not None)}"
        back = f"the run stands at {kept.path.name}, before it; " if kept.path else ""
        return TrainingError(where, hint=f"{back}a smaller learning rate goes on from there, or clip with clipnorm: 1")

    def begin(self, position: Position) -> None:
        self.lease.apply(self.model)
        self.folder.cut_metrics(position.epoch)
        cut_logs(self.loop.callbacks, position.epoch)
        plan = Plan(str(self.folder.path), self.epochs, self.feed.steps, position.epoch, position.step, self._writes)
        self.reporter.begin(plan)
        if self.debug and not position.total:
            self._save()  # a place to go back to

    def step(self, position: Position, logs: Mapping[str, Any]) -> None:
        heartbeat()
        self.reporter.step(position.step, logs)
        if position.total % self.look_every == 0 and has_diverged(logs):
            raise _Diverged
        if self.interrupts.asked:
            raise _Stop
        if self._checkpoint_due(position):
            self._save()

    def testing(self, position: Position) -> None:
        heartbeat()
        self.reporter.testing()
        if self.interrupts.asked:
            raise _Stop

    def epoch(self, epoch: int, position: Position, logs: Logs, seconds: float) -> None:
        self.reporter.epoch(epoch, logs, seconds)
        self.bad = bad_weights(self.model, self.spec)
        self.lost = bad_losses(logs)
        if self.bad is not None or self.lost:
            raise _Diverged
        self._save()
        if self.interrupts.asked and not position.stopped and position.epoch < self.epochs:
            raise _Stop

    def _checkpoint_due(self, position: Position) -> bool:
        if self.every:
            return position.total % int(self.every) == 0 and position.step < self.feed.steps
        return time.monotonic() - self.saved_at > (self.seconds or CHECKPOINT_SECONDS)

    def _save(self) -> None:
        self._keep_inputs()
        position = self.loop.position
        state = capture(self.model, self.loop.callbacks, position)  # by all workers: some variables are their sum
        if self.team is None or self.team.is_chief:
            self.checkpoints.save(position.total, {**state, "identity": self.identity})
        self.saved_at = time.monotonic()

    @property
    def _writes(self) -> bool:
        """Whether the run folder is this process's to write."""
        return self.team is None or self.team.is_chief

    def _keep_inputs(self) -> None:
        """What the data are, in the run before its first checkpoint: a resume compares them."""
        if self._writes and not self.inputs_kept:
            self.inputs.result().save(self.folder)
            seal(self.folder, self.folder.inputs.name)
            self.inputs_kept = True

    def _write_inputs(self) -> None:
        """What a run is made of, before it starts."""
        if self.found.tree is None or self.lease.changes:
            self.dataset.save_assets(self.folder.assets)
            self.learned.save(self.folder.learned)
            write_text(self.folder.spec, spec_text(self.spec))  # last: a run that is ended here differs until then
        self._write_record(
            name=self.spec.name,
            spec_sha256=spec_sha256(self.spec),
            status="running",
            identity=self.identity,
            files=seals_of(self.folder),
            started=now(),
            seed=self.spec.training.seed,
            deterministic=self.deterministic,
            task=self.dataset.task,
            binding=self.feed.binding.as_json(),
            yes_no=outputs_of_yes_or_no(self.spec, self.model, self.dataset, self.feed.binding),
            examples={name: split.size for name, split in self.dataset.splits.items()},
            monitor=self.best.monitor,
            params=self.model.count_params(),
            teacher=self.teacher and self.teacher.as_json(),
            resumed_from=self.found.path and str(self.found.path),
            git=git_state(self.spec.path.parent),
            **environment(),
        )

    def _write_record(self, **values: Any) -> None:
        self.folder.write_record({**self.folder.read_record(), **values})


def first_final_epoch(settings: TrainConfig) -> int:
    """The first epoch, from 0, whose model is of the kind that the training is to end with."""
    rounds = float_epochs(settings) if settings.quantize else 0
    return max(rounds, first_sparse_epoch(settings) if settings.prune else 0)


class _Diverged(Exception):
    """The loss, or a weight, is no longer a number."""


class _Stop(Exception):
    """Someone has asked to stop; the loop is left at a place from which it can go on."""
