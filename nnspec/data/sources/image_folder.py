"""A folder of images for each class."""

from __future__ import annotations

import json
import posixpath
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, ClassVar, Literal

from nnspec.data import cache, split
from nnspec.data.errors import DataError
from nnspec.data.formats import images
from nnspec.data.formats.image_listing import class_folders, list_folders
from nnspec.data.formats.images import BYTES, Color, Decoder, Interpolation
from nnspec.data.names import doubtful
from nnspec.data.protocol import Assets, Columns, Examples, Facts, Source, Task, doc, labels_alone, tell
from nnspec.data.table import Column, Dense, FeatureSpec, Files, Table
from nnspec.reading import read_bytes

if TYPE_CHECKING:
    import numpy as np

LOOKED_AT = 1000  # images that are looked at before any is decoded for the training
DECODED_BYTES = 2 << 20  # so many bytes of them are decoded for that
MAX_LIST = 1 << 28  # bytes of a list of images
AT_A_TIME = 256  # images on their way through the threads, so that memory stays bounded


@dataclass(frozen=True)
class ImageFolder(Source):
    """JPEG, PNG, BMP, GIF, WebP and TIFF under `path/<class>/`; the classes are the names of the folders."""

    written_as: ClassVar = "path"

    path: str = field(metadata=doc("The folder that holds a folder for each class.", path=True))
    image_size: Sequence[int] | None = field(
        default=None, metadata=doc("Height and width to resize to; null: images are all of one size already.")
    )
    color: Color = field(default="rgb", metadata=doc("Three channels, or one."))
    on_error: Literal["fail", "skip"] = field(
        default="fail", metadata=doc("Whether an unreadable image ends the loading or is skipped and reported.")
    )
    cache: Literal["auto", "disk", "memory", "none"] = field(
        default="auto",
        metadata=doc(
            "Where decoded images are kept: on disk (auto: in memory where the cache folder cannot be written), "
            "in memory, or nowhere: decoded again for each batch."
        ),
    )
    interpolation: Interpolation = field(default="bilinear", metadata=doc("How images are resized."))
    files: str | None = field(
        default=None,
        metadata=doc("A text file that lists the images to use, one a line, relative to `path`.", path=True),
    )

    def without_files(self) -> Facts:
        return labels_alone()

    def resizing(self) -> str:
        return self.interpolation

    def for_part(self, path: str) -> ImageFolder:
        """The source of a part that the split gives by a path: a list of files, or another folder."""
        if path.lower().endswith(".txt"):
            return replace(self, files=path)
        return replace(self, path=path, files=None)

    def facts(self, base: Path) -> Facts:
        """Lists folders alone: a million images are as quick as ten. A list of files is read."""
        root = base / self.path
        if self.files is not None:
            return Facts(classes=len(set(map(class_of, read_list(base / self.files, root, [])))))
        return Facts(classes=len(class_folders(root, self.path)))

    def listing(self, base: Path) -> ImageExamples:
        examples = self.load(base)
        examples.look_at_some()
        return examples

    def load(self, base: Path) -> ImageExamples:
        root = base / self.path
        problems: list[DataError] = []
        if self.files is None:
            names = list_folders(root, self.path, problems)
        else:
            names = read_list(base / self.files, root, problems)
        return ImageExamples(self, root, names, problems)

    def encode(self, raw: Sequence[Any], assets: Assets, base: Path) -> Mapping[str, Column]:
        """Paths of images, or uint8 arrays, as the column `image`."""
        decoder = self.decoder(tuple(assets.extra["image_size"]))
        return {"image": Dense(images.encode(raw, decoder), FeatureSpec(decoder.shape, "float32"))}

    def decoder(self, size: tuple[int, int]) -> Decoder:
        return Decoder(size, self.color, self.interpolation)


def class_of(name: str) -> str:
    return name.split("/", 1)[0]


