"""`nnspec.sweep` as a function: what the command of that name answers, as values."""

from __future__ import annotations

from pathlib import Path

import pytest

import nnspec

pytestmark = [pytest.mark.tf, pytest.mark.slow]

SPEC = """nnspec: 1
name: lengths
inputs: {x: [1]}
layers: [{Dense: 1}]
data: {source: {Csv: {path: d.csv, target: y, features: [a], task: regression}}, split: {validation: 0.25}}
train: {epochs: 1, loss: mse}
"""


@pytest.mark.long
def test_a_sweep_gives_its_trials_the_best_one_and_the_plot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("d.csv").write_text("a,y\n" + "".join(f"{number}.5,{2 * number}.5\n" for number in range(24)))
    Path("s.yaml").write_text(SPEC)
    found = nnspec.sweep("s.yaml", over={"train.epochs": [1, 2]})
    values = found.data
    assert values["ok"] and len(values["trials"]) == 2 and values["best"] in values["trials"]
    assert found.path is not None and found.path.is_file() and Path(values["sweep"]).is_dir()
