"""Every quantization by running it: integers in and out, what is refused, layers kept in float, `auto`, the report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from export_networks import forecaster, images, sentences, series, tagger, tflite
from keras import layers

from nnspec.backend.own_layers.mel import LogMelSpectrogram
from nnspec.backend.signature import Run
from nnspec.export import quantize as quantization
from nnspec.export.errors import ExportError
from nnspec.export.gate.runtimes import COMPILED_MODEL, INTERPRETER, Program
from nnspec.export.pipeline import export
from nnspec.export.tflite.flatbuffer import Op, unpacked
from nnspec.export.tflite.flatbuffer import Program as FlatProgram
from nnspec.export.tflite.io_quantization import Scale, scales_of

pytestmark = pytest.mark.tf


@pytest.fixture(scope="module")
def digits() -> Any:
    """Wide enough for its weights to be most of a file."""
    keras.utils.set_random_seed(0)
    image = keras.Input((12, 12, 1), name="image")
    x = layers.Rescaling(1 / 255, name="rescaling")(image)
    for name in ("edges", "shapes"):
        x = layers.MaxPooling2D()(layers.Conv2D(32, 3, padding="same", activation="relu", name=name)(x))
    return keras.Model(image, layers.Dense(10, activation="softmax", name="digit")(layers.Flatten(name="flat")(x)))


@pytest.fixture(scope="module")
def uneven() -> Any:
    """A CNN of which one Dense layer has a weight of a thousand among weights of a hundredth, which int8 rounds away."""
    keras.utils.set_random_seed(0)
    image = keras.Input((12, 12, 1), name="image")
    x = layers.Rescaling(1 / 255)(image)
    x = layers.Conv2D(8, 3, activation="relu", name="edges")(x)
    x = layers.Flatten()(layers.MaxPooling2D()(x))
    x = layers.Dense(32, name="middle")(x)
    model = keras.Model(image, layers.Dense(10, name="digit")(x))
    kernel, bias = model.get_layer("middle").get_weights()
    kernel[0], kernel[1] = 300.0, -300.0  # two weights that undo each other, nearly
    twin, _ = model.get_layer("edges").get_weights()
    twin[..., 1] = twin[..., 0]
    model.get_layer("edges").set_weights([twin, np.zeros(8, np.float32)])
    model.get_layer("middle").set_weights([kernel, bias])
    return model


def agreement(model: Any) -> Callable[[Run], float]:
    """Accuracy against the model's own answers on the images."""
    batch = {"image": np.concatenate([part["image"] for part in images(200)])}
    answers = np.argmax(model(batch["image"]), axis=-1)
    return lambda run: float(np.mean(np.argmax(run(batch)["digit"], axis=-1) == answers))


@pytest.mark.long
@pytest.mark.parametrize(
    ("quantize", "share"),
    [("float16", 0.6), ("dynamic", 0.4), ("int8", 0.4), ("int16x8", 0.45), ("int4", 0.25), ("int8x4", 0.25)],
)
def test_every_quantization_of_a_cnn_passes_and_is_smaller(
    digits: Any, tmp_path: Path, quantize: str, share: float
) -> None:
    plain = export(digits, tflite(quantize="none"), tmp_path, name="plain")
    artifact = export(digits, tflite(quantize=quantize), tmp_path, name="small", representative=images)
    assert artifact.ok, artifact.reasons
    assert artifact.quantize == quantize
    assert artifact.runtimes == (INTERPRETER, COMPILED_MODEL)
    assert artifact.bytes < share * plain.bytes


@pytest.mark.parametrize("io", ["uint8", "int8"])
def test_whole_numbers_in_and_out(digits: Any, tmp_path: Path, io: str) -> None:
    artifact = export(digits, tflite(quantize="int8", io=io), tmp_path, name="model", representative=images)
    assert artifact.ok, artifact.reasons
    scales = scales_of(artifact.path.read_bytes())
    assert scales.inputs["image"].dtype == scales.outputs["digit"].dtype == io
    assert scales.outputs["digit"].scale == pytest.approx(1 / 256)  # of a softmax
    row = next(images())["image"][:1]
    with Program(artifact.path, INTERPRETER) as program:
        assert np.abs(program.run({"image": row})["digit"] - digits(row).numpy()).max() < 0.03


def test_numbers_and_values_of_a_scale() -> None:
    scale = Scale("uint8", 0.5, 10)
    np.testing.assert_array_equal(scale.numbers(np.array([-5.0, 0.0, 1.2, 500.0])), [0, 10, 12, 255])
    np.testing.assert_array_equal(scale.values(np.array([0, 10, 12], np.uint8)), np.float32([-5, 0, 1]))


