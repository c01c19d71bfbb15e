"""Masks that Keras makes by itself. A functional model's configuration spells them out, as `keras.ops.not_equal` of the
tokens and a `mask` in each call that gets it; a spec leaves them to Keras, which makes the same ones again.

A mask is left out where it is exactly what would come by itself; any other stays, and is refused as an operation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from typing import Any

from nnspec.backend.keras_internals.names import is_operation
from nnspec.layers import layer_kind
from nnspec.layers.masks import directions, joined, made, marked, merged, same, steps
from nnspec.layers.types import texts_in

# What Keras's masks are made of.
OPERATIONS = {"NotEqual", "Any", "LogicalOr", "ExpandDims", "ZerosLike", "OnesLike", "Concatenate", "ConvertToTensor"}
FIRST = ("query", "inputs")  # arguments by name that a layer's own mask is that of

Key = tuple[str, int, int]  # a tensor: layer, call, which of its outputs
Layers = Sequence[Mapping[str, Any]]


def without_own_masks(layers: Layers, outputs: Any) -> tuple[Mapping[str, Any], ...]:
    """The layers of a functional model, less the masks that would come by themselves.

    Args:
        outputs: the model's, in whatever structure: what they come from stays.
    """
    masks = Masks(layers)
    kept: list[Mapping[str, Any]] = [
        {**layer, "inbound_nodes": [masks.left_out(node) for node in _nodes(layer)]} for layer in layers
    ]
    while True:
        used = {key[0] for layer in kept for node in _nodes(layer) for key in keys(node)} | set(texts_in(outputs))
        alive = [layer for layer in kept if not is_operation(module_of(layer)) or layer_name(layer) in used]
        if len(alive) == len(kept):
            return tuple(alive)
        kept = alive


class Masks:
    """What mask each tensor has by itself, written as the operations that make it."""

    def __init__(self, layers: Layers) -> None:
        self.layers = {layer_name(layer): layer for layer in layers}
        self.found: dict[Key, Any] = {}

    def left_out(self, node: Any) -> Any:
        """A call without its `mask` argument, where that is its first input's own."""
        if not isinstance(node, Mapping) or not isinstance((node.get("kwargs") or {}).get("mask"), Mapping):
            return node
        first, given = next(_taken(node), None), next(keys(node["kwargs"]["mask"]), None)
        own = None if first is None else self.of(first)
        if own is None or given is None or self.made(given) != own:
            return node
        return {**node, "kwargs": {name: value for name, value in node["kwargs"].items() if name != "mask"}}

    def of_inputs(self, layer: Mapping[str, Any]) -> list[list[Any]]:
        """The masks of what each call of a layer takes."""
        nodes = [node for node in _nodes(layer) if isinstance(node, Mapping)]
        return [[self.of(key) for key in keys(node.get("args"))] for node in nodes]

    def of(self, key: Key) -> Any:
        """The mask that a tensor carries; None for none, or one that is not known here."""
        if key not in self.found:
            self.found[key] = None  # a damaged file may run in circles
            self.found[key] = self._of(key)
        return self.found[key]

    def _of(self, key: Key) -> Any:
        layer = self.layers.get(key[0], {})
        nodes, kind, config = _nodes(layer), layer.get("class_name"), layer.get("config") or {}
        node = nodes[key[1]] if key[1] < len(nodes) else None
        found = list(_taken(node)) if isinstance(node, Mapping) else []
        if not found:
            return None
        given = found[0]
        if kind == "Sequential":  # a chain of layers of which each passes it on
            chain = [one for one in config.get("layers") or () if one.get("class_name") != "InputLayer"]
            return self.of(given) if all(layer_kind(str(one.get("class_name"))).mask is same for one in chain) else None
        gives = layer_kind(str(kind)).mask
        if gives is made and config.get("mask_zero"):
            return ("NotEqual", given, 0)
        if gives is marked:
            return ("Any", ("NotEqual", given, config.get("mask_value", 0.0)))
        if gives is joined:
            return self._joined(found)
        if gives is merged:
            return self.either(found)
        if gives is directions:
            gives, config = layer_kind(config["layer"]["class_name"]).mask, config["layer"]["config"]
        return self.of(given) if gives is same or (gives is steps and config.get("return_sequences")) else None

    def either(self, given: list[Key]) -> Any:
        """The mask of what is merged: a place counts where it does in one of them; none where one has no mask."""
        own = [self.of(key) for key in given]
        return None if None in own else reduce(_either, own)

    def _joined(self, given: list[Key]) -> Any:
        """The mask of a Concatenate, as its `compute_mask` makes it: a tensor without one counts everywhere."""
        own = [self.of(key) for key in given]
        if all(mask is None for mask in own):
            return None
        parts = (
            ("OnesLike", key) if mask is None else ("LogicalOr", ("ExpandDims", mask), ("ZerosLike", key))
            for key, mask in zip(given, own, strict=True)
        )
        return ("Any", ("Concatenate", *parts))

    def made(self, key: Key) -> Any:
        """How a tensor is made, as far as by operations that masks are made of."""
        layer = self.layers.get(key[0], {})
        nodes = _nodes(layer)
        if not _is_mask_operation(layer) or key[1] >= len(nodes) or not isinstance(nodes[key[1]], Mapping):
            return key
        args = nodes[key[1]].get("args") or []
        sources = [self.made(source) for source in keys(args)]
        if layer["class_name"] == "ConvertToTensor" and len(sources) == 1:
            return sources[0]
        if layer["class_name"] == "LogicalOr" and len(sources) == 2:
            return _either(*sources)
        numbers = [value for value in args if isinstance(value, int | float)]
        return (layer["class_name"], *sources, *numbers)


def _either(one: Any, other: Any) -> Any:
    return one if one == other else ("LogicalOr", one, other)


def _taken(node: Mapping[str, Any]) -> Iterator[Key]:
    """The tensors that a layer is called with, its first argument's first."""
    named = node.get("kwargs") or {}
    yield from keys([node.get("args") or [], *(named[name] for name in FIRST if name in named)])


def module_of(layer: Mapping[str, Any]) -> str:
    return str(layer.get("module", ""))


def _is_mask_operation(layer: Mapping[str, Any]) -> bool:
    return is_operation(module_of(layer)) and layer.get("class_name") in OPERATIONS


def _nodes(layer: Mapping[str, Any]) -> list[Any]:
    return list(layer.get("inbound_nodes") or ())


def layer_name(layer: Mapping[str, Any]) -> str:
    """The name of a layer in a configuration of any version."""
    return str(layer.get("name") or layer["config"]["name"])


def keys(value: Any) -> Iterator[Key]:
    if isinstance(value, Mapping):
        if value.get("class_name") == "__keras_tensor__":
            name, call, index = value["config"]["keras_history"]
            yield name, call, index
        else:
            yield from keys(list(value.values()))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from keys(item)
