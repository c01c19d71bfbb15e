"""Backtesting with a new training at each origin."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import nnspec
from nnspec.console.progress import Reporter
from nnspec.data.config import DataConfig
from nnspec.data.dataset import open_dataset
from nnspec.data.errors import DataError
from nnspec.evaluation.open_run import open_trained
from nnspec.evaluation.refit import refit
from nnspec.frontend.diagnostics import SpecError
from nnspec.layers.types import KindValue
from nnspec.runs.errors import TrainingError

pytestmark = pytest.mark.tf

SPEC = """nnspec: 1
name: wave
inputs: {x: [4, 1]}
layers: [Flatten, {Dense: 2}]
data:
  source: {Csv: {path: wave.csv, features: [load], scale: standard, window: {length: 4, horizon: 2}}}
  split: {validation: 0.1, test: 0.2}
train: {epochs: 2, seed: 3, loss: MeanSquaredError, optimizer: {Adam: 0.05}}
"""
ROWS = 200


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    draw = np.random.default_rng(0)
    values = 50 + 10 * np.sin(np.arange(ROWS) * 2 * np.pi / 7) + draw.normal(size=ROWS)
    (tmp_path / "wave.csv").write_text("load\n" + "".join(f"{value:.3f}\n" for value in values))
    (tmp_path / "spec.yaml").write_text(SPEC)
    return tmp_path


@pytest.mark.long
def test_each_origin_is_trained_on_all_before_it(folder: Path) -> None:
    spec = nnspec.load(folder / "spec.yaml")
    run = nnspec.train(spec, run=folder / "run").run
    found = nnspec.evaluate(spec, run=run, refit=2)["refits"]
    first, last = found["origins"]
    assert (first["from"], first["to"]) == ("lines 158 to 161", "lines 176 to 179")
    assert (last["from"], last["to"]) == ("lines 178 to 181", "lines 196 to 199")
    assert (first["train"], last["train"], first["test"]) == (140 - 5, 160 - 5, 19)
    kinds = list(first["mean_absolute_error"])
    assert kinds == ["the network", "the last value", "a straight line"]
    for kind in kinds:
        both = [one["mean_absolute_error"][kind] for one in (first, last)]
        assert found["mean"][kind] == pytest.approx(np.mean(both))
        assert found["deviation"][kind] == pytest.approx(np.std(both))

    series = np.loadtxt(folder / "wave.csv", skiprows=1)
    naive = [abs(series[at : at + 2] - series[at - 1]).mean() for at in range(180, 199)]
    assert last["mean_absolute_error"]["the last value"] == pytest.approx(np.mean(naive), rel=1e-4)

    own = nnspec.load(folder / "spec.yaml", **{"data.split.test": 0.1, "data.split.unused": 0.1})
    weights = json.loads((run / "refits" / "2-1" / "record.json").read_text())["weights_sha256"]
    assert nnspec.train(own, run=folder / "own").weights_sha256 == weights
    assert json.loads((run / "refits.json").read_text()) == found

    kept = (run / "refits" / "2-1" / "best.keras").stat().st_mtime_ns
    assert refit(spec.spec, open_trained(spec.spec, run), 2, Reporter()) == found
    assert (run / "refits" / "2-1" / "best.keras").stat().st_mtime_ns == kept
    (folder / "wave.csv").write_text((folder / "wave.csv").read_text() + "50.5\n")
    with pytest.raises(TrainingError, match=r"2-1 was trained on other data"):
        refit(spec.spec, open_trained(spec.spec, run), 2, Reporter())


@pytest.mark.parametrize(
    ("of_table", "message"),
    [(False, "held back as `test`, and there is none"), (True, "takes a series whose parts are cut in time")],
)
def test_what_cannot_be_refitted(folder: Path, of_table: bool, message: str) -> None:
    changed = _table(folder) if of_table else {"data.split": {"validation": 0.2}}
    spec = nnspec.load(folder / "spec.yaml", **{**changed, "train.epochs": 1})
    run = nnspec.train(spec, run=folder / "other").run
    with pytest.raises(SpecError, match=message):
        nnspec.evaluate(spec, run=run, refit=2)


def _table(folder: Path) -> dict[str, object]:
    (folder / "t.csv").write_text("a,y\n" + "".join(f"{row % 7},{row % 5}.5\n" for row in range(40)))
    source = {"Csv": {"path": str(folder / "t.csv"), "target": "y", "features": ["a"]}}
    return {"data.source": source, "inputs": {"x": [1]}, "layers": [{"Dense": 1}]}


def test_a_share_in_no_part(folder: Path) -> None:
    told = {"path": "wave.csv", "features": ["load"], "window": {"length": 4, "horizon": 2}}
    source = KindValue("Csv", told)
    dataset = open_dataset(DataConfig(source, {"test": 0.2, "unused": 0.3}), folder, 0)
    assert {name: split.size for name, split in dataset.splits.items()} == {"train": 95, "test": 39}
    assert dataset.splits["test"].example_texts([38]) == ["lines 136 to 139"]
    with pytest.raises(DataError, match="`unused` is a share"):
        open_dataset(DataConfig(source, {"unused": "other.csv"}), folder, 0)
