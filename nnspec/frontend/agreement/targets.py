"""The outputs of a network against the targets of its data, each by its loss."""

from __future__ import annotations

from collections.abc import Iterator

from nnspec.catalog.activation_ranges import PROBABILITIES, RANGES
from nnspec.catalog.comparisons import LOSSES, Takes
from nnspec.data.protocol import Columns, Facts
from nnspec.data.table import FeatureSpec, sizes
from nnspec.frontend.agreement.ends import (
    End,
    Shape,
    fits_numbers,
    is_labels,
    lacks_last_axis,
    loss_of,
    same_shape,
)
from nnspec.frontend.diagnostics import Diagnostic, Fix
from nnspec.frontend.edits import flattened, without
from nnspec.frontend.lints.losses import is_neither
from nnspec.frontend.masks import follow_masks
from nnspec.frontend.network_edits import loss_replaced, size_followed
from nnspec.frontend.spec import Spec
from nnspec.layers.types import KindValue

Misfit = tuple[str, str | None]  # what is wrong, and what helps
# The values that an activation can give.
_FORGOTTEN = 4  # a network for many more classes is one that is tried on a small part of its data
FLATTEN = "a `Flatten` or a global pooling before the last layers leaves one row for each example"
PLAIN = "SparseCategoricalCrossentropy"  # the loss of classes by their numbers, which has no padding of its own
_CHAIN = Takes("numbers")  # a CRF's own loss


def target_misfits(spec: Spec, end: End, facts: Facts, name: str) -> Iterator[Diagnostic]:
    """What is wrong with training an output on the target of this name, and what is doubtful."""
    assert facts.columns is not None
    target = facts.columns.targets[name]
    if end.chain and spec.training.loss is not None:
        message = "a CRF is trained by the likelihood of whole sequences, which is a loss of its own"
        place = spec.place("train", "loss")
        yield Diagnostic("E0703", message, place, hint="leave `loss` out", fix=without(place, "remove `loss`"))
        return
    loss = None if end.chain else loss_of(spec, end, facts, target)
    if loss is None and not end.chain and spec.train is not None and spec.train.loss is None:
        message = f"there is no loss for `{end.name}`, and the data do not tell the task"
        hint = "say `loss:`, such as SparseCategoricalCrossentropy for classes or MeanSquaredError for numbers"
        yield Diagnostic("E0707", message, spec.place("train"), hint=hint)
        return
    takes = _CHAIN if end.chain else None if loss is None else LOSSES.get(loss.kind)
    if takes is None or end.shape is None:
        return
    found = misfit("its loss", end, target, takes, facts.classes)
    if found is not None:
        message = f"the output `{end.name}` has shape {sizes(end.shape)}, {found[0]}"
        fix = remedy(spec, end, target, takes, facts.classes)
        yield Diagnostic("E0702", message, spec.place("data", "source"), hint=found[1], notes=end.notes, fix=fix)
        return
    fits = loss is not None and is_labels(target) and end.units == 1 and fits_numbers(loss)
    if fits and loss is not None and facts.classes and facts.classes > 2:
        message = f"`{end.name}` is one value, and {loss.kind} fits it to the numbers of {facts.classes} classes"
        hint = f"end in {facts.classes} units with softmax; amounts that another output takes for classes need a target"
        yield Diagnostic("E0702", message, spec.place("train", "loss"), hint=f"{hint} of their own", notes=end.notes)
        return
    yield from _no_class(spec, end, facts, name, loss)
    yield from _padding(spec, end, facts.columns, name, loss)
    yield from _surplus(spec, end, facts, takes)
    yield from _reach(spec, end, facts.columns, name, loss, takes)
    if loss is not None and spec.training.loss is None and "from_logits" in loss.args and is_neither(end.activation):
        message = f"`{end.name}` ends in {end.activation}, and {loss.kind}, the loss of these targets, takes logits"
        hint = f"end in {'softmax' if takes.over_classes else 'sigmoid'}"
        place = end.output.span if end.layer is None else end.layer.span
        yield Diagnostic("W0604", message, place, "warning", hint)
    if fits and loss is not None and end.activation not in (None, *PROBABILITIES):
        message = f"{loss.kind} draws `{end.name}` to 0 and 1, but it ends in {end.activation}: yes is what is above 0"
        yield Diagnostic("W0604", message, spec.place("train", "loss"), "warning", "end in sigmoid", end.notes)


