"""Weights that a file keeps by the classes of layers: `layers/dense_1/vars/0` is the kernel of the second Dense.

So do the `.keras` files of Keras 2.12 to 2.15, which Keras 3 does not read, and every `.weights.h5`. Which group is
whose follows from the configuration of the model, in the order in which Keras counted its layers.
"""

from __future__ import annotations

import zipfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nnspec.backend.hdf5_trial import WEIGHTS, most
from nnspec.catalog.kinds import snake
from nnspec.importing.errors import ImportFailed
from nnspec.importing.hdf5 import DAMAGED, Reader, StoredWeights, child, holds, opened
from nnspec.importing.masks import layer_name
from nnspec.importing.validity import MODELS
from nnspec.reading import open_regular

Place = tuple[str, ...]
LAYERS = "layers"
# What Keras 2.12 and 2.13 came upon first: each layer with weights stands in it twice, and is counted twice.
TWICE = "_layer_checkpoint_dependencies"
# The parts of a layer in the order of its weights; Keras 2 hid the names of the second row.
PARTS = {
    "Bidirectional": ("forward_layer", "backward_layer"),
    "MultiHeadAttention": ("query_dense", "key_dense", "value_dense", "output_dense"),
}
RANDOM = ("seed_generator", "random_generator")  # states of random numbers, beside the weights
MAX_DEPTH = 32


def read_class_weights(path: Path, config: Mapping[str, Any], version: str) -> StoredWeights:
    """The weights of a file by layer.

    Args:
        path: a `.keras` file, or one that `model.save_weights` wrote.
        config: of the model whose weights they are, as Keras 3 writes it.
        version: of the Keras that wrote them.

    Raises:
        ImportFailed: the file is damaged, or has other parts than the layers of the model.
        OSError: it cannot be opened.
    """
    with _content(path) as file:
        found = dict(_of_model(file, config, (), Reader(most(path.stat().st_size))))
        if not found:
            raise ImportFailed("the file has no weights of the layers of this model")
        return StoredWeights(found, version)


def has_class_weights(file: Any) -> bool:
    """Whether the root of an HDF5 file is that of weights by class."""
    return holds(file, LAYERS) or holds(file, TWICE)


@contextmanager
def _content(path: Path) -> Iterator[Any]:
    if not zipfile.is_zipfile(path):
        with opened(path) as file:
            yield file
        return
    import h5py

    from nnspec.backend.model_contents import NoModelFile, look_through

    try:
        look_through(path)
    except NoModelFile as error:
        raise ImportFailed(f"its weights cannot be read: {error}", hint="copy or save it again") from error
    with open_regular(path) as raw, zipfile.ZipFile(raw) as archive:
        if WEIGHTS not in archive.namelist():
            raise ImportFailed(f"there is no {WEIGHTS} in it", hint="--no-weights imports the network alone")
        try:
            with archive.open(WEIGHTS) as content, h5py.File(content, "r") as file:
                yield file
        except DAMAGED as error:
            raise ImportFailed(f"its weights are damaged: {error}", hint="copy or save it again") from error


def _of_model(group: Any, config: Mapping[str, Any], place: Place, reader: Reader) -> Iterator[tuple[Place, Any]]:
    """The weights of each layer of a model, of those in its models too."""
    is_twice = holds(group, TWICE)
    if not is_twice and not holds(group, LAYERS):
        return
    inside = child(group, TWICE if is_twice else LAYERS)
    counted: dict[str, int] = {}
    taken = set()
    for layer in config["config"]["layers"]:
        base = snake(layer["class_name"])
        number = counted.get(base, 0)
        name = f"{base}_{number}" if number else base
        found = child(inside, name) if holds(inside, name) else None
        counted[base] = number + (2 if is_twice and found is not None and _holds_arrays(found, 0) else 1)
        if found is None:
            continue
        taken.add(name)
        here = (*place, layer_name(layer))
        wrapped = layer["config"].get("layer")
        if layer["class_name"] in MODELS:
            yield from _of_model(found, layer, here, reader)
        elif isinstance(wrapped, Mapping) and wrapped.get("class_name") in MODELS and holds(found, "layer"):
            yield from _of_model(child(found, "layer"), wrapped, here, reader)
        else:
            yield here, tuple(_of_layer(found, layer, "/".join(here), reader, 0))
    if not is_twice:
        _refuse_others(inside, taken, place)


def _refuse_others(inside: Any, taken: Collection[str], place: Place) -> None:
    """Raises ImportFailed where a file has weights of more layers than the model."""
    import h5py

    for name in inside:
        found = child(inside, name)
        if name not in taken and isinstance(found, h5py.Group) and _holds_arrays(found, 0):
            owner = "/".join((*place, name))
            message = f"the file has weights of `{owner}`, by the name of its class, which is no layer of this model"
            raise ImportFailed(message, hint="the weights are those of another network")


def _holds_arrays(group: Any, depth: int) -> bool:
    import h5py

    if depth > MAX_DEPTH:
        raise ImportFailed(f"the weights lie in more than {MAX_DEPTH} groups")
    for name in group:
        found = child(group, name)
        if isinstance(found, h5py.Dataset) or (isinstance(found, h5py.Group) and _holds_arrays(found, depth + 1)):
            return True
    return False


def _of_layer(
    group: Any, layer: Mapping[str, Any], owner: str, reader: Reader, depth: int
) -> Iterator[tuple[str, Any]]:
    """The arrays of a layer: its own, then those of its parts in their order."""
    own = child(group, "vars") if holds(group, "vars") else {}
    for name in sorted(own, key=lambda name: (len(name), name)):
        yield f"{owner}/{name}", reader.array(child(own, name), f"{owner}/{name}")
    parts = {
        name.lstrip("_"): child(group, name) for name in group if name != "vars" and name.lstrip("_") not in RANDOM
    }
    parts = {name: part for name, part in parts.items() if _holds_arrays(part, depth)}
    order = PARTS.get(layer["class_name"], ())
    if len(parts) > 1 and not set(parts) <= set(order):
        names = ", ".join(f"`{name}`" for name in sorted(parts))
        raise ImportFailed(f"the weights of `{owner}` have the parts {names}, whose order is not known")
    for name in sorted(parts, key=lambda name: order.index(name) if name in order else 0):
        if name == "cells":
            yield from _of_cells(parts[name], layer, owner, reader)
        else:
            inner = layer["config"].get(name)
            yield from _of_layer(parts[name], inner if isinstance(inner, Mapping) else layer, owner, reader, depth + 1)


def _of_cells(group: Any, layer: Mapping[str, Any], owner: str, reader: Reader) -> Iterator[tuple[str, Any]]:
    """Cells one upon the other: they are counted by their classes as layers are."""
    counted: dict[str, int] = {}
    for cell in layer["config"]["cells"]:
        base = snake(cell["class_name"])
        number = counted[base] = counted.get(base, -1) + 1
        yield from _of_layer(child(group, f"{base}_{number}" if number else base), cell, owner, reader, 1)
