"""Images as targets: how near the predicted ones are, and the worst of them beside the true ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnspec.data.formats.thumbnails import is_image, png
from nnspec.data.pipeline import Split
from nnspec.evaluation.results.pictures import pictures
from nnspec.evaluation.results.worst import Worst
from nnspec.training.scoring import Example

SHOWN = 12


class Images:
    """Gathers images, or films of them, batch by batch.

    The summary holds ``mae`` and ``rmse`` over all values; ``examples``, those with the largest error, with pictures of
    input, target and prediction, the last two on one scale; ``note`` says what of a film is shown, or why there are no
    pictures.
    """

    name = "images"

    def __init__(self, split: Split) -> None:
        self.split = split
        self.absolute = self.squared = 0.0
        self.values = 0
        self.shape: tuple[int, ...] = ()
        self.worst = Worst(SHOWN)

    def add(self, example: Example) -> None:
        wanted = np.asarray(example.target, np.float64)
        found = np.asarray(example.output, np.float64).reshape(wanted.shape)
        error = found - wanted
        self.absolute += float(np.abs(error).sum())
        self.squared += float(np.square(error).sum())
        self.values += wanted.size
        self.shape = wanted.shape[1:]
        for row, value in enumerate(np.abs(error).reshape(len(error), -1).mean(1).tolist()):
            self.worst.add(value, (wanted[row], found[row]))

    def summary(self) -> dict[str, Any]:
        count = max(1, self.values)
        drawable = is_image(self.shape[-3:])
        note = None
        if not drawable:
            note = f"there are no pictures of targets of shape {list(self.shape)}"
        elif len(self.shape) > 3:
            note = f"the last of each {' x '.join(map(str, self.shape[:-3]))} images is shown"
        return {
            "mae": self.absolute / count,
            "rmse": (self.squared / count) ** 0.5,
            "examples": self._examples() if drawable else [],
            "note": note,
        }

    def _examples(self) -> list[dict[str, Any]]:
        places = [place for place, _, _ in self.worst.found]
        texts = self.split.example_texts(places)
        inputs = pictures(self.split, places)
        return [
            {"text": text[:400], "picture": picture, **_pair(true, predicted), "mae": error}
            for (_, error, (true, predicted)), text, picture in zip(self.worst.found, texts, inputs, strict=True)
        ]


def _pair(true: np.ndarray, predicted: np.ndarray) -> dict[str, str]:
    """Both as pictures on the scale of the true one."""
    true, predicted = (value.reshape(-1, *value.shape[-3:])[-1] for value in (true, predicted))
    bounds = float(true.min()), float(true.max())
    return {"true": png(true, bounds), "predicted": png(predicted, bounds)}
