"""Random changes of sounds and of their spectrograms while training, which Keras lacks."""

from __future__ import annotations

import math
from typing import Any

import keras
import tensorflow as tf

ROOM = 64  # zeros behind a sound, into which the filters ring: a transform goes round from the end to the beginning
EDGE = 0.05  # of half the sampling rate


class ExampleAugmentation(keras.layers.Layer):  # type: ignore[misc]
    """Changes each example of a batch by draws of its own, in training alone. The shape stays."""

    def __init__(self, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed)
        self.supports_masking = True

    def call(self, inputs: Any, training: bool = False) -> Any:
        return self.changed(inputs) if training else inputs

    def changed(self, inputs: Any) -> Any:
        raise NotImplementedError

    def drawn(self, inputs: Any, low: float, high: float, width: int = 1) -> Any:
        """Float32 [batch, width], evenly between two numbers."""
        return keras.random.uniform((tf.shape(inputs)[0], width), low, high, "float32", seed=self.generator)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "seed": self.seed}


@keras.saving.register_keras_serializable(package="nnspec")
class RandomTimeShift(ExampleAugmentation):
    """Moves each example along its first axis, of time, by up to ``factor`` of its length either way; zeros follow in.

    Input and output: [batch, steps, ...], of any type of floats.

    Args:
        factor: from 0 to 1.

    Raises:
        ValueError: it is neither.
    """

    def __init__(self, factor: float = 0.1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not 0 <= factor <= 1:
            raise ValueError(f"factor lies between 0 and 1, not at {factor}")
        self.factor = factor
        self.input_spec = keras.layers.InputSpec(min_ndim=2)

    def changed(self, inputs: Any) -> Any:
        steps = tf.shape(inputs)[1]
        most = self.factor * tf.cast(steps, tf.float32)
        shift = tf.cast(tf.round(self.drawn(inputs, -1.0, 1.0) * most), tf.int32)
        places = tf.range(steps)[None] - shift
        moved = tf.gather(inputs, tf.clip_by_value(places, 0, steps - 1), axis=1, batch_dims=1)
        inside = tf.reshape((places >= 0) & (places < steps), [-1, steps, *[1] * (len(inputs.shape) - 2)])
        return tf.where(inside, moved, tf.zeros_like(moved))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "factor": self.factor}


@keras.saving.register_keras_serializable(package="nnspec")
class RandomSpeed(ExampleAugmentation):
    """Plays each example faster or slower by up to ``factor``, from its start: pitch and tempo change together.

    Ko, Peddinti, Povey and Khudanpur, Audio Augmentation for Speech Recognition, 2015. Between samples values are
    interpolated on a line; zeros follow what became shorter, and what became longer is cut off at the end.

    Input and output: [batch, steps, ...], of any type of floats.

    Args:
        factor: from 0 to below 1; 0.1 is from 0.9 to 1.1 times as fast.

    Raises:
        ValueError: it is neither.
    """

    def __init__(self, factor: float = 0.1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not 0 <= factor < 1:
            raise ValueError(f"factor lies between 0 and 1, not at {factor}")
        self.factor = factor
        self.input_spec = keras.layers.InputSpec(min_ndim=2)

    def changed(self, inputs: Any) -> Any:
        steps = tf.shape(inputs)[1]
        places = tf.cast(tf.range(steps), tf.float32)[None] * self.drawn(inputs, 1 - self.factor, 1 + self.factor)
        before = tf.cast(tf.floor(places), tf.int32)
        one, two = (tf.gather(inputs, tf.minimum(at, steps - 1), axis=1, batch_dims=1) for at in (before, before + 1))
        shape = [-1, steps, *[1] * (len(inputs.shape) - 2)]
        share = tf.cast(tf.reshape(places - tf.floor(places), shape), inputs.dtype)
        inside = tf.reshape(places <= tf.cast(steps - 1, tf.float32), shape)
        return tf.where(inside, one + share * (two - one), tf.zeros_like(one))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "factor": self.factor}


