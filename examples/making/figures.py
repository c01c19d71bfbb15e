"""Figures to draw from a plan, beginning in the middle of the paper: a circle, an arch or a straight line."""

from __future__ import annotations

from pathlib import Path

import numpy as np

STEPS = 12
TRAIN, TEST = 480, 120
STEP = 0.2  # how far the pen moves at a time
TURNS = {"circle": 1.0, "arch": 0.5, "line": 0.0}


def make(folder: Path) -> None:
    """figures.npz: plan_train, plan_test, float16 [n, 6], and pen_train, pen_test, float16 [n, 12, 2]: x and y of the pen.

    A plan is one of TURNS as three bits, the way round (1 or -1), and cosine and sine of the angle to set out at.
    """
    random = np.random.RandomState(8)
    arrays = {}
    for part, count in (("train", TRAIN), ("test", TEST)):
        arrays[f"plan_{part}"], arrays[f"pen_{part}"] = draw_figures(count, random)
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(folder / "figures.npz", **arrays)


def draw_figures(count: int, random: np.random.RandomState) -> tuple[np.ndarray, np.ndarray]:
    kinds = random.permutation(np.arange(count) % len(TURNS))
    way, towards = random.choice([-1, 1], count)[:, None], random.uniform(0, 2 * np.pi, (count, 1))
    figures = np.stack([stroke(turns) for turns in TURNS.values()])[kinds]
    turned = np.where(way == 1, figures, figures.conj()) * np.exp(1j * towards)
    plan = np.hstack([np.eye(len(TURNS))[kinds], way, np.cos(towards), np.sin(towards)])
    pen = np.stack([turned.real, turned.imag], axis=-1)
    return np.round(plan, 2).astype(np.float16), np.round(pen, 2).astype(np.float16)


def stroke(turns: float) -> np.ndarray:
    """Where the pen is after each of STEPS equal steps from the origin, while its heading turns: complex [STEPS]."""
    heading = 2 * np.pi * turns * (np.arange(STEPS) + 0.5) / STEPS
    found: np.ndarray = np.cumsum(STEP * np.exp(1j * heading))
    return found
