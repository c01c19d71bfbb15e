"""Sweeps: what an axis says, which trials there are, and what is kept of them. No trial trains here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nnspec.report.text.sweep import sweep_plot, sweep_table
from nnspec.runs.errors import TrainingError
from nnspec.sweeps import sweep as sweeping
from nnspec.sweeps.search_space import Axis, drawn, grid, overrides, parse_axis
from nnspec.sweeps.sweep import Plan, Sweep, Trial, open_sweep


@pytest.mark.parametrize(
    ("text", "axis"),
    [
        ("a.b=[1, x, 1e-3]", Axis("a.b", (1, "x", 1e-3))),
        ("a=[{SGD: {learning_rate: 0.1}}, Adam]", Axis("a", ({"SGD": {"learning_rate": 0.1}}, "Adam"))),
        ("a={log: [1e-4, 1]}", Axis("a", (), 1e-4, 1, "log")),
        ("a={int: [8, 64]}", Axis("a", (), 8, 64, "int")),
    ],
)
def test_axes(text: str, axis: Axis) -> None:
    assert parse_axis(text) == axis


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a", "no path"),
        ("=[1]", "no path"),
        ("a=3", "a list or a range"),
        ("a=[]", "a list or a range"),
        ("a=[1", "a=[1"),
        ("a={lin: [0, 1]}", "no range is called `lin`"),
        ("a={log: [0, 1]}", "above 0"),
        ("a={uniform: [1, 0]}", "smaller first"),
        ("a={uniform: [true, 2]}", "two ends"),
        ("a={int: [0, 1.5]}", "whole"),
    ],
)
def test_bad_axes(text: str, message: str) -> None:
    with pytest.raises(TrainingError) as caught:
        parse_axis(text)
    assert message in str(caught.value)


def test_a_grid_is_every_combination_in_order() -> None:
    assert [tuple(values.values()) for values in grid([Axis("a", (1, 2)), Axis("b", ("x", "y"))])] == [
        (1, "x"),
        (1, "y"),
        (2, "x"),
        (2, "y"),
    ]
    with pytest.raises(TrainingError, match="needs lists"):
        list(grid([Axis("a", low=0, high=1, scale="uniform")]))


def test_draws_follow_from_seed_and_number() -> None:
    axes = [Axis("a", low=1e-4, high=1e-1, scale="log"), Axis("b", ("x", "y")), Axis("c", low=2, high=4, scale="int")]
    first = [drawn(axes, 0, number) for number in range(200)]
    assert first == [drawn(axes, 0, number) for number in range(200)]
    assert first != [drawn(axes, 1, number) for number in range(200)]
    rates = [values["a"] for values in first]
    assert all(1e-4 <= rate <= 1e-1 for rate in rates)
    # As many below the middle of the powers of ten as above; uniform draws would have 3 % there.
    assert 70 < sum(rate < 10**-2.5 for rate in rates) < 130
    assert {values["c"] for values in first} == {2, 3, 4} and {values["b"] for values in first} == {"x", "y"}


def test_overrides_are_yaml_that_reads_back() -> None:
    values = {"a": 1e-05, "b": {"SGD": {"momentum": 0.9}}, "c": "on"}
    assert {text.partition("=")[0]: json.loads(text.partition("=")[2]) for text in overrides(values)} == values


def planned(count: int = 3, **changes: Any) -> Plan:
    axes = (Axis("train.rate", low=0.0, high=1.0, scale="uniform"),)
    return Plan(**{"spec": "x.yaml", "spec_sha256": "0", "axes": axes, "search": "random", "seed": 0, "trials": count} | changes)  # fmt: skip


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Stands for the processes: the score is the value; the list holds the trials that ran, or exit codes to give."""
    ran: list[Any] = []

    def train(self: Sweep, trial: Any) -> tuple[int, str]:
        ran.append(trial.number)
        trial.run.mkdir(exist_ok=True)
        code = codes.pop(trial.number, 0)
        if code == 0:
            best = {"monitor": "val_accuracy", "mode": "max", "value": trial.values["train.rate"], "epoch": 1}
            (trial.run / "record.json").write_text(json.dumps({"best": best}), encoding="utf-8")
        return code, "remark\nerror: the batch is too large\nhint" if code else ""

    codes: dict[int, int] = {}
    monkeypatch.setattr(Sweep, "_train", train)
    monkeypatch.setattr(sweeping, "_codes_of_test", codes, raising=False)
    return ran


