"""Arrays as small pictures that a page can hold: PNGs in a ``data:`` address."""

from __future__ import annotations

import base64
import colorsys
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

SIDE = 96  # pixels of the longer side
FRAME, HOP = 256, 128  # samples of a sound's spectrogram


def is_image(shape: Sequence[int | None]) -> bool:
    """Height, width, and one grey channel or three colours."""
    return len(shape) == 3 and shape[-1] in (1, 3) and None not in shape


def full_range(image: np.ndarray, bounds: tuple[float, float] | None = None) -> np.ndarray:
    """Values of any range as uint8 from 0 to 255; all 0 where there is one value alone. What is no number is 0.

    Args:
        bounds: what becomes 0 and 255, in place of the image's own smallest and largest value.
    """
    import numpy as np

    values: np.ndarray = np.nan_to_num(np.asarray(image, np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = bounds or (float(values.min()), float(values.max()))
    return np.clip((values - low) * (255 / ((high - low) or 1)), 0, 255).astype(np.uint8)


def coloured(labels: np.ndarray, classes: int) -> str:
    """Class numbers [height, width] as a PNG: a hue for each class, black for the first; grey is no class."""
    return png(hues_of(labels, classes), (0.0, 1.0))


def over(image: np.ndarray, true: np.ndarray, predicted: np.ndarray, classes: int) -> str:
    """An image [height, width, 1 or 3] in grey as a PNG, with the predicted classes, the first aside, laid over it.

    Where they are wrong it is red; where there is no class to compare with it stays as it is. Class numbers are
    [height, width], and may be coarser or finer than the image.
    """
    import numpy as np

    grey = full_range(image).mean(axis=-1, keepdims=True) / 255
    rows, columns = (np.arange(size) * have // size for size, have in zip(grey.shape[:2], true.shape, strict=True))
    true, predicted = (labels[rows][:, columns] for labels in (true, predicted))
    colours = np.where((true != predicted)[..., None], (1.0, 0.0, 0.0), hues_of(predicted, classes))
    known = (true >= 0) & (true < classes)
    laid = known & ((predicted > 0) | (true != predicted))
    return png(np.where(laid[..., None], 0.5 * grey + 0.5 * colours, np.repeat(grey, 3, -1)), (0.0, 1.0))


def hues_of(labels: np.ndarray, classes: int) -> np.ndarray:
    """The colours of class numbers, float64 [height, width, 3] of 0 to 1."""
    import numpy as np

    hues = [colorsys.hsv_to_rgb((0.58 + 0.381966 * number) % 1, 0.75, 0.95) for number in range(max(1, classes) - 1)]
    palette = np.array([(0, 0, 0), *hues, (0.5, 0.5, 0.5)])
    known = (labels >= 0) & (labels < classes)
    found: np.ndarray = palette[np.where(known, labels, len(palette) - 1)]
    return found


def png(image: np.ndarray, bounds: tuple[float, float] | None = None) -> str:
    """An image [height, width, 1 or 3] of any range as a PNG of the range 0 to 255, in a ``data:`` address."""
    from PIL import Image

    scaled = full_range(image, bounds)
    picture = Image.fromarray(scaled.squeeze(-1) if image.shape[-1] == 1 else scaled)
    picture.thumbnail((SIDE, SIDE))
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


def sounds(values: np.ndarray) -> bool:
    """Whether they are samples of a sound, and enough of them for a spectrogram."""
    return values.ndim == 1 and values.dtype.kind == "f" and len(values) >= FRAME


def spectrogram(sound: np.ndarray) -> str:
    """A sound as a picture: time to the right, pitch upwards, loudness in decibels by brightness."""
    import numpy as np

    starts = np.arange(0, len(sound) - FRAME + 1, HOP)
    frames = sound[starts[:, None] + np.arange(FRAME)] * np.hanning(FRAME)
    loud = 20 * np.log10(np.abs(np.fft.rfft(frames, axis=1)) + 1e-6)
    return png(np.maximum(loud, loud.max() - 80).T[::-1, :, None])
