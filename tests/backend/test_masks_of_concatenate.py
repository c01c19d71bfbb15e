"""A Concatenate of masked tensors: Keras names an operation of the mask like the layer, and would refuse it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import nnspec

pytestmark = pytest.mark.tf

SPEC = """
nnspec: 1
inputs: {tokens: {shape: [null], dtype: int32}}
layers:
  - {Embedding: {input_dim: 9, output_dim: 3, mask_zero: true}, name: a}
  - {Dense: 2, name: b, from: a}
  - {Concatenate: , from: [a, b]}
  - {Concatenate: , name: concatenate_1, from: [concatenate, b]}
  - LSTM: 3
"""


def test_it_builds_again_and_again_and_heeds_the_mask(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(SPEC, encoding="utf-8")
    for _ in range(2):
        model = nnspec.build(path, seed=1)
        assert {"concatenate", "concatenate_1"} <= {layer.name for layer in model.layers}
    short, padded = (np.asarray(model(np.array([row], "int32"))) for row in ([3, 4], [3, 4, 0, 0]))
    np.testing.assert_allclose(short, padded, atol=1e-6)
