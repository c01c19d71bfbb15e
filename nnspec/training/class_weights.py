"""`train.class_weight`: how much each class counts in the loss of the training part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from nnspec.data.dataset import Dataset
from nnspec.frontend.diagnostics import Diagnostic, SpecError
from nnspec.frontend.spec import Spec


def class_weights(spec: Spec, dataset: Dataset) -> dict[str, np.ndarray]:
    """A float32 weight for each class, by target; empty where the spec asks for none.

    ``balanced`` gives a class n / (classes * count), so that all classes weigh the same together (King and Zeng,
    Logistic Regression in Rare Events Data, 2001). A mapping gives weights by label; the others weigh 1.

    Raises:
        SpecError: E0713, there are no classes; E0708, no such label.
    """
    wanted = spec.training.class_weight
    if not wanted:
        return {}
    counts = dataset.splits["train"].class_counts()
    labels = {name: dataset.assets.classes_of(name) or () for name in counts}
    if not counts or not all(labels.values()):
        message = "class weights need classes, and not all targets of these data have some"
        raise SpecError([Diagnostic("E0713", message, spec.place("train", "class_weight"))])
    if isinstance(wanted, Mapping):
        return {name: _by_label(spec, wanted, found) for name, found in labels.items()}
    return {name: balanced(found[: len(labels[name])], len(labels[name])) for name, found in counts.items()}


def balanced(counts: np.ndarray, classes: int) -> np.ndarray:
    """Weights by the number of examples of each class; a class without examples weighs 0."""
    padded = np.zeros(classes)
    padded[: len(counts)] = counts
    seen = np.count_nonzero(padded)
    weights: np.ndarray = np.divide(padded.sum(), seen * padded, out=np.zeros(classes), where=padded > 0)
    return weights.astype(np.float32)


def _by_label(spec: Spec, wanted: Mapping[str, float], classes: Sequence[str]) -> np.ndarray:
    weights = np.ones(len(classes), np.float32)
    for label, weight in wanted.items():
        if str(label) not in classes:
            message = f"there is no class `{label}`"
            hint = f"there are {', '.join(classes[:12])}{', ...' if len(classes) > 12 else ''}"
            raise SpecError([Diagnostic("E0708", message, spec.place("train", "class_weight", label), hint=hint)])
        weights[classes.index(str(label))] = weight
    return weights
