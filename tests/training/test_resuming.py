"""Going on with a run after its spec has changed: what is taken, what is refused, and what is said."""

from __future__ import annotations

import json
import shutil
from functools import partial
from pathlib import Path

import pytest
from kill_at import KillAt, Killed
from training_specs import PLAIN, WriteSpec, write_images, write_spec

from nnspec.backend.keras_internals.trainer import callback_state
from nnspec.runs.errors import TrainingError
from nnspec.runs.run_folder import RunFolder
from nnspec.training.callbacks import Diary
from nnspec.training.train import train

pytestmark = pytest.mark.tf

RUN = Path("runs/plain/1")


class Heard(KillAt):
    """Keeps what is said as well."""

    def __init__(self, steps: int = -1) -> None:
        super().__init__(steps)
        self.lines: list[str] = []

    def say(self, text: str) -> None:
        self.lines.append(text)


@pytest.fixture(scope="module")
def killed_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a training that was killed in its third epoch, and its runs a second time, as `kept`."""
    folder = tmp_path_factory.mktemp("killed")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        write_images(folder)
        with pytest.raises(Killed):
            train(write_spec(folder, PLAIN), reporter=KillAt(14))
    (folder / "runs").rename(folder / "kept")
    return folder


@pytest.fixture
def killed(killed_once: Path, monkeypatch: pytest.MonkeyPatch) -> WriteSpec:
    """As `spec`, in a folder with that training."""
    monkeypatch.chdir(killed_once)
    for name in ("runs", "whole"):
        shutil.rmtree(killed_once / name, ignore_errors=True)
    shutil.copytree(killed_once / "kept", killed_once / "runs")
    return partial(write_spec, killed_once)


@pytest.mark.long
def test_more_epochs_are_taken_and_said(killed: WriteSpec) -> None:
    heard = Heard()
    result = train(killed(PLAIN, "train.epochs=4"), reporter=heard)
    assert result.run == RUN and result.epochs == 4 and result.resumed_from is not None
    assert f"{RUN}: train.epochs was 3, now 4" in heard.lines
    assert "epochs: 4" in (RUN / "spec.yaml").read_text()
    whole = train(killed(PLAIN, "train.epochs=4"), run=Path("whole"))
    assert result.weights_sha256 == whole.weights_sha256


@pytest.mark.long
def test_a_complete_run_takes_more_epochs_where_it_is_named(spec: WriteSpec) -> None:
    train(spec(PLAIN, "train.epochs=2"))
    longer = spec(PLAIN, "train.epochs=3")
    result = train(longer, run=RUN)
    whole = train(longer, run=Path("whole"))
    assert (result.epochs, result.weights_sha256) == (3, whole.weights_sha256)
    assert json.loads((RUN / "record.json").read_text())["status"] == "complete"
    assert len((RUN / "metrics.jsonl").read_text().splitlines()) == 3


def test_another_learning_rate_is_put_in(killed: WriteSpec) -> None:
    result = train(killed(PLAIN, "train.optimizer.AdamW.learning_rate=0.005"))
    rates = [json.loads(line)["learning_rate"] for line in (RUN / "metrics.jsonl").read_text().splitlines()]
    assert result.run == RUN and rates[0] == pytest.approx(0.02) and rates[-1] == pytest.approx(0.005)


@pytest.mark.parametrize(
    ("override", "named"),
    [
        ("train.seed=5", "train.seed"),
        ("data.batch_size=4", "data.batch_size"),
        ("layers.1.Dropout=0.5", "layers"),
        (
            "train.optimizer={AdamW: {learning_rate: {CosineDecay: {initial_learning_rate: 0.1, decay_steps: 9}}}}",
            "train.optimizer",
        ),
    ],
)
def test_with_any_other_change_a_new_run_begins_and_says_why(killed: WriteSpec, override: str, named: str) -> None:
    heard = Heard()
    result = train(killed(PLAIN, "train.epochs=1", override), reporter=heard)
    assert result.run.name == "2" and result.resumed_from is None
    (line,) = [line for line in heard.lines if "was interrupted" in line]
    assert named in line and "a new run is begun" in line
    with pytest.raises(TrainingError, match=named):
        train(killed(PLAIN, override), run=RUN)


def test_fewer_epochs_than_are_done_are_refused(killed: WriteSpec) -> None:
    before = {name: (RUN / name).read_text() for name in ("record.json", "spec.yaml")}
    with pytest.raises(TrainingError, match=r"has done [12] epoch.*train\.epochs is 1"):
        train(killed(PLAIN, "train.epochs=1"))
    assert all((RUN / name).read_text() == text for name, text in before.items()), "what is refused changes nothing"


def test_a_run_that_a_callback_has_ended_takes_no_more(spec: WriteSpec) -> None:
    stop = "train.callbacks=[{EarlyStopping: {monitor: val_loss, min_delta: 9, patience: 1}}]"
    assert train(spec(PLAIN, "train.epochs=4", stop)).epochs < 4
    with pytest.raises(TrainingError, match="a callback has ended"):
        train(spec(PLAIN, "train.epochs=5", stop), run=RUN)


def test_seconds_do_not_count_while_a_run_stands_still(tmp_path: Path) -> None:
    """A checkpoint would bring the clock of the process that wrote it, perhaps of another machine."""
    values, _ = callback_state(Diary(RunFolder(tmp_path), int))
    assert not [value for value in values.values() if isinstance(value, float)]


@pytest.mark.parametrize(("every", "steps"), [("0.0001s", 3), ("1h", 0), ("2", 2)])
def test_checkpoints_come_by_steps_or_by_time(every: str, steps: int, spec: WriteSpec) -> None:
    setting = f"train.checkpoint_every={every}"
    with pytest.raises(Killed):
        train(spec(PLAIN, setting), reporter=KillAt(4))
    result = train(spec(PLAIN, setting))
    found = 0 if result.resumed_from is None else int(result.resumed_from.name.split("-")[1].split(".")[0])
    assert found == steps


@pytest.mark.long
@pytest.mark.parametrize("optimizer", [None, "Adam", "{Adam: 0.002}"])
def test_a_rate_that_the_spec_leaves_out_is_changed_as_one_that_it_says(spec: WriteSpec, optimizer: str | None) -> None:
    line = f"  optimizer: {optimizer}\n" if optimizer else ""
    plain = PLAIN.replace("  optimizer: {AdamW: {learning_rate: 0.02}}\n", line)
    with pytest.raises(Killed):
        train(spec(plain), reporter=KillAt(14))
    heard = Heard()
    result = train(spec(plain, "train.optimizer={Adam: {learning_rate: 0.005}}"), reporter=heard)
    before = "0.002" if optimizer and "0.002" in optimizer else "0.001"
    assert result.run == RUN and result.resumed_from is not None
    assert f"{RUN}: train.optimizer.Adam.learning_rate was {before}, now 0.005" in heard.lines
