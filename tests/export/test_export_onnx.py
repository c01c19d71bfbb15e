"""The ONNX target: Keras's exporter, dynamic batch and length, the same gate by ONNX Runtime."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from export_networks import cnn, images, sentences, tagger
from keras import layers

from nnspec.export import onnx as target
from nnspec.export.errors import ExportError
from nnspec.export.pipeline import export
from nnspec.layers.types import KindValue

pytestmark = pytest.mark.tf

ONNX = KindValue("ONNX", {})


def test_without_the_extra_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> Any:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    monkeypatch.setattr(target, "import_module", absent)
    with pytest.raises(ExportError, match="ONNX needs tf2onnx") as caught:
        export(cnn(), ONNX, tmp_path, name="model")
    assert caught.value.hint == 'pip install "nnspec[onnx]"'
    assert not list(tmp_path.iterdir())


@pytest.fixture
def runtime() -> Any:
    pytest.importorskip("tf2onnx")
    return pytest.importorskip("onnxruntime")


def test_a_cnn_equals_keras(runtime: Any, tmp_path: Path) -> None:
    artifact = export(cnn(), ONNX, tmp_path, name="model", representative=images)
    assert artifact.ok, artifact.reasons
    assert artifact.path == tmp_path / "model.onnx" and artifact.runtimes == ("onnxruntime",)
    assert artifact.max_abs_diff < 1e-6 and artifact.ops["Conv"] == 2 and artifact.custom_ops == 0
    assert artifact.latency_ms is not None and artifact.latency_ms > 0


@pytest.mark.long
def test_names_and_dynamic_sizes(runtime: Any, tmp_path: Path) -> None:
    model = tagger()
    path = export(model, ONNX, tmp_path, name="tagger", representative=sentences).path
    session = runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    assert [(port.name, port.shape) for port in session.get_inputs()] == [("tokens", ["batch", "length"])]
    assert [(port.name, port.shape) for port in session.get_outputs()] == [("tags", ["batch", "length", 3])]
    tokens = np.array([[3, 4, 5, 6], [7, 8, 0, 0], [9, 0, 0, 0]], np.int32)  # masked at the end
    (found,) = session.run(["tags"], {"tokens": tokens})
    np.testing.assert_allclose(found, model(tokens), atol=1e-6)


def test_several_inputs_and_outputs(runtime: Any, tmp_path: Path) -> None:
    left, right = keras.Input((4,), name="left"), keras.Input((3,), name="right")
    joined = layers.Concatenate()([left, right])
    outputs = {"big": layers.Dense(5)(joined), "small": layers.Dense(2)(joined)}
    artifact = export(keras.Model([left, right], outputs), ONNX, tmp_path, name="two")
    assert artifact.ok, artifact.reasons
    session = runtime.InferenceSession(str(artifact.path), providers=["CPUExecutionProvider"])
    assert {port.name for port in session.get_outputs()} == {"big", "small"}


def test_a_wrong_file_is_put_aside(runtime: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session = target._session

    def off(*args: Any) -> Any:
        run = session(*args)
        return lambda features: {name: value + 1e-3 for name, value in run(features).items()}

    monkeypatch.setattr(target, "_session", off)
    artifact = export(cnn(), ONNX, tmp_path, name="model")
    assert not artifact.ok and "onnxruntime: 0.001 from Keras" in artifact.reasons[0]
    assert [path.name for path in tmp_path.iterdir()] == ["model.failed.onnx"]


def test_an_operation_that_onnx_lacks_is_told(runtime: Any, tmp_path: Path) -> None:
    signal = keras.Input((16,), name="signal")
    model = keras.Model(signal, keras.ops.fft((signal, signal))[0])
    with pytest.raises(ExportError, match="ONNX has no operation Complex, FFT, Real"):
        export(model, ONNX, tmp_path, name="model")
    assert not list(tmp_path.iterdir())
