"""Models with nnspec's own layers, as another process loads them that imports nnspec beside Keras."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

import nnspec

pytestmark = pytest.mark.tf

SPECS = {
    "jordan": """
nnspec: 1
inputs: {x: [6, 4]}
layers:
  - Bidirectional: {layer: {JordanRNN: {units: 5, output_units: 3, return_sequences: true}}}
  - JordanRNN: {units: 4, output_units: 2, activation: relu, output_activation: sigmoid}
""",
    "response": """
nnspec: 1
inputs: {x: [8, 8, 3]}
layers:
  - Conv2D: {filters: 6, kernel_size: 3, groups: 3, activation: relu}
  - LocalResponseNormalization: {n: 3, k: 1.5, alpha: 0.5, beta: 0.6}
""",
}
PROGRAM = """
import numpy
for name in ("jordan", "response"):
    loaded = keras.models.load_model(f"{name}.keras")
    numpy.save(f"{name}.found.npy", loaded(numpy.load(f"{name}.npy")))
"""


@pytest.mark.parametrize("imports", ["import nnspec, keras; nnspec.register_layers()", "import keras, nnspec"])
@pytest.mark.long
def test_a_process_that_imports_nnspec_loads_what_was_saved(tmp_path: Path, imports: str) -> None:
    expected = {}
    for name, text in SPECS.items():
        path = tmp_path / f"{name}.yaml"
        path.write_text(text, encoding="utf-8")
        model = nnspec.build(path, seed=1)
        given = np.random.default_rng(0).normal(size=(1, *model.input_shape[1:])).astype("float32")
        nnspec.save(model, tmp_path / f"{name}.keras")
        np.save(tmp_path / f"{name}.npy", given)
        expected[name] = keras.ops.convert_to_numpy(model(given))
    subprocess.run([sys.executable, "-c", imports + PROGRAM], cwd=tmp_path, check=True, capture_output=True)
    for name, output in expected.items():
        np.testing.assert_array_equal(np.load(tmp_path / f"{name}.found.npy"), output)
