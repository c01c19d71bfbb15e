"""Examples that are images or sounds, as small PNGs that a page can hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from nnspec.data.formats.thumbnails import is_image, png, sounds, spectrogram
from nnspec.data.pipeline import Split

if TYPE_CHECKING:
    import numpy as np


def pictures(split: Split, places: Sequence[int], *, hears: bool = False) -> list[str | None]:
    """A ``data:`` address for each of these examples of a part, counted in file order; None where they are no images.

    A file that is gone, or can no longer be read, gives None as well.

    Args:
        hears: whether the data are sounds, which are shown as spectrograms.
    """
    if not hears:
        return [None if image is None else png(image) for image in arrays(split, places)]
    column = next((name for name, spec in split.features.items() if len(spec.shape) == 1), None)
    found = [None] * len(places) if column is None else _taken(split, column, places)
    return [spectrogram(one) if one is not None and sounds(one) else None for one in found]


def arrays(split: Split, places: Sequence[int]) -> list[np.ndarray | None]:
    """The images themselves: float32 [height, width, 1 or 3]; None where there are none."""
    column = next((name for name, spec in split.features.items() if is_image(spec.shape)), None)
    return [None] * len(places) if column is None else _taken(split, column, places)


def _taken(split: Split, column: str, places: Sequence[int]) -> list[np.ndarray | None]:
    if not places:
        return []
    chosen = replace(split, indices=split.indices[list(places)])
    try:
        batches = [features[column] for features, *_ in chosen.batches(32).as_numpy_iterator()]
    except Exception:  # the files were there a moment ago; a page without them is still a page
        return [None] * len(places)
    return [one for batch in batches for one in batch]
