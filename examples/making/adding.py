"""The adding problem: in a long series of numbers two are marked, and their sum is asked for.

Hochreiter and Schmidhuber, Long short-term memory, 1997, experiment 4, with numbers from 0 to 1 as it has been posed
since: one mark in each half of the series. Who always answers 1 has a mean squared error of 1/6.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

LENGTH = 100
TRAIN, TEST = 5000, 500
STEPS = 16  # numbers are multiples of 1/16 plus 1/32: fewer make smaller files


def make(folder: Path) -> None:
    """adding.npz with x_train, x_test: float16 [n, 100, 2], number and mark, and y_train, y_test: float16 [n, 1]."""
    random = np.random.RandomState(11)
    x_train, y_train = draw_sums(TRAIN, LENGTH, random)
    x_test, y_test = draw_sums(TEST, LENGTH, random)
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(folder / "adding.npz", x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)


def draw_sums(count: int, length: int, random: np.random.RandomState) -> tuple[np.ndarray, np.ndarray]:
    numbers = (random.randint(STEPS, size=(count, length)) + 0.5) / STEPS
    first, second = random.randint(length // 2, size=count), random.randint(length // 2, length, size=count)
    marks = np.zeros((count, length))
    marks[np.arange(count), first] = marks[np.arange(count), second] = 1
    sums = (numbers * marks).sum(1, keepdims=True)
    return np.stack([numbers, marks], axis=-1).astype(np.float16), sums.astype(np.float16)
