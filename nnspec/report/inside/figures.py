"""Arrays as pictures: tiles, heat maps with words under them, a map laid over an image. Pillow alone draws them."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnspec.data.formats.thumbnails import full_range

# Matplotlib's viridis (CC0) and ColorBrewer's RdBu at equal distances: both are read well by colour-blind people.
VIRIDIS = tuple(
    bytes.fromhex(code)
    for code in ["440154", "482878", "3e4a89", "31688e", "26828e", "1f9e89", "35b779", "6dcd59", "b4de2c", "fde725"]
)
RED_BLUE = tuple(
    bytes.fromhex(code)
    for code in ["2166ac", "4393c3", "92c5de", "d1e5f0", "f7f7f7", "fddbc7", "f4a582", "d6604d", "b2182b"]
)
BACK, INK, SOFT = (255, 255, 255), (27, 35, 48), (86, 98, 116)
GAP, SIZE, SMALL = 2, 13, 11
SIDE = 320  # pixels of the longer side of an image under a map


@dataclass(frozen=True)
class Figure:
    """A picture with what it shows. ``name`` is a file's, without its ending; ``note`` tells of what was left out."""

    name: str
    title: str
    note: str
    image: Any  # PIL.Image.Image

    @property
    def png(self) -> bytes:
        file = io.BytesIO()
        self.image.save(file, "PNG", optimize=True)
        return file.getvalue()

    @property
    def address(self) -> str:
        return f"data:image/png;base64,{base64.b64encode(self.png).decode()}"


def coloured(values: np.ndarray, low: float, high: float, colours: Sequence[bytes]) -> np.ndarray:
    """Numbers [...] as colours [..., 3], uint8; what is no number is grey."""
    scale = np.linspace(0, 1, len(colours))
    known = np.isfinite(values)
    share = np.clip((np.where(known, values, low) - low) / (high - low or 1), 0, 1)
    found = np.stack([np.interp(share, scale, [colour[channel] for colour in colours]) for channel in range(3)], -1)
    return np.where(known[..., None], found, 190).astype(np.uint8)


