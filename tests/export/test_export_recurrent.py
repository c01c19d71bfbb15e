"""Recurrent networks of every build against Keras: the gate runs each file in every runtime that it claims.

Without NNSPEC_FULL=1 a few that differ most; with it, the whole matrix.
"""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from export_networks import RECURRENT, forecaster, recurrent, sentences, tagger, tflite
from keras import layers

from nnspec.export.errors import ExportError
from nnspec.export.gate.runtimes import has_software_gpu
from nnspec.export.pipeline import export
from nnspec.export.tflite.recurrent import portable

pytestmark = pytest.mark.tf

Network = Callable[[], Any]
FULL = os.environ.get("NNSPEC_FULL") == "1"


def lstm(**args: Any) -> Any:
    return layers.LSTM(6, **args)


def both(merge: str | None = "concat", cell: Any = layers.LSTM, **args: Any) -> Any:
    return layers.Bidirectional(cell(6, **args), merge_mode=merge)


def nested() -> Any:
    inner = keras.Sequential([keras.Input((10, 3)), lstm(return_sequences=True)], name="inner")
    return forecaster(inner, both())


def shared() -> Any:
    """One layer called on two inputs, with inputs and outputs as dicts."""
    left, right = (keras.Input((8, 3), name=name) for name in ("left", "right"))
    memory = lstm(name="memory")
    apart = layers.Subtract(name="apart")([memory(left), memory(right)])
    outputs = {"score": layers.Dense(1)(apart), "apart": apart}
    return keras.Model({"left": left, "right": right}, outputs)


def started() -> Any:
    """A decoder that starts from another layer's states: the fused kernel starts from zero alone."""
    series = keras.Input((10, 3), name="series")
    _, h, c = lstm(return_state=True, name="encoder")(series)
    return keras.Model(series, lstm(name="decoder")(series, initial_state=[h, c]))


def silenced() -> Any:
    """Masking may hide any step, not the last ones alone."""
    series = keras.Input((10, 3), name="series")
    return keras.Model(series, both(return_sequences=True)(layers.Masking(0.0)(series)))


# name: (network, fused kernels with runtime: interpreter)
NETWORKS: dict[str, tuple[Network, int]] = {
    "tagger": (tagger, 2),
    "stacked tagger": (lambda: tagger(keras.Sequential([both(return_sequences=True), both(return_sequences=True)])), 4),
    "classifier of tokens": (lambda: tagger_of(lstm(dropout=0.3, recurrent_dropout=0.2)), 1),
    "both ends of tokens": (lambda: tagger_of(both("ave")), 2),
    "forecaster": (lambda: forecaster(lstm()), 1),
    "stacked": (lambda: forecaster(lstm(return_sequences=True, use_bias=False), lstm()), 2),
    "backwards": (lambda: forecaster(lstm(go_backwards=True, return_sequences=True), lstm(go_backwards=True)), 2),
    "nested": (nested, 3),
    "shared": (shared, 2),
    "started": (started, 0),
    "silenced": (silenced, 0),
    "relu": (lambda: forecaster(lstm(activation="relu")), 0),
    "gru": (lambda: tagger(both(cell=layers.GRU, return_sequences=True)), 0),
    "simple": (lambda: tagger_of(layers.SimpleRNN(6)), 0),
}
FEW = ("tagger", "both ends of tokens", "backwards", "nested", "shared", "started", "silenced", "simple")


def tagger_of(layer: Any) -> Any:
    """Tokens of any number to one vector."""
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    return keras.Model(tokens, layer(layers.Embedding(20, 5, mask_zero=True)(tokens)))


@pytest.mark.parametrize("name", NETWORKS if FULL else FEW)
def test_the_interpreter_agrees_with_keras(name: str, tmp_path: Path) -> None:
    make, fused = NETWORKS[name]
    artifact = export(make(), tflite(quantize="none", runtime="interpreter"), tmp_path, name="model")
    assert artifact.ok, artifact.reasons
    assert artifact.fused_rnn_ops == fused
    assert artifact.flex_ops == artifact.custom_ops == 0
    assert artifact.max_abs_diff < 1e-5


