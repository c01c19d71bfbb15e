"""How a training ends when its terminal, its disk or its threads do."""

from __future__ import annotations

import errno
import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cases_code import TABLE, TRAINED
from harness import FULL, ROOT

pytestmark = pytest.mark.tf

LONG = TRAINED.replace("epochs: 1", "epochs: 4000").replace("learning_rate: 0.01", "learning_rate: 0.000001")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / "spec.yaml").write_text(LONG)
    (tmp_path / "table.csv").write_text(TABLE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("NNSPEC_HEARTBEAT", str(tmp_path / "beat"))
    yield tmp_path


def train(*more: str, spec: str = "spec.yaml") -> list[str]:
    return [sys.executable, "-P", "-m", "nnspec", "train", spec, "--run", "run", *more]


def wait_for_steps(folder: Path) -> None:
    deadline = time.monotonic() + 120
    while not (folder / "beat").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def record(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "run" / "record.json").read_text())
    return found


@pytest.mark.long
def test_a_terminal_that_is_closed_stops_and_saves(folder: Path) -> None:
    pid, terminal = pty.fork()
    if not pid:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)  # the tests may run by `nohup`
        os.execv(sys.executable, train())
    wait_for_steps(folder)
    os.close(terminal)
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 130
    assert record(folder)["status"] == "interrupted" and list((folder / "run" / "checkpoints").glob("step-*"))


@pytest.mark.skipif(not FULL, reason="one more training in a process of its own: NNSPEC_FULL=1")
def test_what_is_to_outlive_its_terminal_goes_on(folder: Path) -> None:
    ignore = lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)  # noqa: E731 - as `nohup` does
    process = subprocess.Popen(train("--quiet"), preexec_fn=ignore, stderr=subprocess.DEVNULL)
    wait_for_steps(folder)
    process.send_signal(signal.SIGHUP)
    time.sleep(0.5)
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    assert process.wait() == 130 and record(folder)["status"] == "interrupted"


@pytest.mark.skipif(not FULL, reason="three trainings in processes of their own: NNSPEC_FULL=1")
def test_a_run_keeps_the_number_of_its_threads(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other numbers of threads give other bits, `deterministic` or not; a run that is resumed takes those it had."""
    digits = ROOT / "examples" / "data" / "digits"
    (folder / "wide.yaml").write_text(f"""nnspec: 1
inputs: {{image: [28, 28, 1]}}
layers: [{{Rescaling: 0.004}}, {{Conv2D: {{filters: 16, kernel_size: 5}}}}, Flatten, {{Dense: {{units: 10, activation: softmax}}}}]
data: {{source: {{IDX: {{images: {digits}/t10k-images-idx3-ubyte.gz, labels: {digits}/t10k-labels-idx1-ubyte.gz}}}}}}
train: {{epochs: 3, deterministic: true, loss: SparseCategoricalCrossentropy, optimizer: {{SGD: 0.01}}}}
""")
    found = {}
    for number in ("1", "2", "3"):
        monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", number)
        assert (
            subprocess.run(train("--quiet", spec="wide.yaml"), check=False, stdout=subprocess.DEVNULL).returncode == 0
        )
        assert record(folder)["threads"] == int(number) and record(folder)["instructions"]
        found[number] = record(folder)["weights_sha256"]
        (folder / "run").rename(folder / f"run{number}")
    assert len(set(found.values())) > 1
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "1")
    (folder / "beat").unlink()
    process = subprocess.Popen(train("--quiet", spec="wide.yaml"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for_steps(folder)
    process.send_signal(signal.SIGTERM)
    assert process.wait() == 130
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "3")
    assert subprocess.run(train("--quiet", spec="wide.yaml"), check=False, stdout=subprocess.DEVNULL).returncode == 0
    assert record(folder)["weights_sha256"] == found["1"]


@pytest.mark.parametrize(
    "place", ["training.callbacks.replacing", "training.checkpoint.replacing", "runs.run_folder.write_json"]
)
def test_a_full_disk_is_one_clear_line(place: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from nnspec.frontend.pipeline import load
    from nnspec.runs.errors import TrainingError
    from nnspec.training.train import train as run

    def no_room(path: Path, *_: Any, **options: Any) -> Any:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    monkeypatch.setattr(f"nnspec.{place}", no_room)
    spec = load(folder / "spec.yaml", ["train.epochs=2"])
    with pytest.raises(TrainingError) as found:
        run(spec, run=folder / "run")
    assert "No space left on device" in str(found.value) and str(folder / "run") in str(found.value)


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("check good.yaml > /dev/full", 1),
        ("check bad.yaml > /dev/full", 3),
        ("check bad.yaml 2> /dev/full", 3),
        ("check bad.yaml --json > /dev/full", 3),
        ("check bad.yaml >&- 2>&- <&-", 3),
        ("check good.yaml >&- 2>&- <&-", 0),
    ],
)
def test_an_exit_code_does_not_depend_on_who_reads(command: str, code: int, folder: Path) -> None:
    for name, kind in (("good", "Dense"), ("bad", "Dens")):
        (folder / f"{name}.yaml").write_text(f"nnspec: 1\ninputs: {{x: [4]}}\nlayers: [{{{kind}: 1}}]\n")
    done = subprocess.run(["sh", "-c", f"{sys.executable} -P -m nnspec {command}"], check=False, capture_output=True)
    assert done.returncode == code and b"Traceback" not in done.stderr


def test_a_reader_that_has_gone_does_not_make_a_fault_right(folder: Path) -> None:
    (folder / "bad.yaml").write_text("nnspec: 1\ninputs: {x: [4]}\nlayers: [{Dens: 1}]\n")
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "nnspec", "check", "bad.yaml", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    assert b"Traceback" not in process.communicate()[1] and process.returncode == 3