def remedy(spec: Spec, end: End, target: FeatureSpec, takes: Takes, classes: int | None) -> Fix | None:
    """The other loss where that one fits, as many units as classes, or a `Flatten` that may be missing."""
    assert end.shape is not None
    if takes.other and misfit("", end, target, LOSSES[takes.other], classes) is None:
        return loss_replaced(spec, end.name, takes.other)
    if takes.form == "numbers" and is_labels(target) and end.shape and same_shape(end.shape[:-1], target.shape):
        return size_followed(spec, end.layer, "classes", sure=end.units != 1)
    if _flat(end.shape, target) and end.layer is not None:
        return flattened(end.layer.span)
    return None


def misfit(who: str, end: End, target: FeatureSpec, takes: Takes, classes: int | None) -> Misfit | None:
    """Why a loss or metric cannot compare an output with its target, both sides named; None if it can.

    Args:
        who: the loss or metric, as the subject of a sentence.
    """
    assert end.shape is not None
    if takes.form == "numbers":
        return _numbers(who, end.shape, target, takes, classes)
    if takes.form == "each class":
        return _each_class(who, end.shape, target, takes)
    if not same_shape(end.shape, target.shape) and not lacks_last_axis(end, target):
        return f"but the data give {target}", _for_values(end.shape, target, takes)
    if takes.yes_no and is_labels(target) and classes is not None and classes > 2 and lacks_last_axis(end, target):
        hint = f"end in {classes} units with softmax, and SparseCategoricalCrossentropy as the loss"
        return f"and {who} takes yes or no, but the data have {classes} classes", hint
    return None


def _numbers(who: str, shape: Shape, target: FeatureSpec, takes: Takes, classes: int | None) -> Misfit | None:
    if not is_labels(target):
        other = f"use {takes.other}" if takes.other and same_shape(shape, target.shape) else None
        if other is None and shape and same_shape(shape[:-1], target.shape):
            other = "save the numbers of classes as integers"
        return f"and {who} takes class numbers, but the data give {target}", other
    if not shape or not same_shape(shape[:-1], target.shape):
        return f"but the labels {target} need a last axis of classes and the rest as theirs", _flat(shape, target)
    if shape[-1] is not None and classes and shape[-1] < classes:
        hint = "`$data.classes` is always their number"
        if classes == 2 and shape[-1] == 1:
            hint += "; one unit with sigmoid goes with BinaryCrossentropy"
        return f"but the data have {classes} classes", hint
    return None


def _each_class(who: str, shape: Shape, target: FeatureSpec, takes: Takes) -> Misfit | None:
    if is_labels(target) and not same_shape(shape, target.shape):
        other = f"use {takes.other}, or say" if takes.other else "say"
        hint = f"{other} `one_hot: true` under `data` for a value for each class"
        return f"and {who} takes a value for each class, but the data give class numbers, {target}", hint
    if not shape or shape[-1:] == (1,):
        hint = "BinaryAccuracy and its like are for one unit" if who == "it" else ""
        hint = hint or "one unit with sigmoid goes with BinaryCrossentropy"
        return f"and {who} takes a value for each class", hint
    if not same_shape(shape, target.shape):
        return f"but the data give {target}", None
    return None


def _for_values(shape: Shape, target: FeatureSpec, takes: Takes) -> str | None:
    """What helps where outputs and targets differ in shape, for what compares them value by value."""
    if is_labels(target) and shape and same_shape(shape[:-1], target.shape):
        if takes.yes_no:
            return "for one class of several use SparseCategoricalCrossentropy; for yes or no end in one unit"
        return (
            "class numbers go with SparseCategoricalCrossentropy; `one_hot: true` under `data` gives a value for each"
        )
    if takes.yes_no and shape == (1,) and target.shape == (2,):
        return "one unit says yes or no of class numbers: leave `one_hot` out, or end in two units with softmax"
    return _flat(shape, target)


def _flat(shape: Shape, target: FeatureSpec) -> str | None:
    """A forgotten Flatten: the output has axes of its own that the target lacks."""
    if len(shape) > len(target.shape) + 1 and target.shape in ((), (shape[-1],)):
        return FLATTEN
    return None


