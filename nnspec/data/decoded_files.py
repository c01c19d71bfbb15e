"""Many files that are read alike, images or sounds: decoding them once into the cache, what is to be told of them."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, ClassVar, Literal, Protocol

from nnspec.data import cache
from nnspec.data.cache import CacheError
from nnspec.data.errors import DataError, Remark
from nnspec.data.keeping import Cache, Room, gigabytes, room
from nnspec.data.memory import RESIDENT_BYTES, aligned
from nnspec.data.protocol import tell
from nnspec.data.table import Column, Dense, FeatureSpec, Files
from nnspec.data.threads import attempt, pool

if TYPE_CHECKING:
    import numpy as np

LOOKED_AT = 1000  # files that are looked at before any is decoded for the training
DECODED_BYTES = 2 << 20  # so many bytes of them are decoded for that
AT_A_TIME = 256  # files on their way through the threads, so that memory stays bounded


@dataclass
class Decoded:
    """What decoding told, by numbers of files: plain values, kept beside what was decoded.

    Attributes:
        broken: those that cannot be read, and why; traits: how many have each, and the first.
    """

    broken: list[tuple[int, str]] = field(default_factory=list)
    traits: dict[str, tuple[int, int]] = field(default_factory=dict)

    def note(self, index: int, traits: Sequence[str]) -> None:
        for trait in traits:
            count, first = self.traits.get(trait, (0, index))
            self.traits[trait] = (count + 1, first)


class Reads(Protocol):
    """How a file becomes an array of one shape and type; with `repr` that tells it from others."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    @property
    def at_once(self) -> int:
        """How many files a thread gives to `several`."""

    def __call__(self, place: Any, /) -> np.ndarray: ...

    def looked(self, place: Any, /) -> tuple[np.ndarray, list[str]]: ...

    def several(self, places: Sequence[Any], /) -> list[tuple[np.ndarray, list[str]] | DataError]: ...


def all_of(decoder: Reads, places: Sequence[Any]) -> list[np.ndarray]:
    """Raises DataError on the first that cannot be read."""
    found = []
    for one in decoder.several(places):
        if isinstance(one, DataError):
            raise one
        found.append(one[0])
    return found


