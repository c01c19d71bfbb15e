"""Layers that undo, or do not need, each other."""

from __future__ import annotations

from collections.abc import Iterator

from nnspec.catalog.activation_ranges import FLAT, RANGES
from nnspec.frontend.diagnostics import Diagnostic, Note
from nnspec.frontend.lints.network import activation, by_name, users, warning
from nnspec.frontend.network_edits import without_bias
from nnspec.frontend.spec import Layer, Ref, Spec
from nnspec.layers.fields import everything
from nnspec.layers.rule import FLOATS


def bias_before_normalization(spec: Spec) -> Iterator[Diagnostic]:
    found = list(_biases_for_nothing(spec))
    meant = {before.name for before, _ in found}
    for before, layer in found:
        message = f"the bias of {before.written} `{before.name}` does nothing: `{layer.name}` subtracts the mean"
        of_channels = layer.args.get("axis", -1) == -1
        fix = without_bias(spec, before, meant, sure=of_channels)
        yield warning("W0601", message, before.span, "`use_bias: false` saves its weights", before.trail, fix)


def _biases_for_nothing(spec: Spec) -> Iterator[tuple[Layer, Layer]]:
    """Layers with a bias, and the normalization that takes it away."""
    layers, taken = by_name(spec), users(spec)
    for layer in spec.graph.layers:
        before = layers.get(layer.inputs[0].layer)
        if not layer.record.subtracts_mean or before is None:
            continue
        has_bias = before.record.linear and before.args.get("use_bias", True) is True
        if has_bias and taken[before.name] == 1 and activation_is_linear(before):
            yield before, layer


def dropout_last(spec: Spec) -> Iterator[Diagnostic]:
    layers = by_name(spec)
    for output in spec.graph.outputs:
        layer = layers.get(output.ref.layer)
        if layer is not None and layer.record.drops_out:
            message = f"{layer.written} is the last layer of `{output.name}`: training would switch outputs off"
            yield warning("W0602", message, layer.span, "put it before the last layer with weights", layer.trail)


def dropout_of_everything(spec: Spec) -> Iterator[Diagnostic]:
    for layer in spec.graph.layers:
        if layer.record.drops_out and layer.args.get("rate") == 1:
            message = f"{layer.written} `{layer.name}` drops every value: nothing behind it learns from the input"
            yield warning("W0617", message, layer.span, "`rate` is the share that is dropped", layer.trail)


def activation_twice(spec: Spec) -> Iterator[Diagnostic]:
    """Softmax of a softmax is nearly even; of what relu left it, it makes no share small."""
    layers = by_name(spec)
    for layer in spec.graph.layers:
        before = layers.get(layer.inputs[0].layer)
        while before is not None and _is_looked_through(before):
            before = layers.get(before.inputs[0].layer)
        last = None if before is None else activation(before)
        if before is None or (known := RANGES.get(last or "")) is None or known[0] < 0:
            continue
        plain = spec.facts[layer.name].params == 0  # None: a plugin's, that nobody knows
        if plain and (now := activation(layer)) in ("softmax", "sigmoid") and not _is_gate(spec, before):
            left = "of 0 and more" if known[1] == float("inf") else "from {:g} to {:g}".format(*known)
            message = f"`{layer.name}` is a {now} of what `{before.name}` gives, values {left} behind {last}"
            notes = (Note(f"{last} stands here", before.span), *layer.trail)
            yield warning("W0615", message, layer.span, f"keep one of the two: {now} takes values of any sign", notes)


def _is_gate(spec: Spec, layer: Layer) -> bool:
    """Whether its values are taken elsewhere, too: then they are meant for themselves."""
    return users(spec)[layer.name] > 1


def rows_of_what_is_computed(spec: Spec) -> Iterator[Diagnostic]:
    """A layer that looks rows up by what a layer with weights computes: Keras cuts it to whole numbers."""
    layers = by_name(spec)
    for layer in spec.graph.layers:
        before = layers.get(layer.inputs[0].layer) if layer.rows is not None else None
        while before is not None and _is_looked_through(before):
            before = layers.get(before.inputs[0].layer)
        if before is not None and spec.facts[before.name].params:
            message = f"`{layer.name}` looks up rows by their number, and `{before.name}` computes values of any size"
            notes = (Note(f"{before.written} stands here", before.span), *layer.trail)
            yield warning("W0616", message, layer.span, "it belongs right behind the input of numbers", notes)


