"""What a killed process leaves beside a file is removed by the next that writes there; what is at work stays."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest

from nnspec.console import atomic_files
from nnspec.console.atomic_files import unfinished, write_text
from nnspec.export.files import workshop

ROOT = Path(__file__).parents[2]


@pytest.fixture
def gone() -> int:
    """The number of a process that has ended."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return ended.pid


def is_at_work(process: int) -> bool:
    """Whether it is there; where nobody waits for it, it stays as a zombie."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def named(process: int, stem: str = "report") -> str:
    return unfinished(stem).replace(f"-{os.getpid()}-", f"-{process}-")


def test_what_a_killed_process_left_goes(tmp_path: Path, gone: int) -> None:
    (tmp_path / f"{named(gone)}.html").touch()
    (tmp_path / named(gone, "export")).mkdir()
    (tmp_path / named(gone, "export") / "half.tflite").touch()
    kept = [f"{named(os.getppid())}.html", ".lock", ".report.html", f".report.{gone}.html"]
    for name in kept:
        (tmp_path / name).touch()
    write_text(tmp_path / "report.html", "whole")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*kept, "report.html"])


@pytest.mark.slow
def test_a_folder_goes_into_which_a_worker_still_writes(tmp_path: Path, gone: int) -> None:
    left = tmp_path / named(gone, "export")
    left.mkdir()
    until = time.monotonic() + 0.3

    def write() -> None:
        for number in count():
            if time.monotonic() > until:
                return
            with suppress(OSError):
                (left / str(number)).touch()

    with ThreadPoolExecutor(1) as worker:
        worker.submit(write)
        write_text(tmp_path / "a", "")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked at as Linux shows them")
def test_a_worker_ends_with_a_process_that_is_killed(tmp_path: Path) -> None:
    (tmp_path / "at_work.py").write_text(
        "import os, time\nfrom nnspec.export.subprocesses import serve\n"
        "def work(request):\n    print(os.getpid(), flush=True)\n    time.sleep(60)\n"
        "serve(work)\n"
    )
    code = (
        "import os, sys\nfrom nnspec.export import subprocesses\n"
        "worker = subprocesses.Worker('at_work')\nprint(worker._process.pid, flush=True)\nworker.call(0, 60)"
    )
    path = os.pathsep.join([str(tmp_path), str(ROOT)])
    process = subprocess.Popen(
        [sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": path}, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    worker = int(process.stdout.readline())
    time.sleep(1)  # it is at work
    process.kill()
    process.communicate()
    for _ in range(100):
        if not is_at_work(worker):
            return
        time.sleep(0.1)
    pytest.fail("the worker is still there")


def test_a_link_is_not_followed(tmp_path: Path, gone: int) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "file").touch()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / named(gone)).symlink_to(tmp_path / "own")
    with workshop(tmp_path / "out"):
        pass
    assert (tmp_path / "own" / "file").exists() and list((tmp_path / "out").iterdir()) == []


def test_a_name_of_another_machine_stays(tmp_path: Path, gone: int, monkeypatch: pytest.MonkeyPatch) -> None:
    name = named(gone).replace(atomic_files._MACHINE, "00000000")
    (tmp_path / name).touch()
    write_text(tmp_path / "a", "")
    assert (tmp_path / name).exists()
