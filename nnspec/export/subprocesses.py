"""Processes of our own for code that may crash, hang or eat the machine: the converter and the runtimes.

A worker is a module run by Python; it answers one pickled request after another over a pipe. If it dies,
`WorkerDied` says how, with the last words of its standard error.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from types import TracebackType
from typing import IO, Any

from nnspec.console.log_filter import LOG
from nnspec.console.own_python import own_environment, own_python

WATCH = 0.5  # seconds between two looks whether the parent is there


class WorkerDied(Exception):
    """The process ended, or was ended, before it answered. `how` names the signal, exit status or time limit."""

    def __init__(self, how: str, last_words: str) -> None:
        super().__init__(how)
        self.how = how
        self.last_words = last_words


class WorkerError(Exception):
    """The request raised an exception in the worker, which lives on."""


class Worker:
    """One process, started on construction. Closing it, or the end of this process, ends it."""

    def __init__(self, module: str, *arguments: str) -> None:
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the worker
        self._pipe, theirs = multiprocessing.Pipe()
        self._process = subprocess.Popen(
            own_python(module, str(theirs.fileno()), *arguments),
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=self._errors,
            stderr=self._errors,
            env=own_environment({"TF_CPP_MIN_LOG_LEVEL": "2", "CUDA_VISIBLE_DEVICES": "-1"}),
            start_new_session=True,  # Ctrl-C reaches us, and we end the worker
        )
        theirs.close()

    def call(self, request: Any, timeout: float) -> Any:
        """The worker's answer.

        Raises:
            WorkerError: the request failed with an exception.
            WorkerDied: the worker crashed, or did not answer within `timeout` seconds.
        """
        try:
            self._pipe.send(request)
            if not self._pipe.poll(timeout):
                self.close()
                raise WorkerDied(f"no answer within {timeout:.0f} s", self._last_words())
            fine, answer = self._pipe.recv()
        except (EOFError, ConnectionError):
            self._process.wait()
            raise WorkerDied(_end(self._process.returncode), self._last_words()) from None
        except KeyboardInterrupt:
            self.close()  # its answer would be taken for the next request's
            raise
        if not fine:
            raise WorkerError(answer)
        return answer

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def close(self) -> None:
        """Ends the process at once; it holds nothing that would need saving."""
        self._process.kill()
        self._process.wait()
        self._pipe.close()

    def __enter__(self) -> Worker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _last_words(self) -> str:
        self._errors.seek(0)
        told = [line for line in self._errors if not LOG.match(line)]
        return b"".join(told).decode(errors="replace")[-2000:].strip()


def _end(returncode: int) -> str:
    return signal.Signals(-returncode).name if returncode < 0 else f"exit status {returncode}"


def serve(handle: Callable[[Any], Any]) -> None:
    """A worker's main loop: answers requests on the pipe named by the first argument until the other end closes."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    pipe = Connection(int(sys.argv[1]))
    while True:
        try:
            request = pipe.recv()
        except EOFError:
            return
        try:
            answer = (True, handle(request))
        except Exception as error:  # whatever went wrong belongs to the request, and the caller decides
            answer = (False, f"{type(error).__name__}: {error}")
        pipe.send(answer)


def _end_with_parent() -> None:
    """Ends a worker in the middle of its work once nobody waits for it: one that was killed cannot end it."""
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(WATCH)
    os._exit(1)