def swept(folder: Path, plan: Plan, fresh: bool = False) -> Sweep:
    sweep = open_sweep("x", plan, folder, fresh)
    sweep.run(1, lambda line: None)
    return sweep


def test_the_best_comes_first(tmp_path: Path, trained: list[int]) -> None:
    sweep = swept(tmp_path / "s", planned(4))
    scores = [trial.score for trial in sweep.ranked()]
    assert trained == [0, 1, 2, 3] and scores == sorted(scores, reverse=True)
    table = sweep_table(sweep, 80)
    assert table.splitlines()[2].split()[0] == sweep.ranked()[0].run.name and "val_accuracy" in table


def test_what_is_complete_is_not_run_again_and_a_sweep_can_grow(tmp_path: Path, trained: list[int]) -> None:
    first = swept(tmp_path / "s", planned(2))
    again = swept(tmp_path / "s", planned(3))
    assert trained == [0, 1, 2]
    assert [trial.values for trial in again.trials[:2]] == [trial.values for trial in first.trials]
    assert all(trial.score == trial.values["train.rate"] for trial in again.trials)


def test_another_plan_does_not_go_into_the_same_folder(tmp_path: Path, trained: list[int]) -> None:
    swept(tmp_path / "s", planned(2))
    with pytest.raises(TrainingError, match="something else"):
        swept(tmp_path / "s", planned(2, seed=1))
    with pytest.raises(TrainingError, match="something else"):
        swept(tmp_path / "s", planned(2, spec_sha256="changed"))


