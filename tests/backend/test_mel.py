"""Spectrograms on the mel scale against formulas of their own, and in an exported file; random changes of sounds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from nnspec.backend.own_layers.mel import MFCC, LogMelSpectrogram
from nnspec.backend.own_layers.sound_augmentation import (
    RandomEqualizer,
    RandomGain,
    RandomLowPass,
    RandomNoise,
    RandomSpeed,
    RandomTimeShift,
    SpecAugment,
)
from nnspec.export.pipeline import export
from nnspec.layers.types import KindValue

pytestmark = pytest.mark.tf

RATE = 8000
ARGS: dict[str, Any] = {"sampling_rate": RATE, "frame_length": 256, "frame_step": 128, "num_mel_bins": 20}


def noise(samples: int = 2000, count: int = 2) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 0.1, (count, samples)).astype("float32")


def formula(layer: LogMelSpectrogram, sounds: np.ndarray) -> np.ndarray:
    """Frame by frame by NumPy's FFT, band by band as triangles in mel."""
    length, step, bands = layer.frame_length, layer.frame_step, layer.num_mel_bins
    starts = range(0, sounds.shape[1] - length + 1, step)
    frames = np.stack([sounds[:, start : start + length] for start in starts], 1).astype("float64")
    part = {"hann": 0.5, "hamming": 0.54, None: 1.0}[layer.window]
    frames *= part - (1 - part) * np.cos(2 * np.pi * np.arange(length) / length)
    spectrum = np.abs(np.fft.rfft(frames, layer.fft_length)) ** layer.mag_exp
    mel = lambda hertz: 1127 * np.log(1 + hertz / 700)  # noqa: E731  # 2595 * log10 is nearly it
    edges = np.linspace(mel(layer.min_freq), mel(layer.max_freq), bands + 2)
    places = mel(np.fft.rfftfreq(layer.fft_length, 1 / layer.sampling_rate))
    weights = np.stack([np.interp(places, edges[band : band + 3], [0, 1, 0], 0, 0) for band in range(bands)], 1)
    return np.log(spectrum @ weights + layer.floor)


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"window": "hamming", "mag_exp": 1},
        {"window": None, "min_freq": 100.0, "max_freq": 3000.0},
        {"frame_length": 200, "frame_step": 80, "fft_length": 240},  # five pieces a frame, no power of two
        {"frame_length": 241, "frame_step": 100, "fft_length": 251, "num_mel_bins": 12},  # nothing in common, a prime
        {"frame_step": 300},  # gaps between frames
    ],
)
def test_is_the_formula(changed: dict[str, Any]) -> None:
    layer = LogMelSpectrogram(**ARGS | changed)
    found = layer(noise()).numpy()
    assert found.shape[1:] == layer.compute_output_shape((None, 2000))[1:]
    np.testing.assert_allclose(found, formula(layer, noise()), atol=2e-4)


def test_coefficients_are_the_cosine_transform() -> None:
    scipy = pytest.importorskip("scipy.fft")
    layer = MFCC(num_coefficients=10, **ARGS)
    expected = scipy.dct(formula(layer, noise()), norm="ortho")[..., :10]
    np.testing.assert_allclose(layer(noise()), expected, atol=1e-3)


def test_bands_are_those_of_tensorflow() -> None:
    bands = tf.signal.linear_to_mel_weight_matrix(20, 129, RATE, 20.0, 4000.0)
    np.testing.assert_allclose(LogMelSpectrogram(**ARGS)._bands(), bands, atol=1e-5)


def test_in_half_precision_energies_keep_their_range() -> None:
    loud = noise() * 100
    found = LogMelSpectrogram(**ARGS, dtype="mixed_float16")(loud)
    assert found.dtype == "float16"
    np.testing.assert_allclose(found, formula(LogMelSpectrogram(**ARGS), loud), rtol=5e-3)


def test_padding_is_masked_where_asked() -> None:
    sounds = np.pad(noise(), [(0, 0), (0, 1000)])
    inputs = keras.Input((None,))
    model = keras.Model(inputs, keras.layers.LSTM(3)(LogMelSpectrogram(**ARGS, mask_zero=True)(inputs)))
    assert model(sounds).shape == (2, 3)
    mask = LogMelSpectrogram(**ARGS, mask_zero=True).compute_mask(tf.constant(sounds))
    assert np.asarray(mask).sum(1).tolist() == [16, 16]  # of 22: a frame counts where any of its samples sounds
    assert LogMelSpectrogram(**ARGS).compute_mask(tf.constant(sounds)) is None


