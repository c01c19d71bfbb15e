"""Examples that are images, as small PNGs that a page can hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from nnspec.data.formats.thumbnails import is_image, png
from nnspec.data.pipeline import Split

if TYPE_CHECKING:
    import numpy as np


def pictures(split: Split, places: Sequence[int]) -> list[str | None]:
    """A ``data:`` address for each of these examples of a part, counted in file order; None where they are no images.

    A file that is gone, or can no longer be read, gives None as well.
    """
    return [None if image is None else png(image) for image in arrays(split, places)]


def arrays(split: Split, places: Sequence[int]) -> list[np.ndarray | None]:
    """As `pictures`, the images themselves: float32 [height, width, 1 or 3]."""
    column = next((name for name, spec in split.features.items() if is_image(spec.shape)), None)
    if column is None or not places:
        return [None] * len(places)
    chosen = replace(split, indices=split.indices[list(places)])
    try:
        batches = [features[column] for features, *_ in chosen.batches(32).as_numpy_iterator()]
    except Exception:  # the images were there a moment ago; a page without them is still a page
        return [None] * len(places)
    return [image for batch in batches for image in batch]