@keras.saving.register_keras_serializable(package="nnspec")
class RandomGain(ExampleAugmentation):
    """Makes each example louder or softer by up to so many decibels, evenly drawn.

    Input and output: [batch, ...], of any type of floats.

    Args:
        decibels: 0 or more; 6 is from half to twice as loud.
    """

    def __init__(self, decibels: float = 6.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.decibels = decibels

    def changed(self, inputs: Any) -> Any:
        gain = 10 ** (self.drawn(inputs, -self.decibels, self.decibels) / 20)
        return inputs * tf.cast(tf.reshape(gain, [-1, *[1] * (len(inputs.shape) - 1)]), inputs.dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "decibels": self.decibels}


@keras.saving.register_keras_serializable(package="nnspec")
class RandomNoise(ExampleAugmentation):
    """Adds Gaussian noise to each example, whose standard deviation is drawn from 0 to ``stddev``.

    Keras's GaussianNoise has the same deviation for all. Input and output: [batch, ...], of any type of floats.

    Args:
        stddev: the largest standard deviation.
    """

    def __init__(self, stddev: float = 0.01, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.stddev = stddev

    def changed(self, inputs: Any) -> Any:
        scale = tf.reshape(self.drawn(inputs, 0.0, self.stddev), [-1, *[1] * (len(inputs.shape) - 1)])
        noise = keras.random.normal(tf.shape(inputs), dtype="float32", seed=self.generator)
        return inputs + tf.cast(noise * scale, inputs.dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "stddev": self.stddev}


class Filter(ExampleAugmentation):
    """Multiplies the frequencies of each example by a gain that is drawn; all phases stay.

    Input and output: [batch, steps, ...], of any type of floats; the Fourier transform is one of float32.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.input_spec = keras.layers.InputSpec(min_ndim=2)

    def changed(self, inputs: Any) -> Any:
        steps, axes = tf.shape(inputs)[1], list(range(len(inputs.shape)))
        last = [0, *axes[2:], 1]  # a transform runs along the last axis
        sound = tf.transpose(tf.cast(inputs, tf.float32), last)
        room = [[0, 0]] * (len(axes) - 1) + [[0, ROOM]]
        frequencies = tf.signal.rfft(tf.pad(sound, room))
        shares = tf.linspace(0.0, 1.0, tf.shape(frequencies)[-1])
        gain = self.gains(inputs, shares)
        gain = tf.reshape(gain, [-1, *[1] * (len(axes) - 2), tf.shape(shares)[0]])
        found = tf.signal.irfft(frequencies * tf.cast(gain, tf.complex64), [steps + ROOM])[..., :steps]
        back = [0, axes[-1], *axes[1:-1]] if len(axes) > 2 else axes
        return tf.ensure_shape(tf.cast(tf.transpose(found, back), inputs.dtype), inputs.shape)

    def gains(self, inputs: Any, shares: Any) -> Any:
        """Float32 [batch, frequencies], at shares of half the sampling rate, from 0 to 1."""
        raise NotImplementedError


@keras.saving.register_keras_serializable(package="nnspec")
class RandomEqualizer(Filter):
    """Makes frequencies of each example louder and softer, as another microphone or room does.

    At evenly spaced frequencies, from 0 to half the sampling rate, so many decibels up or down are drawn, and between
    them they change evenly.

    Args:
        decibels: 0 or more; 6 is from half to twice as loud.
        bands: at how many frequencies decibels are drawn, 2 or more.

    Raises:
        ValueError: there are fewer bands.
    """

    def __init__(self, decibels: float = 6.0, bands: int = 8, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if bands < 2:
            raise ValueError(f"bands are 2 or more, not {bands}")
        self.decibels, self.bands = decibels, bands

    def gains(self, inputs: Any, shares: Any) -> Any:
        drawn = self.drawn(inputs, -self.decibels, self.decibels, self.bands)
        places = tf.range(self.bands, dtype=tf.float32)[:, None]
        near = tf.maximum(0.0, 1.0 - tf.abs(shares * (self.bands - 1) - places))
        return 10 ** (tf.matmul(drawn, near) / 20)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "decibels": self.decibels, "bands": self.bands}


@keras.saving.register_keras_serializable(package="nnspec")
class RandomLowPass(Filter):
    """Takes from each example what is above a frequency, as recordings at a lower rate, or over a telephone, lack it.

    The frequency is drawn from ``lowest`` to 1, as shares of half the sampling rate; within ``EDGE`` above it the gain
    falls to 0.

    Args:
        lowest: above 0, up to 1; 0.5 keeps at least what half the sampling rate would hold.

    Raises:
        ValueError: it is neither.
    """

    def __init__(self, lowest: float = 0.5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not 0 < lowest <= 1:
            raise ValueError(f"lowest is above 0 and at most 1, not {lowest}")
        self.lowest = lowest

    def gains(self, inputs: Any, shares: Any) -> Any:
        above = (shares - self.drawn(inputs, self.lowest, 1.0)) / EDGE
        return 0.5 + 0.5 * tf.cos(math.pi * tf.clip_by_value(above, 0.0, 1.0))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "lowest": self.lowest}


@keras.saving.register_keras_serializable(package="nnspec")
class SpecAugment(ExampleAugmentation):
    """Hides bands of time and of frequency of each spectrogram: they become its mean.

    Park et al., SpecAugment: A Simple Data Augmentation Method for Automatic Speech Recognition, 2019, without its
    warping of time. A band is from 0 to so many steps wide, evenly drawn, and lies anywhere within.

    Input and output: [batch, frames, frequencies], of any type of floats.

    Args:
        time_masks, time_width: how many bands of time, and how many frames the widest has.
        frequency_masks, frequency_width: how many bands of frequency, and how many frequencies the widest has.
    """

    def __init__(
        self,
        time_masks: int = 2,
        time_width: int = 10,
        frequency_masks: int = 2,
        frequency_width: int = 8,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.time_masks, self.time_width = time_masks, time_width
        self.frequency_masks, self.frequency_width = frequency_masks, frequency_width
        self.input_spec = keras.layers.InputSpec(ndim=3)

    def changed(self, inputs: Any) -> Any:
        mean = tf.reduce_mean(inputs, axis=(1, 2), keepdims=True)
        time = self._hidden(inputs, 1, self.time_masks, self.time_width)[:, :, None]
        frequency = self._hidden(inputs, 2, self.frequency_masks, self.frequency_width)[:, None, :]
        return tf.where(time | frequency, mean, inputs)

    def _hidden(self, inputs: Any, axis: int, count: int, widest: int) -> Any:
        """Which steps of an axis are hidden: bool [batch, steps]."""
        steps = tf.shape(inputs)[axis]
        if not count or not widest:
            return tf.zeros((tf.shape(inputs)[0], steps), tf.bool)
        width = tf.floor(self.drawn(inputs, 0.0, float(widest + 1), count))
        start = self.drawn(inputs, 0.0, 1.0, count) * tf.maximum(tf.cast(steps, tf.float32) - width + 1, 1.0)
        places = tf.cast(tf.range(steps), tf.float32)[None, None]
        first = tf.floor(start)[:, :, None]
        return tf.reduce_any((places >= first) & (places < first + width[:, :, None]), axis=1)

    def get_config(self) -> dict[str, Any]:
        names = ("time_masks", "time_width", "frequency_masks", "frequency_width")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
