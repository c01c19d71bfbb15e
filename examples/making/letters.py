"""Elman's letters: syllables ba, dii and guuu in random order, each letter six bits.

Elman, Finding structure in time, Cognitive Science 14, 1990, pages 188 to 191. Each consonant is a matter of chance; it
alone tells which vowel follows, and how often.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

LENGTH = 48
TRAIN, TEST = 240, 60
SYLLABLES = ("ba", "dii", "guuu")
LETTERS = "bdgaiu"
# Consonant, vowel, interrupted, high, back, voiced: the paper's table 1.
BITS = np.array(
    [
        [1, 0, 1, 0, 0, 1],  # b
        [1, 0, 1, 1, 0, 1],  # d
        [1, 0, 1, 0, 1, 1],  # g
        [0, 1, 0, 0, 1, 1],  # a
        [0, 1, 0, 1, 0, 1],  # i
        [0, 1, 0, 1, 1, 1],  # u
    ]
)


def make(folder: Path) -> None:
    """letters.npz with x_train, x_test, and one step ahead y_train, y_test: float16 [n, 48, 6]."""
    random = np.random.RandomState(7)
    x_train, y_train = draw_letters(TRAIN, random)
    x_test, y_test = draw_letters(TEST, random)
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(folder / "letters.npz", x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)


def draw_letters(count: int, random: np.random.RandomState) -> tuple[np.ndarray, np.ndarray]:
    """One long text, cut into sequences that begin anywhere in a syllable: its letters, and those one step ahead."""
    text = "".join(SYLLABLES[choice] for choice in random.randint(len(SYLLABLES), size=count * LENGTH))
    bits = BITS[[LETTERS.index(letter) for letter in text[: count * LENGTH + 1]]].astype(np.float16)
    return bits[:-1].reshape(count, LENGTH, -1), bits[1:].reshape(count, LENGTH, -1)
