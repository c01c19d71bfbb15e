"""Pictures with what a network says of them written below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnspec.console.atomic_files import replacing
from nnspec.console.formatting import visible
from nnspec.data.errors import DataError
from nnspec.data.formats.images import eight_bits, opaque, readable

if TYPE_CHECKING:
    from PIL.Image import Image

LEAST, MOST = 160, 640  # pixels of the longer side of a drawn picture
LINE = 18  # pixels of a line of text
LONGEST = 120  # characters of a line


def draw(answers: Sequence[tuple[Mapping[str, Any], Sequence[str]]], folder: Path) -> list[Path]:
    """Writes a PNG for each prediction of an image, named as the image.

    Args:
        answers: each prediction with the lines that are written below its picture.

    Raises:
        DataError: an input is no picture, or the folder is a link.
        OSError: the folder cannot be written.
    """
    if folder.is_symlink():
        raise DataError("this is a link, and pictures would replace those behind it: name the folder", file=str(folder))
    folder.mkdir(parents=True, exist_ok=True)
    drawn: list[Path] = []
    taken: dict[str, int] = {}
    for prediction, lines in answers:
        given = prediction["input"]
        if not isinstance(given, str) or not Path(given).is_file():
            raise DataError("labels are drawn on files of images, and this input is none", file=str(given)[:200])
        name = _free(Path(given).stem, taken)
        path = folder / f"{name}.png"
        image = _below(readable(given, given, _opened), lines)
        with replacing(path) as scratch:
            image.save(scratch, "PNG")
        drawn.append(path)
    return drawn


def _free(stem: str, taken: dict[str, int]) -> str:
    """A name that no picture has yet. `taken` has all names, and how often each was asked for."""
    name = stem
    while name in taken:
        taken[stem] += 1
        name = f"{stem}-{taken[stem]}"
    taken[name] = 1
    return name


def _opened(image: Image) -> Image:
    """The picture upright, in colours, of a size that text goes with."""
    from PIL import ImageOps
    from PIL.Image import Resampling

    found = opaque(eight_bits(ImageOps.exif_transpose(image))).convert("RGB")
    longer = max(found.size)
    scale = min(max(LEAST / longer, 1), MOST / longer)
    size = (max(round(found.width * scale), 1), max(round(found.height * scale), 1))
    return found.resize(size, Resampling.NEAREST if scale > 1 else Resampling.LANCZOS)


def _short(line: str) -> str:
    """A line that a picture can hold: a label may be as long as a book."""
    return line if len(line) <= LONGEST else f"{line[: LONGEST // 2]}…{line[-LONGEST // 2 :]}"


def _below(picture: Image, lines: Sequence[str]) -> Image:
    """A picture with lines of text in a strip below it, as wide as the longest of them."""
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.load_default(14)
    lines = [_short(visible(line)) for line in lines]
    width = max([picture.width, *(int(font.getlength(line)) + 12 for line in lines)])
    whole = Image.new("RGB", (width, picture.height + LINE * len(lines) + 8), "white")
    whole.paste(picture, ((width - picture.width) // 2, 0))
    pen = ImageDraw.Draw(whole)
    for number, line in enumerate(lines):
        pen.text((6, picture.height + 3 + number * LINE), line, fill="black", font=font)
    return whole
