"""Which channels go: the least of each set of channels that belong together, until so few multiply-adds are left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from nnspec.frontend.channels import Channels
from nnspec.frontend.spec import Layer, Spec, keras_name
from nnspec.runs.errors import TrainingError

By = Literal["norm", "scale", "factors"]
MULTIPLE = 4  # of which the number of channels stays one, where it was one: kernels compute by fours
MOST = 0.95  # of a set that may go
SHOWN = 3  # layers named that hold channels
ROUNDS = 30  # of halving the interval that the share is searched in


def known_macs(spec: Spec) -> int:
    """The multiply-adds of one example, as far as they are known."""
    return sum(facts.macs or 0 for facts in spec.facts.values())


def scores(spec: Spec, model: Any, channels: Channels, by: By) -> dict[int, float]:
    """What each channel that may go is worth, 1 on average over the channels of each layer.

    ``norm``: the sum of the absolute weights that make it (Li et al., Pruning filters for efficient convnets, 2017);
    ``scale``: what the BatchNormalizations behind multiply it by (Liu et al., Learning efficient convolutional networks
    through network slimming, 2017), and where there is none the norm.
    """
    by_norm = _sums(spec, model, channels, _norms)
    if by == "norm":
        return by_norm
    return by_norm | _sums(spec, model, channels, _scales)


def _sums(spec: Spec, model: Any, channels: Channels, worth: Any) -> dict[int, float]:
    found: dict[int, float] = {}
    for layer in spec.graph.layers:
        if layer.name not in channels.of or layer.shares is not None:
            continue
        values = worth(layer, model)
        if values is None or len(values) != len(channels.of[layer.name]):
            continue
        values = values / max(float(values.mean()), 1e-12)
        for channel, value in zip(channels.of[layer.name], values, strict=True):
            if channel not in channels.pinned:
                found[channel] = found.get(channel, 0.0) + float(value)
    return found


def _norms(layer: Layer, model: Any) -> np.ndarray | None:
    if layer.record.channels != "makes":
        return None
    name, axis = next(iter(layer.record.sparse.items()))
    weight = np.abs(np.asarray(getattr(model.get_layer(keras_name(layer.name)), name)))
    return np.asarray(np.moveaxis(weight, -3 - axis, -1).reshape(-1, weight.shape[-3 - axis]).sum(0))


def _scales(layer: Layer, model: Any) -> np.ndarray | None:
    if not layer.record.subtracts_mean or layer.args.get("scale") is False:
        return None
    return np.asarray(np.abs(model.get_layer(keras_name(layer.name)).gamma.numpy()))


@dataclass(frozen=True)
class Costs:
    """The multiply-adds of a network as a function of its channels."""

    spec: Spec
    channels: Channels

    def left(self, gone: frozenset[int]) -> int:
        """Those of one example where some channels are gone."""
        return round(sum(self._of(layer, gone) for layer in self.spec.graph.layers))

    def _of(self, layer: Layer, gone: frozenset[int]) -> float:
        macs = self.spec.facts[layer.name].macs or 0
        how, channels = layer.record.channels_in(layer.args), self.channels
        first = layer.inputs[0].layer if layer.inputs else ""
        if not macs or not gone or layer.name not in channels.of or first not in channels.of:
            return macs
        before, after = len(channels.of[first]), len(channels.of[layer.name])
        taken, given = len(channels.kept(first, gone)), len(channels.kept(layer.name, gone))
        if how == "makes" and "pointwise_kernel" in layer.record.sparse:
            window = int(np.prod(np.atleast_1d(np.asarray(layer.args.get("kernel_size", 1)))))
            window **= 2 if layer.kind.endswith("2D") and isinstance(layer.args.get("kernel_size"), int) else 1
            many = int(layer.args.get("depth_multiplier", 1))
            return macs * (taken * many * (window + given)) / (before * many * (window + after))
        if how == "makes":
            return macs * (taken / before) * (given / after)
        return macs * given / after if how == "keeps" else macs


def least(channels: Channels, worth: Mapping[int, float], costs: Costs, target: float) -> frozenset[int]:
    """The channels to take out so that at most ``target`` multiply-adds are left: of each set the same share.

    Raises:
        TrainingError: they are not enough.
    """
    sets = [sorted(one, key=lambda channel: (worth.get(channel, 0.0), channel)) for one in channels.sets()]
    fewest = costs.left(_gone(sets, MOST))
    if fewest > target:
        message = f"{fewest:,} multiply-adds are the fewest that are left, and {round(target):,} are wanted"
        held = [f"{layer.written} `{layer.name}`" for layer in channels.held().values()]
        held = list(dict.fromkeys(held))[:SHOWN]
        who = f", such as {', '.join(held)}," if held else ""
        raise TrainingError(message, hint=f"what inputs, outputs and layers over all channels{who} need stays")
    low, high = 0.0, MOST
    for _ in range(ROUNDS):
        middle = (low + high) / 2
        low, high = (low, middle) if costs.left(_gone(sets, middle)) <= target else (middle, high)
    return _gone(sets, high)


def _gone(sets: list[list[int]], share: float) -> frozenset[int]:
    gone: set[int] = set()
    for one in sets:
        step = MULTIPLE if len(one) % MULTIPLE == 0 else 1
        kept = max(step, round(len(one) * (1 - share) / step) * step)
        gone.update(one[: len(one) - kept])
    return frozenset(gone)
