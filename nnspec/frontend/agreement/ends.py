"""What a network ends in, as far as losses, metrics and targets ask: shape, last activation, the loss that is set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from nnspec.catalog.activation_ranges import PROBABILITIES
from nnspec.catalog.comparisons import BY_SHAPE, LOSSES, kind_of
from nnspec.data.protocol import Facts
from nnspec.data.table import FeatureSpec
from nnspec.frontend.class_weights import by_output
from nnspec.frontend.diagnostics import Note, Span
from nnspec.frontend.lints.network import ends, last_activation, tensor
from nnspec.frontend.spec import Layer, Output, Spec, keras_name
from nnspec.layers.types import KindValue
from nnspec.quick_classes import dataclass

Shape = tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class End:
    """One output of a network.

    Attributes:
        shape: without the batch, None where a size varies or is unknown; None where nothing is known of it.
        activation: that of the layer that made its values; ``linear`` where it has none, None where it is unknown.
        chain: whether it is a CRF, which brings its own loss.
        layer: the one that made its values; None for an input.
    """

    output: Output
    shape: Shape | None
    activation: str | None
    chain: bool = False
    layer: Layer | None = None

    @property
    def name(self) -> str:
        return self.output.name

    @property
    def units(self) -> int | None:
        """The size of the last axis."""
        return self.shape[-1] if self.shape else None

    @property
    def notes(self) -> tuple[Note, ...]:
        span = self.output.span or (None if self.layer is None else self.layer.span)
        return () if span is None else (Note("the network's side", span),)


def ends_of(spec: Spec) -> dict[str, End]:
    """The outputs of a spec by name, as far as they are known without building."""
    layers = {output.name: layer for output, layer in ends(spec)}
    found = {}
    for output in spec.graph.outputs:
        known, layer = tensor(spec, output), layers.get(output.name)
        shape = None if known is None else tuple(size if isinstance(size, int) else None for size in known.shape[1:])
        last = None if layer is None else last_activation(spec, layer)
        found[output.name] = End(output, shape, last, layer is not None and layer.record.own_loss, layer)
    return found


def setting(spec: Spec, key: str, output: str) -> Any:
    """What ``train.loss``, ``metrics`` or ``weighted_metrics`` says of an output: given by output, or once for all."""
    value = spec.training.setting(key)
    if not isinstance(value, Mapping):
        return value
    if output in value:
        return value[output]
    wanted = keras_name(output)
    return next((item for name, item in value.items() if keras_name(name) == wanted), None)


def loss_of(spec: Spec, end: End, facts: Facts, target: FeatureSpec) -> KindValue | None:
    """The loss that an output is trained by: the spec's, or the task's; None where there is none, or it is unknown."""
    given = setting(spec, "loss", end.name)
    if given is None:
        return default_loss(end, facts, target) if spec.training.loss is None else None
    return _named(given)


def _named(loss: Any) -> KindValue | None:
    """A loss as it is set; None where it is a kind that is not known."""
    if isinstance(loss, str):
        kind = kind_of("loss", loss)
        return None if kind is None else KindValue(kind, {})
    return loss if isinstance(loss, KindValue) else None


def default_loss(end: End, facts: Facts, target: FeatureSpec) -> KindValue | None:
    """The loss of an output that the spec gives none; None where the task is unknown."""
    if facts.task in ("classification", "tagging"):
        logits = {"from_logits": end.activation not in PROBABILITIES}
        if is_labels(target):
            return KindValue("BinaryCrossentropy" if end.units == 1 else "SparseCategoricalCrossentropy", logits)
        return KindValue("CategoricalCrossentropy", logits)
    return KindValue("MeanSquaredError", {}) if facts.task in ("regression", "forecast") else None


def fitted_as_numbers(spec: Spec) -> Literal["all"] | tuple[str, ...]:
    """The outputs whose loss fits numbers, MeanSquaredError for one: whole numbers as their targets are amounts.

    They are classes behind a sigmoid or a softmax, and where the spec says so: `classes`, `one_hot`, `class_weight`.
    """
    assert spec.data is not None and spec.train is not None
    weighed = by_output(spec)
    if spec.data.classes is not None or spec.data.one_hot or len(weighed) == len(spec.graph.outputs):
        return ()
    found = []
    for end in ends_of(spec).values():
        if end.name in weighed:
            continue
        loss = _named(setting(spec, "loss", end.name))
        if loss is not None and not end.chain and fits_numbers(loss) and end.activation not in PROBABILITIES:
            found.append(end.name)
    return "all" if len(found) == len(spec.graph.outputs) else tuple(found)


def fits_numbers(loss: KindValue) -> bool:
    """Whether a loss compares amounts, and not what is so with what is not."""
    takes = LOSSES.get(loss.kind)
    return takes is not None and takes.form == "values" and not takes.yes_no and not takes.labels


def takes_probabilities(loss: Any) -> bool:
    """Whether a loss, as a spec says it, takes what a network gives for probabilities."""
    given = _named(loss)
    takes = None if given is None else LOSSES.get(given.kind)
    if given is None or takes is None or given.args.get("from_logits"):
        return False
    return takes.yes_no or takes.over_classes or takes.probability


def is_labels(target: FeatureSpec) -> bool:
    """Whether a target is whole numbers: those of classes, wherever an output has a value for each class."""
    return target.dtype.startswith(("int", "uint"))


def same_shape(ours: Shape, theirs: Shape) -> bool:
    """Whether data of the shape ``theirs`` always have the shape ``ours``."""
    if len(ours) != len(theirs):
        return False
    return all(want is None or want == have for want, have in zip(ours, theirs, strict=True))


def lacks_last_axis(end: End, target: FeatureSpec) -> bool:
    """Whether an output has one value in its last axis, and its target is that value without the axis."""
    shape = end.shape
    return shape is not None and shape[-1:] == (1,) and same_shape(shape[:-1], target.shape)


def metrics_of(spec: Spec, end: End) -> Iterator[tuple[str, int | None, Any]]:
    """Each metric that is set for an output: the setting, its place in the list (None: it is alone), the value."""
    for key in ("metrics", "weighted_metrics"):
        value = setting(spec, key, end.name)
        if isinstance(value, list):
            for index, item in enumerate(value):
                yield key, index, item
        elif value is not None:
            yield key, None, value


def kind_of_metric(value: Any, end: End, target: FeatureSpec) -> KindValue | None:
    """The kind of a metric, words included; None where it is unknown."""
    if isinstance(value, KindValue):
        return value
    if not isinstance(value, str):
        return None
    if value.lower() in BY_SHAPE:
        return _by_shape(value.lower(), end, target)
    kind = kind_of("metric", value)
    return None if kind is None else KindValue(kind, {})


def _by_shape(word: str, end: End, target: FeatureSpec) -> KindValue | None:
    """The kind that Keras takes for `accuracy` and `crossentropy`."""
    if end.shape is None:
        return None
    what = "Accuracy" if word.startswith("acc") else "Crossentropy"
    if not end.shape or end.shape[-1:] == (1,):
        return KindValue(f"Binary{what}", {})
    same = len(end.shape) == len(target.shape) and end.shape[-1:] == target.shape[-1:]
    return KindValue(f"Categorical{what}" if same else f"SparseCategorical{what}", {})


def metric_place(spec: Spec, key: str, end: End, index: int | None, *path: str) -> Span | None:
    """Where a metric of ``metrics_of`` stands, or an argument of it."""
    by_output = spec.node.get("train", key, end.name) is not None
    return spec.place("train", key, *([end.name] if by_output else []), *([] if index is None else [index]), *path)
