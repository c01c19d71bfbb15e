"""Going on with a run after its spec has changed: what is taken, what is refused, and what is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from kill_at import KillAt, Killed
from training_specs import CNN, WriteSpec

from nnspec.runs.errors import TrainingError
from nnspec.training.train import train

pytestmark = pytest.mark.tf

FLAT = CNN.replace("{CosineDecay: {initial_learning_rate: 0.02, decay_steps: 30}}", "0.02")
RUN = Path("runs/cnn/1")


class Heard(KillAt):
    """Keeps what is said as well."""

    def __init__(self, steps: int = -1) -> None:
        super().__init__(steps)
        self.lines: list[str] = []

    def say(self, text: str) -> None:
        self.lines.append(text)


def broken_off(spec: WriteSpec, *overrides: str, steps: int = 9) -> None:
    with pytest.raises(Killed):
        train(spec(FLAT, *overrides), reporter=Heard(steps))


def test_more_epochs_are_taken_and_said(spec: WriteSpec) -> None:
    broken_off(spec, "train.epochs=3")
    heard = Heard()
    result = train(spec(FLAT, "train.epochs=4"), reporter=heard)
    assert result.run == RUN and result.epochs == 4 and result.resumed_from is not None
    assert f"{RUN}: train.epochs was 3, now 4" in heard.lines
    assert "epochs: 4" in (RUN / "spec.yaml").read_text()
    whole = train(spec(FLAT, "train.epochs=4"), run=Path("whole"))
    assert result.weights_sha256 == whole.weights_sha256


def test_a_complete_run_takes_more_epochs_where_it_is_named(spec: WriteSpec) -> None:
    train(spec(FLAT, "train.epochs=2"))
    longer = spec(FLAT, "train.epochs=3")
    result = train(longer, run=RUN)
    whole = train(longer, run=Path("whole"))
    assert (result.epochs, result.weights_sha256) == (3, whole.weights_sha256)
    assert json.loads((RUN / "record.json").read_text())["status"] == "complete"
    assert len((RUN / "metrics.jsonl").read_text().splitlines()) == 3


def test_another_learning_rate_is_put_in(spec: WriteSpec) -> None:
    broken_off(spec)
    result = train(spec(FLAT, "train.optimizer.AdamW.learning_rate=0.005"))
    rates = [json.loads(line)["learning_rate"] for line in (RUN / "metrics.jsonl").read_text().splitlines()]
    assert result.run == RUN and rates[0] == pytest.approx(0.02) and rates[-1] == pytest.approx(0.005)


@pytest.mark.parametrize(
    ("override", "named"),
    [
        ("train.seed=5", "train.seed"),
        ("data.batch_size=4", "data.batch_size"),
        ("layers.3.Dropout=0.5", "layers"),
        (
            "train.optimizer={AdamW: {learning_rate: {CosineDecay: {initial_learning_rate: 0.1, decay_steps: 9}}}}",
            "train.optimizer",
        ),
    ],
)
def test_with_any_other_change_a_new_run_begins_and_says_why(spec: WriteSpec, override: str, named: str) -> None:
    broken_off(spec, steps=4)
    heard = Heard()
    result = train(spec(FLAT, "train.epochs=1", override), reporter=heard)
    assert result.run.name == "2" and result.resumed_from is None
    (line,) = [line for line in heard.lines if "was interrupted" in line]
    assert named in line and "a new run is begun" in line
    with pytest.raises(TrainingError, match=named):
        train(spec(FLAT, override), run=RUN)


def test_fewer_epochs_than_are_done_are_refused(spec: WriteSpec) -> None:
    broken_off(spec, steps=14)
    with pytest.raises(TrainingError, match=r"has done [12] epoch.*train\.epochs is 1"):
        train(spec(FLAT, "train.epochs=1"))


def test_a_run_that_a_callback_has_ended_takes_no_more(spec: WriteSpec) -> None:
    stop = "train.callbacks=[{EarlyStopping: {monitor: val_loss, min_delta: 9, patience: 1}}]"
    assert train(spec(FLAT, "train.epochs=4", stop)).epochs < 4
    with pytest.raises(TrainingError, match="a callback has ended"):
        train(spec(FLAT, "train.epochs=5", stop), run=RUN)


@pytest.mark.parametrize(("every", "steps"), [("0.0001s", 3), ("1h", 0), ("2", 2)])
def test_checkpoints_come_by_steps_or_by_time(every: str, steps: int, spec: WriteSpec) -> None:
    setting = f"train.checkpoint_every={every}"
    broken_off(spec, setting, steps=4)
    result = train(spec(FLAT, setting))
    found = 0 if result.resumed_from is None else int(result.resumed_from.name.split("-")[1].split(".")[0])
    assert found == steps
