"""Sound files to arrays, by libsndfile: WAV, FLAC, OGG (Vorbis, Opus), MP3, AIFF, AU, CAF and W64.

A sound is float32 samples from -1 to 1, at one rate: the channels are mixed to one by their mean, then soxr resamples
with a filter that keeps what lies below half of the lower rate. libsndfile is given a file that is open already, and
tells the format by the content; what a header claims reserves no memory, since blocks are read until there are none.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from nnspec.data.errors import DataError
from nnspec.data.formats.sound_heads import (
    HIGHEST_RATE,
    LOWEST_RATE,
    MOST_SAMPLES,
    SoundHead,
    look_at_head,
    require_rate,
)
from nnspec.data.new_examples import remark
from nnspec.data.threads import OneByOne, pool
from nnspec.quick_classes import dataclass
from nnspec.reading import open_regular

if TYPE_CHECKING:
    import numpy as np

SUFFIXES = frozenset(
    {".wav", ".wave", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".aifc", ".au", ".snd", ".caf", ".w64"}
)
FORMATS = frozenset({"WAV", "WAVEX", "RF64", "FLAC", "OGG", "MP3", "AIFF", "AU", "CAF", "W64"})
VERSION = 1  # of how sounds are decoded; what is kept of another one is not used
BLOCK = 1 << 18  # samples, all channels, that are read at a time
UNTOLD = 2**62  # frames of a file that does not say how many it has
MARGIN = 0.1  # seconds beyond the duration that are read, so that resampling sees what follows
QUALITY = "HQ"  # of soxr: 20 bits
SPAN = (-1.0, 1.0)  # of samples
PCM_FACTOR = 1 / 32768  # of samples that are whole numbers of 16 bits
# What is told of sounds that are read as something else than a person might think.
TRAITS = {
    "cut": "are longer than `duration`: their end is cut off",
    "padded": "are shorter than `duration`: zeros follow them",
    "resampled": "have another sample rate: they are resampled",
    "mixed": "have several channels: their mean is taken",
    "loud": "have samples beyond -1 and 1, which stay as they are",
    "truncated": "are shorter than their headers say: the files are cut off",
    "short": "end before the `end` that the table has: what there is is read",
    "silent": "are silent: all their samples are 0",
}


class Part(NamedTuple):
    """Part of a sound file, in seconds; None: from its start, to its end."""

    path: str
    start: float | None = None
    end: float | None = None


Place = str | Part


@dataclass(frozen=True)
class SoundDecoder(OneByOne):
    """How a sound file becomes an array: float32 [samples].

    Attributes:
        rate: samples a second.
        samples: how many there are, by zeros at the end or by cutting it off; None: as many as each sound has.
    """

    rate: int
    samples: int | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.samples or 0,)

    def __call__(self, place: Place) -> np.ndarray:
        """Raises DataError naming the file if it is no sound, or cannot be decoded."""
        return self.looked(place)[0]

    def looked(self, place: Place) -> tuple[np.ndarray, list[str]]:
        """The array, and which of `TRAITS` the sound has. Raises DataError as the call."""
        import numpy as np

        part = place if isinstance(place, Part) else Part(place)
        seconds = None if self.samples is None else self.samples / self.rate + MARGIN
        rate, found, traits = _mono(part, seconds)
        traits |= {"silent": not found.any(), "loud": bool(np.abs(found).max() > 1), "resampled": rate != self.rate}
        if rate != self.rate:
            found = resampled(found, rate, self.rate, part.path)
        fitted, change = self.fitted(found)
        return fitted, [name for name, is_so in (traits | change).items() if is_so]

    def fitted(self, samples: np.ndarray) -> tuple[np.ndarray, dict[str, bool]]:
        """The samples in their number, and whether zeros were added or some were cut off."""
        import numpy as np

        if self.samples is None:
            return samples, {}
        change = {"cut": len(samples) > self.samples, "padded": len(samples) < self.samples}
        if not change["padded"]:
            return samples[: self.samples], change
        padded = np.zeros(self.samples, samples.dtype)
        padded[: len(samples)] = samples
        return padded, change


def _mono(part: Part, seconds: float | None) -> tuple[int, np.ndarray, dict[str, bool]]:
    """The rate of a file, its samples, mixed to one channel, float32 [samples], and which of `TRAITS` it has.

    Args:
        seconds: so many are enough; None: all of the part.
    """
    path = part.path
    head = look_at_head(path)
    plain = None if head.pcm is None or head.rate is None or part[1:] != (None, None) else _plain(path, head, seconds)
    if plain is not None:
        return plain
    traits = {"truncated": head.is_cut_off}
    soundfile = library(path)
    try:
        with open_regular(path) as file, soundfile.SoundFile(file.fileno(), closefd=False) as sound:
            if sound.format not in FORMATS:
                raise ValueError(f"files of {sound.format} are not read")
            require_rate(sound.samplerate, path)
            start, most = _span(part, seconds, sound.samplerate)
            if start and sound.seek(min(start, sound.frames)) >= sound.frames:
                raise ValueError(f"the part starts at {part.start:g} s, and the sound is shorter")
            samples = _samples(sound, most)
            lacks = part.end is not None and most is not None and len(samples) < most
            return sound.samplerate, samples, {**traits, "mixed": sound.channels > 1, "short": lacks}
    except FileNotFoundError as error:
        raise DataError("no such file", file=path) from error
    except (OSError, RuntimeError, ValueError) as error:  # libsndfile's is a RuntimeError
        reason = getattr(error, "error_string", None) or getattr(error, "strerror", None) or error
        raise DataError(f"the sound cannot be decoded: {reason}", file=path) from error


@dataclass(frozen=True)
class PcmReader(OneByOne):
    """How WAV files of 16 bits, one channel and this rate become arrays: int16 [samples], zeros behind a shorter sound.

    What the decoder gives is this times `PCM_FACTOR`, to the bit. Raises NotPcm on any other sound.
    """

    rate: int
    samples: int

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.samples,)

    def __call__(self, place: str) -> np.ndarray:
        return self.looked(place)[0]

    def looked(self, place: str) -> tuple[np.ndarray, list[str]]:
        head = look_at_head(place)
        is_mono = head.pcm is not None and head.pcm.channels == 1
        found = _pcm(place, head, self.samples / self.rate + MARGIN) if is_mono and head.rate == self.rate else None
        if found is None:
            raise NotPcm
        fitted, change = SoundDecoder(self.rate, self.samples).fitted(found)
        change["silent"] = not found.any()
        return fitted, [name for name, is_so in change.items() if is_so]


class NotPcm(Exception):
    """A sound that is no WAV file of the wanted kind."""


def _pcm(path: str, head: SoundHead, seconds: float | None) -> np.ndarray | None:
    """The samples of a WAV file of 16 bits, channels in turn: int16 [frames * channels].

    None where there are more than are read, or the file has changed by now.
    """
    import numpy as np

    assert head.pcm is not None and head.rate is not None
    frames, channels = head.pcm.frames, head.pcm.channels
    count = frames if seconds is None else min(frames, round(seconds * head.rate))
    if not 0 < count * channels <= MOST_SAMPLES:
        return None
    try:
        content = head.pcm.content(path, count)
    except OSError:
        return None
    if len(content) < 2 * count * channels:
        return None
    return np.frombuffer(content, "<i2")


def _plain(path: str, head: SoundHead, seconds: float | None) -> tuple[int, np.ndarray, dict[str, bool]] | None:
    """As `_mono` of a WAV file of 16 bits: libsndfile gives the same numbers, in three times the time."""
    import numpy as np

    found = _pcm(path, head, seconds)
    if found is None:
        return None
    assert head.pcm is not None and head.rate is not None
    channels, values = head.pcm.channels, np.multiply(found, np.float32(PCM_FACTOR), dtype=np.float32)
    if channels > 1:
        values = values.reshape(-1, channels).mean(axis=1, dtype=np.float32)
    return head.rate, values, {"truncated": False, "mixed": channels > 1, "short": False}


def _span(part: Part, seconds: float | None, rate: int) -> tuple[int, int | None]:
    """The first sample of a part, and how many are read; None: all. Raises ValueError where it has none."""
    start = round((part.start or 0) * rate)
    most = None if seconds is None else round(seconds * rate)
    if part.end is None:
        return start, most
    length = round(part.end * rate) - start
    if length < 1 or start < 0:
        raise ValueError(f"the part from {part.start or 0:g} to {part.end:g} s has no sample")
    return start, length if most is None else min(length, most)


def _samples(sound: Any, most: int | None) -> np.ndarray:
    """The mean of the channels of what follows, at most so many samples. Raises ValueError."""
    import numpy as np

    channels = sound.channels
    limit = MOST_SAMPLES // channels
    too_long = ValueError(f"it has more than {MOST_SAMPLES:,} samples: say `duration`, or cut it into parts")
    if most is None and limit < sound.frames - sound.tell() < UNTOLD:
        raise too_long
    blocks: list[np.ndarray] = []
    done = 0
    while most is None or done < most:
        block = sound.read(min(BLOCK // channels or 1, BLOCK if most is None else most - done), "float32", True)
        if not len(block):
            break
        blocks.append(block.mean(axis=1, dtype=np.float32) if channels > 1 else block[:, 0])
        done += len(block)
        if done > limit:
            raise too_long
    if not done:
        raise ValueError("it has no sample")
    found = np.concatenate(blocks)
    if not np.isfinite(found).all():
        raise ValueError("some of its samples are no numbers (nan or infinite)")
    return found


def resampled(samples: np.ndarray, rate: int, wanted: int, path: str) -> np.ndarray:
    """The samples at another rate: float32, and at least one. Raises DataError where there would be too many."""
    import numpy as np

    if len(samples) * wanted > MOST_SAMPLES * rate:
        raise DataError(f"resampled to {wanted:,} Hz it has more than {MOST_SAMPLES:,} samples", file=path)
    soxr = library(path, "soxr")
    found: np.ndarray = soxr.resample(samples, rate, wanted, quality=QUALITY)
    return found if len(found) else np.zeros(1, np.float32)


def library(path: str, name: str = "soundfile") -> Any:
    """The module of this name. Raises DataError where it is not installed, or lacks its library."""
    from importlib import import_module

    try:
        return import_module(name)
    except (ImportError, OSError) as error:
        hint = "pip install 'nnspec[tf]' brings it"
        raise DataError(f"reading sounds takes the package {name}: {error}", file=path, hint=hint) from error


def require_sample_rate(rate: Any) -> int:
    """Raises DataError on what is no rate to resample to."""
    if not isinstance(rate, int) or isinstance(rate, bool) or not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise DataError(f"`sample_rate` is a whole number of Hz, {LOWEST_RATE:,} or more, not {rate!r}")
    return rate


def samples_of(duration: float | None, rate: int) -> int | None:
    """How many samples a duration in seconds has. Raises DataError where that is none, or too many."""
    if duration is None:
        return None
    count = round(duration * rate) if isinstance(duration, int | float) and abs(duration) < MOST_SAMPLES else 0
    if not 1 <= count <= MOST_SAMPLES:
        raise DataError(f"`duration` is the seconds that every sound has, above 0, not {duration!r}")
    return count


def sample_rate(path: str) -> int:
    """Samples a second, by the file's header. Raises DataError."""
    found = look_at_head(path).rate
    if found is not None:
        return found
    try:
        with open_regular(path) as file, library(path).SoundFile(file.fileno(), closefd=False) as sound:
            require_rate(sound.samplerate, path)
            return int(sound.samplerate)
    except (OSError, RuntimeError, ValueError) as error:
        raise DataError(f"the sound cannot be decoded: {error}", file=path) from error


