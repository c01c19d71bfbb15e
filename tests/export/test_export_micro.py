"""Files for microcontrollers: judged by TensorFlow Lite Micro, with an array, the operations and the arena in the bundle."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from ai_edge_litert.schema_py_generated import TensorType
from export_networks import cnn, tagger, tflite
from keras import layers

from nnspec.catalog.chips import CHIPS
from nnspec.export.artifact import Artifact
from nnspec.export.bundle.check import check
from nnspec.export.bundle.micro import method_of
from nnspec.export.bundle.write import write_bundle
from nnspec.export.errors import ExportError
from nnspec.export.examples import Shapes
from nnspec.export.gate.budget import over_budget
from nnspec.export.gate.runtimes import MICRO, Program
from nnspec.export.model_metadata import ModelMetadata
from nnspec.export.pipeline import export
from nnspec.export.tflite.flatbuffer import unpacked
from nnspec.frontend.config import Budget

pytest.importorskip("tflite_micro", reason="needs TensorFlow Lite Micro's interpreter")
pytestmark = pytest.mark.tf

STAND_INS = Path(__file__).parent / "micro_stand_ins"  # the real headers are not packaged anywhere
IMAGES = np.random.default_rng(0).uniform(0, 255, (8, 12, 12, 1)).astype("float32")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Artifact]:
    model, folder = cnn(), tmp_path_factory.mktemp("micro")
    wanted = tflite(runtime="micro", quantize="int8", io="int8")
    return model, export(model, wanted, folder, name="digits", representative=lambda: [{"image": IMAGES}])


def test_the_gate_runs_it_there(made: tuple[Any, Artifact]) -> None:
    _, artifact = made
    assert artifact.ok, artifact.reasons
    assert artifact.runtimes == ("interpreter", "micro")
    assert any(re.search(r"arena of [\d,]+ bytes", note) for note in artifact.notes)


@pytest.mark.long
@pytest.mark.parametrize("dense_scale", ["channel", "tensor"])
def test_weights_of_four_bits_run_there(tmp_path: Path, dense_scale: str) -> None:
    """It has no Dense of 4 bits with a scale for each unit: such a one keeps 8."""
    wanted = tflite(runtime="micro", quantize="int8x4", dense_scale=dense_scale)
    artifact = export(cnn(), wanted, tmp_path, name="digits", representative=lambda: [{"image": IMAGES}])
    assert artifact.ok, artifact.reasons
    types = [tensor.type for tensor in unpacked(artifact.path.read_bytes()).subgraphs[0].tensors]
    assert types.count(TensorType.INT4) == (2 if dense_scale == "channel" else 3)


def test_a_bundle_holds_what_a_program_needs(made: tuple[Any, Artifact], tmp_path: Path) -> None:
    model, artifact = made
    place = tmp_path / "digits.bundle"
    examples = [{"image": image[None]} for image in IMAGES]
    write_bundle(artifact, Shapes.of(model, None), ModelMetadata("digits"), place, examples=examples)
    assert not check(place)["problems"]
    manifest = json.loads((place / "manifest.json").read_text())
    with Program(place / "model.tflite", MICRO) as program:
        assert program.arena() == manifest["micro"]["arena_bytes"]
    size = int(re.search(r"kTensorArenaBytes = (\d+)", (place / "model_data.h").read_text())[1])  # type: ignore[index]
    assert size % 16 == 0 and size >= manifest["micro"]["arena_bytes"]
    numbers = re.findall(r"0x([0-9a-f]{2})", (place / "model_data.cc").read_text())
    assert bytes.fromhex("".join(numbers)) == (place / "model.tflite").read_bytes()
    main = (place / "micro_main.cc").read_text()
    assert "AddConv2D" in main and "AddFullyConnected" in main and "{{" not in main
    assert f"MicroMutableOpResolver<{len(manifest['micro']['operations'])}>" in main
    if shutil.which("g++"):
        sources = [str(place / name) for name in ("model_data.cc", "micro_main.cc")]
        found = ["-I", str(place), "-I", str(STAND_INS)]
        subprocess.run(["g++", "-std=c++17", "-fsyntax-only", "-Wall", "-Werror", *found, *sources], check=True)


def test_each_operation_has_a_method_of_the_resolver() -> None:
    """The stand-in has the names of the runtime's own header."""
    header = (STAND_INS / "tensorflow/lite/micro/micro_mutable_op_resolver.h").read_text()
    known = set(re.findall(r"TfLiteStatus (Add\w+)\(", header))
    assert {method_of(name) for name in CHIPS["micro"].operations} == known


def test_a_fused_lstm_runs_there(tmp_path: Path) -> None:
    given = keras.Input((9, 3), name="steps")
    model = keras.Model(given, layers.Dense(2, name="next")(layers.LSTM(6)(given)))
    artifact = export(model, tflite(runtime="micro"), tmp_path, name="series")
    assert artifact.ok, artifact.reasons
    assert artifact.quantize == "none" and artifact.fused_rnn_ops == 1


def test_what_it_has_no_kernels_for_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="no kernels for dynamic"):
        export(cnn(), tflite(runtime="micro", quantize="dynamic"), tmp_path, name="x")
    given = keras.Input((None, 3), name="steps")
    model = keras.Model(given, layers.LSTM(4)(given))
    with pytest.raises(ExportError, match="length of the inputs varies"):
        export(model, tflite(runtime="micro", quantize="none"), tmp_path, name="x")


@pytest.mark.long
@pytest.mark.parametrize("cell", [layers.LSTM, layers.GRU])
def test_a_masked_tagger_of_a_fixed_length_runs_there(cell: Any, tmp_path: Path) -> None:
    """The LSTM by the fused kernel, the GRU by a loop whose step takes the input's product."""
    context = layers.Bidirectional(cell(6, return_sequences=True), name="context")
    artifact = export(tagger(context, length=9), tflite(runtime="micro"), tmp_path, name="tagger")
    assert artifact.ok, artifact.reasons
    assert artifact.fused_rnn_ops == (2 if cell is layers.LSTM else 0)
    with Program(artifact.path, MICRO) as program:
        assert program.arena() < 20_000


def test_enlarged_images_run_there(tmp_path: Path) -> None:
    """Keras copies by TILE, which it has no kernel for."""
    image = keras.Input((4, 4, 2), name="image")
    model = keras.Model(image, layers.Conv2D(2, 3, name="smooth")(layers.UpSampling2D((2, 3))(image)))
    artifact = export(model, tflite(runtime="micro", quantize="none"), tmp_path, name="large")
    assert artifact.ok and "RESIZE_NEAREST_NEIGHBOR" in artifact.ops, artifact.reasons


def test_a_file_that_it_refuses_does_not_pass(tmp_path: Path) -> None:
    """It has no kernel for GELU."""
    given = keras.Input((4,), name="numbers")
    model = keras.Model(given, layers.Dense(2, activation="gelu", name="end")(given))
    artifact = export(model, tflite(runtime="micro", quantize="none"), tmp_path, name="gelu")
    assert not artifact.ok and any(reason.startswith("micro: ") for reason in artifact.reasons)


def test_an_arena_over_the_budget_is_told() -> None:
    assert not list(over_budget(Budget(arena_bytes=20_000), "tflite_bytes", 5, arena=19_000))
    told = list(over_budget(Budget(arena_bytes=20_000), "tflite_bytes", 5, arena=21_000))
    assert told == ["it takes an arena of 21,000 bytes; the budget is 20,000"]
