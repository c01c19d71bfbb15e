"""Spectrograms of sounds on the mel scale as products with fixed matrices, which any runtime of TFLite has."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
import tensorflow as tf

Shape = tuple[int | None, ...]


@keras.saving.register_keras_serializable(package="nnspec")
class LogMelSpectrogram(keras.layers.Layer):  # type: ignore[misc]
    """The logarithm of the energy of a sound in each mel band, frame by frame.

    That is ``log(mel(abs(DFT(window * frame))**2) + floor)``. The bands are triangles of one width on the mel scale,
    ``2595 * log10(1 + f / 700)``, as those of TensorFlow's ``linear_to_mel_weight_matrix``. A frame begins every
    ``frame_step`` samples, and only whole ones count.

    The Fourier transform is made of two matrix products and one factor between them (Cooley and Tukey, An Algorithm for
    the Machine Calculation of Complex Fourier Series, 1965), so that a file holds a few thousand constants, not the
    hundred thousands of one matrix, and needs no FFT operation, which microcontrollers and accelerators lack.

    Input: samples [batch, samples], from -1 to 1. Output: [batch, frames, bands], in the layer's compute dtype; it is
    made in float32 whatever that is, since a power leaves the range of float16.

    Args:
        sampling_rate: samples a second.
        frame_length, frame_step: samples.
        fft_length: what a frame is padded to by zeros; by default the next power of two.
        num_mel_bins: how many bands there are.
        min_freq, max_freq: where the lowest band begins and the highest ends, in Hz; by default half the rate.
        window: ``hann`` or ``hamming``, periodic; None for none.
        mag_exp: 2 for energies, 1 for magnitudes.
        floor: what is added before the logarithm.
        mask_zero: whether frames of zeros alone, the padding of a batch, are masked.

    Raises:
        ValueError: ``fft_length`` is below ``frame_length``, the bands reach beyond half of the rate, or one holds no
            frequency of the transform; a sound is shorter than a frame.
    """

    def __init__(
        self,
        sampling_rate: int = 16000,
        frame_length: int = 400,
        frame_step: int = 160,
        fft_length: int | None = None,
        num_mel_bins: int = 40,
        min_freq: float = 20.0,
        max_freq: float | None = None,
        window: str | None = "hann",
        mag_exp: float = 2.0,
        floor: float = 1e-6,
        mask_zero: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.sampling_rate, self.frame_length, self.frame_step = sampling_rate, frame_length, frame_step
        self.fft_length = fft_length or 1 << (frame_length - 1).bit_length()
        self.num_mel_bins, self.min_freq = num_mel_bins, min_freq
        self.max_freq = sampling_rate / 2 if max_freq is None else max_freq
        self.window, self.mag_exp, self.floor, self.mask_zero = window, mag_exp, floor, mask_zero
        if self.fft_length < frame_length:
            raise ValueError(f"fft_length {fft_length} is below frame_length {frame_length}")
        if mag_exp not in (1, 2):
            raise ValueError(f"mag_exp is 1 or 2, not {mag_exp}")
        self.input_spec = keras.layers.InputSpec(ndim=2)
        self.supports_masking = True
        self._make_matrices()

    def _make_matrices(self) -> None:
        """Constants of the transform of length rows * columns, for k up to half of it, and of the bands."""
        length = self.fft_length
        rows = max(n for n in range(1, math.isqrt(length) + 1) if length % n == 0)
        columns = length // rows
        kept = length // 2 // rows + 1
        angle = 2 * np.pi * np.outer(np.arange(rows), np.arange(rows)) / rows
        self._first = np.hstack([np.cos(angle), -np.sin(angle)]).astype("float32")
        turn = 2 * np.pi * np.outer(np.arange(columns), np.arange(rows)) / length
        self._turn = np.cos(turn).astype("float32"), np.sin(turn).astype("float32")
        angle = 2 * np.pi * np.outer(np.arange(columns), np.arange(kept)) / columns
        cos, sin = np.cos(angle), np.sin(angle)
        self._second = np.block([[cos, -sin], [sin, cos]]).astype("float32")
        # Frequency k stands at row k % rows and column k // rows of the result; what lies above half weighs nothing.
        weights = np.zeros((rows * kept, self.num_mel_bins))
        bins = np.arange(length // 2 + 1)
        weights[bins % rows * kept + bins // rows] = self._bands()
        self._mel = weights.astype("float32")
        self._window = self._made_window()

    def _bands(self) -> np.ndarray:
        """The weight of each frequency in each band: [fft_length // 2 + 1, num_mel_bins]; none of the constant part."""
        hertz = np.arange(self.fft_length // 2 + 1) * self.sampling_rate / self.fft_length
        mels = _mel(hertz)[:, None]
        edges = np.linspace(_mel(self.min_freq), _mel(self.max_freq), self.num_mel_bins + 2)
        low, middle, high = edges[:-2], edges[1:-1], edges[2:]
        weights: np.ndarray = np.maximum(0, np.minimum((mels - low) / (middle - low), (high - mels) / (high - middle)))
        weights[0] = 0
        if not 0 <= self.min_freq < self.max_freq <= self.sampling_rate / 2:
            raise ValueError(f"the bands go from {self.min_freq} to {self.max_freq} Hz, of {self.sampling_rate} Hz")
        if not weights.any(axis=0).all():
            empty = int((~weights.any(axis=0)).sum())
            raise ValueError(
                f"{empty} of {self.num_mel_bins} mel bands hold no frequency of fft_length {self.fft_length}"
            )
        return weights

    def _made_window(self) -> np.ndarray | None:
        if self.window is None:
            return None
        if self.window not in ("hann", "hamming"):
            raise ValueError(f"window is hann, hamming or None, not {self.window!r}")
        part = {"hann": 0.5, "hamming": 0.54}[self.window]
        turn = 2 * np.pi * np.arange(self.frame_length) / self.frame_length
        made: np.ndarray = (part - (1 - part) * np.cos(turn)).astype("float32")
        return made

    def build(self, input_shape: Shape) -> None:
        if input_shape[1] is not None and input_shape[1] < self.frame_length:
            raise ValueError(f"a frame of {self.frame_length} samples does not fit a sound of {input_shape[1]}")
        super().build(input_shape)

    def call(self, inputs: Any) -> Any:
        frames = self._frames(tf.cast(inputs, tf.float32))
        count = frames.shape[1] if frames.shape[1] is not None else tf.shape(frames)[1]
        if self._window is not None:
            frames = frames * self._window
        energy = self._energy(tf.pad(frames, [[0, 0], [0, 0], [0, self.fft_length - self.frame_length]]))
        if self.mag_exp == 1:
            energy = tf.sqrt(tf.maximum(energy, 1e-20))
        features = self._features(tf.math.log(tf.matmul(energy, self._mel) + self.floor))
        return tf.cast(tf.reshape(features, [-1, count, features.shape[-1]]), self.compute_dtype)

    def _features(self, bands: Any) -> Any:
        """What is made of the logarithms, [rows, bands]."""
        return bands

    def _frames(self, samples: Any) -> Any:
        """[batch, frames, frame_length], put together from pieces that frames and steps have in common."""
        piece = math.gcd(self.frame_length, self.frame_step)
        if self.frame_length > 32 * piece:  # too many to be put together
            count = (tf.shape(samples)[1] if samples.shape[1] is None else samples.shape[1]) - self.frame_length
            starts = tf.range(count // self.frame_step + 1) * self.frame_step
            return tf.gather(samples, starts[:, None] + tf.range(self.frame_length), axis=1)
        size, step = self.frame_length // piece, self.frame_step // piece
        total = (samples.shape[1] if samples.shape[1] is not None else tf.shape(samples)[1]) // piece
        last = (total - size) // step * step + 1  # the first piece of the last frame, and one
        pieces = tf.reshape(samples[:, : total * piece], [-1, total, piece])
        return tf.concat([pieces[:, first : first + last : step] for first in range(size)], axis=2)

    def _energy(self, frames: Any) -> Any:
        """The squares of the transform's magnitudes: [batch * frames, frequencies], in the order of `_mel`."""
        rows, columns = self._first.shape[0], self._turn[0].shape[0]
        table = tf.transpose(tf.reshape(frames, [-1, rows, columns]), [0, 2, 1])
        table = tf.reshape(tf.matmul(tf.reshape(table, [-1, rows]), self._first), [-1, columns, 2 * rows])
        real, imaginary = table[:, :, :rows], table[:, :, rows:]
        cos, sin = self._turn
        turned = tf.concat([real * cos + imaginary * sin, imaginary * cos - real * sin], axis=1)
        turned = tf.reshape(tf.transpose(turned, [0, 2, 1]), [-1, 2 * columns])
        parts = tf.square(tf.matmul(turned, self._second))
        kept = self._second.shape[1] // 2
        return tf.reshape(parts[:, :kept] + parts[:, kept:], [-1, rows * kept])

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        if not self.mask_zero:
            return None
        # By operations of Keras: it asks for masks of symbolic tensors, too.
        sounding = keras.ops.abs(keras.ops.expand_dims(keras.ops.cast(inputs, "float32"), -1))
        return keras.ops.squeeze(keras.ops.max_pool(sounding, self.frame_length, self.frame_step), -1) > 0

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        samples = input_shape[1]
        frames = None if samples is None else (samples - self.frame_length) // self.frame_step + 1
        return (input_shape[0], frames, self._width())

    def _width(self) -> int:
        return self.num_mel_bins

    def get_config(self) -> dict[str, Any]:
        names = (
            "sampling_rate", "frame_length", "frame_step", "fft_length", "num_mel_bins", "min_freq", "max_freq",
            "window", "mag_exp", "floor", "mask_zero",
        )  # fmt: skip
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


@keras.saving.register_keras_serializable(package="nnspec")
class MFCC(LogMelSpectrogram):
    """Mel frequency cepstral coefficients: the cosine transform (DCT-II, orthonormal) of `LogMelSpectrogram`.

    Davis and Mermelstein, Comparison of Parametric Representations for Monosyllabic Word Recognition, 1980.

    Input: samples [batch, samples]. Output: [batch, frames, num_coefficients], the first of which is the loudness.

    Args:
        num_coefficients: how many there are, up to ``num_mel_bins``. The others are those of `LogMelSpectrogram`.
    """

    def __init__(self, num_coefficients: int = 13, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not 1 <= num_coefficients <= self.num_mel_bins:
            raise ValueError(f"num_coefficients {num_coefficients} is above num_mel_bins {self.num_mel_bins}")
        self.num_coefficients = num_coefficients
        bands = self.num_mel_bins
        angle = np.pi * np.outer(np.arange(bands) + 0.5, np.arange(num_coefficients)) / bands
        scale = np.where(np.arange(num_coefficients) == 0, math.sqrt(1 / bands), math.sqrt(2 / bands))
        self._cosines = (np.cos(angle) * scale).astype("float32")

    def _features(self, bands: Any) -> Any:
        return tf.matmul(bands, self._cosines)

    def _width(self) -> int:
        return self.num_coefficients

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "num_coefficients": self.num_coefficients}


def _mel(hertz: Any) -> Any:
    return 2595 * np.log10(1 + np.asarray(hertz, "float64") / 700)
