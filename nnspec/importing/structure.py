"""A graph as a reader would write it: chains, forks that join again as ``parallel``, the rest by ``from``.

What comes out is the plain data of the ``layers`` section, one entry each: ``{"Conv2D": {...}, "name": "conv1"}``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from nnspec.catalog.kinds import snake
from nnspec.frontend.spec import Graph, Layer, Ref

Entry = dict[str, Any]
NAMES = ("chosen", "all", "new")


@dataclass(frozen=True, slots=True)
class Sections:
    """The ``layers`` section, and ``outputs``: None where the last layer is the output."""

    layers: list[Entry]
    outputs: Any


def sections(graph: Graph, names: str = "chosen") -> Sections:
    """What a spec says of a graph.

    Args:
        names: which names are kept: ``all`` of them, none (``new``), or those that somebody ``chosen`` gave, unlike
            Keras's own, such as ``conv2d_12``. A layer that another one refers to has a name in any case.
    """
    return _Writer(graph, names).sections()


def keeps_name(layer: Layer, names: str) -> bool:
    """Whether a layer keeps its name where none refers to it."""
    if names != "chosen" or layer.shares is not None:
        return names == "all" and layer.shares is None
    base = snake(layer.kind)  # what Keras makes up where no name is given
    return layer.name != base and not (layer.name.startswith(f"{base}_") and layer.name[len(base) + 1 :].isdecimal())


@dataclass(frozen=True)
class _Net:
    """A graph with the ways forward and back."""

    graph: Graph

    @cached_property
    def layers(self) -> dict[str, Layer]:
        return {layer.name: layer for layer in self.graph.layers}

    @cached_property
    def position(self) -> dict[str, int]:
        return {name: position for position, name in enumerate(self.layers)}

    @cached_property
    def users(self) -> dict[str, list[str]]:
        """Who takes a layer's outputs, each once, in order."""
        found: dict[str, list[str]] = defaultdict(list)
        for layer in self.graph.layers:
            for name in dict.fromkeys(ref.layer for ref in layer.inputs):
                found[name].append(layer.name)
        return found

    @cached_property
    def ends(self) -> set[str]:
        return {output.ref.layer for output in self.graph.outputs}

    @cached_property
    def joins(self) -> dict[str, str | None]:
        """For each tensor the first layer that all ways from it to the outputs lead through; None where none is.

        Immediate post-dominators, from the back to the front (Cooper, Harvey and Kennedy 2001).
        """
        found: dict[str, str | None] = {}
        for name in [*reversed(self.layers), *(given.name for given in self.graph.inputs)]:
            after = self.users.get(name, [])
            meeting: str | None = after[0] if after and name not in self.ends else None
            for other in after[1:]:
                meeting = self._meet(found, meeting, other)
            found[name] = meeting
        return found

    def _meet(self, joins: Mapping[str, str | None], left: str | None, right: str | None) -> str | None:
        while left != right:
            if left is None or right is None:
                return None
            if self.position[left] < self.position[right]:
                left = joins[left]
            else:
                right = joins[right]
        return left

    def between(self, start: Ref, end: Ref) -> set[str] | None:
        """The layers on the ways back from ``end`` to ``start``; None where one of them takes something else."""
        found: set[str] = set()
        waiting = [end]
        while waiting:
            ref = waiting.pop()
            if ref == start or ref.layer in found:
                continue
            if ref.layer not in self.layers or ref.layer == start.layer:
                return None
            if start.layer in self.position and self.position[ref.layer] < self.position[start.layer]:
                return None
            found.add(ref.layer)
            waiting += self.layers[ref.layer].inputs
        return found


