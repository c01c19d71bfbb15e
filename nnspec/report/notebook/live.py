"""A training in a notebook: one display that is drawn again in place, with a bar, the last values and the curves."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Mapping
from typing import Any

from nnspec.console.formatting import metric, plural
from nnspec.console.progress import Plan, Reporter, make_reporter
from nnspec.frontend.diagnostics import Diagnostic
from nnspec.report.notebook.curves import panels
from nnspec.report.notebook.markup import Content, Html, card, element

REFRESH = 0.4  # seconds between two drawings
MOST_REMARKS = 20


class NotebookReporter(Reporter):
    """Progress as one card of a notebook. What cannot be shown ends no training.

    Args:
        display: gets the first card, and gives back what later ones are handed to; IPython's `display` by default.
    """

    def __init__(self, display: Any = None) -> None:
        self._display = display or _in_place
        self._handle: Any = None
        self.plan: Plan | None = None
        self.epochs: list[int] = []
        self.series: dict[str, list[float | None]] = {}
        self.remarks: list[str] = []
        self.seconds = 0.0
        self._now: tuple[str, float] = ("", 0.0)
        self._drawn = 0.0
        self._mark: tuple[float, int] | None = None

    def preparing(self) -> None:
        self._draw()

    def say(self, text: str) -> None:
        self.remarks.append(text)
        self._draw()

    def warn(self, warning: Diagnostic) -> None:
        self.say(str(warning))

    def reading(self, what: str, done: int, total: int) -> None:
        self._now = f"{what}: {done:,} of {total:,}", done / max(total, 1)
        self._draw(urgent=done == total)

    def begin(self, plan: Plan) -> None:
        self.plan = plan
        self._now = f"epoch {plan.epoch + 1} of {plan.epochs}", plan.step / max(plan.steps, 1)
        self._draw()

    def step(self, done: int, logs: Mapping[str, Any]) -> None:
        if self.plan is None:
            return
        now = time.monotonic()
        since, first = self._mark = self._mark or (now, done)
        if now - self._drawn < REFRESH:
            return
        rate = f"  {(done - first) / (now - since):.3g} steps/s" if done > first else ""
        values = "  ".join(f"{name} {metric(float(value))}" for name, value in logs.items() if _is_number(value))
        epoch = self.plan.epoch + len(self.epochs) + 1
        self._now = (
            f"epoch {epoch} of {self.plan.epochs}: {done:,} of {self.plan.steps:,}{rate}  {values}",
            done / self.plan.steps,
        )
        self._draw(urgent=False)

    def testing(self) -> None:
        self._now = "validation", 1.0
        self._draw(urgent=False)

    def epoch(self, epoch: int, logs: Mapping[str, Any], seconds: float) -> None:
        self.seconds += seconds
        self.epochs.append(epoch + 1)
        for name in {**self.series, **logs}:
            value = logs.get(name)
            before = self.series.setdefault(name, [None] * (len(self.epochs) - 1))
            before.append(float(value) if isinstance(value, int | float) else None)
        self._mark = None
        self._draw()

    def end(self) -> None:
        self._now = "", 0.0
        self._draw()

    def _draw(self, *, urgent: bool = True) -> None:
        now = time.monotonic()
        if not urgent and now - self._drawn < REFRESH:
            return
        self._drawn = now
        with contextlib.suppress(Exception):  # a front end that is gone
            shown = _Card(self.html())
            if self._handle is None:
                self._handle = self._display(shown)
            else:
                self._handle.update(shown)

    def html(self) -> Html:
        """The card as it stands."""
        text, share = self._now
        contents: list[Content] = [element("h4", self._title())]
        if text:
            bar = element("div", element("div", style=f"width:{100 * share:.1f}%"), class_="nns-track")
            contents += [bar, element("p", text, class_="nns-dim")]
        if self.epochs:
            contents.append(panels(self.epochs, self.series))
        for remark in self.remarks[:MOST_REMARKS]:
            contents.append(element("pre", remark))
        if len(self.remarks) > MOST_REMARKS:
            contents.append(element("p", f"and {len(self.remarks) - MOST_REMARKS:,} more remarks", class_="nns-dim"))
        return card(*contents)

    def _title(self) -> str:
        if self.plan is None:
            return "preparing the training"
        done = self.plan.epoch + len(self.epochs)
        return f"{self.plan.run}: {done:,} of {plural(self.plan.epochs, 'epoch')}, {self.seconds:.1f} s"


class _Card:
    """HTML, and the text that a front end without HTML shows."""

    def __init__(self, html: Html) -> None:
        self._html = html

    def _repr_html_(self) -> str:
        return str(self._html)

    def __repr__(self) -> str:
        return "<training>"


def _is_number(value: Any) -> bool:
    return getattr(value, "shape", ()) == ()


def _in_place(value: Any) -> Any:
    from IPython.display import display

    return display(value, display_id=True)  # type: ignore[no-untyped-call]


def in_notebook() -> bool:
    """Whether this process is a kernel that shows what it displays to a notebook."""
    ipython = sys.modules.get("IPython")
    shell = ipython and getattr(ipython, "get_ipython", lambda: None)()
    return getattr(shell, "kernel", None) is not None


def session_reporter(progress: bool | None = None) -> Reporter:
    """Progress where a person looks: live curves in a notebook, a bar on a terminal, nothing elsewhere.

    Args:
        progress: True shows it wherever this is, as lines of text at the least; False shows nothing.
    """
    if progress is False:
        return Reporter()
    if in_notebook():
        return NotebookReporter()
    return make_reporter() if progress or sys.stderr.isatty() else Reporter()
