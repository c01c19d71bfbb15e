"""The TFLite target on networks without loops, its defaults, its refusals, and a converter that fails."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from export_networks import cnn, forecaster, images, sentences, series, tagger, tflite
from keras import layers

from nnspec.export.errors import ExportError
from nnspec.export.pipeline import export
from nnspec.export.subprocesses import Worker
from nnspec.export.tflite import conversion

pytestmark = pytest.mark.tf


@pytest.mark.parametrize("quantize", ["none", "float16", "dynamic", "int8"])
def test_a_cnn_in_every_quantization(quantize: str, tmp_path: Path) -> None:
    artifact = export(cnn(), tflite(quantize=quantize), tmp_path, name="cnn", representative=images)
    assert artifact.ok, artifact.reasons
    assert artifact.path == tmp_path / "cnn.tflite"
    assert artifact.bytes == artifact.path.stat().st_size
    assert artifact.ops["CONV_2D"] == 2
    assert "MUL" not in artifact.ops, "batch normalization and rescaling fold into the convolutions"
    assert artifact.max_abs_diff < {"none": 1e-5, "float16": 1e-2, "dynamic": 5e-2, "int8": 5e-2}[quantize]
    assert artifact.latency_ms is not None
    assert artifact.latency_ms < 100
    assert artifact.runtimes == ("interpreter", "compiled_model")


def test_the_signature_carries_the_models_names_and_floats(tmp_path: Path) -> None:
    artifact = export(cnn(), tflite(), tmp_path, name="cnn", representative=images)
    program = Interpreter(str(artifact.path))
    assert program.get_signature_list() == {"serving_default": {"inputs": ["image"], "outputs": ["digit"]}}
    details = program.get_signature_runner().get_input_details()["image"]
    assert (details["dtype"], tuple(details["shape"])) == (np.float32, (1, 12, 12, 1))


@pytest.mark.parametrize(
    ("make", "representative", "chosen"),
    [(cnn, images, "int8"), (cnn, None, "dynamic"), (forecaster, series, "dynamic")],
)
def test_the_default_quantization(make: Any, representative: Any, chosen: str, tmp_path: Path) -> None:
    artifact = export(make(), tflite(), tmp_path, name="model", representative=representative)
    assert artifact.ok, artifact.reasons
    assert artifact.quantize == chosen


@pytest.mark.long
def test_a_varying_length_is_for_the_interpreter_and_says_so(tmp_path: Path) -> None:
    artifact = export(tagger(), tflite(), tmp_path, name="tagger", representative=sentences)
    assert artifact.ok, artifact.reasons
    assert artifact.runtimes == ("interpreter",)
    assert any("length" in note for note in artifact.notes)
    artifact = export(tagger(), tflite(runtime="interpreter"), tmp_path, name="fused", representative=sentences)
    assert any("bidirectional" in note.lower() or "context" in note for note in artifact.notes), "LSTMs left in float"


@pytest.mark.long
def test_a_fixed_length_pads_shorter_sequences_in_the_metric(tmp_path: Path) -> None:
    seen = []

    def shapes(run: Any) -> float:
        (batch,) = sentences()
        outputs = run(batch)
        seen.append(outputs["tags"])
        return 1.0

    artifact = export(
        tagger(), tflite(quantize="none", length=13), tmp_path, name="tagger", representative=sentences, metric=shapes
    )
    assert artifact.ok, artifact.reasons
    assert seen[1].shape == (16, 9, 3)
    np.testing.assert_allclose(seen[0], seen[1], atol=1e-6)


@pytest.mark.parametrize(
    ("make", "args", "representative", "says"),
    [
        (cnn, {"quantize": "int8"}, None, "representative"),
        (cnn, {"quantize": "int8"}, lambda: iter(()), "no representative examples"),
        (cnn, {}, series, "no input 'image'"),
        (cnn, {}, lambda: iter([{"image": np.zeros((2, 9, 9, 1))}]), r"\(9, 9, 1\)"),
        (cnn, {"length": 5}, images, "fixes nothing"),
        (lambda: forecaster(length=None), {"length": 5}, series, "fit a length of 5"),
        (cnn, {"max_metric_drop": 0.1}, images, "max_metric_drop"),
    ],
)
def test_what_cannot_be_is_refused_before_conversion(
    make: Any, args: Any, representative: Any, says: str, tmp_path: Path
) -> None:
    with pytest.raises(ExportError, match=says):
        export(make(), tflite(**args), tmp_path, name="model", representative=representative)
    assert list(tmp_path.iterdir()) == []


def test_bicubic_resizing_is_refused_by_name(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((4, 4, 1)), layers.Resizing(8, 8, "bicubic", name="grow")])
    with pytest.raises(ExportError, match="bicubic") as caught:
        export(model, tflite(), tmp_path, name="model")
    assert caught.value.layer == "grow"


@keras.saving.register_keras_serializable("tests")
class Rank(layers.Layer):
    """An operation that only Flex knows."""

    def call(self, x: Any) -> Any:
        return tf.linalg.svd(x, compute_uv=False)


def test_an_operation_that_is_not_builtin_is_an_error_that_names_its_layer(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((4, 4)), Rank(name="rank")])
    with pytest.raises(ExportError, match="Svd") as caught:
        export(model, tflite(), tmp_path, name="model")
    assert caught.value.layer == "rank"
    assert list(tmp_path.iterdir()) == []


CRASHING = """
import os, signal, time
from nnspec.export.subprocesses import serve

def handle(job):
    if os.environ["HOW"] == "hang":
        time.sleep(60)
    os.kill(os.getpid(), signal.SIGSEGV)

serve(handle)
"""


@pytest.mark.parametrize(("how", "says"), [("segv", "SIGSEGV"), ("hang", "no answer within 1 s")])
def test_a_converter_that_dies_is_an_error(
    how: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "crashing.py").write_text(CRASHING)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv("HOW", how)
    monkeypatch.setattr(conversion, "_converter", lambda limit: Worker("crashing"))
    with pytest.raises(ExportError, match=says) as caught:
        export(forecaster(), tflite(timeout=1), tmp_path / "out", name="model")
    assert caught.value.layer == "memory"
    assert caught.value.hint
    assert list((tmp_path / "out").iterdir()) == []


def test_the_memory_limit_ends_a_conversion(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="converter"):
        export(forecaster(), tflite(memory=0.05), tmp_path, name="model")