@dataclass(slots=True)
class _Writer:
    graph: Graph
    names: str
    net: _Net = field(init=False)
    needed: set[str] = field(default_factory=set)  # layers that something refers to
    written: dict[str, Entry] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.net = _Net(self.graph)

    def sections(self) -> Sections:
        inputs = self.graph.inputs
        start = Ref(inputs[0].name) if len(inputs) == 1 else None
        found, end = self.sequence(list(self.net.layers), start)
        outputs = self.outputs(end)
        self.needed |= {layer.shares for layer in self.graph.layers if layer.shares}
        for name, entry in self.written.items():
            if name in self.needed or keeps_name(self.net.layers[name], self.names):
                entry["name"] = name
        return Sections([_ordered(entry) for entry in found], outputs)

    def outputs(self, end: Ref | None) -> Any:
        outputs = self.graph.outputs
        if len(outputs) == 1 and outputs[0].ref == end:
            return None
        named = {output.name: self.reference(output.ref) for output in outputs}
        if len(outputs) == 1:
            return next(iter(named.values()))
        return list(named) if all(name == reference for name, reference in named.items()) else named

    def sequence(self, names: Iterable[str], current: Ref | None) -> tuple[list[Entry], Ref | None]:
        """The entries of some layers, each placed after what it takes, in chains as long as can be."""
        left = dict.fromkeys(names)
        found: list[Entry] = []
        while left:
            layer = self.net.layers[self.following(left, current)]
            source = layer.inputs[0]
            fork = self.fork(source, left) if not layer.call else None
            if fork is not None:
                entry, join, inside = fork
                if source != current:
                    entry["from"] = self.reference(source)
                for name in inside:
                    del left[name]
                current = Ref(join)
            else:
                entry = self.single(layer, current)
                del left[layer.name]
                current = Ref(layer.name)
            found.append(entry)
        return found, current

    def following(self, left: Mapping[str, None], current: Ref | None) -> str:
        """The next layer: one that goes on from here if all it takes is there, else the first that can be placed."""
        if current is not None:
            for name in self.net.users.get(current.layer, ()):
                if name in left and not self.waits(name, left):
                    return name
        return next(name for name in left if not self.waits(name, left))

    def waits(self, name: str, left: Mapping[str, None]) -> bool:
        """Whether what a layer takes, or the layer whose weights it shares, is not placed yet."""
        layer = self.net.layers[name]
        return layer.shares in left or any(ref.layer in left for ref in layer.inputs)

    def single(self, layer: Layer, current: Ref | None) -> Entry:
        entry: Entry = {"reuse": layer.shares} if layer.shares else {layer.kind: dict(layer.args)}
        if layer.flags:
            entry["call"] = dict(layer.flags)
        if layer.call:
            named: dict[str, Any] = {}
            for argument, ref in zip(layer.call, layer.inputs, strict=True):
                named.setdefault(argument, []).append(self.reference(ref))
            entry["from"] = {name: refs[0] if len(refs) == 1 else refs for name, refs in named.items()}
        elif layer.inputs != ((current,) if current else ()):
            refs = [self.reference(ref) for ref in layer.inputs]
            entry["from"] = refs[0] if len(refs) == 1 else refs
        self.written[layer.name] = entry
        return entry

    def reference(self, ref: Ref) -> str:
        self.needed.add(ref.layer)
        return str(ref)

    def fork(self, source: Ref, left: Mapping[str, None]) -> tuple[Entry, str, set[str]] | None:
        """The branches from a tensor to the layer that joins them, where that is all that happens between the two."""
        users = self.net.users.get(source.layer, ())
        join = self.net.joins.get(source.layer)
        if len(users) < 2 or join is None or join not in left or source.index:
            return None
        layer = self.net.layers[join]
        if layer.call or layer.flags or layer.shares or len(layer.inputs) < 2:
            return None
        branches = [self.net.between(source, ref) for ref in layer.inputs]
        if any(branch is None for branch in branches):
            return None
        inside: set[str] = set().union(*(branch or () for branch in branches))
        disjoint = sum(len(branch or ()) for branch in branches) == len(inside)
        closed = all(name in left for name in inside) and set(users) <= inside | {join}
        inner_users = (user for name in inside for user in self.net.users[name])
        if not disjoint or not closed or not inside or inside & self.net.ends:
            return None
        if any(user != join and user not in inside for user in inner_users):
            return None
        placed: set[str] = set()
        for branch in branches:  # what shares weights stands behind the layer that has them
            placed |= branch or set()
            shared = {self.net.layers[name].shares for name in branch or ()}
            if any(name in left and name not in placed for name in shared):
                return None
        lists = []
        for branch, ref in zip(branches, layer.inputs, strict=True):
            listed, end = self.sequence(sorted(branch or (), key=self.net.position.__getitem__), source)
            if end != ref:
                return None
            lists.append(listed)
        entry: Entry = {"parallel": lists, "merge": {layer.kind: dict(layer.args)}}
        self.written[join] = entry
        return entry, join, inside | {join}


def _ordered(entry: Entry) -> Entry:
    """The keys as a reader expects them, in all branches: the kind, its name, what it takes."""
    if "parallel" in entry:
        entry["parallel"] = [[_ordered(inner) for inner in branch] for branch in entry["parallel"]]
    last = ("name", "from", "call")
    return {key: entry[key] for key in [*(key for key in entry if key not in last), *last] if key in entry}
