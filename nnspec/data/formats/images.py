"""Image files to arrays, by Pillow.

Pillow against TensorFlow's decoder: it honours the camera's orientation, averages when it shrinks instead of
picking pixels, reads CMYK JPEG, palettes and 16 bits, and is there without TensorFlow. It takes 0.5 ms for a small
photo instead of 0.3, once, since decoded images are cached. `draft` lets libjpeg shrink a large photo in the
frequency domain while decoding, to no less than twice the wanted size: ten times faster at 12 megapixels, and
the pixels differ by 0.1 of 255 on average.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from nnspec.data.errors import DataError
from nnspec.data.formats import quick_images
from nnspec.data.formats.signatures import HEAD_BYTES, refuse_pointer
from nnspec.data.threads import attempt, pool
from nnspec.quick_classes import dataclass
from nnspec.reading import open_regular

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image

Color = Literal["rgb", "grey"]
Interpolation = Literal["nearest", "bilinear", "bicubic", "lanczos"]
SUFFIXES = frozenset({".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff"})
FORMATS = ("JPEG", "PNG", "BMP", "GIF", "WEBP", "TIFF")  # of the content, whatever the ending: no others are parsed
VERSION = 2  # of how images are decoded; what is kept of another one is not used
MOST_PIXELS = 50_000_000
BITS, BITS_OF_FULL = 258, 32  # the tag of a TIFF file, and what it says of whole numbers of full width
THIRTY_TWO = "its pixels have 32 bits: save it with 8 or 16, or read it by Arrays"
STRETCHED = 1.5  # times wider or higher than `image_size` would have it, from which on it is told
# What is told of images that are read as something else than a person might think.
TRAITS = {
    "transparent": "have transparent pixels: white is put behind them",
    "frames": "have several frames: the first is read",
    "grey": "are grey: their three channels are alike",
    "deep": "have 16 bits: the upper 8 are read",
    "nearest": "are masks saved as JPEG, which changes pixels: each is taken for the class of the nearest one",
    "resized": "are of another size than those of the training: they are resized",
    "stretched": f"are stretched to `image_size`, by more than {STRETCHED} times",
}
MODES = {"rgb": "RGB", "grey": "L"}
CHANNELS = {"rgb": 3, "grey": 1}
REDUCED_TO = 2  # times the larger side of the wanted size: to no less a JPEG is shrunk while it is decoded
JPEG_SHARES = ("1/1", "1/2", "1/4", "1/8")  # of its width and height, as libjpeg can
BYTES = (0.0, 255.0)  # the range of what a decoder gives
T = TypeVar("T")


@dataclass(frozen=True)
class Decoder:
    """How an image file becomes an array: uint8 [height, width, channels].

    Attributes:
        exact: whether images are taken to have this size, since the spec names none.
    """

    size: tuple[int, int]
    color: Color = "rgb"
    interpolation: Interpolation = "bilinear"
    exact: bool = False

    @property
    def shape(self) -> tuple[int, int, int]:
        return (*self.size, CHANNELS[self.color])

    @property
    def at_once(self) -> int:
        return quick_images.AT_ONCE if quick_images.are_small(self.size) else 1

    def __call__(self, path: str) -> np.ndarray:
        """Raises DataError naming the file if it is no image, or only part of one."""
        return readable(path, path, self.pixels)

    def content(self, content: bytes, where: str) -> np.ndarray:
        """As with a file, of an image's bytes that stand in another file; `where` names it in errors."""
        return readable(BytesIO(content), where, self.pixels)

    def looked(self, path: str) -> tuple[np.ndarray, list[str]]:
        """The array, and which of `TRAITS` the image has. Raises DataError as the call."""

        def read(image: Image) -> tuple[np.ndarray, list[str]]:
            traits = self.traits(image)  # first: decoding may change what the header says
            return self.pixels(image), traits

        return readable(path, path, read)

    def several(self, paths: Sequence[str]) -> list[tuple[np.ndarray, list[str]] | DataError]:
        """As `looked` of each, with the error of what cannot be read."""
        found = quick_images.decoded(
            [quick_images.content(path, self.size) for path in paths], self.size, CHANNELS[self.color]
        )
        return [
            attempt(self.looked, path) if one is None else (one.array, ["grey"] * (one.is_grey and self.color == "rgb"))
            for path, one in zip(paths, found, strict=True)
        ]

    def contents(self, contents: Sequence[bytes], where: Sequence[str]) -> np.ndarray:
        """As `content` of each: uint8 [n, height, width, channels]."""
        import numpy as np

        found = quick_images.decoded(contents, self.size, CHANNELS[self.color])
        return np.stack(
            [
                self.content(content, place) if one is None else one.array
                for content, place, one in zip(contents, where, found, strict=True)
            ]
        )

    def traits(self, image: Image) -> list[str]:
        height, width = shown_size(image)
        ratio = width * self.size[0] / (height * self.size[1])
        found: dict[str, bool] = {
            "transparent": is_transparent(image),
            "frames": image.format != "MPO" and getattr(image, "is_animated", False),
            "grey": self.color == "rgb" and (image.mode in ("1", "L", "LA") or image.mode.startswith("I")),
            "deep": image.mode.startswith("I"),
            "resized": self.exact and (height, width) != self.size,
            "stretched": not 1 / STRETCHED <= ratio <= STRETCHED,
        }
        return [name for name, is_so in found.items() if is_so]

    def pixels(self, image: Image) -> np.ndarray:
        import numpy as np
        from PIL import ImageOps
        from PIL.Image import Resampling

        height, width = self.size
        most = REDUCED_TO * max(self.size)  # either way round: the orientation is applied later
        image.draft(MODES[self.color], (most, most))
        image = opaque(eight_bits(ImageOps.exif_transpose(image))).convert(MODES[self.color])
        if image.size != (width, height):
            image = image.resize((width, height), Resampling[self.interpolation.upper()])
        return np.asarray(image, np.uint8).reshape(self.shape)


