"""`train.quantize`: which epochs round, what it cannot go with, and what of a network stays in float."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from nnspec.catalog.targets import known_targets
from nnspec.frontend.config import TrainConfig
from nnspec.frontend.diagnostics import Diagnostic, Note
from nnspec.frontend.masks import masked_means
from nnspec.frontend.rounding_plan import Plan, plan_of, walks
from nnspec.frontend.spec import Spec
from nnspec.layers.types import KindValue


def float_epochs(train: TrainConfig) -> int:
    """How many epochs come before the first one that rounds."""
    assert train.quantize is not None
    given = train.quantize.float_epochs
    return given if given is not None else 0 if train.initial_weights else train.epochs // 2


def frozen_epochs(train: TrainConfig) -> int:
    """How many epochs at the end leave ranges and statistics as they are."""
    assert train.quantize is not None
    given = train.quantize.frozen_epochs
    return given if given is not None else (train.epochs - float_epochs(train)) // 3


def plan_for(spec: Spec) -> Plan:
    """The plan of a spec's training, with what its export decides; the spec has `train.quantize`."""
    settings = spec.training.quantize
    assert settings is not None
    if settings.recurrent == "auto":
        wanted = [target for _, _, target in known_targets(spec.export)]
        unrolls = any(one.unrolls and getattr(one, "quantize", None) in (None, "int8") for one in wanted)
        settings = replace(settings, recurrent="unrolled" if unrolls else "weights")
    return plan_of(spec.graph, settings)


def check_rounding(spec: Spec) -> Iterator[Diagnostic]:
    """An error for each thing that a training in whole numbers cannot have."""
    train = spec.training
    if train.quantize is None:
        return
    place = spec.place("train", "quantize")
    if train.precision != "float32":
        message = f"`quantize` rounds values in float32, and `precision` is {train.precision}"
        yield Diagnostic("E0703", message, spec.place("train", "precision") or place, hint="leave `precision` out")
    if train.quantize.activations == "int16" and train.quantize.weights == "int4":
        message = "no kernel has weights of 4 bits and values of 16"
        yield Diagnostic("E0703", message, spec.place("train", "quantize", "weights"), hint="weights: int8")
    if train.quantize.equalize != "none" and not train.initial_weights:
        message = "weights that are new have no channels of very different ranges: `equalize` is for `initial_weights`"
        hint = "leave it out, or begin from a trained network"
        yield Diagnostic("E0703", message, spec.place("train", "quantize", "equalize"), hint=hint)
    live = train.epochs - float_epochs(train) - frozen_epochs(train)
    if live < 1:
        message = f"of {train.epochs} epochs {float_epochs(train)} are in float and {frozen_epochs(train)} frozen: "
        hint = "more `epochs`, or fewer `float_epochs` and `frozen_epochs`"
        yield Diagnostic("E0703", f"{message}none is left in which ranges are found", place, hint=hint)
    yield from early_stopping(spec, float_epochs(train), "do not round")
    yield from _files(spec)
    for layer in spec.graph.layers:
        if layer.record.own_loss:
            message = f"a network with {layer.written} `{layer.name}` cannot be trained to be rounded"
            hint = "train it in float and export it with quantize: dynamic"
            yield Diagnostic("E0740", message, layer.span, hint=hint, notes=(Note("`quantize` is here", place),))
    if not any(step.weights or step.form == "recurrent" for step in plan_for(spec).steps):
        message = "no layer of the network has weights that can be rounded"
        yield Diagnostic("E0740", message, place, hint="leave `quantize` out")


def _files(spec: Spec) -> Iterator[Diagnostic]:
    """Settings of int8 files for which training has no place any more: it has settled what is rounded, and how."""
    plan = plan_for(spec)
    if not plan.groups or plan.wide:
        return
    varies = any(size is None for given in spec.graph.inputs for size in given.shape)
    for index, target, wanted in known_targets(spec.export):
        if not wanted.holds_tflite or wanted.quantize not in (None, "int8"):
            continue
        for name, unset, hint in (
            ("keep_float", (), "name the layers under `train: {quantize: {keep_float: [...]}}`"),
            ("dense_scale", "channel", "leave it out"),
        ):
            if getattr(wanted, name, unset) != unset:
                message = f"`{name}` is for files that are rounded after training, and `train.quantize` rounds in it"
                yield Diagnostic("E0703", message, spec.place("export", index, target.kind, name), hint=hint)
        if varies and getattr(wanted, "length", None) is None:
            message = "an int8 file of a network that was trained to be rounded has inputs of a fixed size"
            place = spec.place("export", index, target.kind) or spec.place("export")
            yield Diagnostic("E0703", message, place, hint="`length: 100` says it; or quantize: dynamic")


def early_stopping(spec: Spec, first: int, what: str) -> Iterator[Diagnostic]:
    """One that counts the epochs before `first` could end the training, or take it back, before they have done it.

    Args:
        what: of the epochs before, such as ``do not round``.
    """
    for index, value in enumerate(spec.training.callbacks):
        stops = value.kind if isinstance(value, KindValue) else value
        given = value.args.get("start_from_epoch") if isinstance(value, KindValue) else None
        if stops == "EarlyStopping" and int(given or 0) < first:
            message = f"EarlyStopping counts epochs from the first one, and the first {first} {what}"
            hint = f"start_from_epoch: {first}"
            yield Diagnostic("E0703", message, spec.place("train", "callbacks", index), hint=hint)


def stays_in_float(spec: Spec) -> Iterator[Diagnostic]:
    """A warning, W0740, for each layer that an int8 file computes in float, or whose weights get 8 bits, not 4."""
    settings = spec.training.quantize if spec.node.get("train", "quantize") is not None else None
    if settings is None:
        return
    plan = plan_for(spec)
    by_name = {layer.name: layer for layer in spec.graph.layers}
    if plan.calibrated is not None and settings.activations != "float32":
        layer = by_name[plan.calibrated]
        why = "its steps cannot be written out in whole numbers" if plan.unrolls else "it walks a sequence"
        message = f"weights alone are rounded in training: {layer.written} `{layer.name}`: {why}"
        hint = "the file takes the ranges of values from examples; `activations: float32` says so"
        if not plan.unrolls and settings.activations == "int8":
            hint += "; or `runtime: unrolled` under TFLite writes its steps out, and all of them are rounded"
        yield Diagnostic("W0740", message, layer.span, "warning", hint, layer.trail)
    kept = set(settings.keep_float)
    means = masked_means(spec) if plan.calibrated is None else []  # their division knows no whole numbers
    for name in (*plan.in_float, *means):
        layer = by_name[name]
        if name not in kept and layer.record.family != "preprocessing" and not walks(layer):
            message = f"{layer.written} `{name}` stays in float in an int8 file, between conversions to whole numbers"
            hint = "an accelerator for whole numbers cannot run it; `keep_float` says that it is meant"
            yield Diagnostic("W0740", message, layer.span, "warning", hint, layer.trail)
    for name in plan.eight_bits:
        layer = by_name[name]
        message = f"the weights of {layer.written} `{name}` have 8 bits: its kernel knows no 4"
        yield Diagnostic("W0740", message, layer.span, "warning", notes=layer.trail)
