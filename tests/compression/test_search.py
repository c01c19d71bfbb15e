"""The search for a smaller file: what it tries, keeps and chooses. No trial trains here, but for the last test."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nnspec.compression.planning import search_plan
from nnspec.compression.search import ROOT, Bounds, Search, SearchPlan, measured_place, write_chosen
from nnspec.compression.ways import Setting, axes_of, effective, said, text_of, trains
from nnspec.frontend.diagnostics import Source
from nnspec.frontend.pipeline import check
from nnspec.report.text.compress import outcome, search_table
from nnspec.runs.errors import Interrupted, TrainingError
from nnspec.spec_file import SpecFile, load
from nnspec.sweeps.search_space import Axis
from nnspec.sweeps.sweep import Sweep, open_search

SPEC = """nnspec: 1
name: tiny
params: {width: 8}
inputs: {image: [8, 8, 1]}
layers:
  - {Conv2D: {filters: $width, kernel_size: 3, activation: relu}}
  - Flatten
  - {Dense: {units: 3, activation: softmax}}
data: {source: {Arrays: {path: images.npz}}, split: {validation: 0.25, test: 0.25}, batch_size: 16}
train:
  optimizer: {Adam: 0.004}
  loss: SparseCategoricalCrossentropy
  metrics: [SparseCategoricalAccuracy]
  callbacks: [{EarlyStopping: {patience: 2}}]
  phases: [{epochs: 4, optimizer: SGD}, {epochs: 4}]