def nothing_learns(spec: Spec) -> Iterator[Diagnostic]:
    """A training, or a phase of one, by what the layers say themselves, which is that none learns."""
    named = [phase.trainable for phase in spec.training.phases] or [None]
    if spec.train is None or spec.training.trainable is not None or None not in named:
        return
    if spec.param_count and spec.trainable_param_count == 0:
        first = next(layer for layer in spec.graph.layers if spec.facts[layer.name].params)
        yield warning("W0618", "no layer learns: all have `trainable: false`", first.span, "let some of them learn")
    elif spec.param_count and (end := _end_of_gradients(spec)) is not None:
        message = f"no layer learns: no gradient comes back through `{end.name}`"
        yield warning("W0618", message, end.span, "what it gives is for use, not for a loss: take an output before it")


def _end_of_gradients(spec: Spec) -> Layer | None:
    """The layer that no gradient comes through, where none reaches a weight; whole numbers and steps have none."""
    layers, last = by_name(spec), None
    waiting, seen = [output.ref for output in spec.graph.outputs], set[Ref]()
    while waiting:
        ref = waiting.pop()
        layer = layers.get(ref.layer)
        if layer is None or ref in seen:
            continue
        seen.add(ref)
        facts = spec.facts[layer.name]
        if not facts.outputs or facts.params is None:
            return None  # of a plugin
        if facts.outputs[ref.index].dtype not in FLOATS or activation(layer) in FLAT:
            last = layer
            continue
        if facts.params:
            return None
        waiting += layer.inputs
    return last


def linear_pair(spec: Spec) -> Iterator[Diagnostic]:
    """Two linear layers in a row are one. A narrow first one is left alone: it bounds the rank, and is often meant."""
    layers, taken = by_name(spec), users(spec)
    for layer in spec.graph.layers:
        before = layers.get(layer.inputs[0].layer)
        while before is not None and _is_looked_through(before) and taken[before.name] == 1:
            before = layers.get(before.inputs[0].layer)
        if before is None or len(layer.inputs) > 1 or taken[before.name] > 1 or not _is_plain_pair(before, layer):
            continue
        if before.shares or layer.shares or not _is_wide(spec, before, layer):
            continue
        message = f"`{before.name}` and `{layer.name}` are linear and in a row, which is no more than one of them"
        notes = (Note(f"`{layer.name}` follows here", layer.span), *before.trail)
        yield warning("W0608", message, before.span, "give the first an activation, such as relu", notes)


def _is_looked_through(layer: Layer) -> bool:
    """Layers that change nothing at inference but the order of values."""
    return layer.record.drops_out or (layer.record.arranges and layer.record.field is everything)


def _is_plain_pair(first: Layer, second: Layer) -> bool:
    """Dense and Dense, or two convolutions of one kind; factors of a kernel, such as 1x3 and 3x1, are no such pair."""
    if first.record.width is None or first.kind != second.kind or not activation_is_linear(first):
        return False
    if any(name in layer.args for layer in (first, second) for name in ("kernel_constraint", "lora_rank")):
        return False
    return first.record.family == "dense" or all(
        isinstance(layer.args.get("kernel_size"), int) and layer.args.get("groups", 1) == 1 for layer in (first, second)
    )


def _is_wide(spec: Spec, first: Layer, second: Layer) -> bool:
    """Whether the first layer has at least as many units as what goes in, or as what comes out of the second.

    Before a kernel of size 1 all places of a kernel count as what goes in: the two are factors of one kernel.
    """
    name = first.record.width or ""
    width, after = first.args.get(name), second.args.get(name)
    before = _last_axis(spec, first.inputs[0].layer)
    if not (isinstance(width, int) and isinstance(after, int) and isinstance(before, int)):
        return False
    outputs = spec.facts[first.name].outputs
    if second.args.get("kernel_size") == 1 and outputs:
        before *= int(first.args["kernel_size"]) ** (len(outputs[0].shape) - 2)
    return width >= after or width >= before


def _last_axis(spec: Spec, name: str) -> object:
    """The size of the last axis of a layer's first output, or of an input; a ``Symbol`` or None where unknown."""
    tensor = next((item for item in spec.graph.inputs if item.name == name), None)
    if tensor is not None:
        return tensor.shape[-1] if tensor.shape else None
    outputs = spec.facts[name].outputs
    return outputs[0].shape[-1] if outputs else None


def activation_is_linear(layer: Layer) -> bool:
    """Whether a layer with weights has no activation of its own."""
    return layer.args.get("activation") in (None, "linear")
