"""Slice, DepthToSpace, SpaceToDepth and PositionEmbedding: what they compute, and that TFLite computes the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

import nnspec
from nnspec.backend.model_file import load_model_file
from nnspec.backend.own_layers.depth_space import DepthToSpace, SpaceToDepth
from nnspec.backend.own_layers.positions import PositionEmbedding
from nnspec.backend.own_layers.slices import Slice
from nnspec.export.pipeline import export
from nnspec.layers.types import KindValue

pytestmark = pytest.mark.tf

X = np.arange(2 * 4 * 6 * 12, dtype="float32").reshape(2, 4, 6, 12)
SPEC = """
inputs:
  image: [4, 6, 3]
layers:
  - Slice: {axis: -1, step: -1}
  - Conv2D: {filters: 8, kernel_size: 3, padding: same}
  - DepthToSpace: 2
  - SpaceToDepth: 2
  - Slice: {axis: 1, start: 1, stop: -1}
  - Reshape: [12, 8]
  - PositionEmbedding: 20
  - Slice: {axis: 1, start: -1}
  - Flatten
"""


@pytest.mark.parametrize("ends", [(0, 3, 1), (None, None, -1), (-2, None, 1), (1, -1, 2), (5, 0, -2)])
def test_slice_is_pythons(ends: tuple[Any, ...]) -> None:
    assert np.array_equal(Slice(2, *ends)(X), X[:, :, slice(*ends)])


def test_blocks_are_those_of_the_paper() -> None:
    """Row and column of a block are the leading part of the channel's number."""
    found = np.asarray(DepthToSpace(2)(X))
    for row, column in np.ndindex(2, 2):
        first = (row * 2 + column) * 3
        assert np.array_equal(found[:, row::2, column::2], X[..., first : first + 3])
    assert np.array_equal(SpaceToDepth(2)(found), X)


@pytest.mark.parametrize("add", [True, False])
def test_positions_are_added_to_shorter_sequences(add: bool) -> None:
    layer = PositionEmbedding(9, add=add)
    steps = np.ones((2, 5, 3), "float32")
    found, table = layer(steps), np.asarray(layer.embeddings)
    assert np.allclose(found, np.broadcast_to(table[:5], steps.shape) + (steps if add else 0))
    given = keras.Input((None, 3))
    any_length = keras.Model(given, layer(given))
    assert np.allclose(any_length(steps), found)
    with pytest.raises(ValueError, match="9 positions, and 10 steps"):
        PositionEmbedding(9)(np.ones((1, 10, 3), "float32"))


def test_saved_and_in_tflite(tmp_path: Path) -> None:
    model = nnspec.build(nnspec.load("nnspec: 1" + SPEC))
    model.save(tmp_path / "model.keras")
    images = X[..., :3] / 100
    expected = np.asarray(model(images))
    assert np.array_equal(load_model_file(tmp_path / "model.keras", {})(images), expected)
    artifact = export(model, KindValue("TFLite", {"quantize": "none"}), tmp_path, name="model")
    assert artifact.ok, artifact.reasons
    interpreter = Interpreter(model_path=str(artifact.path))
    runner = interpreter.get_signature_runner()
    assert np.allclose(next(iter(runner(image=images[:1]).values())), expected[:1], atol=1e-5)
