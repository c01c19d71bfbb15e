"""Masks that go on behind layers of one's own, whose class says `supports_masking` or makes them by `compute_mask`.

Such a layer, opened, is operations. Keras hands no mask on from an operation: what took the layer's mask is given it by
name, or, like attention, gets none. Here operations place by place pass masks on, as do the layers that they become,
and an Embedding makes the mask that is made of its numbers. Whether this is what the model does, its answers tell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nnspec.backend.keras_internals.names import is_operation
from nnspec.importing.masks import Key, Masks, keys, layer_name, module_of
from nnspec.importing.tensor_operations import ACTIVATIONS, WITH_ARGUMENT

PASSES_MASK = "passes_mask"  # beside `class_name`, in what stands for an operation
ARITHMETIC = {"Add", "Subtract", "Multiply", "Divide", "TrueDivide", "Maximum", "Minimum", "Power", "Negative"}
PLACE_BY_PLACE = {*ARITHMETIC, *ACTIVATIONS, *WITH_ARGUMENT, "Gelu", "LeakyRelu", "Elu", "Square", "Clip", "Cast"}

Layer = Mapping[str, Any]


def with_passed_masks(config: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration of a functional model whose operations pass masks on, less the masks that then come anyhow."""
    inner = config["config"]
    layers = [_passing(layer) for layer in _with_own_zeros(inner.get("layers") or ())]
    masks = _PassedMasks(layers)
    layers = [{**layer, "inbound_nodes": [*map(masks.left_out, layer.get("inbound_nodes") or ())]} for layer in layers]
    return {**config, "config": {**inner, "layers": layers}}


def _passing(layer: Layer) -> Layer:
    passes = is_operation(module_of(layer)) and layer.get("class_name") in PLACE_BY_PLACE
    return {**layer, PASSES_MASK: True} if passes else layer


def _with_own_zeros(layers: Sequence[Layer]) -> list[Layer]:
    """Embeddings make a mask where the model compares their numbers with 0."""
    masks, compared = Masks(layers), set()
    for layer in layers:
        made = masks.made((layer_name(layer), 0, 0))
        compared |= {made[1]} if made[0] == "NotEqual" and made[2:] == (0,) else set()
    return [
        {**layer, "config": {**layer["config"], "mask_zero": True}}
        if layer.get("class_name") == "Embedding" and compared & set(keys(layer.get("inbound_nodes") or ()))
        else layer
        for layer in layers
    ]


class _PassedMasks(Masks):
    """What mask each tensor has where operations pass them on."""

    def _of(self, key: Key) -> Any:
        layer = self.layers.get(key[0], {})
        if not layer.get(PASSES_MASK):
            return super()._of(key)
        nodes = layer.get("inbound_nodes") or ()
        found = list(keys(nodes[key[1]])) if key[1] < len(nodes) else []
        return self.either(found) if found else None

    def left_out(self, node: Any) -> Any:
        """As for any model; an `attention_mask` that hides what the mask of the values hides, too."""
        node = super().left_out(node)
        if not isinstance(node, Mapping) or not isinstance((node.get("kwargs") or {}).get("attention_mask"), Mapping):
            return node
        own = [self.of(key) for key in keys([node.get("args"), node["kwargs"].get("value")])]  # the value's at last
        hidden = [self._hidden(key) for key in keys(node["kwargs"]["attention_mask"])]
        if not own or None in own or hidden != own[-1:]:
            return node
        named = {name: value for name, value in node["kwargs"].items() if name != "attention_mask"}
        return {**node, "kwargs": named}

    def _hidden(self, key: Key) -> Any:
        """The mask that an `attention_mask` is made of: with another axis, as numbers."""
        layer = self.layers.get(key[0], {})
        nodes = layer.get("inbound_nodes") or ()
        if layer.get("class_name") not in ("Cast", "GetItem", "ExpandDims") or key[1] >= len(nodes):
            return self.made(key)
        return self._hidden(next(keys(nodes[key[1]])))
