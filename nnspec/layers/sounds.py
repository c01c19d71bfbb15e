"""Spectrograms of sounds, and what changes sounds at random while training."""

from __future__ import annotations

import math
from functools import partial

from nnspec.layers import operations
from nnspec.layers.core import same
from nnspec.layers.fields import pointwise
from nnspec.layers.geometry import join, slide, split
from nnspec.layers.kind import LayerKind, Mobile, channels_first
from nnspec.layers.masks import Mask, Masked, dropped
from nnspec.layers.masks import same as keeps_mask
from nnspec.layers.rounding import SAME
from nnspec.layers.rule import FLOATS, Call, Facts, NoRule, Rule, ShapeError, product, weights
from nnspec.layers.types import Dim
from nnspec.layers.value_types import KEEPING, ValueTypes

RATE = "sampling_rate"
NO_BFLOAT16 = ValueTypes(takes=FLOATS, own=FLOATS - {"bfloat16"})
NO_DOUBLE = ValueTypes(own=FLOATS - {"float64"})
IN_FLOAT = Mobile(in_float="eight bits do not hold the energies of loud and soft frequencies at once")


def _stft_spectrogram(call: Call) -> Facts:
    """A short-time Fourier transform as convolutions with a real and an imaginary kernel."""
    mode = call.choice("mode", "log", "magnitude", "psd", "real", "imag", "angle", "stft")
    frame = call.sizes("frame_length", 1, least=3)[0]  # windows of fewer samples are zeros, or one number
    step = call.sizes("frame_step", 1)[0] if call.get("frame_step") is not None else frame // 2
    if step > frame:
        raise ShapeError(f"frame_step {step} is above frame_length {frame}", argument="frame_step")
    length = call.sizes("fft_length", 1)[0] if call.get("fft_length") else 1 << (frame - 1).bit_length()
    if length < frame:
        raise ShapeError(f"fft_length {length} is below frame_length {frame}", argument="fft_length")
    time, channels = split(call, 1)
    weights(channels)
    places = slide(time, (frame,), (step,), (1,), call.choice("padding", "valid", "same"), "frame")
    kernels = 1 if mode in ("real", "imag") else 2
    bins = length // 2 + 1
    columns = 2 * bins if mode == "stft" else bins
    shape = (
        join(call, (*places, columns), channels) if call.flag("expand_dims") else join(call, places, columns * channels)
    )
    kernel = weights(frame, bins) * kernels
    return Facts((call.output(*shape),), kernel, macs=product(places) * kernel * channels)


