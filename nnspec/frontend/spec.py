"""What the front end hands on: the graph of layers and the spec around it, as frozen data."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from functools import lru_cache
from pathlib import Path
from typing import Any

from nnspec.console.displayed import Displayed
from nnspec.data.config import DataConfig
from nnspec.frontend.config import Budget, TrainConfig
from nnspec.frontend.diagnostics import Diagnostic, Note, Span, SpecError
from nnspec.frontend.source import Node
from nnspec.layers import LayerKind, layer_kind
from nnspec.layers.types import KindValue, TensorSpec
from nnspec.quick_classes import dataclass


@dataclass(frozen=True, slots=True)
class Ref:
    """One tensor of the graph: output ``index`` of the layer, or the input, called ``layer``."""

    layer: str
    index: int = 0

    def __str__(self) -> str:
        return f"{self.layer}:{self.index}" if self.index else self.layer


@lru_cache(8192)  # thousands of outputs are each looked for among thousands of names
def keras_name(name: str) -> str:
    """A name of the graph as Keras and TensorFlow take it: ``stage2/conv1`` is ``stage2.conv1``, a space an underscore.

    A signature's names cannot begin with an underscore: ``_a`` is ``n_a``.
    """
    found = re.sub(r"[^A-Za-z0-9_.\-]", "_", name.replace("/", "."))
    return f"n{found}" if found[:1] in ("", "_") else found


@dataclass(frozen=True, slots=True)
class Input:
    """A model input. ``shape`` is without the batch; None is a dimension that varies, or one of ``awaited``.

    Attributes:
        awaited: the dimensions that the data will say, each one number for all examples.
    """

    name: str
    shape: tuple[int | None, ...]
    dtype: str
    span: Span
    awaited: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Layer:
    """One call of a layer.

    Attributes:
        name: unique in the graph; blocks and groups contribute ``scope/``.
        kind: the Keras class, by the name that is no alias.
        args: the arguments given, as plain values; a kind as a value is a ``KindValue``.
        inputs: what it is called with; ``call`` says how.
        call: names of call arguments for ``inputs`` (in order) when the spec gives them, else empty.
        flags: what it is called with beside tensors, such as ``training``.
        shares: the layer whose weights this call uses again.
        span: the kind's place in the spec; ``arg_spans`` holds each argument's.
        trail: how the layer came to be, from the outside in (blocks, repeats, loops).
        alias: what the spec calls the kind, where that is another of its names.
        brought: the record of a kind that a plugin brings, where it brings one.
    """

    name: str
    kind: str
    args: Mapping[str, Any]
    inputs: tuple[Ref, ...]
    span: Span
    call: tuple[str, ...] = ()
    shares: str | None = None
    arg_spans: Mapping[str, Span] = field(default_factory=dict)
    trail: tuple[Note, ...] = ()
    flags: Mapping[str, bool] = field(default_factory=dict)
    alias: str | None = None
    brought: LayerKind | None = None

    @property
    def record(self) -> LayerKind:
        """What is known of the kind."""
        return self.brought or layer_kind(self.kind)

    @property
    def rows(self) -> int | None:
        """How many rows it has, of which its input holds the numbers; None where it holds none, or it is not known."""
        name = self.record.rows
        rows = None if name is None or self.flags.get("reverse") else self.args.get(name)
        return rows if isinstance(rows, int) else None

    @property
    def told_apart(self) -> int | None:
        """How many numbers, from 0, its input may hold: as it has rows, or as its `below` says; None: it asks not."""
        limit = self.args.get(self.record.below or "")
        return limit if isinstance(limit, int) else self.rows

    @property
    def written(self) -> str:
        """The kind by the name that the spec gives it."""
        return self.alias or self.kind


@dataclass(frozen=True, slots=True)
class Output:
    """A model output and the name under which losses, metrics and exports know it."""

    name: str
    ref: Ref
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Graph:
    """A network. ``layers`` are in the order of calling: each uses only inputs and layers before it.

    ``plugins`` says where the kinds that are not Keras's come from: kind -> ``module:attribute``.
    """

    name: str
    inputs: tuple[Input, ...]
    layers: tuple[Layer, ...]
    outputs: tuple[Output, ...]
    plugins: Mapping[str, str] = field(default_factory=dict)

    def calls(self, layer: Layer) -> list[str]:
        """The names of all calls that share a layer's weights: a setting that names one of them means the layer."""
        owner = layer.shares or layer.name
        return [one.name for one in self.layers if owner in (one.name, one.shares)]


@dataclass(frozen=True, slots=True)
class LayerFacts:
    """What the shape pass found: outputs (None where unknown), weights and multiply-adds of one call."""

    outputs: tuple[TensorSpec, ...] | None
    params: int | None
    trainable_params: int | None
    macs: int | None


@dataclass(frozen=True, slots=True)
class Spec(Displayed):
    """A checked spec.

    Attributes:
        data, train: the sections, with every kind a ``KindValue``; None where absent.
        export: the export targets in order.
        facts: by layer name, what the shape pass found.
        resolved: the whole spec as plain data, bases merged and overrides applied; it compiles to the same.
        node: the merged tree, for the places of settings.
        warnings: what the checks remarked without refusing.
    """

    name: str
    description: str
    path: Path
    params: Mapping[str, Any]
    graph: Graph
    facts: Mapping[str, LayerFacts]
    data: DataConfig | None
    train: TrainConfig | None
    export: tuple[KindValue, ...]
    budget: Budget
    resolved: dict[str, Any]
    node: Node
    warnings: tuple[Diagnostic, ...] = ()

    def __repr__(self) -> str:
        params = "?" if self.param_count is None else f"{self.param_count:,}"
        return f"Spec({self.name!r}, layers={len(self.graph.layers)}, parameters={params})"

    def place(self, *path: str | int) -> Span | None:
        """Where a setting stands, for diagnostics of later stages; the nearest place above it if it is not there."""
        for end in range(len(path), 0, -1):
            found = self.node.get(*path[:end])
            if found is not None:
                above = self.node.get(*path[: end - 1])
                return (above.keys.get(str(path[end - 1])) if above else None) or found.span
        return None

    @property
    def required_data(self) -> DataConfig:
        """The ``data`` section, for what runs after `nnspec.frontend.requirements.require` has asked for it.

        Raises:
            SpecError: E0701, there is none.
        """
        if self.data is None:
            raise SpecError([Diagnostic("E0701", f"{self.path.name} has no `data:` section", self.node.span)])
        return self.data

    @property
    def training(self) -> TrainConfig:
        """The ``train`` section; the defaults where there is none."""
        return TrainConfig() if self.train is None else self.train

    def layer(self, name: str) -> Layer | None:
        return next((layer for layer in self.graph.layers if layer.name == name), None)

    @property
    def weights(self) -> Iterator[LayerFacts]:
        """The facts of the layers that own weights: those that share another's are left out."""
        return (self.facts[layer.name] for layer in self.graph.layers if layer.shares is None)

    @property
    def param_count(self) -> int | None:
        """All weights, trainable or not; None where a layer's are unknown."""
        return total(fact.params for fact in self.weights)

    @property
    def trainable_param_count(self) -> int | None:
        return total(fact.trainable_params for fact in self.weights)

    @property
    def macs(self) -> int | None:
        """Multiply-adds of one example through the whole network."""
        return total(self.facts[layer.name].macs for layer in self.graph.layers)


def total(values: Iterable[int | None]) -> int | None:
    """The sum; None where a part of it is not known."""
    total = 0
    for value in values:
        if value is None:
            return None
        total += value
    return total