@pytest.mark.parametrize("length", [2000, None])
def test_a_file_has_builtin_operations_and_the_same_numbers(length: int | None) -> None:
    from ai_edge_litert.interpreter import Interpreter

    inputs = keras.Input((length,))
    model = keras.Model(inputs, MFCC(num_coefficients=10, **ARGS)(inputs))
    run = tf.function(lambda sound: model(sound, training=False))
    concrete = run.get_concrete_function(tf.TensorSpec([1, length], tf.float32))
    content = tf.lite.TFLiteConverter.from_concrete_functions([concrete]).convert()  # builtins alone, by default
    interpreter = Interpreter(model_content=content)
    (given,), (found,) = interpreter.get_input_details(), interpreter.get_output_details()
    interpreter.resize_tensor_input(given["index"], [1, 2000])
    interpreter.allocate_tensors()
    interpreter.set_tensor(given["index"], noise(count=1))
    interpreter.invoke()
    np.testing.assert_allclose(interpreter.get_tensor(found["index"]), model(noise(count=1)), atol=1e-4)
    names = {operation["op_name"] for operation in interpreter._get_ops_details()}
    assert not {name for name in names if "FFT" in name or "Flex" in name}
    assert len(content) < 60_000  # one matrix of the transform alone would take 260 kB


def test_a_quantized_file_keeps_spectrograms_in_float32(tmp_path: Path) -> None:
    inputs = keras.Input((2000,))
    features = layers.Flatten()(LogMelSpectrogram(**ARGS, name="spectrogram")(inputs))
    model = keras.Model(inputs, layers.Dense(8, activation="tanh")(features * 0.01))
    artifact = export(model, KindValue("TFLite", {"quantize": "dynamic"}), tmp_path, name="mel")
    assert artifact.ok, artifact.reasons
    assert any(note.startswith("spectrogram stays in float32") for note in artifact.notes)
    assert artifact.bytes < 60_000


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (RandomTimeShift(0.5, seed=1), (4, 50)),
        (RandomSpeed(0.2, seed=1), (4, 50)),
        (RandomGain(12, seed=1), (4, 50)),
        (RandomNoise(0.1, seed=1), (4, 50)),
        (RandomEqualizer(12, 4, seed=1), (4, 50)),
        (RandomLowPass(0.2, seed=1), (4, 50)),
        (SpecAugment(2, 4, 2, 3, seed=1), (4, 20, 10)),
    ],
)
def test_changes_are_for_training_and_each_example_draws_its_own(layer: Any, shape: tuple[int, ...]) -> None:
    values = np.ones(shape, "float32") * np.arange(1, shape[-1] + 1, dtype="float32")
    assert np.array_equal(layer(values), values)
    changed = np.asarray(layer(values, training=True))
    assert changed.shape == shape
    assert len({row.tobytes() for row in changed}) == len(changed)
    again = type(layer).from_config(layer.get_config())
    np.testing.assert_array_equal(again(values, training=True), changed)


def test_a_shift_moves_and_fills_with_zeros() -> None:
    row = np.arange(1, 21, dtype="float32")
    for moved in np.asarray(RandomTimeShift(0.5, seed=3)(np.tile(row, (20, 1)), training=True)):
        kept = moved[moved > 0]
        assert 10 <= len(kept) <= 20 and (np.diff(kept) == 1).all()
        assert kept[0] == 1 or kept[-1] == 20


def test_another_speed_is_another_pitch() -> None:
    sound = np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE).astype("float32")
    peaks = [
        np.abs(np.fft.rfft(row[: RATE // 2])).argmax() * 2
        for row in np.asarray(RandomSpeed(0.2, seed=1)(np.tile(sound, (8, 1)), training=True))
    ]
    assert 350 <= min(peaks) < 420 and 460 < max(peaks) <= 530


def response(layer: Any, count: int = 40, steps: int = 4000) -> np.ndarray:
    """What a filter makes of a click in the middle: decibels [count, frequencies]."""
    click = np.zeros((count, steps, 1), "float32")
    click[:, steps // 2] = 1
    return 20 * np.log10(np.abs(np.fft.rfft(np.asarray(layer(click, training=True))[..., 0])) + 1e-4)


def test_an_equalizer_draws_decibels_at_frequencies_and_what_lies_between() -> None:
    found = response(RandomEqualizer(12, 5, seed=1))
    points = found[:, :: found.shape[1] // 4]
    assert np.abs(points).max() <= 12.01 and points.min() < -10 and points.max() > 10
    middle = found[:, 250]
    np.testing.assert_allclose(middle, (points[:, 0] + points[:, 1]) / 2, atol=0.1)


def test_a_low_pass_keeps_what_is_below_and_takes_what_is_above() -> None:
    found = response(RandomLowPass(0.5, seed=1))
    below, ends = found[:, :990], [(row > -6).sum() / len(row) for row in found]
    assert np.abs(below).max() < 0.1 and 0.5 < min(ends) < 0.56 and max(ends) > 0.95
    for row, end in zip(found, ends, strict=True):
        assert (row[int((end + 0.04) * len(row)) :] < -60).all()


def test_hidden_bands_become_the_mean() -> None:
    values = np.random.default_rng(0).normal(size=(8, 20, 10)).astype("float32")
    changed = np.asarray(SpecAugment(1, 6, 1, 4, seed=2)(values, training=True))
    for before, after in zip(values, changed, strict=True):
        hidden = before != after
        np.testing.assert_allclose(after[hidden], before.mean(), rtol=1e-5)
        rows, columns = hidden.all(1), hidden.all(0)
        assert rows.sum() <= 6 and columns.sum() <= 4
        assert (hidden == (rows[:, None] | columns[None])).all()
