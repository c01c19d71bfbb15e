"""The networks that give an image for an image: their sizes by hand, and the data that they train on."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nnspec.frontend.pipeline import check

ROOT = Path(__file__).parents[2]
CELLS = ROOT / "examples/data/cells"


def conv(taken: int, given: int, size: int = 9) -> int:
    return size * taken * given + given


PARAMETERS = {
    "unet": conv(1, 8)
    + conv(8, 8)
    + conv(8, 16)
    + conv(16, 16)
    + conv(16, 32)
    + conv(32, 32)
    # On the way up each convolution takes what was joined: as many again.
    + conv(32, 16, 4)
    + conv(32, 16)
    + conv(16, 16)
    + conv(16, 8, 4)
    + conv(16, 8)
    + conv(8, 8)
    + conv(8, 3, 1),
    "autoencoder": conv(1, 12)
    + conv(12, 24)
    + conv(24, 24)
    + conv(24, 8, 1)
    + conv(8, 24)
    + conv(24, 24)
    + conv(24, 12)
    + conv(12, 1),
}


@pytest.mark.parametrize(("name", "parameters"), PARAMETERS.items())
def test_size_by_hand(name: str, parameters: int) -> None:
    """And nothing in the spec is at odds with the data that the repository ships."""
    found = check(ROOT / f"specs/{name}.yaml")
    assert found.spec is not None and found.spec.param_count == parameters
    assert found.spec.budget.params == parameters
    assert not found.diagnostics


def test_masks_cover_what_is_light() -> None:
    """Nuclei are lighter than cells and those than the ground; the table counts them."""
    with open(CELLS / "cells.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 120 and {int(row["cells"]) for row in rows} == set(range(2, 7))
    for row in rows[::10]:
        image, mask = (np.asarray(Image.open(CELLS / part / row["image"])) for part in ("images", "masks"))
        assert set(np.unique(mask)) == {0, 120, 255}
        ground, cell, nucleus = (image[mask == value].mean() for value in (0, 120, 255))
        assert ground + 20 < cell < nucleus - 20
