"""Short films of a soft shape on a dark ground that moves, grows or shrinks: what happens, no single frame tells."""

from __future__ import annotations

from pathlib import Path

import numpy as np

SIZE, FRAMES = 16, 8
TRAIN, TEST = 720, 180
GREYS = 15  # steps from black to white: fewer make smaller files
MOTIONS = ("left", "right", "up", "down", "growing", "shrinking")
TOWARDS = np.array([(-1, 0), (1, 0), (0, -1), (0, 1), (0, 0), (0, 0)])
GROWTH = np.array([0, 0, 0, 0, 1, -1])


def make(folder: Path) -> None:
    """moving.npz, each for train and test: x, uint8 [n, 8, 16, 16, 1]; y, uint8 [n], in the order of MOTIONS; next, the
    frame that follows, float16 [n, 16, 16, 1], 0 to 1."""
    random = np.random.RandomState(12)
    arrays = {}
    for part, count in (("train", TRAIN), ("test", TEST)):
        films, arrays[f"y_{part}"] = draw_films(count, random)
        arrays[f"x_{part}"] = (films[:, :-1] * (255 // GREYS)).astype(np.uint8)
        arrays[f"next_{part}"] = (films[:, -1] / GREYS).astype(np.float16)
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(folder / "moving.npz", **arrays)


def draw_films(count: int, random: np.random.RandomState) -> tuple[np.ndarray, np.ndarray]:
    """Films in steps of grey, [count, 9, 16, 16, 1], and what happens in each, uint8 [count]."""
    motions = random.permutation(np.arange(count) % len(MOTIONS)).astype(np.uint8)
    time = np.arange(FRAMES + 1)[None, :, None] - FRAMES / 2  # 0 in the middle of the film
    speed = random.uniform(0.5, 0.9, (count, 1, 1))
    centre = SIZE / 2 - 0.5 + random.uniform(-2, 2, (count, 1, 2)) + TOWARDS[motions][:, None] * speed * time
    middle = random.uniform(2.4, 3.6, (count, 1, 1))
    radius = middle + GROWTH[motions][:, None, None] * middle / 9 * speed * time
    return paint(centre, radius, random), motions


def paint(centre: np.ndarray, radius: np.ndarray, random: np.random.RandomState) -> np.ndarray:
    """Discs, squares and diamonds around centres [n, frames, 2] (x, y) with radii [n, frames, 1]."""
    places = np.arange(SIZE)
    x = np.abs(places[None, None, None, :] - centre[..., 0, None, None])
    y = np.abs(places[None, None, :, None] - centre[..., 1, None, None])
    distance = np.stack([np.hypot(x, y), np.maximum(x, y) * 1.13, (x + y) * 0.8])
    shape = random.randint(len(distance), size=len(centre))
    ink = np.clip(radius[..., None] + 0.5 - distance[shape, np.arange(len(centre))], 0, 1)
    light = random.uniform(0.5, 1, (len(centre), 1, 1, 1))
    films: np.ndarray = np.round(ink * light * GREYS)[..., None]
    return films
