"""Drawn faces, 40x40 in colour: real ones as a painter would have them, fake ones with the slips of a generator.

A fake face looks like a real one at a glance. Something in it does not fit: the eyes differ in colour, size or height; a
patch comes from another face; or a checkerboard lies over it, as from a transposed convolution (Odena, Dumoulin and
Olah, Deconvolution and checkerboard artifacts, 2016).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from making.files import write_png

SIZE = 40
COUNTS = {"real": 300, "fake": 180}
GREYS = 31  # steps of each colour: fewer make smaller files
Y, X = np.mgrid[:SIZE, :SIZE] / (SIZE - 1) * 2 - 1  # from -1 to 1, downwards and to the right


@dataclass(frozen=True)
class Eye:
    """Place and size in half widths of the image; colour from 0 to 1."""

    x: float
    y: float
    size: float
    colour: np.ndarray


@dataclass(frozen=True)
class Face:
    """Colours from 0 to 1, sizes in half widths of the image. Light comes from the left, or if below 0 from the right."""

    skin: np.ndarray
    hair: np.ndarray
    ground: np.ndarray
    width: float
    height: float
    eyes: tuple[Eye, Eye]
    mouth: float
    smile: float
    light: float


def make(folder: Path) -> None:
    """PNG files in real/ and fake/, fewer of the fake."""
    random = np.random.RandomState(13)
    for name, count in COUNTS.items():
        for number in range(count):
            image = paint(draw(random)) if name == "real" else FAKES[number % len(FAKES)](random)
            steps = np.round(np.clip(image, 0, 1) * GREYS)
            write_png(folder / name / f"{number:03}.png", np.round(steps * 255 / GREYS).astype(np.uint8))


def draw(random: np.random.RandomState) -> Face:
    """A face with both eyes alike."""
    tan = random.uniform(0.35, 1)
    across, up, size = random.uniform(0.24, 0.32), random.uniform(-0.2, -0.08), random.uniform(0.09, 0.13)
    iris = random.uniform(0.1, 0.6, 3)
    return Face(
        skin=np.array([0.95, 0.75, 0.6]) * tan,
        hair=np.array([0.6, 0.4, 0.2]) * random.uniform(0.1, 1.2),
        ground=random.uniform(0.1, 0.8, 3),
        width=random.uniform(0.55, 0.68),
        height=random.uniform(0.72, 0.85),
        eyes=(Eye(-across, up, size, iris), Eye(across, up, size, iris)),
        mouth=random.uniform(0.18, 0.3),
        smile=random.uniform(-0.5, 1.2),
        light=random.uniform(-0.25, 0.25),
    )


def paint(face: Face) -> np.ndarray:
    """The image, float [40, 40, 3]: ground, hair, skin, eyes, nose and mouth, one over the other."""
    image = np.broadcast_to(face.ground, (SIZE, SIZE, 3))
    image = over(image, ellipse(0, -0.15, face.width * 1.2, face.height * 1.05) * (Y < 0.35), face.hair)
    lit = face.skin * (1 - face.light * X[..., None] / face.width)
    image = over(image, ellipse(0, 0.05, face.width, face.height), lit)
    image = over(image, ellipse(0, -0.72, face.width * 0.9, 0.3), face.hair)
    for eye in face.eyes:
        image = over(image, ellipse(eye.x, eye.y, eye.size * 1.5, eye.size), np.full(3, 0.95))
        image = over(image, ellipse(eye.x, eye.y, eye.size * 0.8, eye.size * 0.8), eye.colour)
        image = over(image, bar(eye.x, eye.y - eye.size * 2, eye.size * 1.6, 0.03), face.hair)
    image = over(image, bar(0, 0.15, 0.04, 0.13), face.skin * 0.75)
    lips = np.abs(Y - 0.48 + face.smile * (X**2 - face.mouth**2 / 2)) < 0.055
    return over(image, lips * (np.abs(X) < face.mouth) * 1.0, face.skin * np.array([0.95, 0.45, 0.45]))


def over(image: np.ndarray, share: np.ndarray, colour: np.ndarray) -> np.ndarray:
    painted: np.ndarray = image * (1 - share[..., None]) + colour * share[..., None]
    return painted


def ellipse(x: float, y: float, width: float, height: float) -> np.ndarray:
    """The share of each pixel that it covers, [40, 40]: its edge is a pixel wide."""
    inside = 1 - np.hypot((X - x) / width, (Y - y) / height)
    return np.clip(inside * min(width, height) * SIZE / 2 + 0.5, 0, 1)


def bar(x: float, y: float, width: float, height: float) -> np.ndarray:
    inside = np.minimum(width - np.abs(X - x), height - np.abs(Y - y))
    return np.clip(inside * SIZE / 2 + 0.5, 0, 1)


def uneven_eyes(random: np.random.RandomState) -> np.ndarray:
    """One eye is higher and larger, and its iris of another colour."""
    face = draw(random)
    left, right = face.eyes
    other = replace(right, y=right.y - random.uniform(0.1, 0.18), size=right.size * 1.4, colour=1 - right.colour)
    return paint(replace(face, eyes=(left, other)))


def patched(random: np.random.RandomState) -> np.ndarray:
    """A rectangle comes from another place of a face with lighter or darker skin."""
    face = draw(random)
    other = replace(draw(random), skin=face.skin * random.choice([0.65, 1.4]), light=-face.light)
    image = paint(face).copy()
    x, y = random.randint(8, 18), random.randint(10, 18)
    patch = np.s_[y : y + random.randint(10, 16), x : x + random.randint(10, 16)]
    image[patch] = np.roll(paint(other), (4, 4), axis=(0, 1))[patch]
    return image


def checkered(random: np.random.RandomState) -> np.ndarray:
    """A checkerboard of single pixels lies over it."""
    squares = np.indices((SIZE, SIZE)).sum(0)[..., None] % 2 * 2 - 1
    found: np.ndarray = paint(draw(random)) + squares * random.uniform(0.05, 0.1)
    return found


FAKES = (uneven_eyes, patched, checkered)
