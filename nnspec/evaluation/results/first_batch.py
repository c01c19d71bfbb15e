"""What the network is trained on, as pictures: the first batch of the first epoch, augmented as training saw it."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnspec.data.dataset import Dataset
from nnspec.data.formats.thumbnails import is_image, png
from nnspec.data.names import names_of

SHOWN = 16


def first_batch(dataset: Dataset, batch_size: int) -> list[dict[str, Any]]:
    """``picture`` and ``label`` of its first examples; none where they are no images.

    A target that is no class has no label. Mixed labels have their shares: ``0.7 cat, 0.3 dog``.

    Raises:
        DataError: the data can no longer be read.
    """
    split = dataset.splits["train"]
    column = next((name for name, spec in split.features.items() if is_image(spec.shape)), None)
    if column is None:
        return []
    [(features, targets, *_)] = split.batches(batch_size, epoch=0, augment=True).take(1).as_numpy_iterator()
    images = features[column][:SHOWN]
    labels: list[str | None] = [None] * len(images)
    if dataset.task == "classification" and len(targets) == 1:
        [(target, values)] = targets.items()
        labels = [_label(dataset.assets.classes_of(target), value) for value in values[:SHOWN]]
    bounds = float(images.min()), float(images.max())
    return [{"picture": png(image, bounds), "label": label} for image, label in zip(images, labels, strict=True)]


def _label(classes: Any, value: np.ndarray) -> str | None:
    """A class by its number, or by the shares of all."""
    if classes is None:
        return None
    if value.dtype.kind in "iu" and value.size == 1:
        return names_of(classes, max(len(classes), int(value) + 1))[int(value)]
    if value.ndim != 1 or len(value) != len(classes):
        return None
    shares = [(float(share), name) for share, name in zip(value, classes, strict=True) if share > 0.005]
    return ", ".join(name if share > 0.995 else f"{share:.2g} {name}" for share, name in sorted(shares, reverse=True))
