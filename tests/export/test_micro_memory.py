"""What `check --target micro` estimates, against files and what TensorFlow Lite Micro takes for them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from export_networks import tflite

from nnspec.backend.lower import build
from nnspec.export.gate.runtimes import MICRO, Program
from nnspec.export.pipeline import export
from nnspec.frontend.diagnostics import Source
from nnspec.frontend.micro_memory import estimate
from nnspec.frontend.pipeline import check

pytest.importorskip("tflite_micro", reason="needs TensorFlow Lite Micro's interpreter")
pytestmark = pytest.mark.tf

NETWORKS = {
    "lenet": """
inputs: {image: [28, 28, 1]}
layers:
  - Conv2D: {filters: 6, kernel_size: 5, padding: same, activation: relu}
  - MaxPooling2D: 2
  - Conv2D: {filters: 16, kernel_size: 5, activation: relu}
  - MaxPooling2D: 2
  - Flatten
  - Dense: {units: 84, activation: relu}
  - Dense: {units: 10, activation: softmax}
""",
    "keywords": """
inputs: {sound: [49, 10, 1]}
layers:
  - Conv2D: {filters: 64, kernel_size: [10, 4], strides: 2, padding: same, use_bias: false}
  - BatchNormalization
  - ReLU
  - DepthwiseConv2D: {kernel_size: 3, padding: same}
  - ReLU
  - Conv2D: {filters: 64, kernel_size: 1}
  - ReLU
  - GlobalAveragePooling2D
  - Dense: {units: 12, activation: softmax}
""",
    "residual": """
inputs: {image: [32, 32, 3]}
layers:
  - Conv2D: {filters: 16, kernel_size: 3, padding: same, activation: relu}
    name: first
  - Conv2D: {filters: 16, kernel_size: 3, padding: same, activation: relu}
  - Conv2D: {filters: 16, kernel_size: 3, padding: same}
    name: last
  - {Add: , from: [first, last]}
  - ReLU
  - AveragePooling2D: 8
  - Flatten
  - Dense: {units: 10, activation: softmax}
""",
    "table": "inputs: {row: [64]}\nlayers: [{Dense: {units: 32, activation: relu}}, {Dense: 3}]\n",
}


@pytest.mark.long
@pytest.mark.parametrize("name", [*NETWORKS][:2])
def test_whole_numbers(name: str, tmp_path: Path) -> None:
    _compare(name, "int8", tmp_path)


@pytest.mark.proof
@pytest.mark.parametrize("quantize", ["none", "int8", "int16x8"])
@pytest.mark.parametrize("name", NETWORKS)
def test_each_quantization(name: str, quantize: str, tmp_path: Path) -> None:
    _compare(name, quantize, tmp_path)


def _compare(name: str, quantize: str, folder: Path) -> None:
    spec = check(Source.from_text(f"nnspec: 1\n{NETWORKS[name]}", f"{name}.yaml"), data=None).spec
    assert spec is not None
    model, generator = build(spec.graph, seed=0), np.random.default_rng(0)
    ports = {port.name: (16, *port.shape) for port in spec.graph.inputs}
    rows = {key: generator.uniform(0, 1, shape).astype("float32") for key, shape in ports.items()}
    wanted = tflite(runtime="micro", quantize=quantize, io="int8" if quantize == "int8" else "float32")
    artifact = export(model, wanted, folder, name=name, representative=lambda: [rows])
    assert artifact.ok, artifact.reasons
    with Program(artifact.path, MICRO) as program:
        arena = program.arena()
    memory = estimate(spec, quantize)
    assert memory.arena == pytest.approx(arena, rel=0.2)
    assert memory.flash == pytest.approx(artifact.path.stat().st_size, rel=0.2)
