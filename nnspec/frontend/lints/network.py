"""What the rules ask of a network: its ends, who takes what, the loss and the activation of an output."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nnspec.catalog.activation_ranges import PROBABILITIES
from nnspec.catalog.kinds import catalog
from nnspec.data.config import DataConfig
from nnspec.data.protocol import Facts
from nnspec.frontend.diagnostics import Diagnostic, Fix, Note, Span
from nnspec.frontend.shapes import input_spec
from nnspec.frontend.spec import Layer, Output, Ref, Spec
from nnspec.layers import LayerKind, layer_kind
from nnspec.layers.kind import ARGUMENT
from nnspec.layers.types import Dim, KindValue, TensorSpec


def warning(
    code: str,
    message: str,
    span: Span | None,
    hint: str | None = None,
    notes: tuple[Note, ...] = (),
    fix: Fix | None = None,
) -> Diagnostic:
    return Diagnostic(code, message, span, "warning", hint, notes, fix)


def by_name(spec: Spec) -> dict[str, Layer]:
    return {layer.name: layer for layer in spec.graph.layers}


def users(spec: Spec) -> dict[str, int]:
    """How many layers and outputs take each tensor, by the name of the layer or input that gives it."""
    count: dict[str, int] = {}
    taken = [ref for layer in spec.graph.layers for ref in layer.inputs]
    for ref in [*taken, *(output.ref for output in spec.graph.outputs)]:
        count[ref.layer] = count.get(ref.layer, 0) + 1
    return count


def ends(spec: Spec) -> Iterator[tuple[Output, Layer]]:
    """Each output with the layer that made its values; those that only pass them on are looked through."""
    layers = by_name(spec)
    for output in spec.graph.outputs:
        layer = layers.get(output.ref.layer)
        while layer is not None and layer.record.arranges:
            layer = layers.get(layer.inputs[0].layer)
        if layer is not None:
            yield output, layer


def tensor(spec: Spec, output: Output) -> TensorSpec | None:
    """What an output is; None where it is unknown."""
    fact = spec.facts.get(output.ref.layer)
    return fact.outputs[output.ref.index] if fact and fact.outputs else None


def tensor_of(spec: Spec, ref: Ref) -> tuple[Dim, ...] | None:
    """The shape, batch first, of what a layer takes; None where it is unknown."""
    given = next((one for one in spec.graph.inputs if one.name == ref.layer), None)
    if given is not None:
        return input_spec(given).shape
    outputs = spec.facts[ref.layer].outputs
    return outputs[ref.index].shape if outputs else None


def units(spec: Spec, output: Output) -> int | None:
    """The size of an output's last axis; None where it is unknown."""
    found = tensor(spec, output)
    last = None if found is None else found.shape[-1]  # the batch is no number
    return last if isinstance(last, int) else None


def activation(layer: Layer) -> str | None:
    """The activation that a layer ends in: ``linear`` where there is none; None if it cannot be told."""
    return _activation(layer.record, layer.args)


def _activation(record: LayerKind, args: Mapping[str, Any]) -> str | None:
    inner = args.get("layer")
    if record.activation is None and record.family != "recurrent" and isinstance(inner, KindValue):
        return _activation(layer_kind(inner.kind), inner.args)
    if record.activation != ARGUMENT:
        return record.activation
    found = args.get("activation", "linear")
    return catalog().canonical("activation", found) if isinstance(found, str) else None


def last_activation(spec: Spec, layer: Layer) -> str | None:
    """The function that the values of a layer went through last; those that only pass them on are looked through."""
    return _followed(by_name(spec), layer)


def _followed(layers: Mapping[str, Layer], layer: Layer) -> str | None:
    record = layer.record
    if passes_on(record):
        before = [layers.get(ref.layer) for ref in layer.inputs]
        return common_activation(record, [None if one is None else _followed(layers, one) for one in before])
    if record.subtracts_mean or record.subtracts_own_mean:
        return "linear"  # values of any size, whatever came in
    if record.recurrent and "activation" in (defaults := catalog().defaults("layer", layer.kind)):
        own = "output_activation" if "output_activation" in defaults else "activation"
        found = layer.args.get(own, defaults[own]) or "linear"
        return catalog().canonical("activation", found) if isinstance(found, str) else None
    return activation(layer)


def passes_on(record: LayerKind) -> bool:
    """Whether the values of a kind follow from the activations before it: it moves values, or joins several."""
    return record.keeps_scale or record.family == "merge"


def common_activation(record: LayerKind, before: Sequence[str | None]) -> str | None:
    """What layers before end in, behind a kind that passes their values on; None where it cannot be told."""
    alike = set(before)
    if record.keeps_scale:
        return before[0]
    if record.between:
        return before[0] if len(alike) == 1 else "sigmoid" if PROBABILITIES.issuperset(alike) else None
    return "linear" if alike == {"linear"} else None  # sums and products


def loss_of(spec: Spec, output: Output) -> tuple[str | None, Mapping[str, Any]]:
    """The loss of an output with its arguments; None where the spec leaves it open. Words become the kinds' names."""
    loss = spec.training.loss
    if isinstance(loss, Mapping):
        loss = loss.get(output.name)
    if isinstance(loss, KindValue):
        return loss.kind, loss.args
    return (catalog().canonical("loss", loss), {}) if isinstance(loss, str) else (None, {})


def ignored_class(spec: Spec, output: Output) -> int | None:
    """The class number that the loss of an output leaves out; None where it counts all."""
    found = loss_of(spec, output)[1].get("ignore_class")
    return found if isinstance(found, int) else None


def loss_note(spec: Spec, output: Output) -> Note:
    place = spec.place("train", "loss", output.name) if _is_by_output(spec) else spec.place("train", "loss")
    return Note("the loss stands here", place)


def _is_by_output(spec: Spec) -> bool:
    return isinstance(spec.training.loss, Mapping)


def without_files(data: DataConfig | None) -> Facts:
    """What the source of the data tells of them whatever its files hold."""
    if data is None or data.targets is not None:
        return Facts()
    from nnspec.data.dataset import make_source
    from nnspec.data.errors import DataError

    try:
        return make_source(data.source).without_files()
    except DataError:  # reported where the data are opened
        return Facts()


def numbers_classes(data: DataConfig | None) -> bool:
    """Whether the targets are the numbers of classes, whatever the files say."""
    columns = without_files(data).columns
    return columns is not None and all(target.dtype == "int32" for target in columns.targets.values())