def read_list(file: Path, root: Path, problems: list[DataError]) -> list[str]:
    """The names in a list, in its order. Raises DataError, with the line, on one that is not there."""
    try:
        lines = read_bytes(file, MAX_LIST).decode("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"the list of images cannot be read: {error}", file=str(file)) from error
    names = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        name = posixpath.normpath(line.strip())
        if "/" not in name or name.startswith(("/", "..")) or not (root / name).is_file():
            raise DataError(
                f"no image {name!r} in {root}",
                file=str(file),
                line=number,
                hint="a line is class/image, relative to `path`",
            )
        names.append(name)
    if not names:
        raise DataError("the list of images is empty", file=str(file))
    if len(set(names)) < len(names):
        twice = next(name for name, count in Counter(names).items() if count > 1)
        message = f"{len(names) - len(set(names)):,} images are listed more than once, {twice} for one"
        problems.append(DataError(message, file=str(file)))
    return names


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


class ImageExamples(Examples):
    """Images as examples: `image` in, `label` out. Unreadable ones are found when they are decoded, by `table`."""

    task: Task = "classification"

    def __init__(
        self, source: ImageFolder, root: Path, names: Sequence[str], problems: Sequence[DataError] = ()
    ) -> None:
        self.source, self.root, self.names = source, root, names
        self.labels = list(map(class_of, names))
        self.problems = [*problems, *doubtful(Counter(self.labels), str(root))]

    @property
    def files(self) -> list[Path]:  # type: ignore[override]  # made when asked for: there may be millions
        return [self.root / name for name in self.names]

    def __len__(self) -> int:
        return len(self.names)

    def split(self, fractions: Mapping[str, float], seed: int) -> dict[str, list[int]]:
        return split.stratified(self.labels, fractions, seed)

    def fit(self, train: Sequence[int], classes: Sequence[str] | None) -> Assets:
        found = tuple(classes or sorted({self.labels[index] for index in train}))
        if len(found) == 1:
            self.problems.append(DataError(f"there is one class alone, {found[0]!r}", file=str(self.root)))
        if not classes and all(map(str.isdecimal, found)) and list(found) != (ordered := sorted(found, key=int)):
            message = f"classes are in the order of their text, {', '.join(found)}: number 2 is {found[2]!r}"
            hint = f"for the order of numbers say `classes: {json.dumps(ordered)}`"
            self.problems.append(DataError(message, file=str(self.root), hint=hint))
        return Assets(classes=found, extra={"image_size": list(self.size)})

    @property
    def size(self) -> tuple[int, int]:
        """Height and width. Raises DataError where the spec doesn't say and two images differ."""
        if self.source.image_size is not None:
            sizes = list(self.source.image_size)
            if len(sizes) != 2 or min(sizes) < 1:
                raise DataError(f"`image_size` is [height, width], not {sizes}")
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
                        hint="say `image_size: [height, width]`, to which all are resized",
                    )
        if first is None:
            raise DataError("no image can be read", file=str(self.root))
        return first[1]

    def look_at_some(self) -> None:
        """Raises DataError on an image that cannot be read: of a small folder all are decoded, else some heads read."""
        some = self.files[:: -(-len(self) // LOOKED_AT)]
        small = sum(path.stat().st_size for path in some) <= DECODED_BYTES
        if self.source.on_error == "fail":
            with images.pool() as threads:
                read = images.look_at_all if small else images.look_at_head
                for found in threads.map(partial(images.attempt, read), map(str, some)):
                    if isinstance(found, DataError):
                        self.tolerate(found)

    def tolerate(self, error: DataError) -> None:
        """Raises the error unless what cannot be read is to be skipped."""
        if self.source.on_error == "fail":
            error.hint = "say `on_error: skip` to continue without such images"
            raise error

    def columns(self, assets: Assets) -> Columns:
        self.numbers(assets)
        spec = FeatureSpec(self.source.decoder(tuple(assets.extra["image_size"])).shape, "float32")
        return Columns({"image": spec}, {"label": FeatureSpec((), "int32")}, ranges={"image": BYTES})

    def numbers(self, assets: Assets) -> dict[str, int]:
        """By class. Raises DataError on one that the training part has not."""
        assert assets.classes is not None
        numbers = {label: number for number, label in enumerate(assets.classes)}
        for name, label in zip(self.names, self.labels, strict=True):
            if label not in numbers:
                raise DataError(
                    f"the training part has no class {label!r}",
                    file=str(self.root / name),
                    hint=f"classes of the training part: {', '.join(assets.classes)}",
                )
        return numbers

    def table(self, assets: Assets) -> Table:
        """image, uint8 [n, height, width, channels] delivered as float32, 0 to 255; label, int32 [n]."""
        import numpy as np

        numbers = self.numbers(assets)
        decoder = self.source.decoder(tuple(assets.extra["image_size"]))
        column, decoded = self.column(decoder)
        broken = decoded.broken
        self.problems += [DataError(message, file=str(self.root / self.names[index])) for index, message in broken]
        for trait, (count, first) in decoded.traits.items():
            message = f"{count:,} of {len(self):,} images {images.TRAITS[trait]}; {self.names[first]} for one"
            hint = "say `color: grey`" if trait == "grey" and count == len(self) else None
            self.problems.append(DataError(message, file=str(self.root), hint=hint))
        labels = np.array([numbers[label] for label in self.labels], np.int32)
        return Table(
            features={"image": column},
            targets={"label": Dense(labels, FeatureSpec((), "int32"))},
            unusable=frozenset(index for index, _ in broken),
        )

    def column(self, decoder: Decoder) -> tuple[Column, Decoded]:
        """The images, and what decoding them told."""
        import numpy as np

        spec = FeatureSpec(decoder.shape, "float32")
        shape = (len(self), *decoder.shape)
        decoded = Decoded()
        if self.source.cache == "none":
            if self.source.on_error == "skip":
                self.decode(decoder, None, decoded)
            return Files(list(map(str, self.files)), decoder, spec), decoded
        if self.source.cache != "memory":
            try:
                return self.cached(decoder, spec, shape)
            except cache.CacheError as error:
                if self.source.cache == "disk":
                    raise
                self.problems.append(DataError(f"{error.message}: images are kept in memory", file=error.file))
        array = np.zeros(shape, np.uint8)
        self.decode(decoder, array, decoded)
        return Dense(array, spec), decoded

    def cached(self, decoder: Decoder, spec: FeatureSpec, shape: tuple[int, ...]) -> tuple[Dense, Decoded]:
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

    def decode(self, decoder: Decoder, into: np.ndarray | None, decoded: Decoded) -> None:
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

    def texts(self, indices: Sequence[int]) -> list[str]:
        return [self.names[index] for index in indices]

    def report(self, indices: Sequence[int], assets: Assets) -> dict[str, Any]:
        return {}
