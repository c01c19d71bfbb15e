"""The supervisor, over processes that need no TensorFlow: what ends, what begins anew, what is told."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from nnspec.runs.errors import WorkersGaveUp
from nnspec.training.distributed.supervisor import Patience, Workers, free_ports

# A worker: notes its start, then does what its arguments say for its number and the attempt.
WORKER = """
import json, os, signal, sys, time
index = json.loads(os.environ["TF_CONFIG"])["task"]["index"]
folder, plan = sys.argv[1], json.loads(sys.argv[2])
note = os.path.join(folder, f"{index}.starts")
attempt = len(open(note).read()) if os.path.exists(note) else 0
open(note, "a").write("x")
open(os.path.join(folder, f"{index}.pid"), "w").write(str(os.getpid()))
what = plan.get(str(index), [])
what = what[attempt] if attempt < len(what) else "end"
if what != "mute":
    open(os.environ["NNSPEC_HEARTBEAT"], "w").close()
if what == "kill":
    os.kill(os.getpid(), signal.SIGKILL)
if what in ("mute", "stall"):
    time.sleep(60)
if what.startswith("late "):
    time.sleep(0.6)
    what = what.removeprefix("late ")
if what.isdigit():
    sys.exit(int(what))
print("worker", index, "says", what, flush=True)
time.sleep(0.5)
"""


def run(folder: Path, plan: str, patience: Patience) -> list[str]:
    said: list[str] = []
    folder.mkdir(exist_ok=True)
    command = [sys.executable, "-c", WORKER, str(folder), plan]
    Workers(command, 2, folder / "logs", patience, said.append).run()
    return said


def starts(folder: Path) -> list[int]:
    return [len((folder / f"{index}.starts").read_text()) for index in (0, 1)]


def test_all_end_well(tmp_path: Path) -> None:
    said = run(tmp_path, "{}", Patience())
    assert said[-1] == "all 2 workers ended well"
    assert starts(tmp_path) == [1, 1]
    assert (tmp_path / "logs" / "worker-1.log").read_text() == "worker 1 says end\n"
    log = (tmp_path / "logs" / "supervisor.log").read_text().splitlines()
    assert [line.split(" ", 1)[1] for line in log] == said
    assert log[0][:2] == "20"


@pytest.mark.parametrize(
    ("plan", "says"),
    [
        ('{"1": ["kill"], "0": ["stall"]}', "worker 1 ended: SIGKILL"),
        ('{"0": ["kill"], "1": ["75"]}', "worker 0 ended: SIGKILL"),
        ('{"1": ["75"], "0": ["75"]}', "ended: exit code 75"),
        ('{"1": ["mute"], "0": ["stall"]}', "worker 1: no first step"),
        ('{"1": ["stall"], "0": ["stall"]}', "no sign of life"),
    ],
)
def test_all_begin_anew(plan: str, says: str, tmp_path: Path) -> None:
    said = run(tmp_path, plan, Patience(start=2.0, stall=3.0))
    assert any(says in line for line in said), said
    assert any(line.endswith("restart from the last checkpoint, 1 of 3") for line in said)
    assert said[-1] == "all 2 workers ended well"
    assert starts(tmp_path) == [2, 2]


def test_restarts_are_bounded(tmp_path: Path) -> None:
    with pytest.raises(WorkersGaveUp, match="last of 3 attempts"):
        run(
            tmp_path,
            '{"1": ["kill", "kill", "kill", "kill"], "0": ["stall", "stall", "stall", "stall"]}',
            Patience(restarts=2),
        )
    assert starts(tmp_path) == [3, 3]


@pytest.mark.parametrize("code", [1, 3, 4])
def test_a_failure_that_would_come_again_ends_it(code: int, tmp_path: Path) -> None:
    with pytest.raises(WorkersGaveUp, match=f"worker 0 ended: exit code {code}") as caught:
        run(tmp_path, f'{{"0": ["{code}"], "1": ["75"]}}', Patience())
    assert caught.value.code == code
    assert starts(tmp_path) == [1, 1]


def test_the_cause_may_end_after_those_that_lost_it(tmp_path: Path) -> None:
    with pytest.raises(WorkersGaveUp, match="worker 1 ended: exit code 3") as caught:
        run(tmp_path, '{"0": ["75"], "1": ["late 3"]}', Patience())
    assert caught.value.code == 3
    assert starts(tmp_path) == [1, 1]


@pytest.mark.skipif(sys.platform != "linux", reason="PR_SET_PDEATHSIG is Linux's")
def test_a_supervisor_that_is_killed_leaves_no_one_behind(tmp_path: Path) -> None:
    script = f"""
import sys
from pathlib import Path
from nnspec.training.distributed.supervisor import Workers
Workers([sys.executable, "-c", {WORKER!r}, {str(tmp_path)!r}, '{{"0": ["stall"], "1": ["stall"]}}'], 2, Path({str(tmp_path)!r}) / "logs").run()
"""
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.DEVNULL)
    files = [tmp_path / f"{index}.pid" for index in (0, 1)]
    end = time.monotonic() + 20
    while not all(file.exists() and file.read_text() for file in files) and time.monotonic() < end:
        time.sleep(0.05)
    parent.kill()
    parent.wait()
    pids = [int(file.read_text()) for file in files]
    while any(alive(pid) for pid in pids) and time.monotonic() < end:
        time.sleep(0.05)
    assert not any(alive(pid) for pid in pids)


pytestmark = pytest.mark.slow


def alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def test_ports_are_free_and_different() -> None:
    ports = free_ports(5)
    assert len(set(ports)) == 5
    assert all(1024 < port < 65536 for port in ports)
