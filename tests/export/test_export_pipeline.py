"""What is published, what is put aside, and what is left where something fails."""

from __future__ import annotations

import errno
import json
from pathlib import Path
from typing import Any

import flatbuffers
import keras
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from export_networks import cnn, images, tflite
from keras import layers

from nnspec.export.errors import ExportError
from nnspec.export.model_metadata import ModelMetadata
from nnspec.export.pipeline import export
from nnspec.export.tflite import precise
from nnspec.layers.types import KindValue

pytestmark = pytest.mark.tf

LABELS = tuple(str(digit) for digit in range(10))


def outliers() -> Any:
    """Eight weights of size one beside one of a million, in each row: dynamic range rounds the eight to nothing."""
    row = keras.Input((64,), name="row")
    model = keras.Model(row, layers.Dense(32, name="scores")(row))
    kernel = np.random.default_rng(0).standard_normal((64, 32)).astype(np.float32)
    kernel[0] = 1e6  # its feature is always zero
    model.get_layer("scores").set_weights([kernel, np.zeros(32, np.float32)])
    return model


def rows() -> Any:
    batch = np.random.default_rng(1).standard_normal((50, 64)).astype(np.float32)
    batch[:, 0] = 0
    yield {"row": batch}


def agreement(model: Any) -> Any:
    """Accuracy against the model's own answers."""
    (batch,) = rows()
    answers = np.argmax(model(batch["row"]), axis=-1)
    return lambda run: float(np.mean(np.argmax(run(batch)["scores"], axis=-1) == answers))


@pytest.mark.long
def test_a_quantization_that_breaks_the_model_is_refused(tmp_path: Path) -> None:
    model = outliers()
    wanted = tflite(quantize="dynamic", max_metric_drop=0.02)
    artifact = export(model, wanted, tmp_path, name="model", representative=rows, metric=agreement(model))
    assert not artifact.ok
    assert artifact.metric_before == 1.0
    assert artifact.metric_after is not None
    assert artifact.metric_after < 0.5
    assert any("metric" in reason for reason in artifact.reasons)
    assert any("dB" in reason for reason in artifact.reasons)
    assert [path.name for path in tmp_path.iterdir()] == ["model.failed.tflite"]
    assert json.loads(json.dumps(artifact.to_json()))["ok"] is False


@pytest.mark.parametrize(("goal", "ok"), [("max", False), ("min", True)])
def test_the_metrics_direction(goal: Any, ok: bool, tmp_path: Path) -> None:
    values = iter([0.8, 0.9])  # the artifact's, and then Keras's
    artifact = export(
        outliers(),
        tflite(quantize="none", max_metric_drop=0.05),
        tmp_path,
        name="model",
        metric=lambda run: next(values),
        metric_goal=goal,
    )
    assert artifact.ok is ok
    assert (artifact.metric_before, artifact.metric_after) == (0.9, 0.8)


def zeroed(content: bytes) -> bytes:
    """A .tflite file with its largest weights set to zero."""
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(content, 0))
    filled = [buffer for buffer in model.buffers if buffer.data is not None]
    largest = max(filled, key=lambda buffer: len(buffer.data))
    largest.data = np.zeros_like(largest.data)
    builder = flatbuffers.Builder(len(content))
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


@pytest.mark.long
def test_a_broken_file_replaces_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = export(
        cnn(), tflite(), tmp_path, name="model", representative=images, card=ModelMetadata("model", labels=LABELS)
    )
    content = good.path.read_bytes()
    assert (tmp_path / "model.labels.txt").read_text().split() == list(LABELS)

    monkeypatch.setattr(precise, "repair", zeroed)
    broken = export(cnn(), tflite(), tmp_path, name="model", representative=images)
    assert not broken.ok
    assert good.path.read_bytes() == content
    monkeypatch.undo()
    export(cnn(), tflite(), tmp_path, name="model", representative=images)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.labels.txt", "model.tflite"]


def test_the_wrong_number_of_labels(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="2 labels for outputs of 32"):
        export(outliers(), tflite(), tmp_path, name="model", card=ModelMetadata("model", labels=("a", "b")))


def test_no_space_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, content: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(ExportError, match="No space left on device"):
        export(outliers(), tflite(), tmp_path, name="model")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["TFLite", "SavedModel"])
def test_an_output_folder_that_cannot_be(kind: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ExportError, match="cannot write"):
        export(cnn(), KindValue(kind, {}), tmp_path / "file" / "out", name="model")


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision_is_exported_in_float32(policy: str, tmp_path: Path) -> None:
    keras.config.set_dtype_policy(policy)
    try:
        image = keras.Input((8, 8, 1), name="image")
        x = layers.Conv2D(4, 3, activation="relu")(layers.Normalization(mean=3.0, variance=4.0)(image))
        x = layers.Dense(3, dtype="float32", name="label")(layers.Flatten()(x))
        model = keras.Model(image, x)
    finally:
        keras.config.set_dtype_policy("float32")
    artifact = export(model, tflite(quantize="none"), tmp_path, name="model")
    assert artifact.ok, artifact.reasons
    assert artifact.max_abs_diff < 1e-5
    assert model.layers[2].compute_dtype == policy.removeprefix("mixed_")


def test_a_model_that_is_not_functional_is_refused(tmp_path: Path) -> None:
    class Subclassed(keras.Model):
        def call(self, x: Any) -> Any:
            return x

    with pytest.raises(ExportError, match="Subclassed"):
        export(Subclassed(), tflite(), tmp_path, name="model")


def test_a_sequential_model_stays_itself(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((10, 3), name="series"), layers.SimpleRNN(4), layers.Dense(1, name="next")])
    artifact = export(model, tflite(quantize="none"), tmp_path, name="model")
    assert artifact.ok, artifact.reasons
    assert model.layers[1].output is not None  # one inbound node: the export added none
