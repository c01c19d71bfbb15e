"""A reporter that keeps the run's page up to date while it trains, beside another one that people read."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nnspec.console.progress import Passing, Plan, Reporter
from nnspec.frontend.spec import Spec
from nnspec.report.pages import run_page
from nnspec.report.pages.harmless import harmless
from nnspec.runs.run_folder import RunFolder

SECONDS = 10.0  # at least, between two writings of the page


class LivePage(Passing):
    """Passes everything on, and writes the page after epochs and at the end, whatever ended the run."""

    def __init__(self, reporter: Reporter, spec: Spec | None = None) -> None:
        super().__init__(reporter)
        self.spec = spec
        self.folder: RunFolder | None = None
        self.written = 0.0

    def begin(self, plan: Plan) -> None:
        self.folder = RunFolder(Path(plan.run))
        super().begin(plan)

    def epoch(self, epoch: int, logs: Mapping[str, Any], seconds: float) -> None:
        super().epoch(epoch, logs, seconds)
        if time.monotonic() - self.written > SECONDS:
            self.write()

    def end(self) -> None:
        super().end()
        self.write()

    def write(self) -> None:
        """Writes the page. One that cannot be written does not end the training that it shows."""
        if self.folder is None or not self.folder.path.is_dir():
            return
        with harmless(run_page.FILE, self.reporter):
            run_page.write(self.folder, self.spec)
        self.written = time.monotonic()
