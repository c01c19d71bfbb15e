"""Short noisy waves of four forms, at any pitch and phase: sequences to classify."""

from __future__ import annotations

from pathlib import Path

import numpy as np

LENGTH = 32
TRAIN, TEST = 1600, 400
FORMS = ("sine", "square", "triangle", "sawtooth")


def make(folder: Path) -> None:
    """waves.npz with x_train, x_test: float16 [n, 32, 1], and y_train, y_test: uint8 [n], in the order of FORMS."""
    random = np.random.RandomState(5)
    x_train, y_train = draw_waves(TRAIN, random)
    x_test, y_test = draw_waves(TEST, random)
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(folder / "waves.npz", x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)


def draw_waves(count: int, random: np.random.RandomState) -> tuple[np.ndarray, np.ndarray]:
    labels = random.permutation(np.arange(count) % len(FORMS)).astype(np.uint8)
    pitch, phase = random.uniform(1.2, 3, (count, 1)), random.uniform(0, 1, (count, 1))
    turn = (pitch * np.arange(LENGTH) / LENGTH + phase) % 1  # where in its period the wave is
    forms = np.stack([
        np.sin(2 * np.pi * turn),
        np.where(turn < 0.5, 1.0, -1.0),
        1 - 4 * np.abs(turn - 0.5),
        2 * turn - 1,
    ])  # fmt: skip
    clean = forms[labels, np.arange(count)] * random.uniform(0.6, 1.2, (count, 1))
    noisy = clean + random.normal(0, 0.12, clean.shape)
    return np.round(noisy, 2).astype(np.float16)[..., None], labels