def _mel_spectrogram(call: Call) -> Facts:
    """Frames of a Fourier transform times a matrix of mel bands; only that product counts as multiply-adds."""
    batch, samples = call.ranked(2, "samples")
    stride, length, bands = call.size("sequence_stride"), call.size("fft_length"), call.size("num_mel_bins")
    frame = call.size("sequence_length") if call.get("sequence_length") else length
    if isinstance(frame, int) and isinstance(length, int) and length < frame:
        raise ShapeError(f"fft_length {length} is below sequence_length {frame}", argument="fft_length")
    if isinstance(samples, int) and isinstance(length, int) and samples <= length // 2:
        message = f"the ends are mirrored by half of fft_length, {length // 2}, and there are {samples} samples"
        raise ShapeError(message, "a smaller fft_length", "fft_length")
    _check_band(call, call.size("sampling_rate"))
    _check_powers(call)
    frames = (samples + stride + 1) // stride
    return Facts((call.output(batch, bands, frames),), macs=frames * (length // 2 + 1) * bands)


def _check_powers(call: Call) -> None:
    """Keras takes a logarithm of no less than ``min_power``; magnitudes are a thousand and more."""
    exponent = call.get("mag_exp")
    if not isinstance(exponent, int | float) or not 0 < exponent <= 10:
        raise ShapeError(f"mag_exp is a number above 0, up to 10, not {exponent!r}", argument="mag_exp")
    for name in ("min_power", "top_db") if call.flag("power_to_db") else ():
        value = call.get(name)
        if not isinstance(value, int | float) or value <= 0:
            raise ShapeError(f"{name} is a number above 0, not {value!r}", argument=name)


def _log_mel(call: Call) -> Facts:
    """Frames times the matrices of a Fourier transform in two steps, and of the mel bands."""
    batch, frames = _frames(call)
    frame, bands = call.sizes("frame_length", 1)[0], call.sizes("num_mel_bins", 1)[0]
    length = call.sizes("fft_length", 1)[0] if call.get("fft_length") else 1 << (frame - 1).bit_length()
    if length < frame:
        raise ShapeError(f"fft_length {length} is below frame_length {frame}", argument="fft_length")
    if call.get("mag_exp") not in (1, 2):
        raise ShapeError(f"mag_exp is 1 or 2, not {call.get('mag_exp')!r}", argument="mag_exp")
    _refuse_empty_bands(call, length, bands)
    rows = max(n for n in range(1, math.isqrt(length) + 1) if length % n == 0)
    columns, kept = length // rows, length // 2 // rows + 1
    macs = columns * rows * 2 * rows + rows * 2 * columns * 2 * kept + rows * kept * bands
    return Facts((call.output(batch, frames, bands),), macs=frames * macs)


def _mfcc(call: Call) -> Facts:
    """As many coefficients as are asked for, of at most so many bands."""
    facts = _log_mel(call)
    batch, frames, _ = facts.outputs[0].shape
    count, bands = call.sizes("num_coefficients", 1)[0], call.sizes("num_mel_bins", 1)[0]
    if count > bands:
        raise ShapeError(f"num_coefficients {count} is above num_mel_bins {bands}", argument="num_coefficients")
    return Facts((call.output(batch, frames, count),), macs=facts.macs + frames * bands * count)


def _frames(call: Call) -> tuple[Dim, Dim]:
    """The batch, and how many whole frames its sounds have."""
    shape = call.input.shape
    if len(shape) == 3 and shape[2] == 1:
        raise ShapeError(
            "it takes samples without channels, (batch, samples)", "`Reshape: [-1]` before it leaves it out"
        )
    batch, samples = call.ranked(2, "samples")
    frame, step = call.sizes("frame_length", 1)[0], call.sizes("frame_step", 1)[0]
    return batch, slide((samples,), (frame,), (step,), (1,), "valid", "frame")[0]


def _refuse_empty_bands(call: Call, length: int, bands: int) -> None:
    """Where the bands are narrower than the frequencies of the transform are apart, some would hold none."""
    rate = call.sizes("sampling_rate", 1)[0]
    low, high = _check_band(call, rate)
    first, last = _mel(low), _mel(high)
    width = (last - first) / (bands + 1)
    places = [(_mel(number * rate / length) - first) / width for number in range(1, length // 2 + 1)]
    held = {band for place in places for band in (math.ceil(place) - 2, math.floor(place)) if band < place < band + 2}
    if empty := bands - len(held & set(range(bands))):
        message = f"{empty} of {bands} mel bands hold no frequency of a transform of {length} samples"
        raise ShapeError(message, "fewer bands, a longer fft_length, or a higher min_freq", "num_mel_bins")


def _check_band(call: Call, rate: Dim) -> tuple[float, float]:
    """The lowest and the highest frequency, in Hz."""
    if not isinstance(rate, int):
        raise NoRule(call.kind)
    low, high = call.get("min_freq"), call.get("max_freq")
    high = rate / 2 if high is None else high
    if not isinstance(low, int | float) or not isinstance(high, int | float) or not 0 <= low < high:
        given = "max_freq" if call.get("max_freq") is not None else "sampling_rate"
        raise ShapeError(f"the bands go from {low!r} to {high!r} Hz: min_freq is below max_freq", argument=given)
    if high > rate / 2:
        message = f"max_freq {high:g} is above half of the sampling rate, {rate / 2:g}: no sound has such frequencies"
        raise ShapeError(message, argument="max_freq")
    return low, high


def _mel(hertz: float) -> float:
    return 2595 * math.log10(1 + hertz / 700)


def _sounding(masked: Masked) -> tuple[Mask | None, ...]:
    """The frames that are not zeros alone."""
    if not masked.call.flag("mask_zero") or masked.outputs is None:
        return ()
    return (Mask(masked.outputs[0].shape[:2]),)


def _timed(call: Call) -> Facts:
    call.at_least(2)
    call.fraction("factor")
    if call.kind == "RandomSpeed" and call.get("factor") == 1:
        raise ShapeError("at speed 0 nothing is heard", "a factor below 1", "factor")
    return same(call)


def _filtered(call: Call) -> Facts:
    call.at_least(2)
    if call.kind == "RandomEqualizer":
        call.sizes("bands", 1, least=2)
        return same(call)
    call.fraction("lowest")
    if call.get("lowest") == 0:
        raise ShapeError("without any frequency nothing is heard", "a lowest above 0", "lowest")
    return same(call)


def _spectrogram(call: Call) -> Facts:
    call.ranked(3, "frames", "frequencies")
    return same(call)


def _kind(says: str, rule: Rule, **rest: object) -> LayerKind:
    return LayerKind(says=says, family="preprocessing", rule=rule, **{"mask": dropped, **rest})  # type: ignore[arg-type]


_random = partial(_kind, mask=keeps_mask, field=pointwise, draws=True, training=False, types=KEEPING, rounding=SAME)

SOUNDS: dict[str, LayerKind] = {
    "STFTSpectrogram": _kind(
        "Turns sound into a spectrogram by short-time Fourier transform, as a convolution.",
        _stft_spectrogram,
        types=NO_BFLOAT16,
        gpu_only=channels_first,
    ),
    "MelSpectrogram": _kind(
        "Turns sound into the energy of mel bands over time.", _mel_spectrogram, rate_argument=RATE, types=NO_DOUBLE
    ),
    "LogMelSpectrogram": _kind(
        "Turns sound into the logarithm of the energy of mel bands, frame by frame, by products with fixed matrices.",
        _log_mel,
        mask=_sounding,
        rate_argument=RATE,
        mobile=IN_FLOAT,
        operations=operations.sounding,
    ),
    "MFCC": _kind(
        "Turns sound into mel frequency cepstral coefficients, frame by frame, by products with fixed matrices.",
        _mfcc,
        mask=_sounding,
        rate_argument=RATE,
        mobile=IN_FLOAT,
        operations=operations.sounding,
    ),
    "RandomTimeShift": _random("Moves each example along time at random; zeros follow in.", _timed),
    "RandomSpeed": _random("Plays each example faster or slower at random, at another pitch.", _timed),
    "RandomGain": _random("Makes each example louder or softer at random.", same),
    "RandomNoise": _random("Adds noise of a random loudness to each example.", same),
    "RandomEqualizer": _random("Makes frequencies of each example louder and softer at random.", _filtered),
    "RandomLowPass": _random("Takes what is above a random frequency from each example.", _filtered),
    "SpecAugment": _random("Hides random bands of time and frequency of each spectrogram.", _spectrogram),
}
