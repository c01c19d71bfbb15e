"""A folder of images and one of masks: the class of each pixel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Literal

from nnspec.data.errors import DataError, Remark
from nnspec.data.fields.files import Image, Mask
from nnspec.data.fields.same_form import misfits
from nnspec.data.fields.settings import TableColumn
from nnspec.data.formats import images, masks
from nnspec.data.formats.class_folders import NAMED, Wanted
from nnspec.data.formats.delimited_text import Rows
from nnspec.data.formats.images import BYTES, Color, Decoder, Interpolation
from nnspec.data.formats.origins import Origins
from nnspec.data.formats.pairs_of_files import Pairs, moved_path, read_names, refuse_parts
from nnspec.data.keeping import Cache
from nnspec.data.protocol import Assets, Columns, Examples, Facts, Source, Task, doc
from nnspec.data.table import Column, Dense, FeatureSpec, Table

WANTED = Wanted("image", "MaskFolder", images.SUFFIXES)
NO_ROWS = Rows(Origins(None), {}, {}, (), {}, ())  # fields of a table are asked for what they read from files alone


@dataclass(frozen=True)
class MaskFolder(Source):
    """Images, and a mask of the same name for each: the class of every pixel. Folders within are read, too."""

    suffixes: ClassVar = ("/",)
    example_suffixes: ClassVar = images.SUFFIXES
    written_as: ClassVar = "path"

    path: str = field(metadata=doc("The folder of the images.", path=True))
    masks: str = field(
        metadata=doc(
            "The folder of the masks: grey, of a palette, of colours, or with one bit; of the size of the image.",
            path=True,
        )
    )
    values: Mapping[str, Any] | None = field(
        default=None,
        metadata=doc(
            'The classes by pixel of a mask: a number, [red, green, blue] or "#rrggbb"; null: pixels are numbers.'
        ),
    )
    ignore: Any = field(
        default=None,
        metadata=doc(
            "The pixels that are no class, such as 255 for borders, a list of them, or `others`, all that `values` "
            "lacks: they become 255, for `ignore_class: 255`."
        ),
    )
    image_size: tuple[int, int] | None = field(
        default=None,
        metadata=doc(
            "Height and width to resize to, masks by the nearest pixel; null: images are all of one size already."
        ),
    )
    color: Color = field(default="rgb", metadata=doc("Three channels of the images, or one."))
    interpolation: Interpolation = field(default="bilinear", metadata=doc("How images are resized."))
    image_ending: str | None = field(
        default=None,
        metadata=doc("How the names of images end, `_leftImg8bit.png` for one; null: the mask has the same name."),
    )
    mask_ending: str | None = field(
        default=None, metadata=doc("How the names of masks end in its place, `_mask.png` for one; null: the same name.")
    )
    on_error: Literal["fail", "skip"] = field(
        default="fail",
        metadata=doc("Whether an unreadable file, or an image without a mask, ends the loading or is left out, told."),
    )
    cache: Cache = field(
        default="auto", metadata=doc("Where decoded images are kept: on disk, in memory, or nowhere; see ImageFolder.")
    )
    files: str | None = field(
        default=None,
        metadata=doc("A text file that lists the images to use, one a line, relative to `path`.", path=True),
    )

    def __post_init__(self) -> None:
        """Raises DataError on a wrong `values` or `ignore`."""
        masks.ignored_of(self.ignore, masks.table_of(self.values))

    def without_files(self) -> Facts:
        size = (None, None) if self.image_size is None else tuple(self.image_size)
        classes = None if self.values is None else len(self.values)
        return Facts(classes=classes, columns=Columns({}, {"mask": FeatureSpec(size, "int32")}))

    def resizing(self) -> str:
        return self.interpolation

    def for_part(self, path: str) -> MaskFolder:
        """A list of files, or another folder, whose masks lie as those of this one do."""
        if path.lower().endswith(".txt"):
            return replace(self, files=path)
        return replace(self, path=path, masks=self.masks_beside(path), files=None)

    def masks_beside(self, path: str) -> str:
        try:
            return moved_path(self.path, path, self.masks)
        except DataError as error:
            error.hint = f"say both: `{{path: {path}, masks: ...}}`"
            raise

    def listing(self, base: Path) -> MaskExamples:
        examples = self.load(base)
        examples.look_at_some()
        return examples

    def load(self, base: Path) -> MaskExamples:
        root = base / self.path
        pairs = Pairs(root, base / self.masks, WANTED, "mask", self.image_ending, self.mask_ending)
        if self.files is None:
            refuse_parts(root, WANTED)
            left = pairs.find()
        else:
            left = pairs.find(read_names(base / self.files, root, WANTED, self.image_ending))
        problems = [DataError(f"left out: {left}", file=str(root))] if str(left) else []
        if pairs.without:
            error = pairs.absent("list the images to use in `files`, or leave the others out: `on_error: skip`")
            if self.on_error == "fail" or not pairs.names:
                raise error
            error.hint = "they are left out"
            problems.append(error)
        if pairs.lone and self.files is None:
            more = ", ..." if len(pairs.lone) > NAMED else ""
            message = f"masks without an image: {len(pairs.lone):,} ({', '.join(sorted(pairs.lone)[:NAMED])}{more})"
            problems.append(Remark("W0925", message, file=str(pairs.other)))
        return MaskExamples(self, pairs, problems)

    def encode(self, raw: Sequence[Any], assets: Assets, base: Path) -> Mapping[str, Column]:
        """Paths of images, or uint8 arrays, as the column `image`."""
        decoder = Decoder(tuple(assets.said("image_size")), self.color, self.interpolation)
        return {"image": Dense(images.encode(raw, decoder), FeatureSpec(decoder.shape, "float32"))}


class MaskExamples(Examples):
    """`image` in, `mask` out: the class of each pixel."""

    task: Task = "unknown"

    def __init__(self, source: MaskFolder, pairs: Pairs, problems: Sequence[DataError]) -> None:
        self.source, self.pairs = source, pairs
        self.problems: list[DataError] = list(problems)
        told = TableColumn(
            size=source.image_size,
            color=source.color,
            interpolation=source.interpolation,
            values=source.values,
            ignore=source.ignore,
        )
        shared: dict[str, Any] = {"problems": self.problems, "on_error": source.on_error, "cache": source.cache}
        self.image = Image("image", told, {}, False, folder=pairs.root, found=pairs.names, **shared)
        self.mask = Mask("mask", told, {}, True, folder=pairs.other, found=pairs.others, **shared)

    @property
    def files(self) -> list[Path]:  # type: ignore[override]  # made when asked for: there may be millions
        return [*self.image.files(), *self.mask.files()]

    def __len__(self) -> int:
        return len(self.pairs.names)

    def look_at_some(self) -> None:
        """Raises DataError on files that cannot be read, and on a mask of another form than its image."""
        self.image.look_at_some()
        self.mask.look_at_some()
        self.problems += misfits(self.image, self.mask)

    def fit(self, train: Sequence[int], classes: Sequence[str] | None) -> Assets:
        size = self.image.images.size(self.source.image_size, "image_size")
        told = replace(self.mask.told, size=size)  # masks may be smaller where the size is that of the images
        self.mask.told = told
        found = self.mask.fit(NO_ROWS, train, classes)
        return Assets(classes=tuple(found["classes"]), extra={"image_size": list(size)})

    def fitted(self, assets: Assets) -> dict[str, Any]:
        return {"size": assets.said("image_size"), "classes": list(assets.classes or ())}

    def columns(self, assets: Assets) -> Columns:
        fitted = self.fitted(assets)
        span = self.mask.range(NO_ROWS, fitted, None)
        assert span is not None
        return Columns(
            {"image": self.image.spec(fitted)}, {"mask": self.mask.spec(fitted)}, ranges={"image": BYTES, "mask": span}
        )

    def table(self, assets: Assets) -> Table:
        """image, uint8 [n, height, width, channels] delivered as float32, 0 to 255; mask, int32 [n, height, width]."""
        fitted = self.fitted(assets)
        image, mask = self.image.read(NO_ROWS, fitted, None), self.mask.read(NO_ROWS, fitted, None)
        return Table({"image": image.column}, {"mask": mask.column}, unusable=image.unusable | mask.unusable)

    def texts(self, indices: Sequence[int]) -> list[str]:
        return [self.pairs.names[index] for index in indices]