def encode(raw: Sequence[Any], decoder: SoundDecoder) -> list[np.ndarray]:
    """New sounds: paths, or samples at the decoder's rate, float from -1 to 1 or int16."""
    with pool() as threads:
        found = list(threads.map(partial(encode_one, decoder), raw))
    for number, (item, (samples, traits)) in enumerate(zip(raw, found, strict=True), 1):
        name = str(item) if isinstance(item, str | Path) else f"example {number}"
        if "cut" in traits:
            remark(f"{name}: the network hears the first {len(samples) / decoder.rate:g} s alone")
        if "loud" in traits:
            remark(f"{name}: it has samples beyond -1 and 1, which stay as they are")
    return [samples for samples, _ in found]


def encode_one(decoder: SoundDecoder, item: Any) -> tuple[np.ndarray, list[str]]:
    """A sound as the network takes it, and what was done to it."""
    if isinstance(item, str | Path | Part):
        return decoder.looked(str(item) if isinstance(item, Path) else item)
    import numpy as np

    array = np.asarray(item)
    if array.ndim == 2 and 1 in array.shape:
        array = array.ravel()
    if array.ndim != 1 or not len(array) or array.dtype.kind not in "fi":
        told = f"{array.dtype} {list(array.shape)}"
        raise DataError(f"a sound is its samples in one row, float from -1 to 1 or int16, not {told}")
    if array.dtype.kind == "i" and array.dtype != np.int16:
        raise DataError(f"samples are float from -1 to 1, or int16, not {array.dtype}")
    samples = array.astype(np.float32) / (32768 if array.dtype == np.int16 else 1)
    if not np.isfinite(samples).all():
        raise DataError("some samples of a sound are no numbers (nan or infinite)")
    fitted, change = decoder.fitted(samples)
    change["loud"] = bool(np.abs(samples).max() > 1)
    return fitted, [name for name, is_so in change.items() if is_so]
