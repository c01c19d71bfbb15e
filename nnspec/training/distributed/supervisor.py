"""Several workers of one machine, watched: if one dies or stands still, all are ended and go on from the checkpoint.

A worker that is gone stops the others where they are, some of them hanging, so none is worth keeping. Imports neither
TensorFlow nor Keras.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from nnspec.console.own_python import own_environment
from nnspec.runs.errors import TrainingError, WorkerGone, WorkersGaveUp
from nnspec.training.distributed.cluster import Cluster

HEARTBEAT = "NNSPEC_HEARTBEAT"  # names a file that a worker touches at each step
POLL = 0.2  # seconds
# What a worker's end says of the next attempt: with these it would end alike.
HOPELESS = (1, 2, 3, 4)
SETTLE = 1.0  # seconds from the end of a worker to that of those which lost it, or the other way round


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, and how often to restart. Seconds.

    Attributes:
        start: from a worker's start to its first step.
        stall: from one sign of life to the next.
        restarts: attempts after the first.
    """

    start: float = 300.0
    stall: float = 120.0
    restarts: int = 3


@dataclass
class Workers:
    """Processes that train together, one of several attempts.

    Attributes:
        command: what each of them runs.
        logs: the folder for what workers other than the chief print, and for the record of what died and when.
    """

    command: Sequence[str]
    count: int
    logs: Path
    patience: Patience = field(default_factory=Patience)
    say: Callable[[str], None] = print

    def run(self) -> None:
        """Trains to the end.

        Raises:
            WorkersGaveUp: a worker failed for a reason of its own, or died too often; with its exit code.
            TrainingError: the log cannot be written.
        """
        try:
            self.logs.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise TrainingError(f"cannot write to {self.logs}: {error.strerror}") from error
        for attempt in range(self.patience.restarts + 1):
            with tempfile.TemporaryDirectory(prefix="nnspec-workers-") as scratch:
                why, code = self._attempt(Path(scratch))
            if why is None:
                self._note(f"all {self.count} workers ended well")
                return
            self._note(why)
            if code in HOPELESS:
                raise WorkersGaveUp(why, code)
            if attempt < self.patience.restarts:
                self._note(f"all workers restart from the last checkpoint, {attempt + 1} of {self.patience.restarts}")
        raise WorkersGaveUp(f"{why}; that was the last of {self.patience.restarts + 1} attempts", 1)

    def _attempt(self, scratch: Path) -> tuple[str | None, int]:
        """Why the attempt ended before its end, and with which code; None if it did not."""
        addresses = tuple(f"127.0.0.1:{port}" for port in free_ports(self.count))
        processes: list[subprocess.Popen[bytes]] = []
        started = time.monotonic()
        try:
            for index in range(self.count):
                processes.append(self._start(Cluster(addresses, index), scratch / str(index)))
            self._note(f"started workers {', '.join(str(process.pid) for process in processes)}")
            while True:
                time.sleep(POLL)
                codes = _codes(processes)
                if all(code == 0 for code in codes):
                    return None, 0
                why = self._trouble(codes, [scratch / str(index) for index in range(self.count)], started)
                if why is not None:
                    return why
        finally:
            for process in processes:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def _start(self, cluster: Cluster, heartbeat: Path) -> subprocess.Popen[bytes]:
        environment = own_environment({"TF_CONFIG": cluster.as_tf_config(), HEARTBEAT: str(heartbeat)})
        environment |= _gpus(cluster)
        if cluster.is_chief:
            return subprocess.Popen(self.command, env=environment, start_new_session=True, preexec_fn=_die_together)
        with open(self.logs / f"worker-{cluster.index}.log", "ab") as log:
            return subprocess.Popen(
                self.command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_die_together,
            )

    def _trouble(self, codes: list[int | None], beats: list[Path], started: float) -> tuple[str, int] | None:
        """What is wrong with the workers, if something is, and a code."""
        ended = [(index, code) for index, code in enumerate(codes) if code]
        if ended:
            # What took a worker away, a signal before all, and not that another one lost it.
            index, code = min(ended, key=lambda item: (item[1] == WorkerGone.code, item[1] > 0))
            how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
            return f"worker {index} ended: {how}", code
        for index, beat in enumerate(beats):
            if codes[index] is not None:
                continue
            try:
                silent, limit = time.time() - beat.stat().st_mtime, self.patience.stall
                what = "no sign of life"
            except OSError:
                silent, limit = time.monotonic() - started, self.patience.start
                what = "no first step"
            if silent > limit:
                return f"worker {index}: {what} for {silent:.0f} s", WorkerGone.code
        return None

    def _note(self, text: str) -> None:
        """Says a line, and keeps it with its time."""
        self.say(text)
        with open(self.logs / "supervisor.log", "a", encoding="utf-8") as file:
            file.write(f"{datetime.now().astimezone().isoformat(timespec='seconds')} {text}\n")


def _codes(processes: Sequence[subprocess.Popen[bytes]]) -> list[int | None]:
    """The exit code of each that has ended; where workers lost another one, that of the other too."""
    codes = [process.poll() for process in processes]
    if WorkerGone.code in codes and all(code in (None, 0, WorkerGone.code) for code in codes):
        time.sleep(SETTLE)
        codes = [process.poll() for process in processes]
    return codes


def free_ports(count: int) -> list[int]:
    """Ports of this machine that nobody listens on, for the moment."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def _gpus(cluster: Cluster) -> dict[str, str]:
    """The GPUs of the machine shared out, where there are at least as many as workers."""
    given = os.environ.get("CUDA_VISIBLE_DEVICES")
    there = [*Path("/dev").glob("nvidia[0-9]*")]
    names = given.split(",") if given else [str(number) for number in range(len(there))]
    share = len(names) // len(cluster.workers)
    if not share:
        return {}
    return {"CUDA_VISIBLE_DEVICES": ",".join(names[cluster.index * share : (cluster.index + 1) * share])}


def _die_together() -> None:
    """In the child: ends with its parent, so that a supervisor that is killed leaves no one behind (Linux)."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)
