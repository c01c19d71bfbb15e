"""Forecasts of several series with a scale each: predictions and results are in the units of their series."""

from __future__ import annotations

import json
from pathlib import Path

import keras
import numpy as np
import pytest

import nnspec

pytestmark = pytest.mark.tf

LEVELS = {"oslo": 100.0, "rome": 5000.0}
SPEC = """nnspec: 1
name: towns
inputs: {x: [4, $data.features]}
layers: [Flatten, {Dense: 2}]
data:
  source:
    Csv:
      path: towns/*.csv
      file_groups: true
      window: {length: 4, horizon: 2}
      scale: standard
      scale_by: group
  split: {validation: 0.3}
train: {epochs: 1, loss: MeanSquaredError}
"""


def test_a_run_of_two_towns(tmp_path: Path) -> None:
    (tmp_path / "towns").mkdir()
    draw = np.random.default_rng(0)
    series = {name: np.round(level * (1 + 0.01 * draw.normal(size=40)), 3) for name, level in LEVELS.items()}
    for name, values in series.items():
        (tmp_path / "towns" / f"{name}.csv").write_text("load\n" + "".join(f"{value}\n" for value in values))
    (tmp_path / "spec.yaml").write_text(SPEC)
    spec = nnspec.load(tmp_path / "spec.yaml")
    run = nnspec.train(spec, run=tmp_path / "run").run
    scales = json.loads((run / "assets" / "scaling.json").read_text())["groups"]
    assert list(scales) == list(LEVELS)

    given = [str(tmp_path / "towns" / f"{name}.csv") for name in LEVELS]
    model = keras.saving.load_model(run / "best.keras", compile=False)
    for found, (name, values) in zip(nnspec.predict(spec, given, run=run), series.items(), strict=True):
        scale = scales[name]["targets"]["load"]
        window = (values[-4:] - scale["offset"]) / scale["factor"]
        wanted = model(window[None, :, None].astype("float32")).numpy()[0] * scale["factor"] + scale["offset"]
        assert found["group"] == name and found["values"] == pytest.approx(wanted, rel=1e-5)

    (first, last) = json.loads((run / "results.json").read_text())["numbers"]["targets"]
    held = [values[28 + start : 28 + start + 2] for values in series.values() for start in range(11)]
    assert first["true"] == pytest.approx([pair[0] for pair in held], rel=1e-4)
    assert last["true"] == pytest.approx([pair[1] for pair in held], rel=1e-4)
