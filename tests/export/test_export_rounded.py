"""Networks that were trained to be rounded: their int8 file computes what training saw, and nothing is calibrated."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from nnspec.backend.aware.model import AwareModel
from nnspec.backend.lower import build
from nnspec.export.artifact import Artifact
from nnspec.export.errors import ExportError
from nnspec.export.pipeline import export
from nnspec.frontend.config import QuantizeConfig
from nnspec.frontend.diagnostics import Source
from nnspec.frontend.pipeline import load
from nnspec.frontend.rounding_plan import plan_of
from nnspec.importing.imported import import_config
from nnspec.importing.read import read_model
from nnspec.importing.weights import trained_model
from nnspec.layers.types import KindValue

pytestmark = pytest.mark.tf

# One network with nearly all that a file can have in whole numbers: convolutions of all sorts, folded and unfolded
# normalization, functions that are a part of an operation and others, sums, products, what joins and what arranges.
MANY = """
  - Rescaling: {scale: 0.5, offset: -0.1}
  - BatchNormalization
  - ReLU
  - {Conv2D: {filters: 6, kernel_size: 3, padding: same, use_bias: false}}
  - BatchNormalization
  - {Activation: hard_silu, name: a}
  - {GlobalAveragePooling2D: {keepdims: true}}
  - {Conv2D: {filters: 6, kernel_size: 1, activation: sigmoid}, name: gate}
  - {Multiply: , from: [a, gate, a], name: m}
  - {DepthwiseConv2D: {kernel_size: 3, depth_multiplier: 2, padding: same, use_bias: false}}
  - BatchNormalization
  - ReLU: 6
  - {Conv2D: {filters: 6, kernel_size: 1}}
  - {Add: , from: [conv2d_1, m, a], name: s}
  - {SeparableConv2D: {filters: 6, kernel_size: 3, padding: same, activation: silu}, name: p}
  - {Concatenate: , from: [p, s, a]}
  - MaxPooling2D: 2
  - {Conv2DTranspose: {filters: 4, kernel_size: 3, strides: 2, padding: same}}
  - LeakyReLU
  - AveragePooling2D: 2
  - {Dropout: 0.2}
  - {Conv2D: {filters: 4, kernel_size: 1, activation: relu}, name: again}
  - {reuse: again}
  - Flatten
  - {Dense: {units: 8, use_bias: false}}
  - BatchNormalization
  - ReLU
  - Dense: 4
