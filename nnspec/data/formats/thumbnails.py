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
    import numpy as np

    hues = [colorsys.hsv_to_rgb((0.58 + 0.381966 * number) % 1, 0.75, 0.95) for number in range(max(1, classes) - 1)]
    palette = np.array([(0, 0, 0), *hues, (0.5, 0.5, 0.5)])
    known = (labels >= 0) & (labels < classes)
    return png(palette[np.where(known, labels, len(palette) - 1)], (0.0, 1.0))


def png(image: np.ndarray, bounds: tuple[float, float] | None = None) -> str:
    """An image [height, width, 1 or 3] of any range as a PNG of the range 0 to 255, in a ``data:`` address."""
    from PIL import Image

    scaled = full_range(image, bounds)
    picture = Image.fromarray(scaled.squeeze(-1) if image.shape[-1] == 1 else scaled)
    picture.thumbnail((SIDE, SIDE))
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
