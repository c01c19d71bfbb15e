"""How training ends before its end. Imports nothing slow: the command line reads these."""

from __future__ import annotations

from pathlib import Path


class TrainingError(Exception):
    """Training, or the use of a run, that cannot go on: what is wrong, and what helps. `code` is the exit code."""

    code = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return self.message + (f" ({self.hint})" if self.hint else "")


class WorkerGone(TrainingError):
    """Another worker is gone, so that this one ends too; another attempt may do."""

    code = 75  # EX_TEMPFAIL


class WorkersGaveUp(TrainingError):
    """Workers that could not be brought to an end, with the exit code of the one that ended first."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message, hint="its log is beside supervisor.log")
        self.code = code


class Interrupted(Exception):
    """Training was asked to stop, and training the same spec again goes on. Exit code 130.

    Attributes:
        saved: how much of it is: several workers are asked at different steps, so their last checkpoint counts.
    """

    def __init__(self, run: Path, *, workers: bool = False) -> None:
        self.run = run
        self.saved = "all up to the last checkpoint" if workers else "everything"
        super().__init__(
            f"stopped; {self.saved} is saved in {run}, and training the same spec again goes on from there"
        )