@pytest.mark.parametrize("name", NETWORKS if FULL else ("tagger", "stacked", "gru"))
def test_both_runtimes_agree_with_keras_at_a_fixed_length(name: str, tmp_path: Path) -> None:
    model = NETWORKS[name][0]()
    length = {"length": 12} if model.inputs[0].shape[1] is None else {}
    artifact = export(model, tflite(quantize="none", **length), tmp_path, name="model")
    assert artifact.ok, artifact.reasons
    assert artifact.runtimes[:2] == ("interpreter", "compiled_model")
    assert artifact.fused_rnn_ops == 0
    assert artifact.max_abs_diff < 1e-5


@pytest.mark.parametrize("name", NETWORKS if FULL else ("backwards", "silenced", "started"))
def test_steps_that_are_written_out(name: str, tmp_path: Path) -> None:
    """No loop, and nothing that an NPU without loops lacks but the Embedding's GATHER."""
    model = NETWORKS[name][0]()
    length = {"length": 7} if model.inputs[0].shape[1] is None else {}
    artifact = export(model, tflite(quantize="none", runtime="unrolled", **length), tmp_path, name="model")
    assert artifact.ok, artifact.reasons
    assert artifact.runtimes[:2] == ("interpreter", "compiled_model")
    assert "WHILE" not in artifact.ops and "FULLY_CONNECTED" in artifact.ops
    assert artifact.max_abs_diff < 1e-5


@pytest.mark.long
@pytest.mark.parametrize("cell", [layers.LSTM, layers.GRU, layers.SimpleRNN] if FULL else [layers.LSTM])
def test_steps_that_are_written_out_in_whole_numbers(cell: Any, tmp_path: Path) -> None:
    wanted = tflite(quantize="int8", io="int8", runtime="unrolled")
    model = tagger(both(cell=cell, return_sequences=True), length=9)
    artifact = export(model, wanted, tmp_path, name="model", representative=sentences)
    assert artifact.ok, artifact.reasons
    assert artifact.quantize == "int8" and "WHILE" not in artifact.ops


def test_steps_whose_number_varies_cannot_be_written_out(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="length of the inputs varies"):
        export(tagger(), tflite(quantize="none", runtime="unrolled"), tmp_path, name="model")
    with pytest.raises(ExportError, match="carried"):
        wanted = tflite(quantize="none", runtime="unrolled", state="carried")
        export(forecaster(lstm()), wanted, tmp_path, name="model")


def test_the_gate_looks_at_a_gpu_where_one_in_software_is_there(tmp_path: Path) -> None:
    if not has_software_gpu():
        pytest.skip("needs Vulkan with SwiftShader or llvmpipe, named by VK_ICD_FILENAMES")
    artifact = export(forecaster(lstm(return_sequences=True)), tflite(quantize="none"), tmp_path, name="model")
    assert artifact.ok, artifact.reasons
    assert artifact.runtimes == ("interpreter", "compiled_model", "compiled_model_gpu")
    assert not any("GPU" in note for note in artifact.notes)


def test_a_gpu_in_software_is_told_from_a_real_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, library in (("real", "libGLX_nvidia.so.0"), ("soft", "/usr/lib/libvk_swiftshader.so")):
        driver = tmp_path / f"{name}.json"
        driver.write_text(json.dumps({"ICD": {"library_path": library}}))
        monkeypatch.setenv("VK_ICD_FILENAMES", f"{tmp_path / 'nowhere.json'}:{driver}")
        monkeypatch.delenv("VK_DRIVER_FILES", raising=False)
        assert has_software_gpu() == (name == "soft")


MATRIX = list(itertools.product(RECURRENT, ("any", "interpreter", "unrolled", "micro")))


@pytest.mark.skipif(not FULL, reason="the whole matrix takes ten minutes: NNSPEC_FULL=1")
@pytest.mark.parametrize(("which", "runtime"), MATRIX)
def test_matrix(which: tuple[Any, ...], runtime: str, tmp_path: Path) -> None:
    model = recurrent(*which)
    if runtime == "micro":
        pytest.importorskip("tflite_micro", reason="needs TensorFlow Lite Micro's interpreter")
    length = {} if runtime == "interpreter" else {"length": 16}
    artifact = export(model, tflite(quantize="none", runtime=runtime, **length), tmp_path, name="model")
    assert artifact.ok, artifact.reasons
    assert artifact.flex_ops == artifact.custom_ops == 0
    assert artifact.max_abs_diff < 1e-5