"""


def made(
    layers: str, shape: str = "[8, 8, 3]", stage: str = "frozen", **settings: Any
) -> tuple[AwareModel, np.ndarray]:
    """A model whose ranges are those of a few batches, with biases that are not zero."""
    graph = load(Source.from_text(f"nnspec: 1\ninputs: {{x: {shape}}}\nlayers: {layers}\n", "net.yaml")).graph
    config = QuantizeConfig(**settings)
    model = AwareModel.of(build(graph, seed=1), plan_of(graph, config), config.ranges == "learned")
    draw = np.random.default_rng(0)
    size = (64, *model.inputs[0].shape[1:])
    x = draw.normal(size=size).astype("float32") if "float" in model.inputs[0].dtype else draw.integers(0, 20, size)
    model.stage = "live"
    for _ in range(3):
        model(x, training=True)
    for layer in model.layers:
        if getattr(layer, "bias", None) is not None:
            layer.bias.assign(draw.normal(size=layer.bias.shape) * 0.1)
    model.stage = stage
    return model, x


def exported(model: AwareModel, x: np.ndarray, folder: Path, metric: bool = True, **args: Any) -> Artifact:
    return export(
        model,
        KindValue("TFLite", args),
        folder,
        name="net",
        representative=lambda: iter([{"x": x[:8]}]),
        metric=(lambda run: float(next(iter(run({"x": x}).values())).mean())) if metric else None,
    )


@pytest.mark.long
def test_a_file_computes_what_training_saw(tmp_path: Path) -> None:
    model, x = made(MANY)
    found = exported(model, x, tmp_path)
    assert found.ok and model.plan.in_float == ()
    assert found.ops["QUANTIZE"] == found.ops["DEQUANTIZE"] == 1  # at the ends: nothing in float between
    assert "the largest value is the same one in 100.00%" in "".join(found.notes)
    assert "rounded after training" in "".join(found.notes)


@pytest.mark.proof
def test_step_by_step(tmp_path: Path) -> None:
    layers = "[{Conv2D: {filters: 6, kernel_size: 3, use_bias: false}}, BatchNormalization, {Activation: silu}, "
    layers += "{DepthwiseConv2D: {kernel_size: 3, depth_multiplier: 2, padding: same}}, Flatten, {Dense: 3}]"
    assert "100.00% of the values are equal" in "".join(exported(*made(layers, ranges="learned"), tmp_path).notes)


@pytest.mark.long
@pytest.mark.parametrize(
    "layers",
    [
        "[{Activation: hard_sigmoid}, {Conv2D: {filters: 4, kernel_size: 3, activation: hard_sigmoid}}, Flatten, {Dense: 3}]",
        "[{Conv2D: {filters: 3, kernel_size: 1}, name: a}, {Conv2D: {filters: 3, kernel_size: 1, activation: relu}, name: b}, "
        "{Average: , from: [x, a, b]}, Flatten, {Dense: 3}]",
        "[{Conv2D: {filters: 4, kernel_size: 3, activation: relu}}, {AveragePooling2D: {pool_size: 3, strides: 1, padding: same}}, "
        "{AveragePooling2D: 2}, Flatten, {Dense: 3}]",  # many means of whole numbers end in a half
        "[{Conv2D: {filters: 4, kernel_size: 3}}, {PReLU: {shared_axes: [1, 2], alpha_initializer: {RandomUniform: {minval: -0.2, maxval: 0.4}}}}, Flatten, {Dense: 3}]",
        "[{Conv2D: {filters: 4, kernel_size: 1, activation: tanh}, name: a}, {Conv2D: {filters: 4, kernel_size: 1, "
        "activation: relu}, from: x, name: b}, {Concatenate: , from: [a, b, x]}, Flatten, {Dense: 3}]",
    ],
)
def test_functions_of_more_than_one_operation(tmp_path: Path, layers: str) -> None:
    model, x = made(layers)
    found = exported(model, x, tmp_path)
    assert found.ok and model.plan.in_float == ()
    assert found.ops["QUANTIZE"] == found.ops["DEQUANTIZE"] == 1, found.ops
    told = next(note for note in found.notes if "the largest value is the same one" in note)
    assert "same one in 100.00%" in told and ("at most 1 of 256 steps off" in told or "100.00% of the values" in told)


@pytest.mark.long
def test_steps_that_are_written_out_are_rounded_throughout(tmp_path: Path) -> None:
    layers = "[{Conv1D: {filters: 4, kernel_size: 2}}, BatchNormalization, {LSTM: {units: 3, return_sequences: true}}, "
    layers += "{Bidirectional: {layer: {GRU: {units: 3, return_sequences: true}}}}, {SimpleRNN: 3}, {Dense: 3}]"
    model, x = made(layers, "[4, 3]", recurrent="unrolled")
    assert model.plan.in_float == () and model.plan.calibrated is None
    found = exported(model, x, tmp_path)
    assert found.ok and "WHILE" not in found.ops
    assert found.ops["QUANTIZE"] == found.ops["DEQUANTIZE"] == 1, found.ops
    told = "".join(found.notes)
    assert "same one in 100.00%" in told and "written out one by one" in told  # the target did not ask for it
    model.save(tmp_path / "net.keras")
    again = keras.models.load_model(tmp_path / "net.keras")
    assert again.plan == model.plan
    assert np.array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))


def test_a_masked_step_changes_no_state() -> None:
    layers = (
        "[{Embedding: {input_dim: 20, output_dim: 4, mask_zero: true}}, {Bidirectional: {layer: {LSTM: 3}}}, {GRU: 3}]"
    )
    model, _ = made(
        layers.replace("LSTM: 3", "LSTM: {units: 3, return_sequences: true}"),
        "{shape: [6], dtype: int32}",
        recurrent="unrolled",
    )
    padded = np.array([[3, 4, 5, 6, 0, 0], [7, 8, 9, 0, 0, 0]])
    before = model(padded).numpy()
    table = model.get_layer("embedding").embeddings
    table.assign(np.concatenate([np.full((1, 4), 0.9, "float32"), table.numpy()[1:]]))
    assert np.array_equal(model(padded).numpy(), before)
    assert not np.array_equal(model(np.where(padded == 0, 1, padded)).numpy(), before)


@pytest.mark.proof
def test_what_has_no_kernel_stays_in_float_and_agrees(tmp_path: Path) -> None:
    layers = "[{Conv2D: {filters: 6, kernel_size: 3}}, LayerNormalization, {Conv2D: {filters: 6, kernel_size: 1, "
    model, x = made(layers + "activation: mish}}, Flatten, {Dense: {units: 3, activation: softmax}}]")
    assert model.plan.in_float == ("layer_normalization", "conv2d_1")
    found = exported(model, x, tmp_path, io="int8")
    assert found.ok and found.ops["DEQUANTIZE"] > 1 and "same one in 100.00%" in "".join(found.notes)


def test_four_bits_are_stored_in_four_bits(tmp_path: Path) -> None:
    from ai_edge_litert.schema_py_generated import TensorType

    from nnspec.export.tflite.flatbuffer import unpacked

    layers = (
        "[{Conv1D: {filters: 8, kernel_size: 3, activation: relu}, name: c}, {Conv1D: {filters: 8, kernel_size: 1}}"
    )
    model, x = made(f"{layers}, {{reuse: c}}, Flatten, {{Dense: 3}}]", "[9, 8]", weights="int4")
    found = exported(model, x, tmp_path, metric=False)
    graph = unpacked(found.path.read_bytes()).subgraphs[0]
    stored = [tensor for tensor in graph.tensors if tensor.type == TensorType.INT4]
    assert found.ok and len(stored) == 3
    assert sorted(len(tensor.quantization.scale) for tensor in stored) == [3, 8, 8]


def test_what_hands_values_on_has_no_range_of_its_own(tmp_path: Path) -> None:
    """Of two ranges in a row, without an operation between them, the converter makes no file."""
    layers = "[{Reshape: [8, 24]}, {Normalization: {mean: 0.1, variance: 2.0}}, {SpecAugment: {time_width: 2}}, "
    layers += "{Dropout: 0.1}, {Reshape: [8, 24, 1]}, {Conv2D: {filters: 4, kernel_size: 3}}, Flatten, {Dense: 3}]"
    model, x = made(layers, keep_float=("dropout",))
    assert model.plan.in_float == ()
    found = exported(model, x, tmp_path, metric=False)
    assert found.ok and found.ops["QUANTIZE"] == found.ops["DEQUANTIZE"] == 1, found.ops


@pytest.mark.long
def test_values_of_sixteen_bits(tmp_path: Path) -> None:
    """Their file is calibrated, and parts from the training by a few of many steps."""
    layers = "[{Conv2D: {filters: 6, kernel_size: 3, use_bias: false}}, BatchNormalization, {Activation: silu}, "
    layers += "{AveragePooling2D: 2}, Flatten, {Dense: {units: 8, activation: tanh}}, {Dense: {units: 3, activation: softmax}}]"
    model, x = made(layers, activations="int16")
    assert model.plan.wide and model.plan.in_float == ()
    found = exported(model, x, tmp_path)
    assert found.ok and found.quantize == "int16x8" and found.ops["QUANTIZE"] == found.ops["DEQUANTIZE"] == 1
    (told,) = [note for note in found.notes if "file and training" in note]
    assert "same one in 100.00%" in told and "of 65,536 steps off" in told
    assert found.max_abs_diff < 2e-3  # of chances: 256 steps are 4e-3 apart


def test_a_saved_model_has_plan_and_ranges(tmp_path: Path) -> None:
    model, x = made("[{Conv2D: {filters: 4, kernel_size: 3, activation: relu}}, Flatten, {Dense: 3}]")
    model.save(tmp_path / "net.keras")
    again = keras.models.load_model(tmp_path / "net.keras")
    assert again.plan == model.plan and again.stage == "frozen"
    assert np.array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))
    plain = model.plain()
    assert type(plain).__name__ == "Functional"
    kernel = plain.layers[1].kernel.numpy()
    steps = kernel / (np.abs(kernel).max(axis=(0, 1, 2)) / 127)
    assert np.abs(steps - steps.round()).max() < 1e-3


def test_a_run_that_has_not_begun_to_round_is_refused(tmp_path: Path) -> None:
    model, x = made("[Flatten, {Dense: 3}]", stage="float")
    with pytest.raises(ExportError, match="has not begun to round"):
        exported(model, x, tmp_path)
    assert exported(model, x, tmp_path, metric=False, quantize="none").ok


@pytest.mark.proof
def test_bytes_go_in(tmp_path: Path) -> None:
    layers = "[{Rescaling: 0.01}, {Conv2D: {filters: 4, kernel_size: 3, activation: relu}}, Flatten, {Dense: 3}]"
    model, _ = made(layers)
    x = np.random.default_rng(0).integers(0, 256, (16, 8, 8, 3)).astype("float32")
    model.stage = "live"
    for _ in range(100):
        model(x, training=True)
    found = exported(model, x, tmp_path, preprocess="inside", io="uint8")
    assert found.ok and "at most 0 of" in "".join(found.notes)


def test_python_code_says_that_it_does_not_round() -> None:
    from nnspec.codegen.python_code import python_code

    text = "nnspec: 1\ninputs: {x: [4]}\nlayers: [Dense: 2]\ntrain: {loss: MeanSquaredError, quantize: {}}\n"
    assert "trains this network to be rounded" in python_code(load(Source.from_text(text, "net.yaml")))


SMALL = """
  - {Conv2D: {filters: 4, kernel_size: 3, use_bias: false}}
  - BatchNormalization
  - ReLU
  - Flatten
  - Dense: 3
"""


def test_other_formats_hold_the_rounded_weights(tmp_path: Path) -> None:
    """ONNX without ranges of values, as the manual says; it had the weights before they are rounded."""
    pytest.importorskip("tf2onnx")
    pytest.importorskip("onnxruntime")
    model, x = made(SMALL)
    found = export(model, KindValue("ONNX", {}), tmp_path, name="net", representative=lambda: iter([{"x": x[:8]}]))
    assert found.ok, found.reasons
    assert found.max_abs_diff < 1e-5


def test_the_network_within_is_imported(tmp_path: Path) -> None:
    model, x = made(SMALL)
    model.save(tmp_path / "aware.keras")
    read = read_model(tmp_path / "aware.keras")
    found = import_config(read.config)
    assert any("trained to be rounded" in note for note in read.notes)
    built, _ = trained_model(tmp_path / "aware.keras", read, found)
    np.testing.assert_allclose(built(x[:4]), model.unrounded()(x[:4]), rtol=1e-5)
