"""Drawn digits, 28x28 grey: strokes with wandering control points, slanted, stretched and of any thickness."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from making.files import write_idx, write_png

SIZE = 28
TRAIN, TEST = 3000, 1000
FOLDER_IMAGES = 5  # for each class
GREYS = 15  # steps from black to white: fewer make smaller files

# A way to write a digit is a list of strokes; a stroke is a list of points (x, y) in the unit square, y downwards.
# "curve" runs smoothly through its points, "line" goes straight from one to the next.
Stroke = tuple[str, list[tuple[float, float]]]
WAYS: dict[int, list[list[Stroke]]] = {
    0: [[("curve", [(0.5, 0.08), (0.24, 0.3), (0.24, 0.7), (0.5, 0.92), (0.76, 0.7), (0.76, 0.3), (0.5, 0.08)])]],
    1: [
        [("line", [(0.5, 0.08), (0.5, 0.92)])],
        [("line", [(0.32, 0.28), (0.54, 0.08), (0.54, 0.92)])],
        [("line", [(0.32, 0.28), (0.52, 0.08), (0.52, 0.92)]), ("line", [(0.3, 0.92), (0.74, 0.92)])],
    ],
    2: [
        [("curve", [(0.22, 0.28), (0.36, 0.11), (0.62, 0.11), (0.74, 0.32), (0.58, 0.58), (0.22, 0.9)]),
         ("line", [(0.22, 0.9), (0.8, 0.9)])],
        [("curve", [(0.24, 0.3), (0.4, 0.1), (0.7, 0.18), (0.7, 0.42), (0.3, 0.84), (0.3, 0.68), (0.56, 0.8), (0.82, 0.86)])],
    ],
    3: [
        [("curve", [(0.24, 0.18), (0.5, 0.08), (0.73, 0.24), (0.62, 0.44), (0.42, 0.48)]),
         ("curve", [(0.42, 0.48), (0.7, 0.54), (0.77, 0.74), (0.54, 0.92), (0.22, 0.82)])],
        [("line", [(0.24, 0.1), (0.74, 0.1), (0.48, 0.44)]),
         ("curve", [(0.48, 0.44), (0.74, 0.54), (0.74, 0.8), (0.5, 0.92), (0.24, 0.84)])],
    ],
    4: [
        [("line", [(0.36, 0.08), (0.22, 0.58), (0.82, 0.58)]), ("line", [(0.66, 0.28), (0.64, 0.92)])],
        [("line", [(0.64, 0.92), (0.64, 0.08), (0.2, 0.64), (0.84, 0.64)])],
    ],
    5: [
        [("line", [(0.76, 0.1), (0.33, 0.1), (0.29, 0.44)]),
         ("curve", [(0.29, 0.44), (0.56, 0.4), (0.76, 0.6), (0.64, 0.86), (0.4, 0.92), (0.22, 0.82)])],
    ],
    6: [
        [("curve", [(0.68, 0.1), (0.42, 0.26), (0.27, 0.56), (0.32, 0.84), (0.54, 0.92), (0.73, 0.76), (0.62, 0.56),
                    (0.42, 0.56), (0.29, 0.7)])],
    ],
    7: [
        [("line", [(0.2, 0.12), (0.8, 0.12), (0.42, 0.92)])],
        [("line", [(0.2, 0.12), (0.8, 0.12), (0.46, 0.92)]), ("line", [(0.34, 0.5), (0.72, 0.5)])],
    ],
    8: [
        [("curve", [(0.5, 0.48), (0.7, 0.3), (0.5, 0.09), (0.3, 0.3), (0.5, 0.48), (0.75, 0.7), (0.5, 0.92), (0.25, 0.7),
                    (0.5, 0.48)])],
    ],
    9: [
        [("curve", [(0.7, 0.32), (0.5, 0.1), (0.28, 0.28), (0.38, 0.5), (0.6, 0.48), (0.7, 0.32), (0.69, 0.6), (0.56, 0.92)])],
        [("curve", [(0.7, 0.32), (0.5, 0.1), (0.28, 0.28), (0.38, 0.5), (0.6, 0.48), (0.7, 0.32)]),
         ("line", [(0.7, 0.32), (0.7, 0.92)])],
    ],
}  # fmt: skip


def make(folder: Path) -> None:
    """Images and labels of both parts as gzipped IDX files, under the names that MNIST gives them."""
    for part, count, seed in (("train", TRAIN, 1), ("t10k", TEST, 2)):
        images, labels = draw_digits(count, np.random.RandomState(seed))
        write_idx(folder / f"{part}-images-idx3-ubyte.gz", images)
        write_idx(folder / f"{part}-labels-idx1-ubyte.gz", labels)


def make_folders(folder: Path) -> None:
    """The same kind of digits as PNG files, a folder for each class."""
    images, labels = draw_digits(10 * FOLDER_IMAGES, np.random.RandomState(3))
    for number, (image, label) in enumerate(zip(images, labels, strict=True)):
        write_png(folder / str(label) / f"{number:04}.png", image)


def draw_digits(count: int, random: np.random.RandomState) -> tuple[np.ndarray, np.ndarray]:
    """Images, uint8 [count, 28, 28], white on black; labels, uint8 [count], equally many of each in random order."""
    labels = random.permutation(np.arange(count) % 10).astype(np.uint8)
    return np.stack([draw(int(label), random) for label in labels]), labels


def draw(label: int, random: np.random.RandomState) -> np.ndarray:
    """One digit, uint8 [28, 28]."""
    ways = WAYS[label]
    strokes = ways[random.randint(len(ways))]
    matrix, shift = distortion(random)
    half_width = random.uniform(0.7, 1.7)  # of the pen, in pixels
    distance = np.full((SIZE, SIZE), np.inf)
    for style, points in strokes:
        wandering = np.array(points) + random.normal(0, 0.03, (len(points), 2))
        path = smooth(wandering) if style == "curve" else wandering
        distance = np.minimum(distance, distance_to(path @ matrix.T + shift))
    ink = np.clip(half_width + 0.5 - distance, 0, 1) * random.uniform(0.75, 1)
    speckled = np.where(random.uniform(size=ink.shape) < 0.01, random.uniform(size=ink.shape), ink)
    return (np.round(speckled * GREYS) * (255 // GREYS)).astype(np.uint8)


def distortion(random: np.random.RandomState) -> tuple[np.ndarray, np.ndarray]:
    """A matrix and a shift from the unit square to pixels: turned, slanted, stretched, moved."""
    angle, slant = random.normal(0, 0.15), random.normal(0, 0.2)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    shear = np.array([[1, -slant], [0, 1]])
    scale = np.diag(random.uniform((17, 18), (23, 23)))
    matrix = turn @ shear @ scale
    centre = np.array([SIZE / 2 - 0.5] * 2) + random.uniform(-1.5, 1.5, 2)
    return matrix, centre - matrix @ np.array([0.5, 0.5])


def smooth(points: np.ndarray, steps: int = 5) -> np.ndarray:
    """A Catmull-Rom spline through points [n, 2], `steps` pieces from one to the next."""
    before = np.vstack([2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]])
    p0, p1, p2, p3 = before[:-3, None], before[1:-2, None], before[2:-1, None], before[3:, None]
    t = np.linspace(0, 1, steps, endpoint=False)[None, :, None]
    curve = 0.5 * (2 * p1 + (p2 - p0) * t + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2 + (3 * (p1 - p2) + p3 - p0) * t**3)
    return np.vstack([curve.reshape(-1, 2), points[-1:]])


def distance_to(path: np.ndarray) -> np.ndarray:
    """How far each pixel's centre is from a path [n, 2] of straight pieces: [28, 28]."""
    y, x = np.mgrid[:SIZE, :SIZE, :1][:2]
    (start_x, start_y), (along_x, along_y) = path[:-1].T, np.diff(path, axis=0).T
    to_x, to_y = x - start_x, y - start_y
    share = (to_x * along_x + to_y * along_y) / np.maximum(along_x**2 + along_y**2, 1e-12)
    share = np.clip(share, 0, 1)
    squared = (to_x - share * along_x) ** 2 + (to_y - share * along_y) ** 2
    found: np.ndarray = np.sqrt(squared.min(-1))
    return found
