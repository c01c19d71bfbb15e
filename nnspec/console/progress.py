"""What a person sees of a training, on standard error: a bar on a terminal, a line an epoch elsewhere, or nothing."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nnspec.console.formatting import plural, visible
from nnspec.console.prose import filled, told
from nnspec.console.waiting import counting

if TYPE_CHECKING:
    from nnspec.frontend.diagnostics import Diagnostic

GAP = "  "  # between two values of an epoch
REFRESH = 0.2  # seconds between two drawings of the bar


@dataclass(frozen=True, slots=True)
class Plan:
    """What is about to run: the run folder's name, epochs, steps in each, and the first of either that is left.

    Attributes:
        writes: whether the folder is the training's; of several workers one alone writes what stays.
    """

    run: str
    epochs: int
    steps: int
    epoch: int = 0
    step: int = 0
    writes: bool = True


class Reporter:
    """Told of everything, says nothing. The others override what they show."""

    def preparing(self) -> None:
        """TensorFlow is going to be loaded, which takes seconds."""

    def say(self, text: str) -> None:
        """A remark."""

    def working(self, text: str) -> contextlib.AbstractContextManager[None]:
        """A remark, and within it goes on for seconds, without a word, what it says."""
        self.say(text)
        return contextlib.nullcontext()

    def warn(self, warning: Diagnostic) -> None:
        """A setting that is allowed but will surprise."""

    def reading(self, what: str, done: int, total: int) -> None:
        """How far a long reading of the data is."""

    def begin(self, plan: Plan) -> None:
        """Training begins, or goes on."""

    def step(self, done: int, logs: Mapping[str, Any]) -> None:
        """Called after every step: ``done`` batches of the epoch. Reading a value of ``logs`` waits for the device."""

    def testing(self) -> None:
        """Validation begins."""

    def epoch(self, epoch: int, logs: Mapping[str, Any], seconds: float) -> None:
        """An epoch, from 0, is done."""

    def end(self) -> None:
        """Nothing more will come, for whatever reason."""


class Passing(Reporter):
    """Passes everything on. Those who do more beside it override the call, and pass that on, too."""

    def __init__(self, reporter: Reporter) -> None:
        self.reporter = reporter

    def preparing(self) -> None:
        self.reporter.preparing()

    def say(self, text: str) -> None:
        self.reporter.say(text)

    def working(self, text: str) -> contextlib.AbstractContextManager[None]:
        return self.reporter.working(text)

    def warn(self, warning: Diagnostic) -> None:
        self.reporter.warn(warning)

    def reading(self, what: str, done: int, total: int) -> None:
        self.reporter.reading(what, done, total)

    def begin(self, plan: Plan) -> None:
        self.reporter.begin(plan)

    def step(self, done: int, logs: Mapping[str, Any]) -> None:
        self.reporter.step(done, logs)

    def testing(self) -> None:
        self.reporter.testing()

    def epoch(self, epoch: int, logs: Mapping[str, Any], seconds: float) -> None:
        self.reporter.epoch(epoch, logs, seconds)

    def end(self) -> None:
        self.reporter.end()


class LineReporter(Reporter):
    """One plain line an epoch: for logs and pipes. Nobody reading them any more does not end a training."""

    def __init__(self) -> None:
        self.epochs = 0

    def say(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):  # a pipe that broke, a full disk, a stream that is closed
            print(visible(text), file=sys.stderr, flush=True)

    def warn(self, warning: Diagnostic) -> None:
        self.say(str(warning))

    def begin(self, plan: Plan) -> None:
        self.epochs = plan.epochs
        self.say(beginning(plan))

    def epoch(self, epoch: int, logs: Mapping[str, Any], seconds: float) -> None:
        self.say(epoch_line(epoch, self.epochs, logs, seconds))


class BarReporter(LineReporter):
    """A bar for the epoch that is under way, drawn a few times a second, and a line for each one done."""

    def __init__(self) -> None:
        super().__init__()
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self._console = _console()
        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}", markup=False),
            TimeRemainingColumn(compact=True),
            TextColumn("{task.fields[values]}", markup=False),
            console=self._console,
            auto_refresh=False,
            transient=True,
        )
        self._task = self._bar.add_task("", total=None, visible=False, rate="", values="")
        self._steps = 0
        self._epoch = 0
        self._drawn = 0.0
        self._mark: tuple[float, int] | None = None  # when and after how many steps this epoch's rate began to count

    def say(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._console.print(told(visible(text), self._console.width), markup=False, soft_wrap=True)

    def working(self, text: str) -> contextlib.AbstractContextManager[None]:
        return counting(f"{text} …")

    def reading(self, what: str, done: int, total: int) -> None:
        if self._due() or done == total:
            self._show(what, done, total)
        if done == total:
            self._bar.stop()

    def begin(self, plan: Plan) -> None:
        self._steps, self._epoch = plan.steps, plan.epoch
        super().begin(plan)
        self._next(plan.step)

    def step(self, done: int, logs: Mapping[str, Any]) -> None:
        if self._mark is None:
            self._mark = time.monotonic(), done
        if self._due():
            values = "  ".join(f"{name} {shown(float(value))}" for name, value in logs.items())
            self._show(f"epoch {self._epoch + 1}/{self.epochs}", done, self._steps, self._rate(done), values)

    def testing(self) -> None:
        self._show("validation", self._steps, self._steps)

    def epoch(self, epoch: int, logs: Mapping[str, Any], seconds: float) -> None:
        line = epoch_line(epoch, self.epochs, logs, seconds)
        self.say(filled(line, self._console.width, indent=" " * (line.index(GAP) + len(GAP)), gap=GAP))
        self._epoch = epoch + 1
        self._next(0)

    def end(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._bar.stop()

    def _rate(self, done: int) -> str:
        since, first = self._mark or (0.0, done)
        seconds = time.monotonic() - since
        return f"{(done - first) / seconds:.3g} steps/s" if done > first and seconds > 0 else ""

    def _due(self) -> bool:
        now = time.monotonic()
        if now - self._drawn < REFRESH:
            return False
        self._drawn = now
        return True

    def _next(self, step: int) -> None:
        self._mark = None
        if self._epoch < self.epochs:
            with contextlib.suppress(OSError, ValueError):  # it draws the bar, too
                self._bar.reset(self._task, total=self._steps, completed=step, rate="", values="")

    def _show(self, text: str, done: int, total: int, rate: str = "", values: str = "") -> None:
        now: dict[str, Any] = {"completed": done, "total": total, "rate": rate}
        now |= {"description": visible(text), "values": visible(values)}
        with contextlib.suppress(OSError, ValueError):
            self._bar.start()
            self._bar.update(self._task, **now, visible=True, refresh=True)


def _console() -> Any:
    """Rich's console on standard error, which obeys NO_COLOR. Its own answer to a broken pipe is to end the process."""
    from rich.console import Console

    class Patient(Console):
        def on_broken_pipe(self) -> None:
            self.quiet = True

    return Patient(stderr=True, highlight=False)


def make_reporter(quiet: bool = False) -> Reporter:
    """The reporter that suits standard error."""
    if quiet:
        return Reporter()
    return BarReporter() if sys.stderr.isatty() else LineReporter()


def beginning(plan: Plan) -> str:
    steps = f"{plural(plan.epochs, 'epoch')} of {plural(plan.steps, 'step')}"
    if plan.epoch or plan.step:
        return f"{plan.run}: going on at epoch {plan.epoch + 1}, step {plan.step}, of {steps}"
    return f"{plan.run}: {steps}"


def epoch_line(epoch: int, epochs: int, logs: Mapping[str, Any], seconds: float) -> str:
    return GAP.join(
        [f"epoch {epoch + 1}/{epochs}", f"{seconds:.1f} s", *(f"{name} {shown(value)}" for name, value in logs.items())]
    )


def shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4f}" if value == 0 or 1e-3 <= abs(value) < 1e4 else f"{value:.3g}"
    return str(value)