export: [{TFLite: {io: int8, keep_float: [dense], max_metric_drop: 0.5}}]
"""
PLAIN = {"rounding": "int8", "macs": 1.0, "teacher": False}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("tiny.yaml").write_text(SPEC, encoding="utf-8")
    Path("run").mkdir()
    Path("run/best.keras").write_bytes(b"never read here")
    return tmp_path


@pytest.fixture
def setting(place: Path) -> Setting:
    return Setting(Path("tiny.yaml"), Path("run"))


def derived(values: dict[str, Any], setting: Setting) -> dict[str, Any]:
    found = check(Source.from_text(text_of({**PLAIN, **values}, setting), "x.yaml"), data=False)
    assert found.ok and found.spec is not None, [str(item) for item in found.diagnostics]
    return dict(found.spec.resolved)


def test_each_way_is_a_spec_that_check_takes(setting: Setting) -> None:
    after = derived({}, setting)
    assert after["export"] == [
        {"TFLite": {"io": "int8", "keep_float": ["dense"], "quantize": "int8", "equalize": "auto"}}
    ]
    assert len(after["train"]["phases"]) == 2 and "initial_weights" not in after["train"]  # nothing trains: as it was
    assert "io" not in derived({"rounding": "dynamic"}, setting)["export"][0]["TFLite"]
    found = derived({"rounding": "trained int4", "teacher": True, "zeros": 0.5}, setting)
    train = found["train"]
    assert train["initial_weights"] == str(Path("run").resolve()) and train["epochs"] == 4 and "phases" not in train
    assert train["optimizer"] == {"Adam": {"learning_rate": 0.001}}
    assert train["quantize"] == {"weights": "int4", "equalize": "auto", "keep_float": ["dense"]}
    assert train["callbacks"] == [{"EarlyStopping": {"patience": 2, "start_from_epoch": 2}}]
    assert found["export"] == [{"TFLite": {"io": "int8", "quantize": "int8"}}]
    wide = derived({"rounding": "trained int8", "params.width": 4, "teacher": True}, setting)
    assert wide["params"] == {"width": 4} and len(wide["train"]["phases"]) == 2
    assert "initial_weights" not in wide["train"] and "equalize" not in wide["train"]["quantize"]
    assert wide["train"]["optimizer"] == {"Adam": 0.004}
    assert wide["train"]["callbacks"] == [{"EarlyStopping": {"patience": 2, "start_from_epoch": 4}}]


def test_tuning_goes_on_as_the_last_phase_ended(place: Path) -> None:
    """Its optimizer and layers; that of the training, here the default, takes no step."""
    phases = "phases: [{epochs: 4, trainable: [dense]}, {epochs: 4, trainable: ['*'], optimizer: {SGD: 0.0004}}]"
    text = SPEC.replace("phases: [{epochs: 4, optimizer: SGD}, {epochs: 4}]", phases)
    Path("tiny.yaml").write_text(text.replace("  optimizer: {Adam: 0.004}\n", ""), encoding="utf-8")
    train = derived({"rounding": "trained int8"}, Setting(Path("tiny.yaml"), Path("run")))["train"]
    assert train["optimizer"] == {"SGD": {"learning_rate": 0.0001}} and train["trainable"] == ["*"]


def test_what_has_no_effect_makes_no_other_choice(setting: Setting) -> None:
    assert effective({**PLAIN, "teacher": True}, setting) == PLAIN
    assert effective({**PLAIN, "params.width": 4, "macs": 0.5}, setting)["macs"] == 1.0
    assert not trains(PLAIN, setting) and trains({**PLAIN, "macs": 0.5}, setting)
    assert said({**PLAIN, "macs": 0.5, "teacher": True}) == "int8, 50% of the multiply-adds, teacher"


def test_ways_that_a_network_cannot_go_are_named(place: Path) -> None:
    text = SPEC.replace("  - Flatten\n", "  - Reshape: [36, 8]\n  - GRU: 4\n").replace("keep_float: [dense], ", "")
    Path("tiny.yaml").write_text(text, encoding="utf-8")
    axes, remarks = axes_of(Setting(Path("tiny.yaml"), Path("run")), None, zeros=True)
    by_path = {axis.path: axis for axis in axes}
    assert "int8" not in by_path["rounding"].choices and "dynamic" in by_path["rounding"].choices
    assert any("`int8`" in remark and "loop" in remark for remark in remarks)
    assert "macs" not in by_path and any("no channels" in remark for remark in remarks)
    assert by_path["zeros"].choices == (0.0, 0.5, 0.75)


def planned(bounds: Bounds | None = None, **changes: Any) -> SearchPlan:
    return search_plan(SpecFile(Path("tiny.yaml")), Path("run"), bounds or Bounds(), **({"trials": 4} | changes))[0]


def test_a_search_is_refused_before_anything_trains(place: Path) -> None:
    with pytest.raises(TrainingError, match="no trained model"):
        search_plan(SpecFile(Path("tiny.yaml")), place, Bounds(), trials=1)
    with pytest.raises(TrainingError, match="no number of the spec"):
        planned(width="params.depth=[1, 2]")
    rounded = load("tiny.yaml", train__quantize={}, train__callbacks=[], export=["TFLite"])
    with pytest.raises(TrainingError, match="trained to be rounded"):
        search_plan(rounded, Path("run"), Bounds(), trials=1)
    axis = planned(width="params.width={int: [2, 6]}").axes[-1]
    assert axis == Axis("params.width", low=2, high=8, scale="int")  # its own width is among them


def test_the_plan_is_read_back_by_a_trial(place: Path) -> None:
    plan = planned(Bounds(target=9e3, arena=2e4), width="params.width=[4]")
    assert SearchPlan.of(json.loads(json.dumps(plan.as_json()))) == plan and plan.setting.micro


Measure = Callable[[dict[str, Any]], dict[str, Any]]


@pytest.fixture
def faked(place: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Stands for the processes: a smaller share is a smaller and worse file, 8 bits are a quarter; holds what ran."""
    pytest.importorskip("optuna")
    ran: list[dict[str, Any]] = []

    def train(self: Sweep, trial: Any) -> tuple[int, str]:
        values = dict(trial.values)
        if values in STOP:
            STOP.remove(values)
            return 130, ""
        ran.append(values)
        size = (
            40_000
            * values["macs"]
            * (1 if values["rounding"] == "none" else 0.5 if values["rounding"] == "float16" else 0.25)
        )
        found = {
            "ok": values["rounding"] != "int4", "reasons": [] if values["rounding"] != "int4" else ["it is wrong"],
            "bytes": round(size), "gzip": round(size / 2), "latency_ms": values["macs"], "arena": None, "run": "run",
            "keras": 0.9, "metric": 0.9 - 0.05 * (1 - values["macs"]) ** 2 - 0.001 * (values["rounding"] == "int8"),
            "monitor": "accuracy", "mode": "max",
        }  # fmt: skip
        measured_place(self.folder, trial.number).write_text(json.dumps(found), encoding="utf-8")
        return 0, ""

    monkeypatch.setattr(Sweep, "_train", train)
    STOP.clear()
    return ran


