"""Drawn cells under a microscope, 48x48 in grey, with a mask for each and a table of them all."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from making.files import write_png

SIZE = 48
IMAGES = 120
CELL, NUCLEUS = 120, 255  # their pixels in a mask


def make(folder: Path) -> None:
    """`cells.csv`, `images/NUMBER.png`, and `masks/NUMBER.png` with 0, 120 and 255."""
    random = np.random.RandomState(17)
    lines = ["image,cells"]
    for number in range(IMAGES):
        image, mask, count = draw(random)
        write_png(folder / "images" / f"{number:03}.png", image)
        write_png(folder / "masks" / f"{number:03}.png", mask)
        lines.append(f"{number:03}.png,{count}")
    (folder / "cells.csv").write_text("\n".join(lines) + "\n")


def draw(random: np.random.RandomState) -> tuple[np.ndarray, np.ndarray, int]:
    """An image and its mask, uint8 [48, 48], and how many cells they show. Cells may touch, and lie under the edge."""
    light = np.full((SIZE, SIZE), 30.0) + np.linspace(0, random.uniform(-15, 15), SIZE)
    mask = np.zeros((SIZE, SIZE), np.uint8)
    count = random.randint(2, 7)
    for _ in range(count):
        place, radius = random.uniform(4, SIZE - 4, 2), random.uniform(5, 9)
        stretch, turn = random.uniform(0.7, 1), random.uniform(0, np.pi)
        body = ellipse(place, radius, stretch, turn)
        nucleus = ellipse(place + random.uniform(-1, 1, 2), radius * random.uniform(0.35, 0.5), stretch, turn)
        light = np.where(body, random.uniform(70, 120), light)
        light = np.where(nucleus, random.uniform(150, 220), light)
        mask[body], mask[nucleus] = CELL, NUCLEUS
    image = soft(light) + random.normal(0, 7, (SIZE, SIZE))
    return np.clip(np.round(image), 0, 255).astype(np.uint8), mask, count


def ellipse(place: np.ndarray, radius: float, stretch: float, turn: float) -> np.ndarray:
    """Which pixels are inside: bool [48, 48]."""
    down, right = np.mgrid[:SIZE, :SIZE] - place[:, None, None]
    along, across = down * np.cos(turn) + right * np.sin(turn), right * np.cos(turn) - down * np.sin(turn)
    inside: np.ndarray = (along / radius) ** 2 + (across / (radius * stretch)) ** 2 <= 1
    return inside


def soft(light: np.ndarray) -> np.ndarray:
    """A little out of focus: each pixel is the mean of itself and its eight neighbours."""
    padded = np.pad(light, 1, mode="edge")
    windows = [padded[down : down + SIZE, right : right + SIZE] for down in range(3) for right in range(3)]
    mean: np.ndarray = np.mean(windows, axis=0)
    return mean