@pytest.mark.parametrize("quantize", ["none", "dynamic"])
def test_whole_numbers_are_for_int8(digits: Any, tmp_path: Path, quantize: str) -> None:
    with pytest.raises(ExportError, match="io: uint8 is for int8 files"):
        export(digits, tflite(quantize=quantize, io="uint8"), tmp_path, name="model", representative=images)


@pytest.mark.parametrize(
    ("quantize", "runtime", "says"),
    [
        ("int16x8", "any", "cannot quantize a recurrent layer that runs as a loop"),
        ("int16x8", "interpreter", "int16x8 has no fused LSTM"),
        ("int4", "any", "weights of 4 bits are for convolutions and Dense"),
        ("int8x4", "interpreter", "weights of 4 bits are for convolutions and Dense"),
    ],
)
def test_what_a_recurrent_network_cannot_have(tmp_path: Path, quantize: str, runtime: str, says: str) -> None:
    with pytest.raises(ExportError, match=says) as caught:
        export(forecaster(), tflite(quantize=quantize, runtime=runtime), tmp_path, name="model", representative=series)
    assert caught.value.layer == "memory"


def test_int16x8_has_no_hard_swish(tmp_path: Path) -> None:
    image = keras.Input((12, 12, 1), name="image")
    x = layers.Flatten()(layers.Conv2D(4, 3, activation="hard_silu", name="swish")(image))
    model = keras.Model(image, layers.Dense(10, name="digit")(x))
    with pytest.raises(ExportError, match="HARD_SWISH") as caught:
        export(model, tflite(quantize="int16x8"), tmp_path, name="model", representative=images)
    assert caught.value.layer == "swish"


def test_four_bits_need_their_package(digits: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quantization, "find_spec", lambda name: None)
    with pytest.raises(ExportError, match="ai-edge-quantizer") as caught:
        export(digits, tflite(quantize="int4"), tmp_path, name="model", representative=images)
    assert caught.value.hint == 'pip install "nnspec[int4]"'


@pytest.mark.long
@pytest.mark.parametrize("quantize", ["int8", "dynamic", "int16x8"])
def test_the_report_names_the_layer_that_hurts_and_keeping_it_in_float_heals(
    uneven: Any, tmp_path: Path, quantize: str
) -> None:
    """A float file of the layer would be the cure for the whole; one layer is."""
    wanted = {"representative": images, "metric": agreement(uneven)}
    broken = export(uneven, tflite(quantize=quantize, max_metric_drop=0.02), tmp_path, name="broken", **wanted)
    assert not broken.ok
    assert broken.path.name == "broken.failed.tflite"
    worst = max(broken.layer_errors, key=lambda error: error.lost)
    assert worst.layer == "middle"
    assert any("keep_float: [middle" in note for note in broken.notes)

    kept = tflite(quantize=quantize, max_metric_drop=0.02, keep_float=["middle"])
    healed = export(uneven, kept, tmp_path, name="healed", **wanted)
    assert healed.ok, healed.reasons
    assert healed.runtimes == (INTERPRETER, COMPILED_MODEL)


@pytest.mark.long
@pytest.mark.parametrize("quantize", ["float16", "int4"])
def test_layers_stay_in_float_whatever_the_weights_are(digits: Any, tmp_path: Path, quantize: str) -> None:
    small = export(digits, tflite(quantize=quantize), tmp_path, name="small", representative=images)
    names = ["edges", "shapes", "digit"]
    kept = tflite(quantize=quantize, keep_float=names)
    exact = export(digits, kept, tmp_path, name="exact", representative=images)
    assert exact.ok, exact.reasons
    assert exact.max_abs_diff < 1e-6 < small.max_abs_diff
    assert exact.bytes > 1.5 * small.bytes


def test_between_layers_in_float_nothing_is_rounded(tmp_path: Path) -> None:
    """A spectrogram is many operations, over energies that eight bits do not hold: from the samples to its end, none."""
    keras.utils.set_random_seed(0)
    sound = keras.Input((1600,), name="sound")
    x = LogMelSpectrogram(sampling_rate=8000, frame_length=200, frame_step=80, num_mel_bins=20, name="mel")(sound)
    x = layers.Dense(8, activation="relu", name="seen")(layers.BatchNormalization()(x))
    model = keras.Model(sound, layers.Dense(4, activation="softmax", name="word")(layers.Flatten()(x)))
    draw = np.random.default_rng(0)
    loud = 10.0 ** -draw.uniform(0, 3, (64, 1))  # from whispers to shouts
    wave = np.sin(np.arange(1600) * draw.uniform(0.05, 1.5, (64, 1))) * loud + 1e-3 * draw.normal(size=(64, 1600))
    artifact = export(
        model,
        tflite(quantize="int8"),
        tmp_path,
        name="model",
        representative=lambda: [{"sound": wave.astype("float32")}],
    )
    assert artifact.ok, artifact.reasons
    assert artifact.max_abs_diff < 0.05
    made = unpacked(artifact.path.read_bytes())
    program = FlatProgram(made, made.subgraphs[0])
    codes = [program.code(op) for op in program.graph.operators]
    assert codes.count(Op.QUANTIZE) == 1 and codes.count(Op.DEQUANTIZE) == 1, "behind the spectrogram, and the answer"