def tiles(images: np.ndarray, width: int = 640) -> Any:
    """Images [count, height, width] or [count, height, width, 3] side by side, each over its own range."""
    from PIL import Image

    count, height, across = images.shape[:3]
    columns = min(count, max(1, round(math.sqrt(count * 2 * height / across))))
    zoom = max(1, min(round(width / columns / across), 96 // max(1, min(height, across))))
    cell = (across * zoom + GAP, height * zoom + GAP)
    canvas = Image.new("RGB", (columns * cell[0] - GAP, -(-count // columns) * cell[1] - GAP), BACK)
    for number, image in enumerate(images):
        shown = (
            full_range(image) if image.ndim == 3 else coloured(image, float(image.min()), float(image.max()), VIRIDIS)
        )
        picture = Image.fromarray(shown).resize((across * zoom, height * zoom), Image.Resampling.NEAREST)
        canvas.paste(picture, (number % columns * cell[0], number // columns * cell[1]))
    return canvas


def heat_map(values: np.ndarray, words: Sequence[str] | None, rows: Sequence[str] | None, *, signed: bool) -> Any:
    """A matrix [rows, steps] with its scale, words under the steps, and names before the rows where there are any.

    Args:
        signed: blue below zero and red above it, with zero in the middle; else dark to light over 0 to 1 and beyond.
    """
    from PIL import Image

    bound = float(np.nanmax(np.abs(values))) if values.size else 1.0
    low, high = (-bound, bound) if signed else (min(0.0, float(np.nanmin(values))), max(1.0, float(np.nanmax(values))))
    count, steps = values.shape
    wide = max(2, min(44, 900 // max(1, steps))) if words is None else max(22, min(44, 1200 // max(1, steps)))
    tall = max(2, min(18, 420 // max(1, count)))
    left = max((_width(name, SMALL) for name in rows), default=0) + 8 if rows else 0
    below = max((_width(word, SMALL) for word in words), default=0) + 10 if words else 16
    scale_height = 30
    canvas = Image.new("RGB", (left + steps * wide, count * tall + below + scale_height), BACK)
    colours = coloured(values, low, high, RED_BLUE if signed else VIRIDIS)
    canvas.paste(Image.fromarray(colours).resize((steps * wide, count * tall), Image.Resampling.NEAREST), (left, 0))
    for number, name in enumerate(rows or ()):
        _write(canvas, (left - 6 - _width(name, SMALL), number * tall + tall // 2 - 7), name, SMALL)
    for number, word in enumerate(words or ()):
        _upright(canvas, (left + number * wide + wide // 2 - 7, count * tall + 4), word)
    if words is None:
        _write(canvas, (left, count * tall + 2), "step 1", SMALL, SOFT)
        _write(canvas, (max(left, left + steps * wide - 60), count * tall + 2), f"step {steps}", SMALL, SOFT)
    return _scaled(canvas, low, high, RED_BLUE if signed else VIRIDIS, left, canvas.height - 24)


def _scaled(canvas: Any, low: float, high: float, colours: Any, left: int, top: int) -> Any:
    """The picture with a bar that tells its colours' numbers, widened where the bar needs room."""
    from PIL import Image

    texts, bar = (f"{low:.3g}", f"{high:.3g}"), 120
    needed = left + _width(texts[0], SMALL) + bar + _width(texts[1], SMALL) + 16
    if canvas.width < needed:
        wider = Image.new("RGB", (needed, canvas.height), BACK)
        wider.paste(canvas)
        canvas = wider
    start = left + _width(texts[0], SMALL) + 6
    _write(canvas, (left, top), texts[0], SMALL, SOFT)
    canvas.paste(
        Image.fromarray(coloured(np.tile(np.linspace(low, high, bar), (10, 1)), low, high, colours)), (start, top + 3)
    )
    _write(canvas, (start + bar + 6, top), texts[1], SMALL, SOFT)
    return canvas


def overlaid(image: np.ndarray, heat: np.ndarray) -> Any:
    """An image [height, width, 1 or 3] beside itself under a map [h, w] of 0 to 1, as far as it is high."""
    from PIL import Image

    height, width = image.shape[:2]
    zoom = SIDE / max(height, width)
    size = (max(1, round(width * zoom)), max(1, round(height * zoom)))
    grey = image.shape[-1] == 1
    shown = Image.fromarray(full_range(image)[..., 0] if grey else full_range(image)).convert("RGB")
    plain = shown.resize(size, Image.Resampling.NEAREST if zoom > 2 else Image.Resampling.BICUBIC)
    mask = Image.fromarray((255 * heat).astype(np.uint8)).resize(size, Image.Resampling.BILINEAR)
    warm = Image.fromarray(coloured(np.asarray(mask, np.float64), 0, 255, VIRIDIS))
    canvas = Image.new("RGB", (2 * size[0] + 8, size[1]), BACK)
    canvas.paste(plain, (0, 0))
    canvas.paste(
        Image.composite(warm, plain.convert("L").convert("RGB"), mask.point(lambda value: int(0.75 * value))),
        (size[0] + 8, 0),
    )
    return canvas


def bars(names: Sequence[str], shares: Sequence[float]) -> Any:
    """Names with their probabilities as bars."""
    from PIL import Image, ImageDraw

    left = max(_width(name, SIZE) for name in names) + 10
    canvas = Image.new("RGB", (left + 300, 22 * len(names)), BACK)
    draw = ImageDraw.Draw(canvas)
    for row, (name, share) in enumerate(zip(names, shares, strict=True)):
        _write(canvas, (0, 22 * row + 3), name, SIZE)
        draw.rectangle((left, 22 * row + 4, left + 1 + round(220 * share), 22 * row + 17), fill=tuple(VIRIDIS[3]))
        _write(canvas, (left + 228, 22 * row + 3), f"{100 * share:.1f} %", SIZE, SOFT)
    return canvas


def _font(size: int) -> Any:
    from PIL import ImageFont

    return ImageFont.load_default(size)


def _width(text: str, size: int) -> int:
    return math.ceil(float(_font(size).getlength(_shown(text))))


def _shown(text: str) -> str:
    return text if len(text) <= 24 else f"{text[:23]}…"


def _write(canvas: Any, place: tuple[int, int], text: str, size: int, colour: tuple[int, int, int] = INK) -> None:
    from PIL import ImageDraw

    ImageDraw.Draw(canvas).text(place, _shown(text), fill=colour, font=_font(size))


def _upright(canvas: Any, place: tuple[int, int], text: str) -> None:
    """A word from top to bottom."""
    from PIL import Image

    line = Image.new("RGB", (max(1, _width(text, SMALL)), 15), BACK)
    _write(line, (0, 0), text, SMALL)
    canvas.paste(line.rotate(-90, expand=True), place)