@pytest.mark.parametrize("quantize", ["float16", "dynamic", "int8"] if FULL else ["dynamic"])
@pytest.mark.parametrize("runtime", ["any", "interpreter"])
def test_quantized_taggers(quantize: str, runtime: str, tmp_path: Path) -> None:
    model = tagger(layers.Bidirectional(layers.LSTM(64, return_sequences=True), name="context"), length=9)
    if quantize == "int8" and runtime == "any":
        with pytest.raises(ExportError, match="loop") as caught:
            export(model, tflite(quantize=quantize), tmp_path, name="model", representative=sentences)
        assert caught.value.layer == "context"
        return
    artifact = export(
        model, tflite(quantize=quantize, runtime=runtime), tmp_path, name="model", representative=sentences
    )
    assert artifact.ok, artifact.reasons
    assert artifact.fused_rnn_ops == (2 if runtime == "interpreter" else 0)


def test_the_model_is_as_before(tmp_path: Path) -> None:
    model = tagger(layers.Bidirectional(layers.LSTM(6, return_sequences=True, dropout=0.5, unroll=False)))
    layer = model.layers[2].forward_layer
    before = (layer.use_cudnn, layer.unroll, layer.cell.dropout, layer.get_config())
    x = np.array([[1, 2, 3, 0]])
    y = model(x).numpy()
    with portable(model, to="fused"):
        assert layer.use_cudnn is False
        assert layer.cell.dropout == 0
    assert (layer.use_cudnn, layer.unroll, layer.cell.dropout, layer.get_config()) == before
    assert "inner_loop" not in vars(layer)
    np.testing.assert_array_equal(model(x).numpy(), y)


def test_a_stateful_layer_is_refused_by_name(tmp_path: Path) -> None:
    series = keras.Input(batch_shape=(1, 10, 3), name="series")
    model = keras.Model(series, lstm(stateful=True, name="memory")(series))
    with pytest.raises(ExportError, match="stateful") as caught:
        export(model, tflite(), tmp_path, name="model")
    assert caught.value.layer == "memory"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.long
def test_steps_that_vary_around_recurrent_layers(tmp_path: Path) -> None:
    """Inside a loop over steps an LSTM is a loop itself; outside it is fused."""
    series = keras.Input((None, None, 2), name="series")
    each = layers.TimeDistributed(layers.Bidirectional(layers.LSTM(3)))(
        layers.TimeDistributed(layers.LayerNormalization())(series)
    )
    model = keras.Model(series, layers.LSTM(3)(layers.TimeDistributed(layers.Dense(2))(each)))
    artifact = export(model, tflite(quantize="none", runtime="interpreter"), tmp_path, name="net")
    assert artifact.ok, artifact.reasons
    assert artifact.fused_rnn_ops == 1 and artifact.flex_ops == 0


def test_steps_are_read_and_written_as_the_gpu_accelerator_computes_rightly() -> None:
    """There a SLICE with a computed beginning, and a step written along the first axis, give other numbers."""
    series = keras.Input((5, 3), name="series")
    model = keras.Model(series, lstm(return_sequences=True, go_backwards=True)(series))
    with portable(model, to="while"):
        given = tf.TensorSpec((1, 5, 3), "float32")
        traced = tf.function(lambda x: model(x, training=False), autograph=False).get_concrete_function(given)
    loops = [
        function for function in traced.graph.as_graph_def().library.function if "while_body" in function.signature.name
    ]
    nodes = [node for function in loops for node in function.node_def]
    kinds = [node.op for node in nodes]
    assert "GatherV2" in kinds and "Slice" not in kinds
    (written,) = (node for node in nodes if node.op == "XlaDynamicUpdateSlice")
    start = next(node for node in nodes if node.name == written.input[2].split(":")[0])
    first, second = (
        next(node for node in nodes if node.name == name.split(":")[0]).op if ":" in name else "time"
        for name in start.input[:2]
    )
    assert start.op == "Pack" and first == "Const" and second != "Const"
