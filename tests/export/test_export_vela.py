"""The table of operations for Ethos-U, against what Vela does to files (`pip install ethos-u-vela`)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from export_networks import tflite

from nnspec.backend.lower import build
from nnspec.export.pipeline import export
from nnspec.frontend.chips import aim
from nnspec.frontend.diagnostics import Source
from nnspec.frontend.pipeline import check

pytest.importorskip("ethosu.vela", reason="needs ethos-u-vela")
pytest.importorskip("tflite_micro", reason="needs TensorFlow Lite Micro's interpreter")
pytestmark = pytest.mark.tf

BODY = """nnspec: 1
inputs: {image: [16, 16, 3]}
layers:
  - Conv2D: {filters: 8, kernel_size: 3, padding: same, use_bias: false}
  - BatchNormalization
  - ReLU
  - MaxPooling2D: 2
%s
  - GlobalAveragePooling2D
  - Dense: {units: 4, activation: softmax}
export: {TFLite: {runtime: micro, quantize: int8, io: int8}}
"""
ON_IT = {
    "depthwise": "  - DepthwiseConv2D: {kernel_size: 3}",
    "sigmoid": "  - Conv2D: {filters: 4, kernel_size: 3, activation: sigmoid}",
    "transposed": "  - Conv2DTranspose: {filters: 4, kernel_size: 2, strides: 2}",
}
BESIDE = {"elu": "  - Conv2D: {filters: 4, kernel_size: 3, activation: elu}", "copies": "  - UpSampling2D: 2"}


def made(name: str, line: str, folder: Path) -> tuple[list[str], Any]:
    """What `check` says that the NPU lacks, and what Vela notes of the file."""
    spec = check(Source.from_text(BODY % line, f"{name}.yaml"), data=None).spec
    assert spec is not None
    lacking = [operation for one in aim(spec, "ethos-u").layers for operation in one.lacking]
    rows = {"image": np.random.default_rng(0).uniform(0, 1, (8, 16, 16, 3)).astype("float32")}
    wanted = tflite(runtime="micro", quantize="int8", io="int8")
    artifact = export(build(spec.graph, seed=0), wanted, folder, name=name, representative=lambda: [rows])
    (note,) = [one for one in artifact.notes if one.startswith("Vela")]
    return lacking, note


def test_what_the_table_has_lies_on_the_npu(tmp_path: Path) -> None:
    lacking, note = made("depthwise", ON_IT["depthwise"], tmp_path)
    assert not lacking and "nothing stays on the CPU" in note


def test_what_it_lacks_stays_on_the_cpu(tmp_path: Path) -> None:
    lacking, note = made("elu", BESIDE["elu"], tmp_path)
    assert lacking == ["ELU"] and "stay on the CPU" in note and "nothing" not in note


@pytest.mark.proof
@pytest.mark.parametrize("name", [*ON_IT, *BESIDE])
def test_more_of_both(name: str, tmp_path: Path) -> None:
    lacking, note = made(name, {**ON_IT, **BESIDE}[name], tmp_path)
    assert bool(lacking) == (name in BESIDE) == ("nothing" not in note)
