"""Whether the data fit the network: which column goes where, and that shapes, dtypes and classes agree.

All of it is said before training starts, with both sides named.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import keras

from nnspec.backend.crf import CRFLoss
from nnspec.data.dataset import Dataset
from nnspec.data.table import FeatureSpec
from nnspec.frontend.diagnostics import Diagnostic, Note, SpecError
from nnspec.frontend.sequences import outputs_by_ctc, sequences_against_data
from nnspec.frontend.spec import Input, Output, Spec, keras_name
from nnspec.training.binding import Binding
from nnspec.training.compile import PROBABILITIES, Target, last_activation, output_tensor

SPARSE = (keras.losses.SparseCategoricalCrossentropy, CRFLoss)
DENSE = (keras.losses.CategoricalCrossentropy, keras.losses.CategoricalFocalCrossentropy, keras.losses.KLDivergence)


def bind(spec: Spec, dataset: Dataset) -> Binding:
    """Which feature each input takes and which target each output is trained on: by name, or the only one there is.

    A lone target is that of every output: a network with auxiliary classifiers gives the same answer several times.

    Raises:
        SpecError: E0702, names that do not match.
    """
    inputs = [given.name for given in spec.graph.inputs]
    outputs = [given.name for given in spec.graph.outputs]
    return Binding(
        _pair(spec, inputs, dataset.features, "input", "feature"),
        _pair(spec, outputs, dataset.targets, "output", "target"),
    )


def _pair(spec: Spec, names: list[str], columns: Mapping[str, FeatureSpec], ours: str, theirs: str) -> dict[str, str]:
    if len(columns) == 1 and (len(names) == 1 or theirs == "target"):
        return {keras_name(name): next(iter(columns)) for name in names}
    missing = [name for name in names if name not in columns]
    if missing:
        message = f"the {ours} `{missing[0]}` has no {theirs} in the data, which have {_listed(columns)}"
        hint = f"with several {ours}s or {theirs}s they go together by name"
        raise SpecError([Diagnostic("E0702", message, spec.place("data", "source"), hint=hint)])
    return {keras_name(name): name for name in names}


def check_inputs(spec: Spec, dataset: Dataset, binding: Binding) -> None:
    """Raises SpecError, E0702, for every input whose shape or dtype is not that of its feature."""
    problems = []
    for given in spec.graph.inputs:
        name = binding.inputs[keras_name(given.name)]
        feature = dataset.features[name]
        if not _same_shape(given.shape, feature.shape) or not _takes(given.dtype, feature.dtype):
            ours = FeatureSpec(given.shape, given.dtype)
            message = f"the network takes {ours} as `{given.name}`, but the data give {feature} as `{name}`"
            problems.append(_misfit(spec, message, given, _how_to_fit(given, feature)))
    if problems:
        raise SpecError(problems)


def check_targets(spec: Spec, model: Any, targets: Mapping[str, Target], dataset: Dataset) -> None:
    """Raises SpecError, E0702, for every output that cannot be trained on its target by its loss.

    Args:
        model: compiled.
    """
    losses = model.loss if isinstance(model.loss, dict) else dict.fromkeys(targets, model.loss)
    by_ctc = outputs_by_ctc(spec)
    problems: list[Diagnostic] = []
    for output in spec.graph.outputs:
        name = keras_name(output.name)
        shape = tuple(output_tensor(model, name).shape[1:])
        if output in by_ctc:
            problems += sequences_against_data(spec, output, targets[name].spec, name)
            continue
        why = _target_misfit(shape, targets[name], losses.get(name))
        if why:
            problems.append(_misfit(spec, f"the output `{output.name}` has shape {_sizes(shape)}, {why}", output))
    if problems:
        raise SpecError(problems)


def doubts(spec: Spec, model: Any, targets: Mapping[str, Target]) -> Iterator[Diagnostic]:
    """Losses that take probabilities from an output that has none, or the other way round."""
    losses = model.loss if isinstance(model.loss, dict) else dict.fromkeys(targets, model.loss)
    for name, loss in losses.items():
        from_logits = getattr(loss, "from_logits", None)
        if from_logits is None:
            from_logits = getattr(loss, "_fn_kwargs", {}).get("from_logits")
        if from_logits is None:
            continue
        activation = last_activation(model, name)
        if from_logits == (activation in PROBABILITIES):
            what = "logits, but the output has gone through" if from_logits else "probabilities, but the output is"
            message = f"the loss takes {what} {activation}"
            hint = f"say `from_logits: {str(not from_logits).lower()}`, or change the last activation"
            yield Diagnostic("W0702", message, spec.place("train", "loss"), "warning", hint)


def _target_misfit(shape: tuple[int | None, ...], target: Target, loss: Any) -> str | None:
    """What is wrong with a target for an output of this shape; None if they go together."""
    column, classes = target.spec, target.classes
    if isinstance(loss, SPARSE):
        if not target.is_labels:
            return f"and its loss takes class numbers, but the data give {column}"
        if not shape or not _same_shape(shape[:-1], column.shape):
            return f"but the labels {column} need a last axis of classes and the rest as theirs"
        if classes and shape[-1] is not None and shape[-1] < classes:
            return f"but the data have {classes} classes"
        return None
    if isinstance(loss, DENSE) and target.is_labels:
        return f"and its loss takes a value for each class, but the data give class numbers, {column}"
    if _same_shape(shape, column.shape) or (shape[-1:] == (1,) and _same_shape(shape[:-1], column.shape)):
        return None
    return f"but the data give {column}"


def _same_shape(ours: tuple[int | None, ...], theirs: tuple[int | None, ...]) -> bool:
    """Whether data of the shape ``theirs`` always have the shape ``ours``."""
    if len(ours) != len(theirs):
        return False
    return all(want is None or want == have for want, have in zip(ours, theirs, strict=True))


def _takes(ours: str, theirs: str) -> bool:
    """Whether values of one dtype may be given for another: whole numbers for floats, but not the other way."""
    if "string" in (ours, theirs):
        return ours == theirs
    return not (theirs.startswith(("float", "bfloat")) and not ours.startswith(("float", "bfloat")))


def _how_to_fit(given: Input, feature: FeatureSpec) -> str | None:
    if len(given.shape) == len(feature.shape) and None in feature.shape and None not in given.shape:
        return "the data vary in length: give the source a `length`, or the input null there"
    return None


def _misfit(spec: Spec, message: str, ours: Input | Output, hint: str | None = None) -> Diagnostic:
    note = () if ours.span is None else (Note("the network's side", ours.span),)
    return Diagnostic("E0702", message, spec.place("data", "source"), hint=hint, notes=note)


def _sizes(shape: tuple[int | None, ...]) -> str:
    return f"[{', '.join('?' if size is None else str(size) for size in shape)}]"


def _listed(columns: Mapping[str, FeatureSpec]) -> str:
    return ", ".join(f"`{name}`" for name in columns)
