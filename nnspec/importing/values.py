"""Serialized arguments to what a spec says: kinds as ``KindValue``, defaults left out."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

from nnspec.catalog.kinds import Argument, catalog, snake
from nnspec.importing.errors import ImportFailed
from nnspec.layers.types import KindValue

# Keras keeps these in pairs or triples; a spec says one number where all are the same.
SIZES = {"kernel_size", "strides", "pool_size", "dilation_rate", "size", "padding", "cropping"}
# In a configuration, but not an argument: it follows from others, or names the object alone.
NO_ARGUMENTS = {
    "name",
    "vocabulary_size",
    "has_input_vocabulary",
    "renorm_momentum",
    "batch_shape",
    "batch_input_shape",
}
# Of every layer's configuration; a kind that does not take them has nothing to train or to compute in a type.
OF_EVERY_LAYER = {"trainable", "dtype", "autocast"}
WORDS = {"uniform": "random_uniform", "normal": "random_normal", "zero": "zeros", "one": "ones"}
DEFAULT_DTYPE = "float32"
PARTS = {"activation", "constraint", "initializer", "regularizer"}  # categories of what a layer has, and none is


def kind_value(category: str, serialized: Any, owner: str) -> Any:
    """A serialized object of a category, or its word, as a spec says it.

    Args:
        serialized: ``{"class_name": ..., "config": ...}``, a name such as ``relu``, or None.
        owner: the layer that it is for, as messages name it.

    Raises:
        ImportFailed: it is, or holds, what a spec cannot say.
    """
    if serialized is None or isinstance(serialized, int | float):
        return serialized
    if isinstance(serialized, list):
        return [kind_value(category, item, owner) for item in serialized]
    if isinstance(serialized, str):
        return _word(category, serialized, owner)
    kind, config = serialized.get("class_name"), serialized.get("config")
    if kind == "function" or isinstance(config, str):
        return _word(category, config, owner)
    if category == "activation" and catalog().has("layer", str(kind)):
        message = f"{owner} has a layer as an activation, a {kind}, which a spec cannot say there"
        raise ImportFailed(message, hint="build it with a function there, or with the layer behind it, and train that")
    require_known(category, serialized, owner)
    return KindValue(kind, arguments(category, kind, config if isinstance(config, dict) else {}, owner))


def require_known(category: str, serialized: Mapping[str, Any], owner: str) -> None:
    """Keras's own classes, and nnspec's, can stand in a spec; another of the same name cannot.

    Raises:
        ImportFailed: it is another's, or of a kind that specs refuse.
    """
    kind, module = str(serialized.get("class_name")), str(serialized.get("module") or "keras")
    registered = serialized.get("registered_name") or kind
    reason = catalog().refused(kind)
    if reason:
        raise ImportFailed(f"{owner} is a `{kind}`, which cannot stand in a spec: {reason}")
    ours = registered == f"nnspec>{kind}"
    theirs = registered == kind and (module == "keras" or module.startswith("keras."))
    if not (ours or theirs) or not catalog().has(category, kind):
        named = kind if registered == kind else registered
        what = f"has the {category}" if category in PARTS else "is of the class"
        message = f"{owner} {what} `{named}`, which is neither Keras's nor nnspec's"
        raise ImportFailed(message, hint="make it a layer of a plugin, and write its part of the spec by hand")


def _word(category: str, word: str, owner: str) -> str:
    word = word.removeprefix("nnspec>")
    if word in catalog().words(category) or catalog().has(category, word):
        return word
    hint = "write a layer for it, and bring it in with `requires:`"
    raise ImportFailed(f"{owner} uses the function `{word}`, which is not Keras's", hint=hint)


def arguments(category: str, kind: str, config: Mapping[str, Any], owner: str) -> dict[str, Any]:
    """The arguments of a kind that say something else than its defaults, in the order of its signature.

    Raises:
        ImportFailed: one of them is not known, or is what a spec cannot say.
    """
    known = {argument.name: argument for argument in catalog().arguments(category, kind)}
    for name, value in config.items():
        if name in known or name in NO_ARGUMENTS or (category == "layer" and name in OF_EVERY_LAYER):
            continue
        if value not in (None, False, [], {}):
            raise ImportFailed(f"{owner}: this nnspec does not know the argument `{name}` of {kind}")
    values = {}
    for name, argument in known.items():
        if name in config and not (name == "name" and _is_own_name(category, kind, config[name])):
            values[name] = _argument(category, argument, config[name], owner)
    if category == "metric" and str(values.get("dtype")).startswith("int"):
        del values["dtype"]  # what a matrix of confusion counts in where nothing is said
    values = {name: value for name, value in values.items() if not _says_nothing(known[name], value, kind, values)}
    return {name: _shorter(name, value) for name, value in values.items()}


def _is_own_name(category: str, kind: str, name: Any) -> bool:
    return category != "metric" or str(name).rstrip("0123456789_") == snake(kind)


def _argument(category: str, argument: Argument, value: Any, owner: str) -> Any:
    if argument.name == "dtype":
        return _dtype(value, owner)
    if argument.category is not None and value is not None and not isinstance(value, float):
        return kind_value(argument.category, value, owner)
    value = _plain(value, owner)
    return _short_float(value) if category in ("regularizer", "optimizer", "schedule") else value


def _dtype(value: Any, owner: str) -> str | None:
    if isinstance(value, Mapping):
        if value.get("class_name") not in ("DTypePolicy", "Policy"):
            raise ImportFailed(f"{owner}: a spec cannot say the policy `{value.get('class_name')}`")
        value = value["config"]["name"]
    return None if value is None else str(value)


def _plain(value: Any, owner: str) -> Any:
    """Plain data; arrays and tuples, which Keras wraps, as lists."""
    if isinstance(value, list):
        return [_plain(item, owner) for item in value]
    if not isinstance(value, Mapping):
        return value
    if value.get("class_name") == "__tuple__":
        return [_plain(item, owner) for item in value["items"]]
    if value.get("class_name") in ("__numpy__", "__tensor__"):
        return value["config"]["value"]
    if "class_name" in value:
        raise ImportFailed(f"{owner}: a spec cannot say a `{value['class_name']}` here")
    return {name: _plain(item, owner) for name, item in value.items()}


def _says_nothing(argument: Argument, value: Any, kind: str, others: Mapping[str, Any]) -> bool:
    """Whether leaving an argument out gives the same."""
    name, default = argument.name, argument.default
    if argument.required:
        return False
    if value in (None, {}) and not argument.null_is_a_value:
        return True
    if name == "dtype":
        return bool(value == (default or DEFAULT_DTYPE))
    if name == "data_format" and default is None:
        return bool(value == "channels_last")
    if name == "strides" and default is None and "pool_size" in others:
        return bool(single(value) == single(others["pool_size"]))
    if (kind, name) == ("MultiHeadAttention", "value_dim"):
        return bool(value == others.get("key_dim"))
    if name == "backward_layer":
        return _is_mirrored(value, others["layer"])
    if argument.category == "activation":
        return bool((value or "linear") == (default or "linear"))
    if argument.category is not None:
        return bool(value == default or _canonical(value) == _canonical(default))
    return bool(value == default or single(value) == single(default))


def _is_mirrored(backward: KindValue, forward: KindValue) -> bool:
    """Whether it is what Bidirectional makes of the forward layer when it is given no other."""
    ahead, behind = dict(forward.args), dict(backward.args)
    return bool(
        forward.kind == backward.kind
        and not ahead.pop("go_backwards", False)
        and behind.pop("go_backwards", False)
        and ahead == behind
    )


def _canonical(value: Any) -> Any:
    """``GlorotUniform`` without arguments and ``glorot_uniform`` are the same."""
    if isinstance(value, KindValue) and not value.args:
        value = value.kind
    return WORDS.get(snake(value), snake(value)) if isinstance(value, str) else value


def single(value: Any) -> Any:
    """The one value that a list, nested or not, holds again and again; else the value as it is."""
    if isinstance(value, list | tuple):
        inner = [single(item) for item in value]
        if inner and all(item == inner[0] for item in inner) and not isinstance(inner[0], list):
            return inner[0]
        return inner
    return value


def _shorter(name: str, value: Any) -> Any:
    if name in SIZES or (name == "axis" and isinstance(value, list) and len(value) == 1):
        return single(value)
    return value


def _short_float(value: Any) -> Any:
    """A number that went through float32 in its shortest spelling: 0.0010000000474974513 is 0.001."""
    if not isinstance(value, float) or len(repr(value)) < 10 or value != _float32(value):
        return value
    spellings = (float(f"{value:.{digits}g}") for digits in range(1, 10))
    return next((short for short in spellings if _float32(short) == value), value)


def _float32(value: float) -> float:
    try:
        return float(struct.unpack("f", struct.pack("f", value))[0])
    except OverflowError:
        return float("nan")
