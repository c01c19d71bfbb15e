"""What is left of values whatever the weights: nothing of one that is its own mean, no number of a root below 0."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nnspec.catalog.activation_ranges import FROM_ZERO, RANGES
from nnspec.catalog.kinds import catalog
from nnspec.frontend.diagnostics import Diagnostic
from nnspec.frontend.lints.network import activation, by_name, tensor_of, warning
from nnspec.frontend.spec import Layer, Spec
from nnspec.layers.types import Dim


def normalized_by_itself(spec: Spec) -> Iterator[Diagnostic]:
    """W0622 for a normalization whose mean is of one value: what is left is 0, whatever came in."""
    size = None if spec.data is None or spec.train is None else spec.data.batch_size
    alone = size == 1 and spec.data is not None and not spec.data.tokens_per_batch
    for layer in spec.graph.layers:
        shape = tensor_of(spec, layer.inputs[0])
        if shape is None or layer.record.family != "normalization":
            continue
        axis = layer.args.get("axis", catalog().defaults("layer", layer.kind).get("axis"))
        if alone and of_one_place(layer, shape):
            message = f"`{layer.name}` subtracts the mean of a batch of one example, which is the example itself: "
            message += "nothing of it is left while it trains"
            hint = "say `batch_size: 8` or more; LayerNormalization does not look at the batch"
            yield warning("W0622", message, layer.span, hint, layer.trail)
        elif (
            layer.record.subtracts_own_mean
            and not layer.args.get("rms_scaling")
            and axis in (-1, len(shape) - 1)
            and shape[-1] == 1
        ):
            message = f"`{layer.name}` subtracts the mean of one value from it, which leaves 0 whatever came in"
            yield warning("W0622", message, layer.span, "leave it out, or normalize over more `axis`", layer.trail)


def averages_of_a_batch(spec: Spec) -> Iterator[Diagnostic]:
    """W0732 for a momentum that says the share of what is new, as PyTorch's does: 0 alone is meant as it stands."""
    for layer in spec.graph.layers:
        momentum = layer.args.get("momentum")
        if layer.shares or not layer.record.subtracts_mean or not isinstance(momentum, float) or not 0 < momentum < 0.5:
            continue
        message = f"`{layer.name}` keeps {momentum:.0%} of its averages at each step: they are little more than "
        message += "those of the last batch"
        hint = f"momentum of PyTorch is the share of what is new: its {momentum:g} is `momentum: {1 - momentum:.6g}`"
        yield warning("W0732", message, layer.arg_spans.get("momentum", layer.span), hint, layer.trail)


def of_one_place(layer: Layer, shape: Sequence[Dim]) -> bool:
    """Whether a layer subtracts the mean over the batch of one value of each example: of a lone one nothing is left."""
    axis = layer.args.get("axis", catalog().defaults("layer", layer.kind).get("axis"))
    learns = layer.args.get("trainable") is not False and layer.flags.get("training") is not False
    return layer.record.subtracts_mean and learns and isinstance(axis, int) and _others(shape, axis) == 1


def _others(shape: Sequence[Dim], axis: int) -> int | None:
    """How many values of one example each mean is of; None where that varies."""
    others = [dim for place, dim in enumerate(shape) if place not in (0, axis % len(shape))]
    return 1 if all(dim == 1 for dim in others) else None


def roots_below_zero(spec: Spec) -> Iterator[Diagnostic]:
    """W0623 for a function of numbers above 0 that gets those of any sign: the first of them ends the training."""
    layers = by_name(spec)
    for layer in spec.graph.layers:
        for name in ("activation", "recurrent_activation"):
            function = layer.args.get(name)
            if not isinstance(function, str) or function not in FROM_ZERO or not _may_be_below(spec, layers, layer):
                continue
            message = f"`{layer.name}` ends in {function}, which has no value below 0, and what reaches it has any sign"
            place = layer.arg_spans.get(name, layer.span)
            yield warning(
                "W0623", message, place, "softplus or exponential before it gives values above 0", layer.trail
            )


def _may_be_below(spec: Spec, layers: dict[str, Layer], layer: Layer) -> bool:
    """Whether the function gets what weights or a normalization made, rather than what may be above 0 by nature."""
    if spec.facts[layer.name].params:
        return True
    before = layers.get(layer.inputs[0].layer)
    if before is None:
        return False
    low, _ = RANGES.get(activation(before) or "", (0.0, 1.0))
    made = bool(spec.facts[before.name].params) and activation(before) == "linear"
    return made or before.record.subtracts_mean or low < 0
