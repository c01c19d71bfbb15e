"""Fields whose cells name files: images, masks, arrays and the places of points in an image."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from nnspec.data import cache
from nnspec.data.errors import DataError, Remark
from nnspec.data.fields.field import Field, Fitted, Read
from nnspec.data.fields.file_names import ENDINGS, FileNames
from nnspec.data.formats import images, masks
from nnspec.data.formats.array_headers import ArrayHeader, feature_spec, read_npy_header, target_spec
from nnspec.data.formats.delimited_text import Rows
from nnspec.data.formats.images import BYTES, Decoder
from nnspec.data.formats.masks import IGNORED, MaskDecoder
from nnspec.data.image_files import ImageFiles
from nnspec.data.keeping import Cache
from nnspec.data.numbers import scan
from nnspec.data.protocol import Range
from nnspec.data.table import Column, Dense, FeatureSpec, Files
from nnspec.data.threads import attempt, pool
from nnspec.reading import open_regular

if TYPE_CHECKING:
    import numpy as np

    from nnspec.data.text.vocabulary import Vocabulary

SMALL = 3  # pixels: of an image as small as that nothing can be told
NAMED = 3  # missing files that are told by name


@dataclass
class FileField(Field):
    """
    Attributes:
        folder: that names are relative to.
        found: the file of each row, relative to the folder.
    """

    folder: Path = Path()
    on_error: Any = "fail"
    cache: Cache = "auto"
    found: list[str] = field(default_factory=list)
    in_cells: ClassVar[bool] = False
    endings: ClassVar[frozenset[str]] = ENDINGS  # of files whose names lack theirs

    @property
    def names(self) -> FileNames:
        return FileNames(self.folder, self.told.extension, self.endings)

    def open(self, rows: Rows) -> dict[int, str]:
        names, lacking = self.names, dict[int, str]()
        self.found = []
        known = {text: names.find(text) for text in rows.categories[self.column]}
        for row, text in enumerate(rows.texts(self.column)):
            file = None if text is None else known[text]
            if file is None:
                lacking[row] = text or ""
            self.found.append(file or "")
        if lacking and (len(lacking) == len(rows) or self.told.missing != "skip"):
            raise self.absent(rows, lacking, names)
        return {row: f"column {self.column!r}: no file {name!r}" for row, name in lacking.items()}

    def absent(self, rows: Rows, lacking: dict[int, str], names: FileNames) -> DataError:
        first = next(iter(lacking))
        others = list(lacking.values())[1:NAMED]
        more = f" (nor {', '.join(map(repr, others))}{', ...' if len(lacking) > NAMED else ''})" if others else ""
        message = (
            f"column {self.column!r}: {len(lacking):,} of {len(rows):,} rows have no file; "
            f"{lacking[first]!r} is not in {self.folder}{more}"
        )
        hint = names.hint(lacking.values()) if len(lacking) == len(rows) else None
        return DataError(message, **rows.place(first), hint=hint or "say `missing: skip` to leave such rows out")

    def keep(self, kept: Sequence[int]) -> None:
        self.found = [self.found[row] for row in kept]

    def files(self) -> Sequence[Path]:
        return [self.folder / name for name in self.found]

    def place(self, value: Any, near: Path) -> str:
        """The file of a new example: as it is given, else as the names of the table are. Raises DataError."""
        text = os.fspath(value)
        for names in (FileNames(near, None, self.endings), FileNames(Path(), None, self.endings), self.names):
            file = names.find(text)
            if file is not None:
                return str(names.folder / file)
        raise DataError(f"{self.name}: no such file", file=text)

    def places(self, raw: Sequence[Any], near: Sequence[Path]) -> dict[int, str]:
        """The files of new examples that are given by their names, by number."""
        pairs = enumerate(zip(raw, near, strict=True))
        return {number: self.place(item, folder) for number, (item, folder) in pairs if isinstance(item, str | Path)}


class Image(FileField):
    """An image: float32 [height, width, channels] of 0 to 255."""

    kind = "image"

    @property
    def images(self) -> ImageFiles:
        return ImageFiles(self.folder, self.found, self.on_error, self.cache, self.problems)

    def look_at_some(self) -> None:
        self.images.look_at_some()

    def decoder(self, fitted: Fitted) -> Decoder:
        exact = self.told.size is None
        return Decoder(tuple(fitted["size"]), self.told.color, self.told.interpolation, exact)

    def fit(self, rows: Rows, train: Sequence[int], classes: Sequence[str] | None) -> Fitted:
        return {"type": self.kind, "columns": list(self.cells), "size": list(self.images.size(self.told.size, "size"))}

    def spec(self, fitted: Fitted) -> FeatureSpec:
        return FeatureSpec(self.decoder(fitted).shape, "float32")

    def range(self, rows: Rows, fitted: Fitted, vocabulary: Vocabulary | None) -> Range | None:
        return BYTES

    def read(self, rows: Rows, fitted: Fitted, vocabulary: Vocabulary | None) -> Read:
        column, decoded = self.images.column(self.decoder(fitted))
        self.images.told(decoded)
        return Read(column, frozenset(index for index, _ in decoded.broken))

    def new(
        self, rows: Rows, raw: Sequence[Any], fitted: Fitted, vocabulary: Vocabulary | None, near: Sequence[Path]
    ) -> Column:
        places = self.places(raw, near)
        given = [places.get(number, item) for number, item in enumerate(raw)]
        return Dense(images.encode(given, self.decoder(fitted)), self.spec(fitted))


class Mask(Image):
    """The class of each pixel: int32 [height, width]."""

    kind = "mask"
    has_classes = True

    def mask_decoder(self, fitted: Fitted) -> MaskDecoder:
        return MaskDecoder(tuple(fitted["size"]), len(fitted["classes"]), self.pixels, self.ignored)

    @property
    def pixels(self) -> masks.Table:
        return masks.table_of(self.told.values)

    @property
    def ignored(self) -> masks.Ignored:
        return masks.ignored_of(self.told.ignore, self.pixels)

    def look_at_some(self) -> None:
        self.images.look_at_some(partial(masks.look_at_all, table=self.pixels, ignored=self.ignored))

    def fit(self, rows: Rows, train: Sequence[int], classes: Sequence[str] | None) -> Fitted:
        size = list(self.images.size(self.told.size, "size"))
        if self.told.values is not None:
            names = list(map(str, self.told.values))
            if classes and list(classes) != names:
                raise DataError(f"`classes` are {', '.join(classes)}, but `values` has {', '.join(names)}")
        else:
            names = list(classes or map(str, range(self.largest() + 1)))
        return {"type": self.kind, "columns": list(self.cells), "size": size, "classes": names}

    def largest(self) -> int:
        """The largest class number of all masks. Raises DataError on pixels that are colours."""

        def find() -> int:
            with pool() as threads:
                of_file = partial(masks.largest, ignored=self.ignored)
                found = list(threads.map(partial(attempt, of_file), map(str, self.files())))
            for one in found:
                if isinstance(one, DataError):
                    self.images.tolerate(one)
            return max((one for one in found if isinstance(one, int)), default=0)

        number = int(cache.remembered("masks", list(self.files()), (repr(self.ignored),), find))
        if number > 1 and number == 255 and not self.ignored:
            raise DataError(
                "the masks have pixels of 255, which would be class 255 of 256",
                file=str(self.folder / self.found[0]),
                hint="`values: {background: 0, object: 255}` names classes by pixels; `ignore: 255` leaves some out",
            )
        return number

    def spec(self, fitted: Fitted) -> FeatureSpec:
        if self.is_target:
            return FeatureSpec(tuple(fitted["size"]), "int32")
        return FeatureSpec((*fitted["size"], 1), "float32")

    def range(self, rows: Rows, fitted: Fitted, vocabulary: Vocabulary | None) -> Range | None:
        return (0.0, float(max(len(fitted["classes"]) - 1, IGNORED if self.ignored else 0)))

    def read(self, rows: Rows, fitted: Fitted, vocabulary: Vocabulary | None) -> Read:
        column, decoded = self.images.column(self.mask_decoder(fitted), "int32")
        self.images.told(decoded)
        return Read(self.shaped(column, fitted), frozenset(index for index, _ in decoded.broken))

    def shaped(self, column: Column, fitted: Fitted) -> Column:
        """As an input it has a channel, which is one of size 1 that an array may lack."""
        if isinstance(column, Files) and not self.is_target:
            decoder = self.mask_decoder(fitted)
            return Files(column.paths, lambda path: decoder(path)[..., None], self.spec(fitted))
        return Dense(column.array, self.spec(fitted)) if isinstance(column, Dense) else column

    def new(
        self, rows: Rows, raw: Sequence[Any], fitted: Fitted, vocabulary: Vocabulary | None, near: Sequence[Path]
    ) -> Column:
        import numpy as np

        decoder = self.mask_decoder(fitted)
        return Dense(
            np.stack([decoder(self.place(item, folder)) for item, folder in zip(raw, near, strict=True)]),
            self.spec(fitted),
        )


class Array(FileField):
    """An array in an .npy file of its own, all of one shape; integer targets of no axis are class numbers."""

    kind = "array"

    def fit(self, rows: Rows, train: Sequence[int], classes: Sequence[str] | None) -> Fitted:
        first = self.header(self.found[0])
        return {"type": self.kind, "columns": list(self.cells), "dtype": first.dtype, "shape": list(first.shape)}

    def check(self, rows: Rows, fitted: Fitted) -> None:
        for name, header in zip(self.found, map(self.header, self.found), strict=True):
            if (header.dtype, list(header.shape)) != (fitted["dtype"], fitted["shape"]):
                message = f"the array is {header.dtype} {list(header.shape)}, but the first of training is "
                message += f"{fitted['dtype']} {fitted['shape']}"
                raise DataError(message, file=str(self.folder / name), hint="save them in one type and shape")

    def header(self, name: str) -> ArrayHeader:
        try:
            with open_regular(self.folder / name) as file:
                return read_npy_header(file)
        except (OSError, ValueError) as error:
            raise DataError(f"the array cannot be read: {error}", file=str(self.folder / name)) from error

    def spec(self, fitted: Fitted) -> FeatureSpec:
        header = ArrayHeader(fitted["dtype"], (1, *fitted["shape"]))
        return (target_spec if self.is_target else feature_spec)(header, self.name, str(self.folder))

    def read(self, rows: Rows, fitted: Fitted, vocabulary: Vocabulary | None) -> Read:
        return Read(self.loaded(list(map(str, self.files())), fitted))

    def loaded(self, paths: Sequence[str], fitted: Fitted) -> Files:
        import numpy as np

        spec = self.spec(fitted)
        shape = tuple(size or 0 for size in spec.shape)
        return Files(
            paths,
            array_reader(self.name, tuple(fitted["shape"]), shape),
            spec,
            np.dtype(fitted["dtype"]).newbyteorder("=").name,
        )

    def new(
        self, rows: Rows, raw: Sequence[Any], fitted: Fitted, vocabulary: Vocabulary | None, near: Sequence[Path]
    ) -> Column:
        import numpy as np

        if all(isinstance(item, str | Path) for item in raw):
            return self.loaded(list(self.places(raw, near).values()), fitted)
        values = np.stack([np.asarray(item) for item in raw])
        if list(values.shape[1:]) != fitted["shape"]:
            raise DataError(f"{self.name} has the shape {list(values.shape[1:])}, but training saw {fitted['shape']}")
        return Dense(values, self.spec(fitted))


def array_reader(name: str, saved: tuple[int, ...], shape: tuple[int, ...]) -> Callable[[str], np.ndarray]:
    """A function from the path of an .npy file to its array. It raises DataError on one of another shape, or on nan."""

    def read(path: str) -> np.ndarray:
        from nnspec.data.array_examples import load_npy, native

        array = load_npy(Path(path))
        if array.shape != saved:
            raise DataError(f"{name} has the shape {list(array.shape)}, but the first has {list(saved)}", file=path)
        scan(array[None], name, path)
        return native(array).reshape(shape)

    return read


@dataclass
class Points(Field):
    """Places in an image, x and y in turn, in its pixels as it is resized: float32 [2 * points]."""

    kind: ClassVar = "points"
    image: Image | None = None

    def fit(self, rows: Rows, train: Sequence[int], classes: Sequence[str] | None) -> Fitted:
        if len(self.cells) % 2:
            raise DataError(f"`{self.name}` has {len(self.cells)} columns: points are x and y in turn")
        size = None if self.image is None else list(self.image.images.size(self.image.told.size, "size"))
        return {"type": self.kind, "columns": list(self.cells), "size": size}

    def spec(self, fitted: Fitted) -> FeatureSpec:
        return FeatureSpec((len(self.cells),), "float32")

    def check(self, rows: Rows, fitted: Fitted) -> None:
        """Remarks on points that lie in no image, and on all of them where they are hardly pixels."""
        if self.image is None or self.problems:
            return
        columns = [rows.column(name) for name in self.cells]
        sizes = self.sizes()
        outside = [
            row
            for row, (high, wide) in enumerate(sizes)
            if high and wide and not all(0 <= column[row] <= (wide, high)[at % 2] for at, column in enumerate(columns))
        ]
        if outside:
            message = f"`{self.name}`: {len(outside):,} of {len(rows):,} rows have a point outside of their image"
            hint = "points are x and y in turn, in pixels; a number for a point that is absent is learnt as a place"
            self.problems.append(Remark("W0927", message, **rows.place(outside[0]), hint=hint))
        elif max(map(max, columns)) <= 1 < min(map(min, sizes)) - SMALL:
            message = f"`{self.name}`: every point lies in the first pixel of its image: are they shares of its size?"
            self.problems.append(Remark("W0927", message, file=rows.file, hint="points are in pixels"))

    def sizes(self) -> list[list[int]]:
        """Height and width of each image as it is shown, by the headers; kept, so that they are read once."""
        assert self.image is not None
        paths = list(self.image.files())

        def find() -> list[list[int]]:
            with pool() as threads:
                found = list(threads.map(partial(attempt, images.image_size), map(str, paths)))
            return [[0, 0] if isinstance(size, DataError) else list(size) for size in found]

        sizes: list[list[int]] = cache.remembered("sizes", paths, (), find)
        return sizes

    def range(self, rows: Rows, fitted: Fitted, vocabulary: Vocabulary | None) -> Range | None:
        if self.image is None:
            spans = [(min(rows.column(name)), max(rows.column(name))) for name in self.cells]
            return min(span[0] for span in spans), max(span[1] for span in spans)
        moved = list(self.moved(rows, fitted))
        return min(map(min, moved)), max(map(max, moved))

    def moved(self, rows: Rows, fitted: Fitted) -> list[list[float]]:
        """The places of each row, in pixels of the resized image."""
        columns = [rows.column(name) for name in self.cells]
        if self.image is None:
            return [[column[row] for column in columns] for row in range(len(rows))]
        height, width = fitted["size"]
        found = []
        for row, (high, wide) in enumerate(self.sizes()):
            scales = (width / wide, height / high) if high and wide else (1.0, 1.0)
            found.append([column[row] * scales[place % 2] for place, column in enumerate(columns)])
        return found

    def read(self, rows: Rows, fitted: Fitted, vocabulary: Vocabulary | None) -> Read:
        import numpy as np

        array = np.array(self.moved(rows, fitted), np.float32).reshape(len(rows), len(self.cells))
        return Read(Dense(array, self.spec(fitted)))
