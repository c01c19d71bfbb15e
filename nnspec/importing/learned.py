"""What layers of a file have learned from data (Keras's ``adapt``), put into the configuration of the model.

Keras keeps a vocabulary beside the configuration: in a ``.keras`` file under ``assets``, by the place of the layer
among those of its class. Boundaries of bins stand in the configuration. Means and variances are weights.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nnspec.catalog.kinds import snake
from nnspec.importing.errors import ImportFailed
from nnspec.importing.masks import layer_name
from nnspec.importing.validity import MODELS

Config = dict[str, Any]
LOOKUPS = ("StringLookup", "IntegerLookup", "TextVectorization")
MOST_UNKNOWN = 1_000_000
# What a layer has learned: its vocabulary with the special tokens, and weights for tf_idf.
Found = Callable[[str, tuple[str, ...]], Mapping[str, Any] | None]


def with_learned(model: Mapping[str, Any], found: Found, place: str = "", path: tuple[str, ...] = ()) -> Config:
    """A model's configuration with the vocabularies that its lookups have learned.

    Args:
        found: what the layer at a place among the assets, ``layers/string_lookup_1``, and under a path of names has
            learned; None where there is nothing.

    Raises:
        ImportFailed: a layer has learned what is not to be had.
    """
    config = model.get("config")
    if not isinstance(config, Mapping) or not isinstance(config.get("layers"), list):
        return dict(model)
    seen: dict[str, int] = {}
    layers = []
    for layer in config["layers"]:
        if not isinstance(layer, Mapping) or not isinstance(layer.get("config"), Mapping):
            layers.append(layer)
            continue
        kind = str(layer.get("class_name"))
        base = snake(kind)
        number = seen[base] = seen.get(base, -1) + 1
        here = f"{place}layers/{base}{f'_{number}' if number else ''}"
        layers.append(_with_its_own(layer, found, here, (*path, layer_name(layer))))
    return {**model, "config": {**config, "layers": layers}}


def _with_its_own(layer: Mapping[str, Any], found: Found, here: str, names: tuple[str, ...]) -> Config:
    """One layer with what it has learned, what is within it too."""
    kind, config = str(layer.get("class_name")), layer["config"]
    if kind in MODELS:
        return with_learned(layer, found, f"{here}/", names)
    if kind in LOOKUPS:
        return {**layer, "config": _completed(kind, config, found(here, names), "/".join(names))}
    if kind == "Discretization" and config.get("bin_boundaries") is not None:
        return {**layer, "config": {**config, "num_bins": None}}
    within = config.get("layer")
    if _is_layer(within):
        inner = _with_its_own(within, found, f"{here}/layer", (*names, str(within["config"].get("name"))))
        return {**layer, "config": {**config, "layer": inner}}
    for one in config.get("layers") or ():  # of a Pipeline, whose parts a file keeps in no place of their own
        if _is_layer(one) and one.get("class_name") in LOOKUPS:
            _completed(one["class_name"], one["config"], None, "/".join(names))
    return dict(layer)


def _is_layer(value: Any) -> bool:
    return isinstance(value, Mapping) and isinstance(value.get("config"), Mapping)


def learned_weights(model: Mapping[str, Any]) -> list[str]:
    """The names of layers whose learned values are weights: Normalizations without numbers of their own."""
    config = model.get("config")
    layers = config.get("layers", ()) if isinstance(config, Mapping) else ()
    names: list[str] = []
    for layer in layers:
        if not isinstance(layer, Mapping) or not isinstance(layer.get("config"), Mapping):
            continue
        if layer.get("class_name") in MODELS:
            names += learned_weights(layer)
        elif layer.get("class_name") == "Normalization" and layer["config"].get("mean") is None:
            names.append(layer_name(layer))
    return names


def _completed(
    kind: str, config: Mapping[str, Any], learned: Mapping[str, Any] | None, owner: str
) -> Mapping[str, Any]:
    """The configuration of a lookup with its vocabulary; as it is where it has one, or has learned none."""
    if config.get("vocabulary") is not None:
        return config
    size, special = config.get("vocabulary_size"), len(special_tokens(kind, config))
    if learned is None:
        if not isinstance(size, int) or size <= special:
            return config
        message = f"the layer `{owner}` has learned a vocabulary of {size:,}, which is not in the file"
        raise ImportFailed(message, hint="import the .keras file that Keras saves")
    words = list(learned["vocabulary"])
    if isinstance(size, int) and len(words) != size:
        raise ImportFailed(f"the vocabulary of the layer `{owner}` has {len(words):,} lines, not {size:,}")
    if config.get("output_mode") in ("tf_idf", "tf-idf") and "idf_weights" not in learned:
        message = f"the layer `{owner}` has learned weights for tf_idf, which are not read from a file"
        raise ImportFailed(message, hint="import a function that returns the loaded model: MODULE:FUNCTION --trust")
    return {**config, **learned, "vocabulary": words}


def special_tokens(kind: str, config: Mapping[str, Any]) -> list[Any]:
    """The entries of a vocabulary that are no words: the mask's and those of unknown words."""
    text = kind == "TextVectorization"
    mask = "" if text else config.get("mask_token")
    unknown = config.get("num_oov_indices", 1)
    count = unknown if isinstance(unknown, int) and 0 <= unknown <= MOST_UNKNOWN else 1
    token = -1 if kind == "IntegerLookup" else "[UNK]"
    masks = mask is not None and config.get("output_mode", "int") == "int"
    return [mask] * masks + [config.get("oov_token", token)] * count


def from_assets(assets: Mapping[str, str]) -> Found:
    """Vocabularies of a ``.keras`` file, by their paths in it."""

    def found(place: str, names: Sequence[str]) -> Mapping[str, Any] | None:
        text = assets.get(f"assets/{place}/vocabulary.txt")
        if text is None:
            return None
        words: list[Any] = text.split("\n")
        if "/integer_lookup" in f"/{place}":
            try:
                words = [int(word) for word in words]
            except ValueError as error:
                raise ImportFailed(f"the vocabulary of `{'/'.join(names)}` is not of whole numbers: {error}") from error
        return {"vocabulary": words}

    return found


def from_model(model: Any) -> Found:
    """What the layers of a Keras model have learned."""
    from nnspec.backend.learned import learned_of

    def found(place: str, names: Sequence[str]) -> Mapping[str, Any] | None:
        layer = model
        for name in names:  # what is within a wrapper it calls `layer`
            layer = layer.get_layer(name) if hasattr(layer, "get_layer") else layer.layer
        return learned_of(layer)

    return found
