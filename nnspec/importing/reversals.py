"""An axis turned round by hand, `stack([x[..., 2], x[..., 1], x[..., 0]], -1)`, as the one cut `x[..., ::-1]`.

Keras 3's `preprocess_input` makes BGR of RGB in this way, and size by size there would be seven layers for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nnspec.backend.keras_internals.names import is_operation
from nnspec.importing.masks import layer_name
from nnspec.importing.validity import tensors_of
from nnspec.layers.types import texts_in

Layers = Sequence[Mapping[str, Any]]
WHOLE = {"class_name": "__slice__", "config": {"start": None, "stop": None, "step": None}}
TURNED = {"class_name": "__slice__", "config": {"start": None, "stop": None, "step": -1}}


def with_reversals(layers: Layers, outputs: Any) -> Layers:
    """The layers of a functional model, with each such stack as one cut, less the places that only it took.

    Args:
        outputs: the model's, in whatever structure: what they come from stays.
    """
    by_name = {layer_name(layer): layer for layer in layers}
    found = {layer_name(layer): made for layer in layers if (made := _turned(layer, by_name))}
    if not found:
        return layers
    places = {key for name in found for key in _stacked(by_name[name])}
    changed = [found.get(layer_name(layer), layer) for layer in layers]
    used = {tensor["config"]["keras_history"][0] for layer in changed for tensor in tensors_of(layer["inbound_nodes"])}
    used |= set(texts_in(outputs))
    return [layer for layer in changed if layer_name(layer) not in places or layer_name(layer) in used]


def _turned(layer: Mapping[str, Any], by_name: Mapping[str, Mapping[str, Any]]) -> dict[str, Any] | None:
    if layer.get("class_name") != "Stack" or not is_operation(str(layer.get("module", ""))):
        return None
    names = _stacked(layer)
    cuts = [found for name in names if (found := _place(by_name.get(name, {})))]
    if not cuts or len(cuts) < len(names):
        return None
    tensor, place, _ = cuts[0]
    shape, axis = tensor["config"]["shape"], (layer.get("config") or {}).get("axis", 0)
    if not isinstance(axis, int) or axis % len(shape) != place or shape[place] != len(cuts):
        return None
    if cuts != [(tensor, place, index) for index in range(len(cuts))][::-1]:
        return None
    key = [TURNED if number == place else WHOLE for number in range(len(shape))]
    node = {"args": [tensor, key], "kwargs": {}}
    return {**layer, "class_name": "GetItem", "config": {}, "inbound_nodes": [node]}


def _stacked(layer: Mapping[str, Any]) -> list[str]:
    """The layers whose first outputs a stack joins; none where it is called otherwise than once, with a list."""
    nodes: list[Any] = list(layer.get("inbound_nodes") or ())
    args = nodes[0].get("args") if len(nodes) == 1 else None
    if not args or len(args) != 1 or not isinstance(args[0], list):
        return []
    return [tensor["config"]["keras_history"][0] for tensor in tensors_of(args[0])][::-1]


def _place(layer: Mapping[str, Any]) -> tuple[Mapping[str, Any], int, int] | None:
    """The tensor, the axis and the number of the one place that `x[..., 2]` or `x[:, 2, :]` takes."""
    nodes: list[Any] = list(layer.get("inbound_nodes") or ())
    if layer.get("class_name") != "GetItem" or len(nodes) != 1 or len(nodes[0].get("args") or ()) != 2:
        return None
    tensor, key = nodes[0]["args"]
    if not isinstance(tensor, Mapping) or tensor.get("class_name") != "__keras_tensor__" or not isinstance(key, list):
        return None
    numbers = [at for at, part in enumerate(key) if isinstance(part, int) and not isinstance(part, bool)]
    rest = [part for at, part in enumerate(key) if at not in numbers]
    dots = [part for part in rest if isinstance(part, Mapping) and part.get("class_name") == "__ellipsis__"]
    if len(numbers) != 1 or any(part != WHOLE for part in rest if part not in dots):
        return None
    at, rank = numbers[0], len(tensor["config"].get("shape") or ())
    before = any(part in dots for part in key[:at])
    axis = rank - (len(key) - at) if before else at
    return (tensor, axis, key[at]) if 0 < axis < rank else None
