"""Many image files that are read alike: their size, decoding them once into the cache, what is to be told of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Literal, Protocol

from nnspec.data import cache
from nnspec.data.errors import DataError
from nnspec.data.formats import images
from nnspec.data.protocol import tell
from nnspec.data.table import Column, Dense, FeatureSpec, Files

if TYPE_CHECKING:
    import numpy as np

LOOKED_AT = 1000  # images that are looked at before any is decoded for the training
DECODED_BYTES = 2 << 20  # so many bytes of them are decoded for that
AT_A_TIME = 256  # images on their way through the threads, so that memory stays bounded
Cache = Literal["auto", "disk", "memory", "none"]


@dataclass
class Decoded:
    """What decoding told, by numbers of images: plain values, kept beside the images.

    Attributes:
        broken: those that cannot be read, and why; traits: of `images.TRAITS`, how many have it, and the first.
    """

    broken: list[tuple[int, str]] = field(default_factory=list)
    traits: dict[str, tuple[int, int]] = field(default_factory=dict)

    def note(self, index: int, traits: Sequence[str]) -> None:
        for trait in traits:
            count, first = self.traits.get(trait, (0, index))
            self.traits[trait] = (count + 1, first)


class Reads(Protocol):
    """How a file becomes an array, uint8 of one shape; with `repr` that tells it from others."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    def __call__(self, path: str) -> np.ndarray: ...

    def looked(self, path: str) -> tuple[np.ndarray, list[str]]: ...


@dataclass
class ImageFiles:
    """
    Attributes:
        names: of the files, relative to `root`.
        problems: gets what is to be told.
    """

    root: Path
    names: Sequence[str]
    on_error: Literal["fail", "skip"]
    cache: Cache
    problems: list[DataError]

    @property
    def files(self) -> list[Path]:
        return [self.root / name for name in self.names]

    def __len__(self) -> int:
        return len(self.names)

    def size(self, told: Sequence[int] | None, argument: str) -> tuple[int, int]:
        """Height and width. Raises DataError where the spec doesn't say and two images differ.

        Args:
            told: what the spec says, under the name of `argument`.
        """
        if told is not None:
            sizes = list(told)
            if len(sizes) != 2 or min(sizes) < 1:
                raise DataError(f"`{argument}` is [height, width], not {sizes}")
            return sizes[0], sizes[1]
        first: tuple[str, tuple[int, int]] | None = None
        with images.pool() as threads:
            found = threads.map(partial(images.attempt, images.image_size), map(str, self.files))
            for name, size in zip(self.names, found, strict=True):
                if isinstance(size, DataError):
                    self.tolerate(size)
                    continue
                first = first or (name, size)
                if size != first[1]:
                    raise DataError(
                        f"{size[0]}x{size[1]} pixels, but {first[0]} has {first[1][0]}x{first[1][1]}",
                        file=str(self.root / name),
                        hint=f"say `{argument}: [height, width]`, to which all are resized",
                    )
        if first is None:
            raise DataError("no image can be read", file=str(self.root))
        return first[1]

    def look_at_some(self, whole: Callable[[str], object] = images.look_at_all) -> None:
        """Raises DataError on an image that cannot be read: of few small ones all are read whole, else some heads."""
        some = self.files[:: -(-len(self) // LOOKED_AT)]
        small = sum(path.stat().st_size for path in some) <= DECODED_BYTES
        if self.on_error == "fail":
            with images.pool() as threads:
                read = whole if small else images.look_at_head
                for found in threads.map(partial(images.attempt, read), map(str, some)):
                    if isinstance(found, DataError):
                        self.tolerate(found)

    def tolerate(self, error: DataError) -> None:
        """Raises the error unless what cannot be read is to be skipped."""
        if self.on_error == "fail":
            error.hint = "say `on_error: skip` to continue without such images"
            raise error

    def column(self, decoder: Reads, dtype: str = "float32") -> tuple[Column, Decoded]:
        """The images, stored as uint8 and given as `dtype`, and what decoding them told."""
        import numpy as np

        spec = FeatureSpec(decoder.shape, dtype)
        shape = (len(self), *decoder.shape)
        decoded = Decoded()
        if self.cache == "none":
            if self.on_error == "skip":
                self.decode(decoder, None, decoded)
            return Files(list(map(str, self.files)), decoder, spec), decoded
        if self.cache != "memory":
            try:
                return self.cached(decoder, spec, shape)
            except cache.CacheError as error:
                if self.cache == "disk":
                    raise
                self.problems.append(DataError(f"{error.message}: images are kept in memory", file=error.file))
        array = np.zeros(shape, np.uint8)
        self.decode(decoder, array, decoded)
        return Dense(array, spec), decoded

    def told(self, decoded: Decoded) -> None:
        """Adds what decoding told to the problems."""
        self.problems += [
            DataError(message, file=str(self.root / self.names[index])) for index, message in decoded.broken
        ]
        for trait, (count, first) in decoded.traits.items():
            message = f"{count:,} of {len(self):,} images {images.TRAITS[trait]}; {self.names[first]} for one"
            hint = "say `color: grey`" if trait == "grey" and count == len(self) else None
            self.problems.append(DataError(message, file=str(self.root), hint=hint))

    def cached(self, decoder: Reads, spec: FeatureSpec, shape: tuple[int, ...]) -> tuple[Dense, Decoded]:
        """From the cache folder; decoded into it the first time."""
        import numpy as np

        key = cache.fingerprint(self.files, decoder, images.VERSION)
        listing = f"images/{key}.json"

        def write_images(file: IO[bytes]) -> None:
            array, decoded = cache.allocate(file, shape, "uint8"), Decoded()
            self.decode(decoder, array, decoded)
            # What is left to do is to find the broken ones again: the list goes first, the images seal it.
            cache.stored(listing, lambda into: into.write(json.dumps(asdict(decoded)).encode()))

        path = cache.stored(f"images/{key}.npy", write_images, self.problems)
        kept = cache.kept(listing)
        if kept is None:  # damaged: it is told by decoding alone
            path.unlink()
            path = cache.stored(f"images/{key}.npy", write_images)
            kept = path.with_suffix(".json")
        decoded = Decoded(**json.loads(kept.read_bytes()))
        for index, message in decoded.broken:
            self.tolerate(DataError(message, file=str(self.root / self.names[index])))
        return Dense(np.load(path, mmap_mode="r"), spec), decoded

    def decode(self, decoder: Reads, into: np.ndarray | None, decoded: Decoded) -> None:
        """Decodes every image into its row, and notes what is to be told.

        Raises DataError on the first image that cannot be read, unless they are to be skipped.
        """
        paths = iter(map(str, self.files))
        done = 0
        with images.pool() as threads:
            while chunk := list(islice(paths, AT_A_TIME)):
                for index, found in enumerate(threads.map(partial(images.attempt, decoder.looked), chunk), done):
                    if isinstance(found, DataError):
                        self.tolerate(found)
                        decoded.broken.append((index, found.message))
                        continue
                    array, traits = found
                    decoded.note(index, traits)
                    if into is not None:
                        into[index] = array
                done += len(chunk)
                tell("decoding images", done, len(self))
