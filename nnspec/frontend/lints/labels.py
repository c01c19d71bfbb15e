"""The network against what is known of its data without reading them: the spec's list of classes, a folder's names."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from nnspec.frontend.diagnostics import Diagnostic
from nnspec.frontend.lints.network import ends, loss_note, loss_of, units, warning
from nnspec.frontend.network_edits import loss_replaced, size_followed
from nnspec.frontend.spec import Spec
from nnspec.layers.types import KindValue

_SPARSE = "SparseCategoricalCrossentropy"
_DENSE = {"CategoricalCrossentropy", "CategoricalFocalCrossentropy"}
_NUMBERED = {"ImageFolder", "Text", "Conll"}  # sources whose targets are always the numbers of classes
_KERAS_REGRESSION = {"california_housing", "boston_housing"}


def labels_against_loss(spec: Spec) -> Iterator[Diagnostic]:
    """A loss over one value for each class, and data that give the class's number."""
    for output, _ in ends(spec):
        name, _ = loss_of(spec, output)
        if name in _DENSE and spec.data is not None and _gives_numbers(spec.data.source):
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


def _gives_numbers(source: KindValue) -> bool:
    if source.kind == "Keras":
        return source.args.get("name") not in _KERAS_REGRESSION
    return source.kind in _NUMBERED


def _classes(spec: Spec) -> int | None:
    """How many classes the data have, where that takes no reading: a list in the spec, folders, a known data set."""
    if spec.data is None:
        return None
    if spec.data.classes is not None:
        return len(spec.data.classes)
    source = spec.data.source
    # What imports the sources waits for data that are there.
    if source.kind != "Keras" and not (source.kind == "ImageFolder" and os.path.isdir(source.args.get("path", ""))):
        return None
    from nnspec.data.errors import DataError
    from nnspec.data.facts import facts

    try:
        return facts(spec.data, Path(os.curdir)).classes
    except DataError:
        return None
