"""The weights of a model in the network that its spec compiles to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnspec.importing.errors import ImportFailed

LENGTH = 32  # where a size of an input varies
TOLERANCE = 1e-4

if TYPE_CHECKING:
    from nnspec.importing.hdf5 import StoredWeights
    from nnspec.importing.imported import ImportedSpec
    from nnspec.importing.read import ModelConfig


def trained_model(path: Path, read: ModelConfig, found: ImportedSpec) -> tuple[Any, tuple[str, ...]]:
    """The network of an imported spec with the weights of the file that it came from, and notes about them.

    Raises:
        ImportFailed: the weights cannot be read, or are not those of the network; the message names the layer.
    """
    from nnspec.backend.lower import build
    from nnspec.importing.stored_weights import put_weights

    try:
        is_loaded = read.weights == "keras" and read.is_current
        original = load_model(path) if is_loaded else None
        model = build(found.spec.graph)
        if original is not None:
            carry_weights(original, model, found.origins, found.left)
            return model, order_notes(original, model)
        put_weights(_stored(path, read), read.config, model, found.origins, found.left)
        return model, ()
    except ImportFailed as error:
        raise ImportFailed(error.message, file=str(path), hint=error.hint) from error


def _stored(path: Path, read: ModelConfig) -> StoredWeights:
    """What the file of a model keeps of its weights."""
    from nnspec.importing import hdf5, saved_model
    from nnspec.importing.class_weights import has_class_weights, read_class_weights

    if read.weights == "saved_model":
        return saved_model.read_weights(path)
    if read.weights == "keras":
        return read_class_weights(path, read.config, read.keras_version or "2")
    if read.weights == "hdf5":
        return hdf5.read_weights(path)
    hdf5.require_readable(path)
    with hdf5.opened(path) as file:
        by_class = has_class_weights(file)
    return read_class_weights(path, read.config, read.keras_version or "2") if by_class else hdf5.read_weights(path)


def order_notes(original: Any, model: Any) -> tuple[str, ...]:
    """That `set_weights` of the one does not fit the other, where that is so."""
    if same_order(original, model):
        return ()
    return ("the weights come in another order than in the model; by the names of layers they are the same",)


def load_model(path: Path) -> Any:
    """The model of a ``.keras`` file with its weights. Code in it is refused, never run.

    Raises:
        ImportFailed: it cannot be loaded.
    """
    from nnspec.backend.aware.model import AwareModel
    from nnspec.backend.keras_internals.names import private_classes
    from nnspec.backend.model_file import load_model_file
    from nnspec.backend.own_layers.registry import EXTRA_LAYERS

    try:
        model = load_model_file(path, EXTRA_LAYERS | private_classes())
        return model.unrounded() if isinstance(model, AwareModel) else model
    except Exception as error:
        message = f"its weights cannot be loaded: {str(error).strip().splitlines()[0]}"
        raise ImportFailed(message, file=str(path), hint="--no-weights imports the network alone") from error


def carry_weights(
    original: Any, model: Any, origins: Mapping[str, tuple[str, ...]], left: Iterable[tuple[str, ...]] = ()
) -> None:
    """Copies every weight of ``original`` into ``model``.

    Args:
        model: what the imported spec builds.
        origins: the place of each of its layers in ``original``: names of models, then the layer's.
        left: the places of layers in ``original`` that are not in ``model``.

    Raises:
        ImportFailed: the weights of a layer have other shapes: the file's weights do not belong to its network.
    """
    from nnspec.backend.weights import give_weights
    from nnspec.frontend.spec import keras_name

    places = {keras_name(name): place for name, place in origins.items()}
    wanted = original.count_params() - sum(_at(original, place).count_params() for place in left)
    if wanted != model.count_params():
        counts = f"{wanted:,} and the spec's network {model.count_params():,}"
        raise ImportFailed(f"some weights would be left out: the model has {counts}")
    for layer in model.layers:
        if not layer.weights:
            continue
        source = _at(original, places[layer.name])
        values = source.get_weights()
        if [value.shape for value in values] != [tuple(weight.shape) for weight in layer.weights]:
            raise ImportFailed(f"the weights of `{source.name}` are not those of a {type(layer).__name__} like this")
        give_weights(layer, values)


def _at(model: Any, place: Iterable[str]) -> Any:
    """The layer of a model under a path of names."""
    for name in place:
        within = model if hasattr(model, "get_layer") else model.layer  # a wrapper around a model
        model = within.get_layer(name)
    return model


def require_same_answers(original: Any, model: Any) -> tuple[str, ...]:
    """Compares a model whose own layers were opened with what came of them, on drawn numbers; a note where it cannot.

    Raises:
        ImportFailed: they answer otherwise.
    """
    import keras
    import numpy as np

    draw, given = np.random.default_rng(0), []
    for tensor in model.inputs:
        sizes = [LENGTH if size is None else size for size in tensor.shape[1:]]
        if tensor.dtype == "string":
            return ("what was opened was not compared with the model: its inputs are texts",)
        is_real = str(tensor.dtype).startswith(("float", "bfloat"))
        values = draw.uniform(0, 1, (2, *sizes)) if is_real else draw.integers(0, 2, (2, *sizes))
        if is_real and len(sizes) > 1:
            values[1, -1] = 0  # a step that Masking hides
        given.append(keras.ops.convert_to_tensor(values, tensor.dtype))
    named = {tensor.name: value for tensor, value in zip(model.inputs, given, strict=True)}
    theirs = keras.tree.flatten(original(_in_the_structure(original, named), training=False))
    ours = keras.tree.flatten(model(named if isinstance(model.input, dict) else given[0], training=False))
    for one, other in zip(theirs, ours, strict=True):
        one, other = np.asarray(one), np.asarray(other)
        if one.shape != other.shape or not np.allclose(one, other, rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True):
            hint = "write what they do with layers of Keras, as functional or Sequential model"
            raise ImportFailed("the model answers otherwise than its layers, once its own are opened", hint=hint)
    return ()


def _in_the_structure(original: Any, named: Mapping[str, Any]) -> Any:
    """The values of inputs as a model takes them: a functional one by its own structure, another as it was called."""
    values = list(named.values())
    if getattr(original, "inputs", None):
        structure = original.input
        if isinstance(structure, Mapping):
            places = {id(tensor): value for tensor, value in zip(original.inputs, values, strict=True)}
            return {name: places[id(tensor)] for name, tensor in structure.items()}
    elif isinstance((original.get_build_config() or {}).get("input_shape"), Mapping):
        return dict(named)
    return values if len(values) > 1 else values[0]


def same_order(original: Any, model: Any) -> bool:
    """Whether both list weights of the same shapes in the same order, so that `set_weights` of one fits the other."""
    shapes = [[tuple(weight.shape) for weight in each.weights] for each in (original, model)]
    return shapes[0] == shapes[1]
