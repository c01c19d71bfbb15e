"""Many sound files that are read alike: of one length, or each of its own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, ClassVar

from nnspec.data import cache
from nnspec.data.cache import CacheError
from nnspec.data.decoded_files import Decoded, DecodedFiles, Reads
from nnspec.data.errors import DataError
from nnspec.data.formats import sounds
from nnspec.data.formats.sound_heads import look_at_head
from nnspec.data.formats.sounds import PCM_FACTOR, SPAN, NotPcm, Part, PcmReader, SoundDecoder
from nnspec.data.keeping import room
from nnspec.data.memory import RESIDENT_BYTES, aligned
from nnspec.data.table import Column, Dense, FeatureSpec, Ragged
from nnspec.data.threads import attempt, pool

if TYPE_CHECKING:
    import numpy as np


FEW = 16  # files that are looked at before all are read


@dataclass
class SoundFiles(DecodedFiles):
    """Sounds, decoded to float32.

    Attributes:
        spans: the part of each that is read, start and end in seconds; None: all of all.
    """

    noun: ClassVar = "sound"
    stored: ClassVar = "float32"
    version: ClassVar = sounds.VERSION
    says: ClassVar = sounds.TRAITS

    spans: Sequence[tuple[float | None, float | None]] | None = None

    @property
    def places(self) -> Sequence[Any]:
        if self.spans is None:
            return self.paths
        return [Part(path, *span) for path, span in zip(self.paths, self.spans, strict=True)]

    def rate(self, told: int | None) -> int:
        """Samples a second. Raises DataError where the spec does not say and two sounds differ."""
        if told is not None:
            return sounds.require_sample_rate(told)
        first: tuple[Path, int] | None = None
        files = list(dict.fromkeys(self.files))
        with pool() as threads:
            found = threads.map(partial(attempt, sounds.sample_rate), map(str, files))
            for file, rate in zip(files, found, strict=True):
                if isinstance(rate, DataError):
                    self.tolerate(rate)
                    continue
                first = first or (file, rate)
                if rate != first[1]:
                    message = f"{rate:,} samples a second, but {first[0].name} has {first[1]:,}"
                    hint = f"say `sample_rate: {min(rate, first[1])}`, to which all are resampled"
                    raise DataError(message, file=str(file), hint=hint)
        if first is None:
            raise DataError("no sound can be read", file=str(self.root))
        return first[1]

    def look_at_heads(self) -> None:
        """Raises DataError on a file that is no sound, as far as some heads tell."""
        self.look_at_some(look_at_head, look_at_head)

    def trait_hint(self, trait: str, is_all: bool) -> str | None:
        return "say a longer `duration` if what is cut off matters" if trait == "cut" else None

    def key(self, decoder: Reads) -> str:
        spans = None if self.spans is None else list(self.spans)
        return f"sounds/{cache.fingerprint(self.paths, decoder, self.version, spans)}"

    def sounds(self, decoder: SoundDecoder) -> tuple[Column, Decoded]:
        """The samples, float32, and what decoding told."""
        if decoder.samples is not None:
            return self.as_they_are(decoder.rate, decoder.samples) or self.column(decoder)
        if self.cache == "none":
            hint = "say `duration`, or another `cache`"
            raise DataError("sounds of their own length are decoded once: `cache: none` cannot do that", hint=hint)
        if self.cache != "memory":
            try:
                return self.kept_lengths(decoder)
            except CacheError as error:
                self.instead(error)
        decoded, parts = Decoded(), list[Any]()
        self.each(decoder, lambda _, samples: parts.append(samples), decoded)
        return _in_memory(parts), decoded

    def as_they_are(self, rate: int, samples: int) -> tuple[Column, Decoded] | None:
        """WAV files of 16 bits, one channel and this rate, in memory: they are read as fast as a copy in the cache.

        None where some, or their parts, are others, where they are kept elsewhere, or where there is no room.
        """
        shape, reader = (len(self), samples), PcmReader(rate, samples)
        size = math.prod(shape) * 2
        if self.cache not in ("auto", "memory") or self.spans is not None or size > RESIDENT_BYTES:
            return None
        some = self.paths[:: -(-len(self) // FEW)]
        array, decoded = aligned(shape, "int16"), Decoded()
        try:
            if not room().has("memory", size) or any(isinstance(found, DataError) for found in reader.several(some)):
                return None
            self.decode(reader, array, decoded)
        except NotPcm:
            return None
        return Dense(array, FeatureSpec((samples,), "float32"), factor=PCM_FACTOR), decoded

    def kept_lengths(self, decoder: SoundDecoder) -> tuple[Ragged, Decoded]:
        """All samples one after another in a file of the cache, their numbers beside what decoding told."""
        import numpy as np

        key = self.key(decoder)

        def write(file: IO[bytes]) -> None:
            decoded, lengths = Decoded(), list[int]()

            def take(_: int, samples: np.ndarray | None) -> None:
                lengths.append(0 if samples is None else len(samples))
                if samples is not None:
                    file.write(samples.astype("<f4").tobytes())

            self.each(decoder, take, decoded)
            self.keep(key, {**asdict(decoded), "lengths": lengths})

        path, kept = self.kept(key, ".f32", write)
        offsets = np.cumsum([0, *kept.pop("lengths")], dtype=np.int64)
        decoded = Decoded(**kept)
        self.tolerate_all(decoded)
        flat = np.memmap(path, "<f4", "r") if path.stat().st_size else np.zeros(0, np.float32)
        return Ragged(flat, offsets, FeatureSpec((None,), "float32")), decoded


def _in_memory(parts: Sequence[np.ndarray | None]) -> Ragged:
    import numpy as np

    whole = [np.zeros(0, np.float32) if samples is None else samples for samples in parts]
    offsets = np.cumsum([0, *map(len, whole)], dtype=np.int64)
    return Ragged(np.concatenate(whole), offsets, FeatureSpec((None,), "float32"))


def new_sounds(raw: Sequence[Any], decoder: SoundDecoder) -> Column:
    """New examples as a column."""
    import numpy as np

    found = sounds.encode(raw, decoder)
    if decoder.samples is None:
        return _in_memory(found)
    return Dense(np.stack(found), FeatureSpec(decoder.shape, "float32"))


def described(rate: int, samples: int | None) -> dict[str, Any]:
    """How an app makes a sound for the network."""
    return {
        "kind": "sound",
        "meaning": "samples from -1 to 1 at this rate, the mean of the channels; "
        + ("as many as there are" if samples is None else "zeros follow what is shorter, what is longer is cut off"),
        "sample_rate": rate,
        "samples": samples,
        "range": list(SPAN),
    }
