"""Which channels go: the least of each set of channels that belong together, until so few multiply-adds are left."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from nnspec.frontend.channels import Channels
from nnspec.frontend.spec import Layer, Spec, keras_name
from nnspec.runs.errors import TrainingError

By = Literal["norm", "scale", "factors"]
MULTIPLES = (8, 4)  # of which numbers of channels stay such where they were: kernels compute by eights, some by fours
FOUR = MULTIPLES[-1]
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


def least(
    channels: Channels,
    worth: Mapping[int, float],
    costs: Costs,
    target: float,
    multiple: int | None = None,
    alike: Collection[Collection[str]] = (),
) -> frozenset[int]:
    """The channels to take out so that at most ``target`` multiply-adds are left: of each set the same share.

    What is then left of the target is given back, a step of a set after the other.

    Args:
        multiple: numbers of channels that it divides stay such, as far as two of it are there; None: 8, or 4 where
            so few multiply-adds are wanted.
        alike: names of layers that are to keep equally many.

    Raises:
        TrainingError: they are not enough.
    """
    sets = [sorted(one, key=lambda channel: (worth.get(channel, 0.0), channel)) for one in channels.sets()]
    for number in MULTIPLES if multiple is None else (multiple,):
        steps = [_step(len(one), number) for one in sets]
        kept = [_kept(len(one), step, MOST) for one, step in zip(sets, steps, strict=True)]
        fewest = costs.left(_gone(sets, kept))
        if fewest <= target:
            break
    else:
        message = f"{fewest:,} multiply-adds are the fewest that are left, and {round(target):,} are wanted"
        held = [f"{layer.written} `{layer.name}`" for layer in channels.held().values()]
        held = list(dict.fromkeys(held))[:SHOWN]
        who = f", such as {', '.join(held)}," if held else ""
        raise TrainingError(message, hint=f"what inputs, outputs and layers over all channels{who} need stays")
    low, high = 0.0, MOST
    for _ in range(ROUNDS):
        middle = (low + high) / 2
        share = [_kept(len(one), step, middle) for one, step in zip(sets, steps, strict=True)]
        low, high = (low, middle) if costs.left(_gone(sets, share)) <= target else (middle, high)
    kept = [_kept(len(one), step, high) for one, step in zip(sets, steps, strict=True)]
    together = _together(sets, channels, alike)
    return _gone(sets, _given_back(sets, steps, kept, worth, costs, target, together))


def _together(sets: list[list[int]], channels: Channels, alike: Collection[Collection[str]]) -> list[list[int]]:
    """The numbers of the sets, those that keep equally many in one list; sets of other sizes cannot."""
    found = [[number] for number in range(len(sets))]
    for names in alike:
        owners = [number for number, one in enumerate(sets) if not set(channels.makers[one[0]]).isdisjoint(names)]
        touched = [one for one in found if not set(one).isdisjoint(owners)]
        merged = sorted(number for one in touched for number in one)
        if len({len(sets[number]) for number in merged}) == 1:
            found = [one for one in found if one not in touched] + [merged]
    return sorted(found)


def _given_back(
    sets: list[list[int]],
    steps: list[int],
    kept: list[int],
    worth: Mapping[int, float],
    costs: Costs,
    target: float,
    together: list[list[int]],
) -> list[int]:
    """How many channels each set keeps once no set can have a step more; what is worth most comes first."""
    kept = list(kept)

    def next_worth(numbers: list[int]) -> float:
        ends = {number: len(sets[number]) - kept[number] for number in numbers}
        back = [one for number, end in ends.items() for one in sets[number][max(0, end - steps[number]) : end]]
        return sum(worth.get(channel, 0.0) for channel in back) / max(len(back), 1)

    waiting = [numbers for numbers in together if kept[numbers[0]] < len(sets[numbers[0]])]
    while waiting:
        best = max(waiting, key=next_worth)
        more = list(kept)
        for number in best:
            more[number] = min(kept[number] + steps[number], len(sets[number]))
        if costs.left(_gone(sets, more)) <= target:
            kept = more
        if kept is not more or more[best[0]] == len(sets[best[0]]):
            waiting.remove(best)
    return kept


def _step(size: int, multiple: int) -> int:
    """How many channels of a set go at once: the largest of a multiple and its halves down to 4 that it holds twice."""
    while multiple >= FOUR:
        if size % multiple == 0 and size > multiple:
            return multiple
        multiple //= 2
    return FOUR if size == FOUR else 1


def _kept(size: int, step: int, share: float) -> int:
    return min(max(step, round(size * (1 - share) / step) * step), size)


def _gone(sets: list[list[int]], kept: list[int]) -> frozenset[int]:
    return frozenset(channel for one, left in zip(sets, kept, strict=True) for channel in one[: len(one) - left])
