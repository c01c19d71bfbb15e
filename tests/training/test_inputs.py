"""Data that change between an interruption and its resume, or while a training runs; leavings among the runs."""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from nnspec.console.progress import Reporter
from nnspec.data import files as module
from nnspec.data.files import BLOCK, LARGE, sampled
from nnspec.data.sources.audio_folder import AudioFolder
from nnspec.data.sources.text import Text
from nnspec.frontend.pipeline import load
from nnspec.report.text.runs import described, runs_under
from nnspec.runs.errors import Interrupted, TrainingError
from nnspec.runs.run_folder import RunFolder
from nnspec.training.inputs import files_of
from nnspec.training.train import train as run_training

pytestmark = pytest.mark.tf

SPEC = """
nnspec: 1
name: small
inputs: {x: [3]}
layers: [{Dense: 2}]
data: {source: {Arrays: arrays}, batch_size: 4}
train: {epochs: 2, loss: {SparseCategoricalCrossentropy: {from_logits: true}}, checkpoint_every: 1}
"""


class Teller(Reporter):
    """Keeps what is said, and stops the training, or does something, in the second step."""

    def __init__(self, act: Any = None) -> None:
        super().__init__()
        self.said: list[str] = []
        self.act = act

    def say(self, text: str) -> None:
        self.said.append(text)

    def step(self, step: int, logs: Mapping[str, Any]) -> None:
        if step == 2 and self.act is not None:
            act, self.act = self.act, None
            act()


def stop() -> None:
    os.kill(os.getpid(), 2)


def train(act: Any = None) -> tuple[Any, list[str]]:
    teller = Teller(act)
    return run_training(load(Path("s.yaml")), reporter=teller), teller.said


@pytest.fixture
def interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("s.yaml").write_text(SPEC)
    Path("arrays").mkdir()
    write(0)
    with pytest.raises(Interrupted):
        train(stop)
    return tmp_path / "runs" / "small" / "1"


def write(value: float) -> None:
    np.save("arrays/x.npy", np.full((12, 3), value, np.float32))
    np.save("arrays/y.npy", np.arange(12) % 2)


def test_changed_data_refuse_a_resume(interrupted: Path) -> None:
    times = [os.stat(f"arrays/{name}.npy") for name in "xy"]
    assert set(json.loads((interrupted / "inputs.json").read_text())["files"]) == {"arrays/x.npy", "arrays/y.npy"}
    write(1)
    for name, found in zip("xy", times, strict=True):
        os.utime(f"arrays/{name}.npy", ns=(found.st_atime_ns, found.st_mtime_ns))
    with pytest.raises(TrainingError, match=r"begun with: arrays/x\.npy is another"):
        train()
    write(0)
    result, _ = train()
    assert result.resumed_from is not None and result.epochs == 2


@pytest.mark.long
def test_a_training_hashes_each_file_once(interrupted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed, whole = list[str](), module.whole

    def counted(path: Path) -> str:
        hashed.append(path.name)
        return whole(path)

    monkeypatch.setattr(module, "whole", counted)
    train()
    assert sorted(hashed) == ["x.npy", "y.npy"]


@pytest.mark.long
def earlier(folder: Path) -> None:
    """The run as versions wrote it that did not say what its files are."""
    run = RunFolder(folder)
    run.write_record({name: value for name, value in run.read_record().items() if name != "files"})


def test_what_cannot_be_compared_is_told(interrupted: Path) -> None:
    earlier(interrupted)
    (interrupted / "inputs.json").unlink()
    result, said = train()
    assert result.resumed_from is not None and any("cannot be told" in text for text in said)


@pytest.mark.long
def test_large_data_are_compared_by_size_and_samples(interrupted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CONTENT_BYTES", 1)
    earlier(interrupted)
    (interrupted / "inputs.json").unlink()
    with pytest.raises(Interrupted):
        train(stop)
    stored = json.loads((interrupted / "inputs.json").read_text())
    assert stored["sampled"] and not stored["content"]
    write(1)
    with pytest.raises(TrainingError, match=r"x\.npy is another \(by size and samples"):
        train()
    write(0)
    for name in "xy":  # a copy: other files, other times
        shutil.copy(f"arrays/{name}.npy", "copy")
        os.replace("copy", f"arrays/{name}.npy")
        os.utime(f"arrays/{name}.npy", (1, 1))
    result, said = train()
    assert result.resumed_from is not None and not any("cannot be told" in text for text in said)


def test_times_that_an_earlier_version_kept_are_not_compared(interrupted: Path) -> None:
    stored = {"content": False, "files": {"arrays/x.npy": "272 bytes, 1, 1"}}
    earlier(interrupted)
    (interrupted / "inputs.json").write_text(json.dumps(stored))
    result, said = train()
    assert result.resumed_from is not None and any("cannot be told" in text for text in said)


@pytest.mark.parametrize("size", [0, 100, 3 * BLOCK, 3 * BLOCK + 1, LARGE + 5])
def test_samples_show_what_was_changed(tmp_path: Path, size: int) -> None:
    content = bytearray(np.random.default_rng(size).bytes(size))
    path, copy = tmp_path / "a", tmp_path / "b"
    path.write_bytes(content)
    copy.write_bytes(content)
    before = sampled(path)
    assert sampled(copy) == before
    for place in {0, size // 2, size - 1} if 0 < size < LARGE else {0, size - 1} if size else ():
        changed = bytearray(content)
        changed[place] ^= 1
        path.write_bytes(changed)
        assert sampled(path) != before
    path.write_bytes(content + b"x")
    assert sampled(path) != before


def test_data_that_change_while_a_training_runs(interrupted: Path) -> None:
    result, said = train(lambda: write(2))
    assert any("data changed while the training ran" in text and "arrays/x.npy" in text for text in said)
    assert len(json.loads((result.run / "record.json").read_text())["changed_while_running"]) == 2


@pytest.mark.long
def test_leavings_are_passed_over(interrupted: Path) -> None:
    for name in ("step-000000000000", "step-stray", "other"):
        (interrupted / "checkpoints" / name).mkdir()
    damaged, empty = interrupted.parent / "2", interrupted.parent / "3"
    for folder in (damaged, empty):
        (folder / "checkpoints").mkdir(parents=True)
    (damaged / "record.json").write_text('{"status": "runn')
    (interrupted.parent / "01").mkdir()
    result, said = train()
    assert result.run == Path("runs/small/1") and result.resumed_from is not None
    assert sum("is passed over" in text for text in said) == 2
    found = {run["run"]: run["status"] for run in map(described, runs_under(Path("runs")))}
    assert found == {"runs/small/1": "complete", "runs/small/2": "damaged record", "runs/small/3": "not begun"}
    with pytest.raises(TrainingError, match=r"record\.json that cannot be read"):
        run_training(load(Path("s.yaml")), run=damaged)
    assert run_training(load(Path("s.yaml")), run=empty).epochs == 2


@pytest.mark.parametrize(
    ("source", "named"),
    [
        (Text(path="a", tokenizer="b"), {"a", "b"}),  # by another tokenizer texts have other numbers
        (AudioFolder(path="folder", files="a", without=["b", "c"]), {"a", "b", "c"}),
    ],
)
def test_all_files_that_a_source_names_are_compared(source: Any, named: set[str], tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for name in "abc":
        (tmp_path / name).write_text(name)
    (tmp_path / "s.yaml").write_text(SPEC)
    dataset: Any = SimpleNamespace(base=tmp_path, loaded=SimpleNamespace(source=source, parts={}))
    assert {path.name for path in files_of(load(tmp_path / "s.yaml"), dataset)} == named
