"""Random series and their weighted averages, which look ahead as well as back.

After the first experiment of Schuster and Paliwal, Bidirectional recurrent neural networks, 1997: each target is an
average of the inputs from ten steps before to twenty steps after, with weights that fall evenly to both sides.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

LENGTH = 60
BEFORE, AFTER = 10, 20
TRAIN, TEST = 400, 80
GREYS = 15  # steps from -1 to 1: fewer make smaller files


def make(folder: Path) -> None:
    """averages.npz with x_train, x_test, y_train, y_test: float16 [n, 60, 1]."""
    random = np.random.RandomState(9)
    x_train, y_train = draw_series(TRAIN, random)
    x_test, y_test = draw_series(TEST, random)
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(folder / "averages.npz", x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)


def draw_series(count: int, random: np.random.RandomState) -> tuple[np.ndarray, np.ndarray]:
    x = random.randint(-GREYS, GREYS + 1, (count, LENGTH)) / 16
    distance = np.arange(LENGTH)[:, None] - np.arange(LENGTH)  # from the target back to the input
    weights = np.where(distance >= 0, 1 - distance / BEFORE, 1 + distance / AFTER).clip(0)
    # Divided by the weights' norm, not their sum, so that the targets are about as large as the inputs.
    y = x @ weights.T / np.sqrt((weights**2).sum(1))
    return x[..., None].astype(np.float16), np.round(y[..., None], 2).astype(np.float16)
