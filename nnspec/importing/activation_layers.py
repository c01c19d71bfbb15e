"""What layers hold beside arguments: a layer as activation, which becomes a layer of its own, states, own penalties."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nnspec.catalog.kinds import catalog
from nnspec.importing.errors import ImportFailed
from nnspec.layers import layer_kind
from nnspec.layers.kind import ARGUMENT

# Layers that people give as `activation=`, and that have no weights. Keras applies them to a layer's whole output.
ACTIVATIONS = ("LeakyReLU", "ReLU", "ELU", "Softmax")


def activation_layer(layer: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any] | None]:
    """A layer's configuration without the layer that is its activation, and that layer; None where there is none."""
    config, given = layer["config"], layer["config"].get("activation")
    if layer_kind(layer["class_name"]).activation != ARGUMENT or not isinstance(given, Mapping):
        return config, None
    if (function := _function(given)) is not None:
        return {**config, "activation": function}, None
    if given.get("class_name") not in ACTIVATIONS or not isinstance(given.get("config"), Mapping):
        return config, None
    return {**config, "activation": "linear"}, given


def _function(layer: Mapping[str, Any]) -> Any:
    """The function that a layer given as activation is, which sees no mask as the layer behind would; None for none."""
    config = layer.get("config")
    if not isinstance(config, Mapping):
        return None
    if layer.get("class_name") == "Activation":
        return config.get("activation")
    return "softmax" if layer.get("class_name") == "Softmax" and config.get("axis", -1) == -1 else None


def require_sayable(layer: Mapping[str, Any], owner: str) -> None:
    """Raises ImportFailed on a layer whose answers depend on more than its inputs and weights as they are."""
    config = layer["config"]
    if config.get("stateful") is True:
        message = f"{owner} is stateful: each batch goes on where the one before ended, which no spec says"
        hint = "build the model with stateful=False, give it these weights by set_weights, save it and import that"
        raise ImportFailed(message, hint=hint)
    if config.get("quantization_config") or config.get("quantization_mode"):
        hint = "import the model as it was before `quantize`; `export: {TFLite: {quantize: int8}}` rounds it"
        raise ImportFailed(f"{owner} is quantized by Keras, which no spec says", hint=hint)


def without_own_penalties(config: Mapping[str, Any], owner: str) -> tuple[Mapping[str, Any], list[str]]:
    """A layer's configuration without regularizers of one's own, which change no answer, and a note for each."""
    found = {
        name: value
        for name, value in config.items()
        if name.endswith("regularizer") and isinstance(value, Mapping) and not _is_known(value)
    }
    notes = [
        f"left out: the `{name}` of {owner}, a {value.get('class_name')}; --plugin brings it"
        for name, value in found.items()
    ]
    return ({**config, **dict.fromkeys(found)} if found else config), notes


def _is_known(regularizer: Mapping[str, Any]) -> bool:
    kind = str(regularizer.get("class_name"))
    registered = regularizer.get("registered_name") or kind
    return registered in (kind, f"nnspec>{kind}") and catalog().has("regularizer", kind)
