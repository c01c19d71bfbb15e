"""Layers under `train: {precision: ...}`: all that say no type of their own compute in halves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from nnspec.catalog.kinds import catalog
from nnspec.frontend.diagnostics import Diagnostic, Note
from nnspec.frontend.shapes import infer_shapes
from nnspec.frontend.spec import Graph, Spec
from nnspec.layers import LayerKind, layer_kind
from nnspec.layers.types import KindValue


def check_precision(spec: Spec) -> Iterator[Diagnostic]:
    """Refuses layers for which TensorFlow has no operation in the halves that they would compute in."""
    policy = spec.training.precision
    if policy == "float32":
        return
    place = spec.place("train", "precision")
    for problem in infer_shapes(in_precision(spec.graph, policy))[1]:
        hint = "`dtype: float32` on this layer leaves it as it is"
        notes = (Note(f"`precision: {policy}` stands here", place), *problem.notes) if place else problem.notes
        yield replace(problem, hint=hint, notes=notes)


def in_precision(graph: Graph, policy: str) -> Graph:
    """The graph with the type written at each layer that takes it from the policy."""
    if policy == "float32":
        return graph
    layers = [replace(one, args=_typed(one.kind, one.args, one.record, policy)) for one in graph.layers]
    return replace(graph, layers=tuple(layers))


def _typed(kind: str, args: Mapping[str, Any], record: LayerKind, policy: str) -> dict[str, Any]:
    typed = {name: _within(value, policy) for name, value in args.items()}
    if typed.get("dtype") is None and _follows(kind, record, args):
        typed["dtype"] = policy
    return typed


def _within(value: Any, policy: str) -> Any:
    if isinstance(value, KindValue) and catalog().has("layer", value.kind):
        return KindValue(value.kind, _typed(value.kind, value.args, layer_kind(value.kind), policy))
    return [_within(item, policy) for item in value] if isinstance(value, list) else value


def _follows(kind: str, record: LayerKind, args: Mapping[str, Any]) -> bool:
    """Whether the kind has a type, and takes it from the policy."""
    known = catalog().has("layer", kind) and any(one.name == "dtype" for one in catalog().arguments("layer", kind))
    return known and not record.types_in(args).unmixed
