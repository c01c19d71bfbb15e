"""A worker's crash, hang or exception reaches us as an exception, and never as ours."""

import os
from pathlib import Path

import pytest

from nnspec.export.subprocesses import Worker, WorkerDied, WorkerError

MODULE = """
import os, signal, sys, time
from nnspec.export.subprocesses import serve

def handle(request):
    if request == "segv":
        print("about to die", file=sys.stderr, flush=True)
        os.kill(os.getpid(), signal.SIGSEGV)
    if request == "exit":
        os._exit(3)
    if request == "hang":
        time.sleep(60)
    if request == "raise":
        raise ValueError("not this")
    return [request, sys.argv[2]]

serve(handle)
"""


@pytest.fixture
def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "helper_worker.py").write_text(MODULE)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    with Worker("helper_worker", "argument") as started:
        yield started


def test_answers_come_back_and_the_worker_lives_on(worker: Worker) -> None:
    assert worker.call("one", 30) == ["one", "argument"]
    with pytest.raises(WorkerError, match="ValueError: not this"):
        worker.call("raise", 30)
    assert worker.call("two", 30) == ["two", "argument"]
    assert worker.alive


@pytest.mark.parametrize(("request_", "how"), [("segv", "SIGSEGV"), ("exit", "exit status 3")])
def test_a_crash_says_how(worker: Worker, request_: str, how: str) -> None:
    with pytest.raises(WorkerDied, match=how) as caught:
        worker.call(request_, 30)
    assert not worker.alive
    if request_ == "segv":
        assert "about to die" in caught.value.last_words


def test_a_hang_is_ended(worker: Worker) -> None:
    worker.call("up", 30)
    with pytest.raises(WorkerDied, match="no answer within"):
        worker.call("hang", 0.2)
    assert not worker.alive