@dataclass
class DecodedFiles:
    """
    Attributes:
        names: of the files, relative to `root`.
        problems: gets what is to be told.
    """

    noun: ClassVar[str]  # what one is called
    stored: ClassVar[str]  # the dtype that files are decoded to
    version: ClassVar[int]  # of how they are decoded; what is kept of another one is not used
    says: ClassVar[Mapping[str, str]]  # what is told of each trait

    root: Path
    names: Sequence[str]
    on_error: Literal["fail", "skip"]
    cache: Cache
    problems: list[DataError]

    @property
    def files(self) -> list[Path]:
        return [self.root / name for name in self.names]

    @property
    def paths(self) -> list[str]:
        """The files as texts: of a million, paths alone take seconds."""
        start = "" if self.root == Path() else str(self.root)
        return [os.path.join(start, name) for name in self.names]

    @property
    def places(self) -> Sequence[Any]:
        """What the decoder takes for each: the path, or part of a file."""
        return self.paths

    def __len__(self) -> int:
        return len(self.names)

    def trait_hint(self, trait: str, is_all: bool) -> str | None:
        """What may be done about a trait, of all files or of some."""
        return None

    def look_at_some(self, whole: Callable[[Any], object], head: Callable[[str], object]) -> None:
        """Raises DataError on a file that cannot be read: of few small ones all are read whole, else some heads."""
        if self.on_error != "fail":
            return
        some = self.paths[:: -(-len(self) // LOOKED_AT)]
        small = sum(map(os.path.getsize, some)) <= DECODED_BYTES
        with pool() as threads:
            for found in threads.map(partial(attempt, whole if small else head), some):
                if isinstance(found, DataError):
                    self.tolerate(found)

    def tolerate(self, error: DataError) -> None:
        """Raises the error unless what cannot be read is to be skipped."""
        if self.on_error == "fail":
            error.hint = f"say `on_error: skip` to continue without such {self.noun}s"
            raise error

    def column(self, decoder: Reads, dtype: str = "float32") -> tuple[Column, Decoded]:
        """What is decoded, given as `dtype`, and what decoding told."""
        import numpy as np

        spec = FeatureSpec(decoder.shape, dtype)
        shape = (len(self), *decoder.shape)
        size = math.prod(shape) * np.dtype(self.stored).itemsize
        where = self.where(decoder, size) if self.cache == "auto" else self.cache
        if where == "disk":
            try:
                return self.cached(decoder, spec, shape)
            except CacheError as error:
                where = self.instead(error, size)
        if where == "none":
            broken = self.broken(decoder) if self.on_error == "skip" else Decoded()
            return Files(self.places, decoder, spec, self.stored, partial(all_of, decoder)), broken
        array, decoded = aligned(shape, self.stored), Decoded()
        self.decode(decoder, array, decoded)
        return Dense(array, spec), decoded

    def where(self, decoder: Reads, size: int) -> Cache:
        """Where `auto` keeps what is decoded to so many bytes: where there is room. What is not the disk is told."""
        found = room()
        if found.has("disk", size) or cache.kept(f"{self.key(decoder)}.npy") is not None:
            return "disk"
        return self.without_disk(size, found, f"the cache folder has {gigabytes(found.disk or 0)} free")

    def instead(self, error: CacheError, size: int = 0) -> Cache:
        """Where files are kept as the cache folder cannot be used, which is told. Raises the error where it must be.

        Args:
            size: what is decoded, in bytes; 0: only memory will do.
        """
        if self.cache == "disk":
            raise error
        return self.without_disk(size, room(), error.message)

    def without_disk(self, size: int, found: Room, why: str) -> Cache:
        """Memory, if that has room for so many bytes, else nowhere; tells which."""
        if found.has("memory", size):
            where: Cache = "memory"
            becomes = "they are kept in memory"
        else:
            where = "none"
            becomes = "they are decoded for each batch" + (
                "" if self.on_error == "skip" else ", and one that cannot be read ends the training"
            )
        takes = (
            f"decoded, {len(self):,} {self.noun}s take {gigabytes(size)}" if size else f"{self.noun}s are decoded once"
        )
        message = f"{why}, and {takes}: {becomes}"
        hint = "say `cache: disk`, `memory` or `none` for what is meant; NNSPEC_CACHE names another folder"
        self.problems.append(Remark("W0932", message, file=str(cache.root()), hint=hint))
        return where

    def broken(self, decoder: Reads) -> Decoded:
        """What decoding tells, found once by decoding all without keeping what that gives."""

        def find() -> dict[str, Any]:
            decoded = Decoded()
            self.decode(decoder, None, decoded)
            return asdict(decoded)

        return Decoded(**cache.remembered("told", self.paths, (self.key(decoder),), find))

    def told(self, decoded: Decoded) -> None:
        """Adds what decoding told to the problems."""
        self.problems += [
            DataError(message, file=str(self.root / self.names[index])) for index, message in decoded.broken
        ]
        for trait, (count, first) in decoded.traits.items():
            message = f"{count:,} of {len(self):,} {self.noun}s {self.says[trait]}; {self.names[first]} for one"
            hint = self.trait_hint(trait, count == len(self))
            self.problems.append(Remark("W0924", message, file=str(self.root), hint=hint))

    def key(self, decoder: Reads) -> str:
        """The name of what is kept, which changes with the files and how they are decoded."""
        return f"{self.noun}s/{cache.fingerprint(self.paths, decoder, self.version)}"

    def cached(self, decoder: Reads, spec: FeatureSpec, shape: tuple[int, ...]) -> tuple[Dense, Decoded]:
        """From the cache folder; decoded into it the first time."""
        import numpy as np

        key, made = self.key(decoder), list[np.ndarray]()
        size = math.prod(shape) * np.dtype(self.stored).itemsize
        in_memory = size <= RESIDENT_BYTES and room().has("memory", size)

        def write_files(file: IO[bytes]) -> None:
            array = aligned(shape, self.stored) if in_memory else cache.allocate(file, shape, self.stored)
            decoded = Decoded()
            self.decode(decoder, array, decoded)
            if in_memory:  # it will be wanted there: written as a whole it need not be read again
                np.lib.format.write_array(file, array)
                made.append(array)
            self.keep(key, asdict(decoded))

        path, kept = self.kept(key, ".npy", write_files)
        decoded = Decoded(**kept)
        self.tolerate_all(decoded)
        return Dense(made[-1] if made else np.load(path, mmap_mode="r"), spec), decoded

    def keep(self, key: str, told: Mapping[str, Any]) -> None:
        """What decoding told goes first, what was decoded seals it: else the broken ones had to be found again."""
        cache.stored(f"{key}.json", lambda into: into.write(json.dumps(told).encode()))

    def kept(self, key: str, ending: str, write: Callable[[IO[bytes]], object]) -> tuple[Path, dict[str, Any]]:
        """The file of what was decoded, and what decoding told; `write` makes both."""
        path = cache.stored(key + ending, write, self.problems)
        told = cache.kept(f"{key}.json")
        if told is None:  # damaged: it is told by decoding alone
            path.unlink()
            path = cache.stored(key + ending, write)
            told = path.with_suffix(".json")
        return path, json.loads(told.read_bytes())

    def tolerate_all(self, decoded: Decoded) -> None:
        for index, message in decoded.broken:
            self.tolerate(DataError(message, file=str(self.root / self.names[index])))

    def decode(self, decoder: Reads, into: np.ndarray | None, decoded: Decoded) -> None:
        """Decodes every file into its row, and notes what is to be told.

        Raises DataError on the first file that cannot be read, unless they are to be skipped.
        """

        def take(index: int, array: np.ndarray | None) -> None:
            if into is not None:
                into[index] = 0 if array is None else array

        self.each(decoder, take, decoded)

    def each(self, decoder: Reads, take: Callable[[int, np.ndarray | None], None], decoded: Decoded) -> None:
        """Decodes all files in their order, and gives each, None where it is broken, with its number."""
        places, done, run = iter(self.places), 0, decoder.at_once
        with pool() as threads:
            while chunk := list(islice(places, max(AT_A_TIME, run * (os.cpu_count() or 1)))):
                runs = [chunk[start : start + run] for start in range(0, len(chunk), run)]
                for index, found in enumerate(chain.from_iterable(threads.map(decoder.several, runs)), done):
                    if isinstance(found, DataError):
                        self.tolerate(found)
                        decoded.broken.append((index, found.message))
                        take(index, None)
                    else:
                        take(index, found[0])
                        decoded.note(index, found[1])
                done += len(chunk)
                tell(f"decoding {self.noun}s", done, len(self))
