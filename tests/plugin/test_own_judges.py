"""Losses, metrics and regularizers of a module or a package: trained with, evaluated by, written into Python."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnspec.cli.main import run
from nnspec.codegen.python_code import python_code
from nnspec.frontend.pipeline import check, load

pytestmark = pytest.mark.tf

MODULE = """
import keras
from keras import ops


class Margin(keras.losses.Loss):
    def __init__(self, width=1.0, **kwargs):
        super().__init__(**kwargs)
        self.width = width

    def call(self, y, p):
        return ops.mean(ops.maximum(0.0, self.width - y * p), -1)


class Hits(keras.metrics.Mean):
    def update_state(self, y, p, sample_weight=None):
        super().update_state(ops.cast(ops.sign(y) == ops.sign(p), "float32"), sample_weight)


class Largest(keras.regularizers.Regularizer):
    def __init__(self, factor=0.1):
        self.factor = factor

    def __call__(self, weight):
        return self.factor * ops.max(ops.abs(weight))

    def get_config(self):
        return {"factor": self.factor}
"""
SPEC = """nnspec: 1
name: judged
inputs: {x: [2]}
layers:
  - Dense: {units: 4, activation: relu, kernel_regularizer: {Largest: {factor: 0.01}}}
  - Dense: 1
data: {source: {Csv: {path: d.csv, target: y, task: regression}}, split: {test: 0.3}}
train: {loss: {Margin: {width: 2}}, metrics: [Hits], epochs: 2}
"""


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "own_judges.py").write_text(MODULE)
    rows = [(a, b, 1 if a + b > 0 else -1) for a in range(-4, 5) for b in range(-3, 5)]
    (tmp_path / "d.csv").write_text("a,b,y\n" + "".join(f"{a}.5,{b}.5,{y}.0\n" for a, b, y in rows))
    (tmp_path / "s.yaml").write_text(SPEC)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "s.yaml"


def test_a_module_brings_them(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert not check(spec).ok
    assert run(["train", "s.yaml", "--plugin", "own_judges"]) == 0
    assert run(["evaluate", "s.yaml", "--plugin", "own_judges"]) == 0
    assert "mean" in capsys.readouterr().out
    code = python_code(load(spec, (), ("own_judges",)))
    assert "from own_judges import Margin" in code and "loss=Margin(width=2)" in code
    assert "kernel_regularizer=Largest(factor=0.01)" in code and "metrics=[Hits()]" in code


def test_what_its_maker_refuses_is_told_in_its_words(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    guard = "        if width < 0:\n            raise ValueError('a margin has two sides')\n"
    (spec.parent / "own_judges_3.py").write_text(
        MODULE.replace("        self.width = width\n", f"{guard}        self.width = width\n", 1)
    )
    assert run(["train", "s.yaml", "--plugin", "own_judges_3", "--set", "train.loss.Margin.width=-2"]) == 3
    said = capsys.readouterr().err
    assert "E0709" in said and "a margin has two sides" in said and not list(spec.parent.glob("runs/*/*"))


def test_a_name_of_keras_is_refused(spec: Path) -> None:
    (spec.parent / "own_judges_2.py").write_text(MODULE.replace("Margin", "Hinge"))
    found = check(spec, (), ("own_judges_2",))
    assert "Keras has a loss `Hinge` of its own" in found.diagnostics[0].message
