"""Masks to class numbers, by Pillow: pixels that are numbers already, or stand for a class by a table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nnspec.data.errors import DataError
from nnspec.data.formats.images import readable
from nnspec.data.threads import OneByOne
from nnspec.quick_classes import dataclass

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image

IGNORED = 255  # the number of a pixel that is no class
MOST_CLASSES = 255
MOST_COLOURS = 1 << 16  # of a file that are looked at to see what its pixels are
OTHERS = "others"
HEXADECIMAL = re.compile(r"#[0-9a-fA-F]{6}")
Pixel = int | tuple[int, int, int]
Table = tuple[tuple[str, Pixel], ...]


def pixel(value: Any, where: str) -> Pixel:
    """A pixel as a spec writes it. Raises DataError."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 65535:
        return value
    if isinstance(value, str) and HEXADECIMAL.fullmatch(value):
        return int(value[1:3], 16), int(value[3:5], 16), int(value[5:7], 16)
    if (
        isinstance(value, list | tuple)
        and len(value) == 3
        and all(type(part) is int and 0 <= part < 256 for part in value)
    ):
        return value[0], value[1], value[2]
    raise DataError(f'`{where}`: a pixel is a number, [red, green, blue] or "#rrggbb", not {value!r}')


def table_of(values: Mapping[str, Any] | None) -> Table:
    """The pixels of classes. Raises DataError on two alike, or numbers beside colours."""
    if values is None:
        return ()
    found = tuple((str(name), pixel(value, f"values: {name}")) for name, value in values.items())
    pixels = [value for _, value in found]
    if len(set(pixels)) < len(pixels):
        twice = next(value for value in pixels if pixels.count(value) > 1)
        raise DataError(f"`values` has the pixel {twice} twice: each class has its own")
    if len({isinstance(value, int) for value in pixels}) > 1:
        raise DataError("`values` has numbers and colours: it takes one or the other")
    if not 1 <= len(found) <= MOST_CLASSES:
        raise DataError(f"`values` has {len(found)} classes, not 1 to {MOST_CLASSES}")
    return found


@dataclass(frozen=True)
class Ignored:
    """Which pixels are no class: these, or all that are no other class."""

    pixels: tuple[Pixel, ...] = ()
    others: bool = False

    def __bool__(self) -> bool:
        return bool(self.pixels) or self.others


def ignored_of(value: Any, table: Table) -> Ignored:
    """The pixels of a spec's `ignore`: one, a list of them, or `others`.

    Raises DataError on a pixel that is a class, on numbers beside colours, and on `others` where no class has a pixel.
    """
    if value is None:
        return Ignored()
    if value == OTHERS:
        if not table:
            raise DataError("`ignore: others` takes `values`: the pixels that are no other class")
        return Ignored(others=True)
    several = isinstance(value, list | tuple)
    colour = several and colours(table, Ignored()) and all(isinstance(part, int) for part in value)
    found = tuple(pixel(part, "ignore") for part in (value if several and not colour else [value]))
    for part in found:
        if table and isinstance(part, int) != isinstance(table[0][1], int):
            raise DataError("`ignore` and `values` have numbers and colours: both take one or the other")
        for name, known in table:
            if part == known:
                raise DataError(f"`ignore` has the pixel {part}, which is the class {name!r}")
    return Ignored(found)


@dataclass(frozen=True)
class MaskDecoder(OneByOne):
    """How the file of a mask becomes an array: uint8 [height, width] of class numbers, 255 where it is no class.

    Attributes:
        classes: how many there are. table: the pixel of each; empty: pixels are their numbers.
        ignored: the pixels that are no class.
    """

    size: tuple[int, int]
    classes: int
    table: Table = ()
    ignored: Ignored = Ignored()

    @property
    def shape(self) -> tuple[int, int]:
        return self.size

    def __call__(self, path: str) -> np.ndarray:
        """Raises DataError naming the file, and a pixel that is no class."""
        return readable(path, path, self.numbers)

    def looked(self, path: str) -> tuple[np.ndarray, list[str]]:
        def read(image: Image) -> tuple[np.ndarray, list[str]]:
            return self.numbers(image), ["nearest"] if image.format in ("JPEG", "MPO") and self.table else []

        return readable(path, path, read)

    def numbers(self, image: Image) -> np.ndarray:
        import numpy as np
        from PIL.Image import Resampling

        lossy = image.format in ("JPEG", "MPO")
        image = plain(image, colours(self.table, self.ignored))
        height, width = self.size
        if image.size != (width, height):
            image = image.resize((width, height), Resampling.NEAREST)
        pixels = np.asarray(image).astype(np.int64)
        if pixels.ndim == 3:
            pixels = (pixels[..., 0] << 16) + (pixels[..., 1] << 8) + pixels[..., 2]
        known = [code(value) for _, value in self.table] if self.table else list(range(self.classes))
        found = np.full(pixels.shape, -1, np.int64)
        for number, value in enumerate(known):
            found[pixels == value] = number
        for left_out in self.ignored.pixels:
            found[pixels == code(left_out)] = IGNORED
        if self.ignored.others:
            refuse_lossy(lossy)
            found[found < 0] = IGNORED
        if lossy and self.table:
            strange = found < 0
            found[strange] = nearest(pixels[strange], known)
        if (found < 0).any():
            row, column = map(int, np.argwhere(found < 0)[0])
            told = shown(int(pixels[row, column]), colours(self.table, self.ignored))
            raise ValueError(f"the pixel {told} at row {row}, column {column} is no class{self.known()}")
        return found.astype(np.uint8)

    def known(self) -> str:
        if not self.table:
            return f" of {self.classes}: say `ignore: ...` if it is none, or `values` by class"
        return f": `values` has {', '.join(shown(code(value), not isinstance(value, int)) for _, value in self.table)}"


