"""The network against what is known of its data without reading them: the spec's list of classes, a folder's names."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from nnspec.frontend.diagnostics import Diagnostic
from nnspec.frontend.lints.network import ends, loss_note, loss_of, numbers_classes, units, warning
from nnspec.frontend.network_edits import loss_replaced, size_followed
from nnspec.frontend.spec import Spec

_SPARSE = "SparseCategoricalCrossentropy"
_DENSE = {"CategoricalCrossentropy", "CategoricalFocalCrossentropy"}


def labels_against_loss(spec: Spec) -> Iterator[Diagnostic]:
    """A loss over one value for each class, and data that give the class's number."""
    for output, _ in ends(spec):
        name, _ = loss_of(spec, output)
        if name in _DENSE and spec.data is not None and numbers_classes(spec.data):
            message = f"{name} takes a value for each class, and {spec.data.source.kind} gives the class's number"
            fix = loss_replaced(spec, output.name, _SPARSE)
            yield warning("W0706", message, loss_note(spec, output).span, f"use {_SPARSE}", fix=fix)


def classes_against_units(spec: Spec) -> Iterator[Diagnostic]:
    """Fewer units than classes: the labels beyond them have no place."""
    for output, layer in ends(spec):
        name, _ = loss_of(spec, output)
        size = units(spec, output)
        if name != _SPARSE or size is None or size == 1:
            continue
        classes = _classes(spec)
        if classes is not None and size < classes:
            message = f"`{output.name}` has {size} units, and the data have {classes} classes"
            fix = size_followed(spec, layer, "classes")
            yield warning("W0706", message, layer.span, "`$data.classes` is always their number", layer.trail, fix)


def _classes(spec: Spec) -> int | None:
    """How many classes the data have, where that takes no reading: a list in the spec, folders, a known data set."""
    if spec.data is None:
        return None
    if spec.data.classes is not None:
        return len(spec.data.classes)
    from nnspec.data.dataset import make_source
    from nnspec.data.errors import DataError

    if not numbers_classes(spec.data):
        return None
    try:
        found = make_source(spec.data.source).facts(Path(os.curdir))
    except DataError:
        return None
    return None if found is None else found.classes