def test_numbered_folders(tmp_path: Path, trained: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folders = [open_sweep("x", plan, None, False).folder.name for plan in (planned(2), planned(3), planned(3, seed=1))]
    assert folders == ["1", "1", "2"]


def test_a_failed_trial_says_why_and_is_tried_again(tmp_path: Path, trained: list[int]) -> None:
    sweeping._codes_of_test[1] = 1  # type: ignore[attr-defined]
    sweep = swept(tmp_path / "s", planned(2))
    assert [trial.state for trial in sweep.trials] == ["complete", "failed"]
    assert sweep.ranked()[-1].message == "error: the batch is too large"
    assert [trial.state for trial in swept(tmp_path / "s", planned(2)).trials] == ["complete", "complete"]
    assert trained == [0, 1, 1]


def test_an_interrupted_trial_stops_the_sweep(tmp_path: Path, trained: list[int]) -> None:
    from nnspec.runs.errors import Interrupted

    sweeping._codes_of_test[1] = 130  # type: ignore[attr-defined]
    with pytest.raises(Interrupted):
        swept(tmp_path / "s", planned(4))
    assert trained == [0, 1]
    assert all(trial.state == "complete" for trial in swept(tmp_path / "s", planned(4)).trials)
    assert trained == [0, 1, 1, 2, 3]


@pytest.mark.slow
def test_optuna_learns_from_the_trials_before(tmp_path: Path, trained: list[int]) -> None:
    pytest.importorskip("optuna")
    sweep = swept(tmp_path / "s", planned(24, search="optuna"))
    values = [trial.values["train.rate"] for trial in sweep.trials]
    assert sum(values[12:]) / 12 > 0.7 > 0.5  # the score is the value: random draws would have 0.5
    assert [
        trial.values["train.rate"] for trial in swept(tmp_path / "t", planned(24, search="optuna")).trials
    ] == values


@pytest.mark.slow
def test_the_plot(tmp_path: Path, trained: list[int]) -> None:
    pytest.importorskip("matplotlib")
    sweep = swept(tmp_path / "s", planned(3, axes=(Axis("train.rate", (0.5, 0.1)), Axis("b", ("x", "<y>"))), search="grid"))  # fmt: skip
    path = sweep_plot(sweep, tmp_path / "sweep.png")
    assert path is not None and path.read_bytes().startswith(b"\x89PNG") and path.stat().st_size > 5000


def test_a_trial_whose_training_has_ended_is_not_trained_again(tmp_path: Path) -> None:
    """Whoever waited for it was killed before anything was kept of it; values that are mappings are not kept either."""
    plan = planned(1, axes=(Axis("train.optimizer", ({"SGD": {"momentum": 0.9}},)),), search="grid")
    run = tmp_path / "s" / "000"
    run.mkdir(parents=True)
    best = {"monitor": "val_loss", "mode": "min", "value": 0.25, "epoch": 2}
    (run / "record.json").write_text(json.dumps({"status": "complete", "best": best}), encoding="utf-8")
    (tmp_path / "s" / "plan.json").write_text(json.dumps(plan.as_json()), encoding="utf-8")
    (trial,) = swept(tmp_path / "s", plan).trials
    assert (trial.state, trial.score, trial.epoch) == ("complete", 0.25, 2)


@pytest.mark.parametrize(
    ("section", "values", "monitor", "told"),
    [
        ("train", ({"loss": "MeanSquaredError"}, {"loss": "MeanAbsoluteError"}), "val_loss", "`train.loss` is another"),
        ("train", ({"loss": "MeanSquaredError"}, {"loss": "MeanAbsoluteError"}), "val_mae", None),
        ("train", ({"optimizer": "Adam"}, {"optimizer": "SGD"}), "val_loss", None),
        (
            "data",
            ({"split": {"validation": 0.1}}, {"split": {"validation": 0.2}}),
            "val_mae",
            "`data.split` is another",
        ),
    ],
)
def test_scores_of_different_things_are_told(
    tmp_path: Path, section: str, values: tuple[Any, ...], monitor: str, told: str | None
) -> None:
    trials = []
    for number, value in enumerate(values):
        run = tmp_path / f"{number:03d}"
        run.mkdir()
        (run / "spec.yaml").write_text(json.dumps({"nnspec": 1, section: value}), encoding="utf-8")
        trials.append(Trial(number, {}, run, "complete", monitor, "min", 1.0 - number, 1))
    doubt = Sweep(planned(2), tmp_path, trials).doubt()
    assert doubt is None if told is None else doubt is not None and told in doubt


@pytest.mark.parametrize(("monitor", "is_told"), [("val_loss", True), ("val_accuracy", False)])
def test_scores_with_other_penalties_are_told(monitor: str, is_told: bool, tmp_path: Path) -> None:
    """A loss holds what regularizers add: the smaller penalty seems to be the better network."""
    trials = []
    for number, weight in enumerate((0.1, 0.001)):
        run = tmp_path / f"{number:03d}"
        run.mkdir()
        layers = "[{Dense: {units: 1, kernel_regularizer: {L2: $w}}}]"
        spec = f"nnspec: 1\nparams: {{w: {weight}}}\ninputs: {{x: [4]}}\nlayers: {layers}\n"
        (run / "spec.yaml").write_text(spec, encoding="utf-8")
        trials.append(Trial(number, {}, run, "complete", monitor, "min", 1.0 - number, 1))
    assert ("`regularizer` is another" in str(Sweep(planned(2), tmp_path, trials).doubt())) == is_told


def test_scores_on_data_that_changed_are_told(tmp_path: Path) -> None:
    trials = []
    for number in range(3):
        run = tmp_path / f"{number:03d}"
        run.mkdir()
        (run / "record.json").write_text(json.dumps({"data": {"sha256": "a" * (1 + number // 2)}}), encoding="utf-8")
        trials.append(Trial(number, {}, run, "complete", "val_accuracy", "max", 0.5, 1))
    told = [Sweep(planned(3), tmp_path, trials[:count]).doubt() for count in (2, 3)]
    assert told[0] is None and "the data are not the same for all trials" in str(told[1])


def test_scores_of_two_quantities_are_told(tmp_path: Path) -> None:
    trials = [Trial(number, {}, tmp_path, "complete", f"val_{number}", "min", 0.5, 1) for number in range(2)]
    assert "val_0 and val_1" in str(Sweep(planned(2), tmp_path, trials).doubt())
