"""What one gets without a network, next to what the network gets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import nnspec
from nnspec.cli.main import run
from nnspec.data.dataset import open_dataset
from nnspec.evaluation.baselines import baselines, better

pytestmark = pytest.mark.tf

SERIES = """nnspec: 1
name: waves
inputs: {x: [24, 1]}
layers: [Flatten, {Dense: 6}]
data:
  source: {Csv: {path: wave.csv, target: load, features: [load], scale: SCALE, window: {length: 24, horizon: 6}}}
  split: {validation: 0.2}
train: {epochs: 1, loss: MeanSquaredError, metrics: [MeanAbsoluteError]}
"""
ROWS = """nnspec: 1
inputs: {x: [2]}
layers: [{Dense: UNITS}]
data: {source: {Csv: {path: rows.csv, target: TARGET, task: TASK}}, split: {validation: 0.25}}
train: {epochs: 1, loss: LOSS}
"""


def of(spec: Path) -> dict[str, dict[str, float]]:
    found = nnspec.load(spec).spec
    data = open_dataset(found.required_data, spec.parent, 0)
    return baselines(data, data.splits["validation"])


@pytest.mark.parametrize("scale", ["none", "standard"])
def test_a_season_is_found_and_repeats_itself(tmp_path: Path, scale: str) -> None:
    values = [[1.0, 3.0, 2.0, 7.0, 5.0, 4.0, 9.0][number % 7] for number in range(400)]
    (tmp_path / "wave.csv").write_text("load\n" + "".join(f"{value}\n" for value in values))
    (tmp_path / "spec.yaml").write_text(SERIES.replace("SCALE", scale))
    found = of(tmp_path / "spec.yaml")
    assert list(found) == ["the last value", "7 steps before", "a straight line"]
    assert found["7 steps before"]["mean_absolute_error"] == pytest.approx(0, abs=1e-6)
    assert found["a straight line"]["mean_squared_error"] == pytest.approx(0, abs=1e-6)
    series = np.array(values) if scale == "none" else (np.array(values) - np.mean(values)) / np.std(values)
    last = np.mean([abs(series[at + step] - series[at - 1]) for at in range(24, 390) for step in range(6)])
    assert found["the last value"]["mean_absolute_error"] == pytest.approx(last, rel=0.05)


def test_a_walk_has_no_season(tmp_path: Path) -> None:
    values = np.cumsum(np.random.default_rng(3).normal(size=400))
    (tmp_path / "wave.csv").write_text("load\n" + "".join(f"{value}\n" for value in values))
    (tmp_path / "spec.yaml").write_text(SERIES.replace("SCALE", "none"))
    found = of(tmp_path / "spec.yaml")
    assert "the last value" in found and "a straight line" in found and len(found) == 2


def test_rows(tmp_path: Path) -> None:
    rows = "".join(f"{number % 7},{number % 3},{10.0 + number % 2},{'ab'[number % 4 == 0]}\n" for number in range(80))
    (tmp_path / "rows.csv").write_text("x1,x2,size,kind\n" + rows)
    columns = {"TARGET": "kind, features: [x1, x2]", "TASK": "classification", "UNITS": "2"}
    cases = [(columns, "SparseCategoricalCrossentropy"), ({**columns, "TARGET": "size, features: [x1, x2]"}, "mse")]
    texts = []
    for chosen, loss in cases:
        text = ROWS.replace("LOSS", loss)
        for name, value in chosen.items():
            text = text.replace(name, value)
        texts.append(text)
    (tmp_path / "kinds.yaml").write_text(texts[0])
    (tmp_path / "sizes.yaml").write_text(
        texts[1].replace("classification", "regression").replace("Dense: 2", "Dense: 1")
    )
    assert of(tmp_path / "kinds.yaml")["the most frequent class"]["accuracy"] == pytest.approx(0.75, abs=0.06)
    assert of(tmp_path / "sizes.yaml")["the mean"]["mean_squared_error"] == pytest.approx(0.25, abs=0.01)


def test_who_is_better() -> None:
    simple = {"the last value": {"mean_absolute_error": 0.3, "mean_squared_error": 0.2}}
    assert better(simple, {"mean_absolute_error": 0.25}) == []
    assert better(simple, {"mean_absolute_error": 0.25, "mean_squared_error": 0.2}) == ["the last value"]
    assert better({"the most frequent class": {"accuracy": 0.9}}, {"sparse_categorical_accuracy": 0.85}) != []
    assert (
        better({"the most frequent class": {"accuracy": 0.9}}, {"sparse_categorical_accuracy": 0.95, "loss": 2.0}) == []
    )


def test_evaluate_tells(tmp_path: Path) -> None:
    values = [float(number % 5) for number in range(300)]
    (tmp_path / "wave.csv").write_text("load\n" + "".join(f"{value}\n" for value in values))
    (tmp_path / "spec.yaml").write_text(SERIES.replace("SCALE", "standard"))
    spec = nnspec.load(tmp_path / "spec.yaml")
    trained = nnspec.train(spec, run=tmp_path / "run")
    found = nnspec.evaluate(spec, run=trained.run)
    assert "5 steps before" in found["baselines"] and "5 steps before" in found["better_without"]


AHEAD = """nnspec: 1
name: ahead
inputs: {x: [8, 1], known: [2, 1]}
layers:
  - {Flatten: , from: known, name: row}
  - {Dense: 2, from: row}
data:
  source:
    Csv:
      path: wave.csv
      features: [load]
      target: load
      known: [plan]
      window: {length: 8, offsets: [1, 3], sampling: 2}
  split: {test: 0.3}
train: {epochs: 80, optimizer: {Adam: {learning_rate: 0.05}}, loss: MeanSquaredError}
"""


@pytest.mark.long
def test_errors_by_step_and_by_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is known beforehand tells the targets whole: only if its rows are those of the targets."""
    draw = np.random.default_rng(0).normal(size=400)
    rows = "".join(f"{value:.4f},{value / 2:.4f}\n" for value in draw)
    (tmp_path / "wave.csv").write_text("load,plan\n" + rows)
    (tmp_path / "spec.yaml").write_text(AHEAD)
    spec = nnspec.load(tmp_path / "spec.yaml")
    found = nnspec.evaluate(spec, run=nnspec.train(spec, run=tmp_path / "run").run)
    assert [row["ahead"] for row in found["by_step"]] == [1, 3]
    last = np.array([abs(draw[at + 14 + 2 * step] - draw[at + 14]) for step in (1, 3) for at in range(264, 380)])
    for row, size in zip(found["by_step"], (last[:116], last[116:]), strict=True):
        assert row["mean_absolute_error"]["the network"] < 0.05
        assert row["mean_absolute_error"]["the last value"] == pytest.approx(size.mean(), abs=0.02)
    blocks = found["by_origin"]
    assert sum(one["windows"] for one in blocks) == found["examples"] and len(blocks) == 5
    firsts = [int(one["first"].split()[1]) for one in blocks]
    assert firsts == sorted(firsts)
    means = [one["mean_absolute_error"]["the last value"] for one in blocks]
    assert np.mean(means) == pytest.approx(found["baselines"]["the last value"]["mean_absolute_error"], abs=0.02)
    assert run(["evaluate", str(tmp_path / "spec.yaml"), "--run", str(tmp_path / "run")]) == 0
    text = capsys.readouterr().out
    assert "steps ahead, mean absolute error" in text and "by time, mean absolute error" in text
