"""A folder of images for each class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import Any, ClassVar, Literal

from nnspec.data.errors import DataError
from nnspec.data.folder_examples import FolderExamples
from nnspec.data.formats import images
from nnspec.data.formats.class_folders import Wanted, class_folders, class_of, list_folders, read_list
from nnspec.data.formats.images import BYTES, Color, Decoder, Interpolation
from nnspec.data.image_files import ImageFiles
from nnspec.data.keeping import Cache
from nnspec.data.protocol import Assets, Columns, Facts, Source, doc, labels_alone
from nnspec.data.table import Column, Dense, FeatureSpec, Table
from nnspec.quick_classes import dataclass

WANTED = Wanted("image", "ImageFolder", images.SUFFIXES)


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
            "Where decoded images are kept: on disk, in memory, or nowhere: decoded again for each batch. auto: the "
            "first of them that has room, half of what is free at most; what is not the disk is told."
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
            return Facts(classes=len(set(map(class_of, read_list(base / self.files, root, WANTED, [])))))
        return Facts(classes=len(class_folders(root, WANTED, self.path)))

    def listing(self, base: Path) -> ImageExamples:
        examples = self.load(base)
        examples.decoded.look_at_some()
        return examples

    def load(self, base: Path) -> ImageExamples:
        root = base / self.path
        problems: list[DataError] = []
        if self.files is None:
            names = list_folders(root, WANTED, self.path, problems)
        else:
            names = read_list(base / self.files, root, WANTED, problems)
        return ImageExamples(self, root, names, problems)

    def encode(self, raw: Sequence[Any], assets: Assets, base: Path) -> Mapping[str, Column]:
        """Paths of images, or uint8 arrays, as the column `image`."""
        decoder = self.decoder(tuple(assets.said("image_size")))
        return {"image": Dense(images.encode(raw, decoder), FeatureSpec(decoder.shape, "float32"))}

    def decoder(self, size: tuple[int, int]) -> Decoder:
        return Decoder(size, self.color, self.interpolation, exact=self.image_size is None)


class ImageExamples(FolderExamples):
    """Images as examples: `image` in, `label` out."""

    decoded: ImageFiles

    def __init__(
        self, source: ImageFolder, root: Path, names: Sequence[str], problems: Sequence[DataError] = ()
    ) -> None:
        super().__init__(root, names, problems)
        self.source = source
        self.decoded = ImageFiles(root, names, source.on_error, source.cache, self.problems)

    def fit(self, train: Sequence[int], classes: Sequence[str] | None) -> Assets:
        found = self.classes(train, classes)
        size = self.decoded.size(self.source.image_size, "image_size")
        return Assets(classes=found, extra={"image_size": list(size)})

    def columns(self, assets: Assets) -> Columns:
        self.numbers(assets)
        spec = FeatureSpec(self.source.decoder(tuple(assets.said("image_size"))).shape, "float32")
        return Columns({"image": spec}, {"label": FeatureSpec((), "int32")}, ranges={"image": BYTES})

    def table(self, assets: Assets) -> Table:
        """image, uint8 [n, height, width, channels] delivered as float32, 0 to 255; label, int32 [n]."""
        self.numbers(assets)
        decoder = self.source.decoder(tuple(assets.said("image_size")))
        return self.as_table("image", *self.decoded.column(decoder), assets)