STOP: list[dict[str, Any]] = []


def searched(plan: SearchPlan) -> Search:
    search = open_search(Search, ROOT, "tiny", plan, Path("search"), False)
    search.run(1, lambda line: None)
    return search


@pytest.mark.slow
def test_the_least_loss_within_the_bounds_is_chosen(faked: list[dict[str, Any]]) -> None:
    search = searched(planned(Bounds(target=6000, max_drop=0.02), trials=14))
    assert [values["rounding"] for values in faked[:3]] == ["none", "int8", "trained int8"]
    assert faked[2]["macs"] == 0.55  # a little less than what 10,000 bytes must shrink by
    assert all(faked.count(values) == 1 for values in faked)
    chosen = search.chosen()
    assert chosen is not None and search.size(chosen) <= 6000 and search.drop(chosen) <= 0.02
    within = [trial for trial in search.trials if not search.over(trial)]
    assert all(search.drop(chosen) <= search.drop(trial) + 1e-4 for trial in within)
    front = search.front()
    assert [search.size(trial) for trial in front] == sorted(search.size(trial) for trial in front)
    assert [trial.score for trial in front] == sorted(trial.score or 0 for trial in front)
    refused = [trial for trial in search.trials if trial.values["rounding"] == "int4"]
    assert all("it is wrong" in search.over(trial) and trial not in front for trial in refused)
    table, data = search_table(search, 120), outcome(search)
    assert table.count("chosen") == 1 and data["chosen"] == chosen.number and len(data["trials"]) == 14
    assert data["plot"] is None or Path(data["plot"]).stat().st_size > 5000


@pytest.mark.slow
def test_other_bounds_choose_again_among_what_is_there(faked: list[dict[str, Any]]) -> None:
    first = searched(planned(Bounds(target=20_000, max_drop=0.02)))
    assert len(faked) == 4 and first.chosen() is not None
    again = searched(planned(Bounds(target=100, max_drop=0.02)))
    assert len(faked) == 4 and again.chosen() is None
    smallest = searched(planned(Bounds(max_drop=1.0))).chosen()
    assert smallest is not None and all(first.size(smallest) <= first.size(trial) for trial in first.trials)
    with pytest.raises(TrainingError, match="something else than this search"):
        searched(planned(epochs=5))


@pytest.mark.slow
def test_a_search_with_nothing_new_says_so(faked: list[dict[str, Any]]) -> None:
    plan = planned(trials=9, bounds=Bounds(max_drop=1.0))
    few = (
        Axis("rounding", ("none", "int8")),
        *(Axis(name, (value,)) for name, value in PLAIN.items() if name != "rounding"),
    )
    search = searched(replace(plan, axes=few))
    assert len(faked) == len(search.trials) == 2 and "after 2 trials" in search.remarks[0]
    assert outcome(search)["remarks"] == search.remarks


