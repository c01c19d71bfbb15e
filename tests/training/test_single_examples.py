"""What a training refuses of single examples, and a prediction that is no number."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import nnspec
from nnspec.data.errors import DataError
from nnspec.evaluation.predict import as_input

pytestmark = pytest.mark.tf

SPEC = """\
nnspec: 1
name: masked
inputs: {x: {shape: [3], dtype: int32}}
layers:
  - {Embedding: {input_dim: 4, output_dim: 3, mask_zero: true}}
  - GlobalAveragePooling1D
  - {Dense: {units: 2, activation: softmax}}
data: {source: {Arrays: {path: d.npz, inputs: x, targets: y}}}
train: {epochs: 1, loss: SparseCategoricalCrossentropy}
"""


def test_padding_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    spec = tmp_path / "masked.yaml"
    spec.write_text(SPEC, encoding="utf-8")
    rows = np.array([[1, 2, 0], [2, 1, 0], [3, 3, 3], [1, 0, 0]])
    np.savez(tmp_path / "d.npz", x=rows * np.array([[1], [0], [1], [1]]), y=[0, 1, 0, 1])
    with pytest.raises(DataError, match=r"train, `x`: `example 1` is padding alone.* the loss is no number"):
        nnspec.train(spec)
    np.savez(tmp_path / "d.npz", x=rows, y=[0, 1, 0, 1])
    nnspec.train(spec)
    assert nnspec.predict(spec, [[1, 0, 0]])[0]["label"] in ("0", "1")
    with pytest.raises(DataError, match=r"example 2: the network's answer .* is nan, which is no number"):
        nnspec.predict(spec, [[1, 0, 0], [0, 0, 0]])


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (np.array([[1.0, 1e39]]), "example 1: 'x' holds 1e+39, which is more than float32 can hold"),
        (np.array([["1", "two"]]), "example 1: 'x' holds texts, and the network takes numbers"),
    ],
)
def test_values_that_an_input_cannot_hold(values: np.ndarray, says: str) -> None:
    with pytest.raises(DataError) as raised:
        as_input(values, "float32", "x", 0)
    assert raised.value.message == says
