"""The folder of a run: what stands where in it, and how it is found again."""

from __future__ import annotations

import contextlib
import json
import os
import re
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from nnspec.console.atomic_files import write_bytes, write_json
from nnspec.frontend.config import RUN_ASSETS, RUN_SPEC
from nnspec.quick_classes import dataclass
from nnspec.reading import NOT_REGULAR, read_bytes
from nnspec.runs import contents
from nnspec.runs.errors import TrainingError

RUNS = Path("runs")
COMPLETE = "complete"
_UNENDED = {  # by what the record calls it
    "running": "goes on, or was ended from outside",
    "interrupted": "was interrupted",
    "diverged": "diverged",
}
UNTRAINED = "train it first; a model that is trained already is exported as it is: nnspec export MODEL.keras"
MAX_METRICS = 1 << 30  # bytes
WORKERS = "workers"  # a supervisor's logs, there before the run is
# What a training makes before its record: a folder that has nothing else belongs to one that was ended there.
FIRST = {WORKERS, ".lock", "checkpoints", "logs", RUN_ASSETS, RUN_SPEC}


@dataclass(frozen=True, slots=True)
class RunFolder:
    """One run: ``runs/<name of the spec>/<number>`` under the current folder, or wherever the user says.

    ``spec.yaml`` is the resolved spec, ``record.json`` what is needed to repeat the run and how far it is,
    ``metrics.jsonl`` one line an epoch, ``best.keras`` and ``last.keras`` the models.
    """

    path: Path

    @property
    def spec(self) -> Path:
        return self.path / RUN_SPEC

    @property
    def record(self) -> Path:
        return self.path / "record.json"

    @property
    def inputs(self) -> Path:
        """What each file was that the training was begun with."""
        return self.path / "inputs.json"

    @property
    def metrics(self) -> Path:
        return self.path / "metrics.jsonl"

    @property
    def best(self) -> Path:
        return self.path / "best.keras"

    @property
    def last(self) -> Path:
        return self.path / "last.keras"

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def assets(self) -> Path:
        return self.path / RUN_ASSETS

    @property
    def learned(self) -> Path:
        """What layers learned from the data before the training."""
        return self.path / "learned.json"

    @property
    def is_there(self) -> bool:
        """Whether the folder holds anything of a run."""
        return self.record.is_file() or self.metrics.is_file() or self.spec.is_file()

    @property
    def instead(self) -> str:
        """What a folder is that is no run's, in a sentence."""
        if not self.path.is_dir():
            return f"{self.path} is no run folder: it is not there"
        inner = sorted({*self.path.glob("*/record.json"), *self.path.glob("*/*/record.json")})
        runs = " ".join(str(record.parent) for record in inner[:2])
        has = (
            f"name runs that are in it, such as {runs}"
            if runs
            else "it holds no record.json, metrics.jsonl or spec.yaml"
        )
        return f"{self.path} is no run folder: {has}"

    def place(self, name: str) -> Path:
        """A folder of the run that a command writes into. Raises TrainingError where it is a link."""
        found = self.path / name
        if found.is_symlink():
            raise _link(found)
        return found

    @property
    def model(self) -> Path | None:
        """The model to evaluate and export: the best one, else the last one."""
        return next((path for path in (self.best, self.last) if path.is_file()), None)

    @property
    def so_far(self) -> str | None:
        """Where the training has not ended, why, and which model is taken; None where it has, or nobody says."""
        why = _UNENDED.get(str(self.read_record().get("status")))
        file = self.model
        return None if why is None or file is None else f"the training of {self.path} {why}: {file.name} is as of then"

    def read_record(self, remarks: list[str] | None = None) -> dict[str, Any]:
        """The record, empty where there is none or it cannot be read; ``remarks`` are told what is left out of it."""
        return contents.read_record(self.path, [] if remarks is None else remarks)

    def write_record(self, values: dict[str, Any]) -> None:
        write_json(self.record, values)

    def append_metrics(self, line: dict[str, Any]) -> None:
        with open(self.metrics, "a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")

    def cut_metrics(self, epochs: int) -> None:
        """Keeps the lines of the first ``epochs`` epochs: those after the checkpoint will be run again."""
        if self.metrics.is_file():
            lines = read_bytes(self.metrics, MAX_METRICS).splitlines(keepends=True)
            write_bytes(self.metrics, b"".join(lines[:epochs]))


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def runs_of(name: str) -> list[RunFolder]:
    """The runs of a spec by its name, the oldest first."""
    folder = RUNS / file_name(name)
    names = [path.name for path in folder.glob("*") if path.name.isdecimal() and path.is_dir()]
    numbers = sorted(int(name) for name in names if name == str(int(name)))
    return [RunFolder(folder / str(number)) for number in numbers]


