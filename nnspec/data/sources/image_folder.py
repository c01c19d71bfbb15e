"""A folder of images for each class."""

from __future__ import annotations

import json
import posixpath
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from nnspec.data import split
from nnspec.data.errors import DataError
from nnspec.data.formats import images
from nnspec.data.formats.image_listing import class_folders, list_folders
from nnspec.data.formats.images import BYTES, Color, Decoder, Interpolation
from nnspec.data.image_files import Cache, ImageFiles
from nnspec.data.names import doubtful
from nnspec.data.protocol import Assets, Columns, Examples, Facts, Source, Task, doc, labels_alone
from nnspec.data.table import Column, Dense, FeatureSpec, Table
from nnspec.reading import read_bytes

if TYPE_CHECKING:
    pass

MAX_LIST = 1 << 28  # bytes of a list of images


@dataclass(frozen=True)
class ImageFolder(Source):
    """JPEG, PNG, BMP, GIF, WebP and TIFF under `path/<class>/`; the classes are the names of the folders."""

    suffixes: ClassVar = ("/",)
    example_suffixes: ClassVar = images.SUFFIXES
    written_as: ClassVar = "path"

    path: str = field(metadata=doc("The folder that holds a folder for each class.", path=True))
    image_size: tuple[int, int] | None = field(
        default=None, metadata=doc("Height and width to resize to; null: images are all of one size already.")
    )
    color: Color = field(default="rgb", metadata=doc("Three channels, or one."))
    on_error: Literal["fail", "skip"] = field(
        default="fail", metadata=doc("Whether an unreadable image ends the loading or is skipped and reported.")
    )
    cache: Cache = field(
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
        examples.images.look_at_some()
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
        decoder = self.decoder(tuple(assets.said("image_size")))
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


class ImageExamples(Examples):
    """Images as examples: `image` in, `label` out. Unreadable ones are found when they are decoded, by `table`."""

    task: Task = "classification"

    def __init__(
        self, source: ImageFolder, root: Path, names: Sequence[str], problems: Sequence[DataError] = ()
    ) -> None:
        self.source, self.root, self.names = source, root, names
        self.labels = list(map(class_of, names))
        self.problems = [*problems, *doubtful(Counter(self.labels), str(root))]
        self.images = ImageFiles(root, names, source.on_error, source.cache, self.problems)

    @property
    def files(self) -> list[Path]:  # type: ignore[override]  # made when asked for: there may be millions
        return self.images.files

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
        return Assets(classes=found, extra={"image_size": list(self.images.size(self.source.image_size, "image_size"))})

    def columns(self, assets: Assets) -> Columns:
        self.numbers(assets)
        spec = FeatureSpec(self.source.decoder(tuple(assets.said("image_size"))).shape, "float32")
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
        decoder = self.source.decoder(tuple(assets.said("image_size")))
        column, decoded = self.images.column(decoder)
        self.images.told(decoded)
        labels = np.array([numbers[label] for label in self.labels], np.int32)
        return Table(
            features={"image": column},
            targets={"label": Dense(labels, FeatureSpec((), "int32"))},
            unusable=frozenset(index for index, _ in decoded.broken),
        )

    def texts(self, indices: Sequence[int]) -> list[str]:
        return [self.names[index] for index in indices]

    def report(self, indices: Sequence[int], assets: Assets) -> dict[str, Any]:
        return {}