def readable(file: str | BytesIO, path: str, read: Callable[[Image], T]) -> T:
    """What `read` makes of the opened image. Raises DataError naming the file where it cannot be read."""
    from PIL import Image, UnidentifiedImageError

    try:
        opened = open_regular(file) if isinstance(file, str) else nullcontext(file)
        with opened as content, Image.open(content, formats=FORMATS) as image:
            refuse_large(image)
            refuse_wide(image)
            return read(image)
    except UnidentifiedImageError as error:
        if isinstance(file, str):
            with open_regular(file) as content:
                refuse_pointer(content.read(HEAD_BYTES), file)
        empty = isinstance(file, str) and os.path.getsize(file) == 0
        raise DataError("the file is empty" if empty else "the file is no image", file=path) from error
    except Image.DecompressionBombError as error:
        raise DataError(str(error), file=path) from error
    except FileNotFoundError as error:
        raise DataError("no such file", file=path) from error
    # A broken image is OSError, SyntaxError (PNG), ValueError, EOFError or struct.error, by format and place.
    except Exception as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"the image cannot be decoded: {reason}", file=path) from error


def refuse_large(image: Image) -> None:
    """Raises ValueError on more pixels than fit the memory; a JPEG is shrunk while it is decoded."""
    width, height = image.size
    if width * height > MOST_PIXELS and image.format not in ("JPEG", "MPO"):
        raise ValueError(f"{width:,} x {height:,} pixels are more than {MOST_PIXELS:,}: save it smaller, or as JPEG")


def refuse_wide(image: Image) -> None:
    """Raises ValueError on a TIFF file of 32 bits, whose pixels may be of any range. PGM has 16 bits in such a mode."""
    if image.mode == "I" and BITS_OF_FULL in (getattr(image, "tag_v2", {}).get(BITS) or ()):
        raise ValueError(THIRTY_TWO)


def eight_bits(image: Image) -> Image:
    """16-bit grey to 8: converting such an image directly would clip it at 255. Raises ValueError on more bits."""
    refuse_fractions(image)
    if not image.mode.startswith("I"):
        image.load()
        return image
    import numpy as np
    from PIL import Image as images

    pixels = np.asarray(image)
    if pixels.min() < 0 or pixels.max() > 65535:
        raise ValueError(THIRTY_TWO)
    return images.fromarray((pixels >> 8).astype(np.uint8))


def refuse_fractions(image: Image) -> None:
    if image.mode == "F":
        raise ValueError("its pixels are fractions: save it with 8 or 16 bits, or read it by Arrays")


def is_transparent(image: Image) -> bool:
    """Whether an image has pixels that are not fully opaque."""
    if image.mode not in ("RGBA", "LA", "PA") and "transparency" not in image.info:
        return False
    low, _ = image.convert("RGBA").getchannel("A").getextrema()
    return bool(low < 255)  # type: ignore[operator]


def opaque(image: Image) -> Image:
    """An image with white behind what is transparent: below it may lie anything."""
    if not is_transparent(image):
        return image
    from PIL import Image as images

    return images.alpha_composite(images.new("RGBA", image.size, "white"), image.convert("RGBA")).convert("RGB")


def look_at_head(path: str) -> None:
    """Raises DataError on a file that is no image, or one of pixels that are not read."""
    readable(path, path, refuse_fractions)


def look_at_all(path: str) -> None:
    """As `look_at_head`, and on an image that cannot be decoded."""
    readable(path, path, eight_bits)


def image_size(path: str) -> tuple[int, int]:
    """Height and width as shown, by the file's header."""
    return readable(path, path, shown_size)


def shown_size(image: Image) -> tuple[int, int]:
    """Height and width as a person sees it, who turns it as the camera's note says."""
    turned = image.getexif().get(0x0112, 1) >= 5  # orientations 5 to 8 lie on their side
    width, height = image.size
    return (width, height) if turned else (height, width)


def encode(raw: Sequence[Any], decoder: Decoder) -> np.ndarray:
    """New images, paths or uint8 arrays of any size, as uint8 [n, height, width, channels]."""
    import numpy as np

    with pool() as threads:
        return np.stack(list(threads.map(partial(encode_one, decoder), raw)))


def encode_one(decoder: Decoder, item: Any) -> np.ndarray:
    if isinstance(item, str | Path):
        return decoder(str(item))
    import numpy as np
    from PIL import Image

    array = np.asarray(item)
    if array.dtype != np.uint8 or array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (1, 3, 4)):
        raise DataError(
            f"an image is uint8 [height, width] or [height, width, channels], not {array.dtype} {list(array.shape)}"
        )
    return decoder.pixels(Image.fromarray(array[:, :, 0] if array.shape[2:] == (1,) else array))