@pytest.mark.long
def test_a_fused_lstm_stays_in_float(tmp_path: Path) -> None:
    model = forecaster(layers.LSTM(40, name="memory"))
    wanted = tflite(quantize="int8", runtime="interpreter", keep_float=["memory"])
    artifact = export(model, wanted, tmp_path, name="model", representative=series)
    assert artifact.ok, artifact.reasons
    assert artifact.fused_rnn_ops == 1
    whole = export(model, tflite(quantize="int8", runtime="interpreter"), tmp_path, name="whole", representative=series)
    assert artifact.bytes > 2 * whole.bytes


@pytest.mark.long
def test_a_loop_stays_in_float(tmp_path: Path) -> None:
    model = forecaster(layers.GRU(64, name="memory"), features=32)
    wanted = {"representative": lambda: series(features=32)}
    small = export(model, tflite(quantize="dynamic"), tmp_path, name="small", **wanted)
    kept = export(model, tflite(quantize="dynamic", keep_float=["memory", "next"]), tmp_path, name="kept", **wanted)
    assert kept.ok, kept.reasons
    assert kept.max_abs_diff < 1e-5 < small.max_abs_diff
    assert kept.bytes > 2 * small.bytes


def test_a_layer_that_is_not_there_is_named(digits: Any, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="keep_float names `nowhere`"):
        export(digits, tflite(quantize="dynamic", keep_float=["nowhere"]), tmp_path, name="model")
    with pytest.raises(ExportError, match="no operation of its own"):
        export(digits, tflite(quantize="dynamic", keep_float=["rescaling"]), tmp_path, name="model")


@pytest.mark.long
def test_auto_takes_the_smallest_that_keeps_the_metric(digits: Any, tmp_path: Path) -> None:
    wanted = {"representative": images, "validation": agreement(digits)}
    artifact = export(
        digits, tflite(quantize="auto", max_metric_drop=1.0), tmp_path, name="a", metric=agreement(digits), **wanted
    )
    assert artifact.ok, artifact.reasons
    assert artifact.quantize == "int4"
    strict = export(
        digits, tflite(quantize="auto", max_metric_drop=0), tmp_path, name="b", metric=agreement(digits), **wanted
    )
    assert strict.quantize != "int4"
    assert strict.bytes > artifact.bytes


@pytest.mark.long
def test_auto_falls_back_and_says_why(uneven: Any, tmp_path: Path) -> None:
    wanted = {"representative": images, "validation": agreement(uneven), "metric": agreement(uneven)}
    artifact = export(uneven, tflite(quantize="auto", max_metric_drop=0.02), tmp_path, name="model", **wanted)
    assert artifact.ok, artifact.reasons
    assert artifact.quantize in ("float16", "none")
    tried = [note for note in artifact.notes if note.startswith("auto left out")]
    assert [note.split()[3].rstrip(":") for note in tried][:4] == [
        "int4",
        "int8",
        "int8",
        "dynamic",
    ]  # the second equalized
    assert all("middle" in note for note in tried[:4])


def test_auto_needs_a_validation_part(digits: Any, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="validation part"):
        export(digits, tflite(quantize="auto"), tmp_path, name="model", representative=images)
    assert not list(tmp_path.iterdir())


@pytest.mark.long
def test_auto_of_a_recurrent_network(tmp_path: Path) -> None:
    """int8 has no loop: it is not tried in vain, but told."""
    model = tagger(length=9)

    def metric(run: Run) -> float:
        (batch,) = sentences()
        return float(np.mean(run(batch)["tags"].argmax(-1) == np.argmax(model(batch["tokens"]), -1)))

    artifact = export(model, tflite(quantize="auto"), tmp_path, name="m", representative=sentences, validation=metric)
    assert artifact.ok, artifact.reasons
    assert artifact.quantize == "dynamic"
    assert any("int8: int8 and int16x8 cannot quantize" in note for note in artifact.notes)


def test_a_report_of_a_sound_file(digits: Any, tmp_path: Path) -> None:
    artifact = export(
        digits, tflite(quantize="int8"), tmp_path, name="model", representative=images, report_errors=True
    )
    found = {error.layer: error for error in artifact.layer_errors}
    assert {"edges", "shapes", "flat", "digit"} <= set(found)
    assert all(error.decibels > 15 for error in found.values())
    assert found["flat"].lost == 0.0  # it moves values
    assert artifact.to_json()["layer_errors"][0]["layer"] == artifact.layer_errors[0].layer