def refuse_lossy(lossy: bool) -> None:
    if lossy:
        raise ValueError("it is a JPEG, whose pixels are near those of the classes: `ignore: others` cannot be told")


def colours(table: Table, ignored: Ignored) -> bool:
    """Whether pixels are told by their colour."""
    return any(not isinstance(value, int) for value in (*(value for _, value in table), *ignored.pixels))


def code(value: Pixel) -> int:
    return value if isinstance(value, int) else (value[0] << 16) + (value[1] << 8) + value[2]


def shown(value: int, colour: bool) -> str:
    return f"[{value >> 16}, {value >> 8 & 255}, {value & 255}]" if colour else str(value)


def nearest(pixels: np.ndarray, known: list[int]) -> np.ndarray:
    """Of lossy files: the class whose pixel is the nearest."""
    import numpy as np

    def split(values: np.ndarray) -> np.ndarray:
        return np.stack([values >> 16, values >> 8 & 255, values & 255], -1)

    distances = ((split(pixels)[:, None] - split(np.array(known))[None]) ** 2).sum(-1)
    found: np.ndarray = distances.argmin(-1)
    return found


def plain(image: Image, by_colour: bool) -> Image:
    """A mask with one number a pixel, or three where classes are told by colour. Raises ValueError on colours else.

    The colours of a palette are not looked at: its numbers are.
    """
    from PIL import ImageOps

    turned = ImageOps.exif_transpose(image)
    if by_colour:
        return turned.convert("RGB")
    if turned.mode in ("P", "L", "I"):
        return turned
    if turned.mode.startswith("I;16"):
        return turned.convert("I")
    if turned.mode == "1":
        return turned.convert("L").point(bool)
    if turned.mode == "F":
        raise ValueError("its pixels are fractions, not numbers of classes")
    red, green, blue = turned.convert("RGB").split()
    if red.tobytes() == green.tobytes() == blue.tobytes():
        return red
    raise ValueError("its pixels are colours: say which class has which, `values: {road: [128, 64, 128], ...}`")


def pixels_of(image: Image, by_colour: bool) -> list[Any]:
    found = plain(image, by_colour).getcolors(MOST_COLOURS)
    if found is None:
        raise ValueError(f"it has over {MOST_COLOURS:,} different pixels: it is no mask")
    return [value for _, value in found]


def largest(path: str, ignored: Ignored) -> int:
    """The largest class number of a mask whose pixels are numbers. Raises DataError."""

    def read(image: Image) -> int:
        values = [value for value in pixels_of(image, False) if value not in ignored.pixels]
        most = int(max(values, default=0))
        if most > MOST_CLASSES:
            raise ValueError(f"the pixel {most} is no class of at most {MOST_CLASSES}")
        return most

    return readable(path, path, read)


def look_at_all(path: str, table: Table, ignored: Ignored) -> None:
    """Raises DataError on a mask that cannot be read, or with a pixel that the table lacks."""

    def read(image: Image) -> None:
        by_colour, lossy = colours(table, ignored), image.format in ("JPEG", "MPO")
        known = {value for _, value in table} | set(ignored.pixels)
        if ignored.others:
            refuse_lossy(lossy)
        for value in pixels_of(image, by_colour):
            if table and not lossy and not ignored.others and value not in known:
                names = ", ".join(f"{name} {one}" for name, one in table)
                raise ValueError(f"the pixel {value} is no class: `values` has {names}")

    readable(path, path, read)