def _surplus(spec: Spec, end: End, facts: Facts, takes: Takes) -> Iterator[Diagnostic]:
    units = end.units
    if takes.form != "numbers" or not facts.classes or units is None or end.chain:
        return
    if facts.classes < units <= _FORGOTTEN * facts.classes:
        message = f"`{end.name}` has {units} units, and the data have {facts.classes} classes"
        span = end.output.span or spec.place("data", "source")
        fix = size_followed(spec, end.layer, "classes", sure=False)  # the data may be a part of what is meant
        yield Diagnostic("W0715", message, span, "warning", "`$data.classes` is always their number", fix=fix)


def no_class(facts: Facts, name: str) -> int | None:
    """The number among a target's labels that is no class, 255 of a mask for one; None where all are classes."""
    assert facts.columns is not None
    if not is_labels(facts.columns.targets[name]) or not facts.classes or name not in facts.columns.ranges:
        return None
    low, high = facts.columns.ranges[name]
    return int(high) if high >= facts.classes else int(low) if low < 0 else None


def _no_class(spec: Spec, end: End, facts: Facts, name: str, loss: KindValue | None) -> Iterator[Diagnostic]:
    """E0702 where a loss takes what is no class for one: it would be no number, or train on nonsense."""
    number = no_class(facts, name)
    if number is None or loss is None or end.chain or loss.args.get("ignore_class") == number:
        return
    message = f"`{name}` is {number} where it is no class, and {loss.kind} takes it for one of {facts.classes}"
    hint = f"say `loss: {{SparseCategoricalCrossentropy: {{ignore_class: {number}}}}}`"
    if end.units == 1:
        hint += f", and end in {facts.classes} units with softmax"
    yield Diagnostic("E0702", message, spec.place("train", "loss"), hint=hint, notes=end.notes)


def _padding(spec: Spec, end: End, columns: Columns, name: str, loss: KindValue | None) -> Iterator[Diagnostic]:
    """W0736 where a loss learns what stands behind the end of a text."""
    if name not in columns.ended or loss is None or loss.kind != PLAIN or loss.args.get("ignore_class") == 0:
        return
    if not follow_masks(spec.graph, spec.facts).at_run(end.output.ref):
        message = f"`{name}` ends in padding, 0, and {loss.kind} counts it as a class, as accuracy does"
        hint = (
            "say `loss: {SparseCategoricalCrossentropy: {ignore_class: 0}}`; a mask that reaches the output leaves it "
        )
        hint += "out of accuracy, too"
        yield Diagnostic("W0736", message, spec.place("train", "loss"), "warning", hint, end.notes)


def near_zero(name: str, low: float, high: float) -> str:
    """What a measure that divides by the targets makes of those at 0, or on both sides of it."""
    if 0 in (low, high):
        return f"and 0 is among `{name}`: such an example counts millions"
    return f"and `{name}` goes from {low:g} to {high:g}: examples near 0 outweigh all others"


def _reach(
    spec: Spec, end: End, columns: Columns, name: str, loss: KindValue | None, takes: Takes
) -> Iterator[Diagnostic]:
    """Targets that the last activation cannot give, or that are no yes or no."""
    whole = is_labels(columns.targets[name])  # numbers of classes, unless each value is a yes or no
    if name not in columns.ranges or loss is None or (whole and not takes.yes_no and not takes.divides):
        return
    low, high = columns.ranges[name]
    least, most = RANGES.get(str(end.activation), (float("-inf"), float("inf")))
    why = f"`{end.name}` ends in {end.activation}"
    if takes.yes_no and (low < 0 or high > 1):
        (least, most), why = (0.0, 1.0), f"{loss.kind} takes values from 0 to 1"
    elif takes.within is not None and (low < takes.within[0] or high > takes.within[1]):
        (least, most), why = (
            takes.within,
            f"{loss.kind} takes no others than {takes.within[0]:g} to {takes.within[1]:g}",
        )
    if takes.divides and low <= 0 <= high:
        message = f"{loss.kind} divides by the targets, {near_zero(name, low, high)}"
        hint = "use MeanAbsoluteError, or leave such examples out"
        yield Diagnostic("W0711", message, spec.place("train", "loss"), "warning", hint, end.notes)
    if low < least or high > most:
        message = f"{why}, and the targets `{name}` go from {low:g} to {high:g}"
        hint = "scale the targets, or end without an activation and use a loss for numbers"
        if whole:
            hint = "save 1 where it is so and 0 where it is not; several classes go with SparseCategoricalCrossentropy"
        yield Diagnostic("W0711", message, spec.place("train", "loss"), "warning", hint, end.notes)
