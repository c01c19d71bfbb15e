"""Layers on no way to an output: of a model within the model, some outputs of which nobody takes. Keras drops them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from nnspec.frontend.spec import Graph, Layer

Path = tuple[str, ...]


def living(graph: Graph, origins: Mapping[str, Path]) -> tuple[Graph, dict[str, Path], tuple[Path, ...]]:
    """A graph and the origins of its layers without those of which nothing comes, and the origins of these.

    Where the call that owns weights is left out, the first that shares them owns them.
    """
    needed = _needed(graph)
    heirs: dict[str, str] = {}
    for layer in graph.layers:
        if layer.name in needed and layer.shares and layer.shares not in needed:
            heirs.setdefault(layer.shares, layer.name)
    layers = tuple(replace(layer, shares=_owner(layer, heirs)) for layer in graph.layers if layer.name in needed)
    kept = {heirs.get(name, name): path for name, path in origins.items() if name in needed or name in heirs}
    left = tuple(path for path in origins.values() if path not in kept.values())
    return replace(graph, layers=layers), kept, left


def _owner(layer: Layer, heirs: Mapping[str, str]) -> str | None:
    owner = heirs.get(layer.shares or "", layer.shares)
    return None if owner == layer.name else owner


def _needed(graph: Graph) -> set[str]:
    by_name = {layer.name: layer for layer in graph.layers}
    found: set[str] = set()
    waiting = [output.ref.layer for output in graph.outputs]
    while waiting:
        name = waiting.pop()
        if name in by_name and name not in found:
            found.add(name)
            waiting += (ref.layer for ref in by_name[name].inputs)
    return found


def notes_of(left: Iterable[Path]) -> list[str]:
    """What to say of layers that are left out."""
    names = ", ".join(f"`{'/'.join(path)}`" for path in left)
    return [f"left out, as no output comes of it: {names}"] if names else []
