"""Which channels of a network belong together: taken out of one tensor, they are gone from all the others.

A channel is a place in the last axis of a tensor. A convolution makes new ones; what follows hands them on, ties them
to those of another branch or lays them out, as the records of the kinds say (`LayerKind.channels`). Those that reach
an output, an input or a layer that depends on all of them stay: they are pinned.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from nnspec.frontend.spec import Layer, Ref, Spec
from nnspec.layers.kind import OVER_CHANNELS
from nnspec.layers.types import TensorSpec


@dataclass(frozen=True, slots=True)
class Channels:
    """
    Attributes:
        of: by layer or input, for each place of the last axis which channel stands there; those that belong together
            have one number. Tensors of which the size is unknown, and layers of several outputs, are left out.
        pinned: the channels that stay.
        makers: by channel the layers that make it, in their order.
        holders: by channel that stays because of a layer, the first one that depends on it.
    """

    of: Mapping[str, tuple[int, ...]]
    pinned: frozenset[int]
    makers: Mapping[int, tuple[str, ...]]
    holders: Mapping[int, Layer] = field(default_factory=dict)

    def sets(self) -> list[list[int]]:
        """The channels that may go, by which layers make them: each of these sets can become smaller by itself."""
        found: dict[tuple[str, ...], list[int]] = {}
        for channel, makers in self.makers.items():
            if channel not in self.pinned:
                found.setdefault(makers, []).append(channel)
        return list(found.values())

    def held(self) -> dict[str, Layer]:
        """The layers whose channels all stay, each with a layer that depends on all of them; none of the outputs'."""
        made: dict[str, list[int]] = {}
        for channel, makers in self.makers.items():
            for name in makers:
                made.setdefault(name, []).append(channel)
        return {
            name: next(self.holders[one] for one in channels if one in self.holders)
            for name, channels in made.items()
            if self.pinned.issuperset(channels) and any(one in self.holders for one in channels)
        }

    def kept(self, name: str, gone: frozenset[int]) -> list[int]:
        """The places of a tensor's last axis that are left."""
        return [place for place, channel in enumerate(self.of[name]) if channel not in gone]


def channels_of(spec: Spec) -> Channels:
    """The channels of a network, followed through its graph."""
    return _Walk(spec).result()


class _Walk:
    """Numbers channels and joins those that belong together (union and find)."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.parents: list[int] = []
        self.pins: set[int] = set()
        self.held_by: dict[int, Layer] = {}
        self.made: list[tuple[int, str]] = []
        self.of: dict[str, list[int]] = {}
        self.taken: dict[str, list[int]] = {}

    def result(self) -> Channels:
        for given in self.spec.graph.inputs:
            if given.shape and isinstance(given.shape[-1], int):
                self.of[given.name] = self._new(given.shape[-1], pinned=True)
        for layer in self.spec.graph.layers:
            self._layer(layer)
        for output in self.spec.graph.outputs:
            self._pin([output.ref])
        of = {name: tuple(map(self._root, ids)) for name, ids in self.of.items()}
        makers: dict[int, dict[str, None]] = {}
        for channel, name in self.made:
            makers.setdefault(self._root(channel), {})[name] = None
        pinned = frozenset(map(self._root, self.pins))
        holders: dict[int, Layer] = {}
        for channel, layer in self.held_by.items():
            holders.setdefault(self._root(channel), layer)
        return Channels(of, pinned, {channel: tuple(names) for channel, names in makers.items()}, holders)

    def _layer(self, layer: Layer) -> None:
        out = self._output(layer)
        how = layer.record.channels_in(layer.args)
        known = [self.of.get(ref.layer) if ref.index == 0 else None for ref in layer.inputs]
        size = out.shape[-1] if out is not None else None
        if how is None or not isinstance(size, int) or None in known or not known:
            self._pin(layer.inputs, layer)
            if isinstance(size, int):
                self.of[layer.name] = self._new(size, pinned=True)
        else:
            inputs = [ids for ids in known if ids is not None]
            found = self._made(layer, how, inputs, size)
            if len(found) != size:  # of another layout than its record says
                self._pin(layer.inputs, layer)
                found = self._new(size, pinned=True)
            self.of[layer.name] = found
        self._same_weights(layer)

    def _same_weights(self, layer: Layer) -> None:
        """Ties what the calls of one layer take, and what they give: its weights have a place for each channel."""
        if not self.spec.facts[layer.name].params:
            return
        owner, taken = layer.shares or layer.name, [one for ref in layer.inputs for one in self.of.get(ref.layer, ())]
        if layer.shares is None:
            self.taken[owner] = taken
        elif not self._tie(self.taken.get(owner, []), taken) or not self._tie(
            self.of.get(owner, ()), self.of.get(layer.name, ())
        ):
            self._pin((*layer.inputs, Ref(owner), Ref(layer.name)), layer)
            self._pin_ids(self.taken.get(owner, ()), layer)

    def _tie(self, ids: Sequence[int], others: Sequence[int]) -> bool:
        """Makes channels of two tensors the same ones, place by place; False where they have different numbers."""
        if len(ids) != len(others):
            return False
        for one, other in zip(ids, others, strict=True):
            self.parents[self._root(other)] = self._root(one)
        return True

    def _made(self, layer: Layer, how: str, inputs: list[list[int]], size: int) -> list[int]:
        if how == "makes":
            found = self._new(size, pinned=layer.args.get("activation") in OVER_CHANNELS)
            self.made += [(channel, layer.shares or layer.name) for channel in found]
            return found
        if how == "joins":
            return [channel for ids in inputs for channel in ids]
        if how == "flattens":  # whole rows of channels, one behind the other; a part of a row has others
            return [] if size % len(inputs[0]) else inputs[0] * (size // len(inputs[0]))
        if how == "ties":
            wide = [ids for ids in inputs if len(ids) == size]
            for ids in inputs:
                if len(ids) == 1 < size:  # one value that is spread over all channels
                    self._pin_ids(ids, layer)
            spread = sum(len(ids) == 1 < size for ids in inputs)
            tied = all(self._tie(wide[0], others) for others in wide[1:]) and len(wide) + spread == len(inputs)
            return wide[0] if tied else []
        multiplier = size // len(inputs[0])  # of a depthwise convolution
        return [channel for channel in inputs[0] for _ in range(multiplier)]

    def _output(self, layer: Layer) -> TensorSpec | None:
        outputs = self.spec.facts[layer.name].outputs
        return outputs[0] if outputs is not None and len(outputs) == 1 and outputs[0].shape else None

    def _new(self, count: int, pinned: bool = False) -> list[int]:
        found = list(range(len(self.parents), len(self.parents) + count))
        self.parents += found
        if pinned:
            self.pins.update(found)
        return found

    def _pin(self, refs: Sequence[Ref], layer: Layer | None = None) -> None:
        """Lets channels stay: an output is made of them, or a layer depends on all of them."""
        for ref in refs:
            self._pin_ids(self.of.get(ref.layer, ()), layer)

    def _pin_ids(self, ids: Sequence[int], layer: Layer | None) -> None:
        self.pins.update(ids)
        for channel in ids if layer is not None else ():
            assert layer is not None
            self.held_by.setdefault(channel, layer)

    def _root(self, channel: int) -> int:
        while self.parents[channel] != channel:
            self.parents[channel] = self.parents[self.parents[channel]]
            channel = self.parents[channel]
        return channel
