"""Fixes of a network and of the settings of its outputs. One at a place that several layers come from is not safe."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from nnspec.catalog.kinds import catalog
from nnspec.frontend.diagnostics import Fix, Span
from nnspec.frontend.edits import reword, with_argument, word_at
from nnspec.frontend.spec import Layer, Spec, keras_name


def without_bias(spec: Spec, layer: Layer, meant: Collection[str], *, sure: bool) -> Fix | None:
    """Takes the bias of a layer away.

    Args:
        meant: names of the layers that it is right for; where one of another name comes from the same place, or shares
            the weights, the fix is unsafe.
    """
    alike = [one for one in spec.graph.layers if one.span == layer.span or one.shares == layer.name]
    safe = sure and all(one.name in meant for one in alike)
    first = next((argument.name for argument in catalog().arguments("layer", layer.kind)), "")
    return with_argument(layer.span, "use_bias", "false", first, safe=safe)


def size_followed(
    spec: Spec, layer: Layer | None, follows: str, *, argument: str | None = None, sure: bool = True
) -> Fix | None:
    """Lets the units of a layer, or another size, follow the data: ``$data.classes``."""
    name = argument or (layer.record.width if layer is not None else None)
    if layer is None or name is None or name not in layer.arg_spans:
        return None
    span = layer.arg_spans[name]
    alone = sum(one.arg_spans.get(name) == span for one in spec.graph.layers) == 1
    return reword(span, layer.args.get(name), f"$data.{follows}", safe=sure and alone, retype=True)


def loss_place(spec: Spec, output: str) -> Span | None:
    """Where the kind of the loss of an output stands: a word, or the key of its arguments."""
    node = spec.node.get("train", "loss")
    if node is not None and isinstance(spec.training.loss, Mapping):
        node = next((item for name, item in node.value.items() if keras_name(name) == keras_name(output)), None)
    if node is None or node.span.source.is_command_line:
        return None
    return next(iter(node.keys.values()), node.span) if node.is_mapping else node.span


def loss_replaced(spec: Spec, output: str, kind: str) -> Fix | None:
    """Another loss for an output, with the arguments of the old one."""
    span = loss_place(spec, output)
    return None if span is None else reword(span, word_at(span), kind)
