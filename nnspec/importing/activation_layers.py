"""What layers hold beside arguments: a layer as activation, which becomes one of its own, states, own parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nnspec.catalog.kinds import catalog
from nnspec.importing.errors import ImportFailed
from nnspec.layers import layer_kind
from nnspec.layers.kind import ARGUMENT

# Layers that people give as `activation=`, and that have no weights. Keras applies them to a layer's whole output.
ACTIVATIONS = ("LeakyReLU", "ReLU", "ELU", "Softmax")
# Parts of a layer that matter to its training alone, and what is said where one is left out.
OWN_PARTS = {
    "regularizer": "; --plugin brings it",
    "constraint": ", which changes no answer",
    "initializer": ", which the weights do not need",
}


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
    for value in config.values():
        if _is_layer(value):
            require_sayable(value, owner)


def without_own_parts(config: Mapping[str, Any], owner: str) -> tuple[dict[str, Any], list[str]]:
    """A layer's configuration without what is of one's own and changes no answer, and a note for each.

    These are regularizers, constraints and initializers, also of a layer within it.
    """
    kept: dict[str, Any] = {}
    notes: list[str] = []
    for name, value in config.items():
        kept[name] = value
        category = name.rsplit("_", 1)[-1]
        if not isinstance(value, Mapping):
            continue
        if category in OWN_PARTS and not _is_known(category, value):
            kept[name] = None
            notes.append(f"left out: the `{name}` of {owner}, {_a(str(value.get('class_name')))}{OWN_PARTS[category]}")
        elif _is_layer(value):
            inner, said = without_own_parts(value["config"], owner)
            kept[name] = {**value, "config": inner}
            notes += said
    return kept, notes


def _is_layer(value: Any) -> bool:
    return (
        isinstance(value, Mapping)
        and isinstance(value.get("config"), Mapping)
        and catalog().has("layer", str(value.get("class_name")))
    )


def _a(word: str) -> str:
    return f"{'an' if word[:1] in 'AEIOU' else 'a'} {word}"


def _is_known(category: str, value: Mapping[str, Any]) -> bool:
    kind = str(value.get("class_name"))
    if isinstance(word := value.get("config"), str):  # a function
        return word in catalog().words(category) or catalog().has(category, word)
    registered = value.get("registered_name") or kind
    return registered in (kind, f"nnspec>{kind}") and catalog().has(category, kind)
