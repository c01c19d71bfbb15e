"""Small and honest files: what no runtime reads left out, one scale for a Dense, the least runtime, golden tolerances."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter
from export_networks import cnn, tflite

from nnspec.export.artifact import Artifact
from nnspec.export.bundle.check import _allowed
from nnspec.export.pipeline import export
from nnspec.export.tflite.flatbuffer import Op, builtin_code, unpacked
from nnspec.export.tflite.io_quantization import output_steps
from nnspec.export.tflite.least_runtime import least_runtime

pytestmark = pytest.mark.tf

IMAGES = np.random.default_rng(0).uniform(0, 255, (8, 12, 12, 1)).astype("float32")
WANTED: dict[str, dict[str, Any]] = {
    "plain": {"quantize": "int8", "io": "int8"},
    "slim": {"quantize": "int8", "io": "int8", "slim": True},
    "tensor": {"quantize": "int8", "slim": True, "dense_scale": "tensor"},
    "int4": {"quantize": "int4"},
}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Artifact]:
    model, folder = cnn(), tmp_path_factory.mktemp("slim")
    return {
        name: export(model, tflite(**args), folder / name, name=name, representative=lambda: [{"image": IMAGES}])
        for name, args in WANTED.items()
    }


def answers(path: Path) -> np.ndarray:
    run = Interpreter(model_path=str(path)).get_signature_runner()
    numbers = (IMAGES - 128).astype("int8")
    return np.concatenate([run(image=one[None])["digit"] for one in numbers])


@pytest.mark.long
def test_a_slim_file_is_the_same_in_fewer_bytes(files: dict[str, Artifact]) -> None:
    plain, slim = files["plain"], files["slim"]
    assert plain.ok and slim.ok, slim.reasons
    assert slim.bytes < plain.bytes - 1000
    assert np.array_equal(answers(plain.path), answers(slim.path))
    model = unpacked(slim.path.read_bytes())
    assert [entry.name for entry in model.metadata] == [b"min_runtime_version"]
    assert sum(len(tensor.name or b"") > 0 for tensor in model.subgraphs[0].tensors) == 2


def test_a_dense_may_have_one_scale(files: dict[str, Artifact]) -> None:
    def scales(artifact: Artifact) -> list[int]:
        model = unpacked(artifact.path.read_bytes())
        graph = model.subgraphs[0]
        dense = [
            op for op in graph.operators if builtin_code(model.operatorCodes[op.opcodeIndex]) == Op.FULLY_CONNECTED
        ]
        return [len(graph.tensors[op.inputs[1]].quantization.scale) for op in dense]

    assert files["tensor"].ok
    assert scales(files["tensor"]) == [1] and scales(files["plain"]) == [10]


def test_a_file_says_the_oldest_runtime_that_has_its_operations(files: dict[str, Artifact]) -> None:
    """The file of int4 weights names versions of operations that know none."""
    for name, least in (("int4", "2.17.0"), ("plain", "1.15.0")):
        content = files[name].path.read_bytes()
        model = unpacked(content)
        entry = next(one for one in model.metadata if one.name == b"min_runtime_version")
        assert least_runtime(content) >= least
        assert bytes(model.buffers[entry.buffer].data).rstrip(b"\0").decode() == least_runtime(content)
    types = {tensor.type for tensor in unpacked(files["int4"].path.read_bytes()).subgraphs[0].tensors}
    assert schema.TensorType.INT4 in types


def test_steps_of_outputs(files: dict[str, Artifact]) -> None:
    assert output_steps(files["plain"].path.read_bytes())["digit"] == pytest.approx(1 / 256)
    assert output_steps(files["tensor"].path.read_bytes())["digit"] == pytest.approx(1 / 256)
    assert output_steps(files["int4"].path.read_bytes()) == {}


def test_tolerances_of_golden_answers() -> None:
    """By steps where there are any; else a marker of -100 among small scores loosens itself alone."""
    scores = np.array([0.0, -2.0, -5.0, -3.0, -100.0])
    assert _allowed(scores, None, 0.02) == pytest.approx(np.array([0.06, 0.06, 0.1, 0.06, 2.0]))
    assert _allowed(scores, 0.5, 0.02) == 4.0
