"""`train.class_weight`: how much each class counts in the loss of the training part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nnspec.data.dataset import Dataset
from nnspec.data.pipeline import Split
from nnspec.frontend.agreement.class_weights import labels_of
from nnspec.frontend.agreement.ends import ends_of
from nnspec.frontend.class_weights import ClassWeight, by_output, is_by_output
from nnspec.frontend.diagnostics import Diagnostic, SpecError
from nnspec.frontend.spec import Spec, keras_name
from nnspec.runs.binding import Binding

_ROWS = 65536


def class_weights(spec: Spec, dataset: Dataset, binding: Binding) -> dict[str, np.ndarray]:
    """A float32 weight for each class, by output as Keras calls it; those without are left out.

    ``balanced`` gives a class n / (classes * count), so that all classes weigh the same together (King and Zeng,
    Logistic Regression in Rare Events Data, 2001). A mapping gives weights by label; the others weigh 1.

    Raises:
        SpecError: E0713, an output without classes; E0708, no such label.
    """
    found = {}
    ends, facts, train = ends_of(spec), dataset.facts, dataset.splits["train"]
    told = is_by_output(spec.training.class_weight)
    for output, wanted in by_output(spec).items():
        path = ("train", "class_weight", output) if told else ("train", "class_weight")
        target = binding.outputs[keras_name(output)]
        labels = labels_of(spec, ends[output], facts, target)
        if labels is None:
            message = f"class weights need classes, and `{target}`, which `{output}` is trained on, has none"
            raise SpecError([Diagnostic("E0713", message, spec.place(*path))])
        counts = class_counts(train, target, len(labels))
        if 0 <= (ignored := binding.ignored.get(keras_name(output), -1)) < len(counts):
            counts = np.where(np.arange(len(counts)) == ignored, 0, counts)
        labels = labels or tuple(map(str, range(len(counts))))
        by_label = isinstance(wanted, Mapping)
        found[keras_name(output)] = _by_label(spec, wanted, labels, path) if by_label else balanced(counts, len(labels))
    return found


def class_counts(train: Split, target: str, classes: int) -> np.ndarray:
    """How many examples, or steps, of each class there are; of a value for each class the sum of the shares."""
    counts = train.class_counts()
    if target in counts:
        found: np.ndarray = counts[target][: classes or None]
        return found
    total = np.zeros(classes)
    for start in range(0, train.size, _ROWS):
        values = train.table.targets[target].take(train.indices[start : start + _ROWS])
        total += _shares(values, classes).reshape(-1, classes).sum(axis=0)
    return total


def _shares(values: Any, classes: int) -> np.ndarray:
    """Yes and no, float [examples] or [examples, 1], as shares of two classes; others are shares already."""
    given = np.asarray(values, np.float64)
    return np.stack([1 - given, given], axis=-1) if given.size == len(given) and classes == 2 else given


def balanced(counts: np.ndarray, classes: int) -> np.ndarray:
    """Weights by the number of examples of each class; a class without examples weighs 0."""
    padded = np.zeros(classes)
    padded[: len(counts)] = counts
    seen = np.count_nonzero(padded)
    weights: np.ndarray = np.divide(padded.sum(), seen * padded, out=np.zeros(classes), where=padded > 0)
    return weights.astype(np.float32)


def _by_label(spec: Spec, wanted: ClassWeight, classes: Sequence[str], path: tuple[str, ...]) -> np.ndarray:
    assert isinstance(wanted, Mapping)
    weights = np.ones(len(classes), np.float32)
    for label, weight in wanted.items():
        if str(label) not in classes:
            message = f"there is no class `{label}`"
            hint = f"there are {', '.join(classes[:12])}{', ...' if len(classes) > 12 else ''}"
            raise SpecError([Diagnostic("E0708", message, spec.place(*path, label), hint=hint)])
        weights[classes.index(str(label))] = weight
    return weights
