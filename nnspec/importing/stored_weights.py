"""The weights of an HDF5 file, or a SavedModel, in the network that its spec compiles to.

A file lists weights by layer; those of a model within the model stand in one row, what is trained first. Which one goes
where follows from the configuration, and is held against the shapes and names of the weights: nothing is guessed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from nnspec.importing.errors import ImportFailed
from nnspec.importing.hdf5 import StoredWeights
from nnspec.importing.masks import layer_name
from nnspec.importing.validity import MODELS

Named = tuple[str, Any]  # a weight's name in the file, and its values
Path = tuple[str, ...]
STATES = ("StateVar", "seed_generator")  # of random numbers, beside the weights
RENAMED = {"depthwise_kernel": "kernel"}  # of a DepthwiseConv, in Keras 2
_NUMBERED = re.compile(r"(_\d+)?(:\d+)?$")


def put_weights(
    stored: StoredWeights,
    config: Mapping[str, Any],
    model: Any,
    origins: Mapping[str, Path],
    left: Collection[Path] = (),
) -> None:
    """Puts every weight that was stored into a network.

    Args:
        config: the model's configuration, as it was imported.
        model: what the imported spec builds.
        origins: the place of each of its layers in the configuration: names of models, then the layer's.
        left: the places of layers in the configuration that are not in the network.

    Raises:
        ImportFailed: the file lacks weights of a layer, or has others than the network.
    """
    from nnspec.frontend.spec import keras_name

    built = {layer.name: layer for layer in model.layers}
    owners = {path: built[keras_name(name)] for name, path in origins.items() if keras_name(name) in built}
    leaves = list(_leaves(config, ()))
    by_name = Counter(path[-1] for path in leaves)
    filled: set[int] = set()
    for place, values in stored.layers.items():
        arrays = [(name, value) for name, value in values if not any(state in name for state in STATES)]
        if not arrays or place in left:
            continue
        within = [path for path in leaves if path[: len(place)] == place]
        if not within and by_name[place[-1]] == 1:  # Keras 1 lists the layers of all models side by side
            within = [path for path in leaves if path[-1] == place[-1]]
        group = "/".join(place)
        targets = [owners[path] for path in within if path in owners and owners[path].weights]
        unused = [path for path in within if path in left]
        if unused and sum(len(layer.weights) for layer in targets) != len(arrays):
            message = f"no output comes of `{'/'.join(unused[0])}`: which weights of `{group}` are its own is not said"
            raise ImportFailed(message, hint="save the model as .keras, by the Keras that wrote it, and import that")
        if not targets:
            raise ImportFailed(f"the file has weights of `{group}`, for which the network has none")
        for layer, given in _shared_out(targets, arrays, group, stored):
            _give(layer, given, group)
            filled.add(id(layer))
    missing = [layer.name for layer in model.layers if layer.weights and id(layer) not in filled]
    if missing:
        raise ImportFailed(f"the file has no weights of the layer `{missing[0]}`")


def _leaves(config: Mapping[str, Any], path: Path) -> Iterator[Path]:
    """The layers of a model and those of the models in it, in the order of its configuration."""
    for layer in config["config"]["layers"]:
        here = (*path, layer_name(layer))
        wrapped = layer["config"].get("layer")
        inner = wrapped if isinstance(wrapped, Mapping) and wrapped.get("class_name") in MODELS else layer
        if inner["class_name"] in MODELS:
            yield from _leaves(inner, here)
        else:
            yield here


def _shared_out(
    layers: Sequence[Any], arrays: Sequence[Named], group: str, stored: StoredWeights
) -> Iterator[tuple[Any, list[Any]]]:
    """The weights of each layer of a group, in the layer's own order and layout.

    What is trained comes first within one layer, too: of LoRA, of a SpectralNormalization. Keras 1 has other names:
    there a layer's own order is the file's.
    """
    trained_first = [*_slots(layers, "trainable_weights"), *_slots(layers, "non_trainable_weights")]
    for slots in (trained_first, list(_slots(layers, "weights"))):
        if len(slots) == len(arrays) and all(
            _belongs(variable, name) for (_, variable), (name, _) in zip(slots, arrays, strict=True)
        ):
            values = {id(variable): value for (_, variable), (_, value) in zip(slots, arrays, strict=True)}
            for layer in layers:
                yield layer, _converted(layer, (values[id(one)] for one in layer.weights), stored)
            return
    if len(layers) == 1:
        yield layers[0], _converted(layers[0], (value for _, value in arrays), stored)
        return
    count = sum(len(layer.weights) for layer in layers)
    message = (
        f"the weights of the model `{group}` are not those of its layers: {len(arrays)} in the file, {count} in all"
    )
    raise ImportFailed(message, hint="load the model with the Keras that wrote it, and save it as .keras")


def _slots(layers: Sequence[Any], which: str) -> Iterator[tuple[Any, Any]]:
    return ((layer, variable) for layer in layers for variable in getattr(layer, which))


def _belongs(variable: Any, name: str) -> bool:
    """Whether a weight of this name can be that of a variable: `conv/kernel:0` and `kernel`."""
    word = _NUMBERED.sub("", name.rsplit("/", 1)[-1])
    return bool(RENAMED.get(word, word) == variable.name or word == variable.name)


def _give(layer: Any, values: Sequence[Any], group: str) -> None:
    from nnspec.backend.weights import give_weights

    wanted = [tuple(weight.shape) for weight in layer.weights]
    found = [tuple(value.shape) for value in values]
    if wanted != found:
        message = f"the weights of `{group}` have the shapes {found}, and a {type(layer).__name__} like this {wanted}"
        raise ImportFailed(message, hint="load the model with the Keras that wrote it, and save it as .keras")
    give_weights(layer, values)


def _converted(layer: Any, values: Iterable[Any], stored: StoredWeights) -> list[Any]:
    from nnspec.backend.older_layouts import converted

    return converted(layer, list(values), stored.version, stored.backend)