@pytest.mark.slow
def test_a_search_that_was_interrupted_goes_on_to_the_same_trials(faked: list[dict[str, Any]]) -> None:
    whole = searched(planned(Bounds(target=6000), trials=6))
    values = [dict(trial.values) for trial in whole.trials]
    faked.clear()
    STOP.append(values[3])
    plan = planned(Bounds(target=6000), trials=6)
    search = open_search(Search, ROOT, "tiny", plan, Path("again"), False)
    with pytest.raises(Interrupted):
        search.run(1, lambda line: None)
    assert faked == values[:3]
    on = open_search(Search, ROOT, "tiny", plan, Path("again"), False)
    on.run(1, lambda line: None)
    assert faked == values and [dict(trial.values) for trial in on.trials] == values


def test_without_the_trained_network_nothing_is_searched(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sweep, "_train", lambda self, trial: (1, "error: nothing is held back"))
    search = searched(planned())
    assert len(search.trials) == 1 and search.base is None and search.chosen() is None
    assert "nothing is held back" in search_table(search, 120)


def test_the_chosen_spec_takes_its_weights_along(place: Path) -> None:
    search = Search(planned(), Path("search"))
    Path("search").mkdir()
    trial = replace_number(search)
    Path("search/002.yaml").write_text("train: {initial_weights: 002_weights.keras}\n", encoding="utf-8")
    Path("search/002_weights.keras").write_bytes(b"weights")
    file = write_chosen(search, trial, Path("small.yaml"))
    assert file.read_text(encoding="utf-8") == "train: {initial_weights: small_weights.keras}\n"
    assert Path("small_weights.keras").read_bytes() == b"weights"


def replace_number(search: Search) -> Any:
    from nnspec.sweeps.sweep import Trial

    return replace(Trial(0, PLAIN, search.folder / "002"), number=2)


@pytest.mark.tf
@pytest.mark.long
def test_a_trial_trains_and_measures_what_is_left_of_a_network(place: Path) -> None:
    """Channels taken out, a teacher and a training that rounds, by the process's own function; then the test part."""
    import numpy as np

    from nnspec.api import train
    from nnspec.compression.trial_worker import main
    from nnspec.runs.run_folder import RunFolder

    draw = np.random.default_rng(0)
    labels = draw.integers(0, 3, 128)
    images = draw.normal(size=(128, 8, 8, 1)) * 0.1 + labels[:, None, None, None]
    np.savez("images.npz", x=images.astype("float32"), y=labels.astype("int32"))
    Path("tiny.yaml").write_text(SPEC.replace("keep_float: [dense], ", "").replace("  phases: [{epochs: 4, optimizer: SGD}, {epochs: 4}]\n", "  epochs: 8\n"))  # fmt: skip
    train("tiny.yaml", run="trained")
    plan = search_plan(SpecFile(Path("tiny.yaml")), Path("trained"), Bounds(), trials=2)[0]
    search = open_search(Search, ROOT, "tiny", plan, Path("search"), False)
    values = {**PLAIN, "rounding": "trained int8", "macs": 0.5, "teacher": True}
    search._keep(search._trial(0, values))
    assert main("trial", Path("search"), 0) == 0
    found = json.loads(measured_place(Path("search"), 0).read_text(encoding="utf-8"))
    assert found["ok"] and found["mode"] == "max" and found["gzip"] > 0 and found["arena"] is None
    spec = load("search/000.yaml").spec
    assert spec.macs is not None and spec.macs <= plan.setting.spec.macs / 2  # type: ignore[operator]
    assert found["macs"] == spec.macs and Path(found["path"]).stat().st_size == found["bytes"]
    assert RunFolder(Path("search/000")).model is not None
    ended = Path("search/000/metrics.jsonl").read_text(encoding="utf-8")
    assert main("final", Path("search"), 0) == 0
    held = json.loads(Path("search/final.json").read_text(encoding="utf-8"))
    assert held["part"] == "test" and 0 <= held["file"] <= 1 and Path(held["path"]).parent == Path("search/export")
    assert Path("search/000/metrics.jsonl").read_text(encoding="utf-8") == ended  # nothing trains again
