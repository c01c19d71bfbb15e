"""Strings of the embedded Reber grammar, and strings that break its longest rule.

Hochreiter and Schmidhuber, Long short-term memory, 1997, experiment 1: a string of Reber's grammar stands between two equal
letters, T or P. Whether the letter before the end is the one after the beginning, only memory can tell: in an illegal
string it is the other one, and nothing else is wrong.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

COUNTS = {"train": 1600, "dev": 200, "test": 400}
# From each state of Reber's grammar two ways lead on: a letter and the next state. The last state ends with E.
WAYS = [[("T", 1), ("P", 2)], [("S", 1), ("X", 3)], [("T", 2), ("V", 4)], [("X", 2), ("S", 5)], [("P", 3), ("V", 5)]]


def make(folder: Path) -> None:
    """train.tsv, dev.tsv and test.tsv: `legal` or `illegal`, a tab, the letters between spaces. Each half is one of them."""
    random = np.random.RandomState(10)
    folder.mkdir(parents=True, exist_ok=True)
    for part, count in COUNTS.items():
        lines = [draw(legal, random) for legal in random.permutation(np.arange(count) % 2)]
        (folder / f"{part}.tsv").write_text("".join(lines), encoding="utf-8", newline="\n")


def draw(legal: int, random: np.random.RandomState) -> str:
    first = "TP"[random.randint(2)]
    last = first if legal else {"T": "P", "P": "T"}[first]
    letters = ["B", first, *reber(random), last, "E"]
    return f"{'legal' if legal else 'illegal'}\t{' '.join(letters)}\n"


def reber(random: np.random.RandomState) -> list[str]:
    """One string of Reber's grammar, its B and E included."""
    letters, state = ["B"], 0
    while state < len(WAYS):
        letter, state = WAYS[state][random.randint(2)]
        letters.append(letter)
    return [*letters, "E"]