def file_name(name: str) -> str:
    """The name of a spec as that of a file or a folder: one that lies where it is put, whatever the name holds."""
    return re.sub(r"[^\w.\- ]", "_", name).strip(". ") or "network"


def own_place(folder: Path) -> Path:
    """A folder of ours under the current one, such as ``runs/lenet``.

    Raises:
        TrainingError: a link leads out of the current folder, which may be anybody's.
    """
    found = folder.resolve()
    if not found.is_relative_to(Path.cwd().resolve()):
        message = f"{folder} leads out of the current folder, to {found}"
        raise TrainingError(message, hint="name the folder that is meant: --run FOLDER")
    return folder


def refuse_links(folder: Path) -> None:
    """Raises TrainingError where something within a folder is a link: what is written there would lie elsewhere.

    Also where it is a pipe or a device: who opens one to write waits for a reader.
    """
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(place, name)
            try:
                mode = path.lstat().st_mode
            except OSError:  # gone by now
                continue
            if stat.S_ISLNK(mode):
                raise _link(path)
            if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
                raise TrainingError(f"{path}: {NOT_REGULAR}", hint="remove it")


def _link(path: Path) -> TrainingError:
    return TrainingError(f"{path} is a link: what is written there would lie elsewhere", hint="remove it")


def latest_run(name: str, run: Path | None = None) -> RunFolder:
    """The run to evaluate, predict with or export: ``run``, or the newest of this name that has a model.

    Raises:
        TrainingError: there is none.
    """
    if run is not None:
        if RunFolder(run).model is None:
            raise TrainingError(
                f"there is no trained model in {run}", hint="a run folder holds best.keras or last.keras"
            )
        return RunFolder(run)
    found = [folder for folder in runs_of(name) if folder.model is not None]
    if not found:
        raise TrainingError(f"`{name}` has no trained run under {RUNS / file_name(name)}", hint=UNTRAINED)
    return found[-1]


def create_run(name: str, run: Path | None) -> RunFolder:
    """Makes the folder of a new run; its number is one that no other process takes.

    Raises:
        TrainingError: the folder cannot be made, or holds something else.
    """
    try:
        if run is not None:
            run.mkdir(parents=True, exist_ok=True)
            refuse_links(run)
            if any(path.name not in FIRST for path in run.iterdir()) or any(run.glob("checkpoints/*")):
                raise TrainingError(f"{run} is not empty", hint="a run gets a folder of its own")
            return RunFolder(run)
        place = own_place(RUNS / file_name(name))
        number = max((int(folder.path.name) for folder in runs_of(name)), default=0) + 1
        while True:
            path = place / str(number)
            try:
                path.mkdir(parents=True)
                return RunFolder(path)
            except FileExistsError:
                number += 1
    except OSError as error:
        raise unwritable(error) from error


def discard(folder: RunFolder) -> None:
    """Removes a run of which nothing came, but for what a supervisor has to say of it."""
    import shutil

    for path in folder.path.iterdir():
        if path.name == WORKERS:
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # not empty
        folder.path.rmdir()


def unwritable(error: OSError) -> TrainingError:
    where = f"{error.filename}: " if error.filename else ""
    return TrainingError(f"the run folder cannot be written: {where}{error.strerror or error}")


def lock(folder: RunFolder) -> IO[bytes] | None:
    """Claims a run for this process until the file returned is closed or the process dies; None if it is taken."""
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    handle = os.fdopen(os.open(folder.path / ".lock", flags, 0o666), "rb+")  # held for as long as the run
    try:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except ImportError:  # no such locks on Windows
        pass
    except OSError:
        handle.close()
        return None
    return handle
