"""Layers that undo, or do not need, each other."""

from __future__ import annotations

from collections.abc import Iterator

from nnspec.frontend.diagnostics import Diagnostic, Note
from nnspec.frontend.lints.network import by_name, users, warning
from nnspec.frontend.network_edits import argument_added
from nnspec.frontend.spec import Layer, Spec
from nnspec.layers.fields import everything


def bias_before_normalization(spec: Spec) -> Iterator[Diagnostic]:
    found = list(_biases_for_nothing(spec))
    meant = {before.name for before, _ in found}
    for before, layer in found:
        message = f"the bias of {before.written} `{before.name}` does nothing: `{layer.name}` subtracts the mean"
        of_channels = layer.args.get("axis", -1) == -1
        fix = argument_added(spec, before, "use_bias", "false", meant, sure=of_channels)
        yield warning("W0601", message, before.span, "`use_bias: false` saves its weights", before.trail, fix)


def _biases_for_nothing(spec: Spec) -> Iterator[tuple[Layer, Layer]]:
    """Layers with a bias, and the normalization that takes it away."""
    layers, taken = by_name(spec), users(spec)
    for layer in spec.graph.layers:
        before = layers.get(layer.inputs[0].layer)
        if not layer.record.subtracts_mean or before is None or layer.args.get("center") is False:
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
    """Whether the first layer has at least as many units as what goes in, or as what comes out of the second."""
    name = first.record.width or ""
    width, after = first.args.get(name), second.args.get(name)
    before = _last_axis(spec, first.inputs[0].layer)
    if not (isinstance(width, int) and isinstance(after, int) and isinstance(before, int)):
        return False
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
