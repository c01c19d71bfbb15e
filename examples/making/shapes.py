"""Drawn shapes, 64x64 in colour: turned, stretched and bent, on a plain ground that stray lines cross."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from making.files import write_png

SIZE = 64
IMAGES = 100  # for each class
FINE = 3  # each pixel is the mean of so many times so many points


def regular(corners: int) -> np.ndarray:
    """A regular polygon with a corner at the top: [corners, 2], radius 1."""
    angles = 2 * np.pi * np.arange(corners) / corners
    return np.stack([np.sin(angles), -np.cos(angles)], axis=1)


def star() -> np.ndarray:
    corners = regular(10)
    corners[1::2] *= 0.42
    return corners


CROSS = [(1, 3), (1, 1), (3, 1), (3, -1), (1, -1), (1, -3), (-1, -3), (-1, -1), (-3, -1), (-3, 1), (-1, 1), (-1, 3)]
OUTLINES = {
    "circle": regular(36),
    "cross": np.array(CROSS) / 3.2,
    "square": regular(4),
    "star": star(),
    "triangle": regular(3),
}


def make(folder: Path) -> None:
    """PNG files, a folder for each class."""
    random = np.random.RandomState(4)
    for name, outline in OUTLINES.items():
        for number in range(IMAGES):
            write_png(folder / name / f"{number:02}.png", draw(outline, random))


def draw(outline: np.ndarray, random: np.random.RandomState) -> np.ndarray:
    """One image, uint8 [64, 64, 3]."""
    ground, colour, stray = colours(random)
    image = np.broadcast_to(ground, (SIZE, SIZE, 3))
    for _ in range(random.randint(3)):
        image = paint(image, line(random), stray)
    image = paint(image, distort(outline, random), colour)
    return np.round(image).astype(np.uint8)


def colours(random: np.random.RandomState) -> np.ndarray:
    """Ground, shape and stray lines: [3, 3], 0 to 255. The ground is dark, the shape light."""
    return np.stack([random.randint(0, 100, 3), random.randint(130, 256, 3), random.randint(60, 200, 3)])


def distort(outline: np.ndarray, random: np.random.RandomState) -> np.ndarray:
    """The corners in pixels: each a little off, then the whole stretched, turned and moved."""
    angle = random.uniform(-0.4, 0.4)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    scale = random.uniform(15, 25) * np.diag(random.uniform(0.9, 1.1, 2))
    wander = random.normal(0, 0.15 / len(outline), outline.shape)
    centre = random.uniform(26, SIZE - 26, 2)
    return (outline + wander) @ (turn @ scale).T + centre


def line(random: np.random.RandomState) -> np.ndarray:
    """A thin bar across the image, as four corners."""
    ends = random.uniform(0, SIZE, (2, 2))
    along = ends[1] - ends[0]
    aside = np.array([-along[1], along[0]]) / max(np.hypot(*along), 1.0) * random.uniform(0.4, 0.9)
    return np.array([ends[0] + aside, ends[1] + aside, ends[1] - aside, ends[0] - aside])


def paint(image: np.ndarray, corners: np.ndarray, colour: np.ndarray) -> np.ndarray:
    """The image, float [64, 64, 3], with a filled polygon over it."""
    share = coverage(corners)[..., None]
    painted: np.ndarray = image * (1 - share) + colour * share
    return painted


def coverage(corners: np.ndarray) -> np.ndarray:
    """The share of each pixel that lies in a polygon: [64, 64]. A point is inside if a ray from it crosses
    an odd number of edges."""
    places = (np.arange(SIZE * FINE) + 0.5) / FINE
    y, x = places[:, None, None], places[None, :, None]
    (x1, y1), (x2, y2) = corners.T, np.roll(corners, -1, axis=0).T
    spans = (y1 > y) != (y2 > y)
    rise = np.where(y1 == y2, 1.0, y2 - y1)
    crossed = spans & (x < x1 + (y - y1) / rise * (x2 - x1))
    inside = crossed.sum(-1) % 2
    share: np.ndarray = inside.reshape(SIZE, FINE, SIZE, FINE).mean((1, 3))
    return share
