"""The kinds that do something to pictures beyond their colours, as their records say. Keras is asked by a test."""

from __future__ import annotations

from collections.abc import Callable

from nnspec.layers.images import IMAGES
from nnspec.layers.kind import Picture


def _those(which: Callable[[Picture], bool]) -> frozenset[str]:
    return frozenset(kind for kind, record in IMAGES.items() if which(record.picture))


MIXES = _those(lambda picture: picture.mixes)
PASTES = _those(lambda picture: picture.pastes)
MOVES = _those(lambda picture: picture.moves)
MOVES_POINTS = _those(lambda picture: picture.moves_points)
BLENDS_MASKS = _those(lambda picture: picture.blends_masks)
SAME_IN_ANY_RANGE = _those(lambda picture: picture.any_range)
