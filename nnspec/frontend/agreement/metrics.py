"""Each metric against the labels, the shape of the output and its activation, as losses are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from nnspec.catalog.activation_ranges import PROBABILITIES
from nnspec.catalog.comparisons import METRICS, Takes
from nnspec.data.protocol import Columns, Facts
from nnspec.data.table import FeatureSpec, sizes
from nnspec.frontend.agreement.ends import (
    End,
    is_labels,
    kind_of_metric,
    loss_of,
    metric_place,
    metrics_of,
    same_shape,
)
from nnspec.frontend.agreement.targets import Misfit, misfit, near_zero, no_class
from nnspec.frontend.agreement.thresholds import counted_wrongly, gives_logits, needs_probability
from nnspec.frontend.augment_edges import no_class_beyond
from nnspec.frontend.diagnostics import Diagnostic
from nnspec.frontend.edits import reword
from nnspec.frontend.lints.network import ignored_class
from nnspec.frontend.masks import follow_masks
from nnspec.frontend.spec import Spec
from nnspec.layers.types import KindValue


def metric_misfits(spec: Spec, end: End, facts: Facts, name: str) -> Iterator[Diagnostic]:
    """E0704 for each metric that cannot be measured of an output, W0712 for one that measures something else."""
    assert facts.columns is not None
    target = facts.columns.targets[name]
    # Padding that the data tell of has weights of 0, which every metric minds.
    masked = not facts.columns.padded and follow_masks(spec.graph, spec.facts).at_run(end.output.ref)
    for key, index, value in metrics_of(spec, end):
        metric = kind_of_metric(value, end, target)
        takes = None if metric is None else METRICS.get(metric.kind)
        if metric is None or takes is None or end.shape is None:
            continue
        title = value if isinstance(value, str) else metric.kind
        span = metric_place(spec, key, end, index, metric.kind)
        ignored = no_class(facts, name)
        if ignored is None and len(target.shape) > 1 and is_labels(target):
            ignored = no_class_beyond(spec, end.output)
        found = metric_misfit(metric, takes, end, target, facts.classes) or _no_shares(takes, facts.columns, name)
        found = found or _no_class(metric, takes, ignored)
        if found is not None:
            message = f"{title} cannot be measured of `{end.name}`, {sizes(end.shape)}: {found[0]}"
            fix = None
            if (
                takes.other
                and metric_misfit(KindValue(takes.other, metric.args), METRICS[takes.other], end, target, None) is None
            ):
                fix = reword(span, title, takes.other)
            others = [output.name for output in spec.graph.outputs if output.name != end.name]
            by_name = f"a list is of all outputs; of one by its name: `{key}: {{{others[0]}: [...]}}`" if others else ""
            hint = by_name if by_name and not isinstance(spec.training.setting(key), Mapping) else found[1]
            yield Diagnostic("E0704", message, span, hint=hint, notes=end.notes, fix=fix)
        elif doubt := _doubt(spec, end, facts, name, metric, takes, title, ignored, masked):
            yield Diagnostic("W0712", doubt[0], span, "warning", doubt[1], end.notes)


def _doubt(
    spec: Spec,
    end: End,
    facts: Facts,
    name: str,
    metric: KindValue,
    takes: Takes,
    title: str,
    ignored: int | None,
    masked: bool,
) -> tuple[str, str] | None:
    """What a metric that can be measured measures instead of what it is meant to, and what helps."""
    assert facts.columns is not None
    if ignored is not None and takes.form != "by argument":
        message = f"{title} counts what is no class, {ignored} in `{name}`, as wrong"
        hint = f"`MeanIoU: {{num_classes: {facts.classes}, sparse_y_pred: false, ignore_class: {ignored}}}` does not"
        return message, hint
    if not masked and (left := _left_out(spec, end, metric, classes=end.units)) is not None:
        hint = "a mask that reaches the output leaves its steps out of both, as `mask_zero: true` of an Embedding does"
        if takes.form == "by argument":
            hint = f"say `ignore_class: {left}` in the metric, too"
        return f"{title} counts class {left} of `{name}`, which the loss leaves out", hint
    if masked and takes.counts_padding:
        message = f"{title} counts padding: the values of `{end.name}` carry a mask, and Keras's {metric.kind} does "
        hint = "means such as MeanSquaredError and the accuracies leave it out, as the loss does"
        return f"{message}not look at it", hint
    if nonsense := _nonsense(title, metric, takes, end, name, facts.columns):
        return nonsense
    if needs_probability(metric, takes) and gives_logits(end, loss_of(spec, end, facts, facts.columns.targets[name])):
        message = f"{title} takes values from 0 to 1, and `{end.name}` gives logits"
        return message, "end in an activation, sigmoid or softmax, and leave `from_logits` out of the loss"
    if metric.args.get("from_logits") and end.activation in PROBABILITIES:
        message = f"{title} takes logits (`from_logits: true`), and `{end.name}` ends in {end.activation}"
        return message, "leave `from_logits` out of the metric"
    return None


def _nonsense(
    title: str, metric: KindValue, takes: Takes, end: End, name: str, columns: Columns
) -> tuple[str, str] | None:
    """What of a metric that can be measured says nothing, and what helps; None where it says something."""
    span = columns.ranges.get(name)
    if takes.divides and span is not None and span[0] <= 0 <= span[1]:
        message = f"{title} divides by the targets, {near_zero(name, *span)}"
        return message, "MeanAbsoluteError does not divide"
    if takes.within is not None and span is not None and (span[0] < takes.within[0] or span[1] > takes.within[1]):
        low, high = takes.within
        message = f"{title} takes no others than {low:g} to {high:g}, and the targets `{name}` go from "
        return f"{message}{span[0]:g} to {span[1]:g}", "MeanAbsoluteError takes any number"
    if takes.directions and end.units == 1 and metric.args.get("axis", -1) == -1:
        message = f"`{end.name}` is one value, and {title} compares directions: it sees its sign alone"
        return message, "for numbers use MeanAbsoluteError or R2Score"
    return counted_wrongly(title, metric, takes, end)


def _left_out(spec: Spec, end: End, metric: KindValue, classes: int | None) -> int | None:
    """The class that a loss leaves out and a metric counts; None where both count all, or it is none of the output."""
    number = ignored_class(spec, end.output)
    if number is None or not 0 <= number < (classes or 0) or metric.args.get("ignore_class") == number:
        return None
    return number


def _no_class(metric: KindValue, takes: Takes, ignored: int | None) -> Misfit | None:
    """Why a metric by argument cannot take labels that are no class; None where it can, or there are none."""
    if ignored is None or takes.form != "by argument" or metric.args.get("ignore_class") == ignored:
        return None
    return f"the targets are {ignored} where they are no class", f"say `ignore_class: {ignored}`"


def _no_shares(takes: Takes, columns: Columns, name: str) -> Misfit | None:
    """Why a metric that takes yes or no cannot take numbers; None where it can, or they are not known."""
    low, high = columns.ranges.get(name, (0.0, 1.0))
    if not (takes.yes_no or takes.form == "each class") or is_labels(columns.targets[name]) or (low >= 0 and high <= 1):
        return None
    hint = "MeanAbsoluteError and R2Score measure numbers"
    return f"it takes 0 and 1, and the targets go from {low:g} to {high:g}", hint


def metric_misfit(metric: KindValue, takes: Takes, end: End, target: FeatureSpec, classes: int | None) -> Misfit | None:
    """Why a metric cannot compare an output with its target, and what can; None if it can."""
    assert end.shape is not None
    if takes.form == "by argument":
        return _intersection(metric, end, target, classes)
    several = end.shape[-1:] != (1,) and is_labels(target) and same_shape(end.shape[:-1], target.shape)
    found = misfit("it", end, target, takes, classes)
    if found is not None:
        message = found[0].removeprefix("and ").removeprefix("but ")
        if several and takes.form == "values" and end.shape:
            hint = "`one_hot: true` under `data` gives a value for each class; the loss is then CategoricalCrossentropy"
            return f"{message}, the numbers of classes", hint
        return message, found[1]
    if takes.form == "equal":
        return "it counts values that are equal to the last bit, which no network gives", "use `accuracy`"
    of_rows = takes.rows or metric.args.get("multi_label") or metric.args.get("class_id") is not None
    if of_rows and len(end.shape) != 1:
        return "it takes rows, one for each example, [batch, units]", None
    if takes.along and end.units == 1 and metric.args.get("axis", -1) == -1:
        return "it compares along the last axis, which has one value", f"`{metric.kind}: {{axis: 0}}` is along a batch"
    return None


def _intersection(metric: KindValue, end: End, target: FeatureSpec, classes: int | None) -> Misfit | None:
    """The metrics of intersection over union: their arguments say whether a side is numbers or a value each."""
    shape = end.shape
    assert shape is not None
    one_hot = metric.kind.startswith("OneHot")
    numbers_true = bool(metric.args.get("sparse_y_true", not one_hot))
    numbers_pred = bool(metric.args.get("sparse_y_pred", not one_hot))
    given = metric.args.get("num_classes")
    if shape[-1:] == (1,) or not shape:
        return "it compares classes, and there is one value", "BinaryIoU is for one value between 0 and 1"
    if numbers_pred:
        sides = "sparse_y_pred: false" if numbers_true else "sparse_y_true: false, sparse_y_pred: false"
        hint = f"say `{metric.kind}: {{num_classes: {shape[-1] or given}, {sides}}}`: the largest value is the class"
        return "it takes class numbers from the network, which gives a value for each class", hint
    if numbers_true != (is_labels(target) and not same_shape(shape, target.shape)):
        kind = "class numbers" if numbers_true else "a value for each class"
        name = metric.kind.removeprefix("OneHot")
        hint = f"`{name}: {{sparse_y_true: {str(not numbers_true).lower()}, sparse_y_pred: false, ...}}` takes these"
        return f"it takes {kind}, but the data give {target}", hint
    if not same_shape(shape[:-1] if numbers_true else shape, target.shape):
        return f"the data give {target}", None
    most = max(classes or 0, shape[-1] or 0)
    if isinstance(given, int) and given < most:
        return f"`num_classes` is {given}, and there are {most}", f"say `num_classes: {most}`"
    return None
