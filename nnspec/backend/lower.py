"""The Graph as a Keras model: a pure function, to be called inside a strategy's scope where there is one.

Layers are made and called in the order of the graph, so that every initializer draws the seed that it would draw
in the same network written by hand.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

import keras

from nnspec.backend.keras_errors import refused
from nnspec.backend.keras_internals.layers import reserve_name
from nnspec.backend.kinds import Plugins, instantiate
from nnspec.frontend.diagnostics import Diagnostic, Note, SpecError
from nnspec.frontend.spec import Graph, Layer, Ref, keras_name
from nnspec.layers.masks import joined
from nnspec.layers.types import KindValue, Symbol

Tensors = dict[Ref, Any]


def build(graph: Graph, *, seed: int | None = None) -> Any:
    """A plain functional ``keras.Model``.

    One input is taken as a tensor, several as a mapping by name; outputs likewise.

    Args:
        seed: given to ``keras.utils.set_random_seed`` first; None draws from the generators as they stand.

    Raises:
        SpecError: Keras refuses a layer (E0602) or what it is called with (E0601), at the layer's place.
    """
    if seed is not None:
        keras.utils.set_random_seed(seed)
    _keep_names(keras_name(layer.name) for layer in graph.layers if layer.record.mask is joined)
    tensors: Tensors = {
        Ref(given.name): keras.Input(given.shape, dtype=given.dtype, name=keras_name(given.name))
        for given in graph.inputs
    }
    inputs = {keras_name(ref.layer): tensor for ref, tensor in tensors.items()}
    made: dict[str, Any] = {}
    for layer in graph.layers:
        made[layer.name] = made[layer.shares] if layer.shares else make_layer(layer, graph.plugins)
        for index, tensor in enumerate(call_layer(made[layer.name], layer, tensors)):
            tensors[Ref(layer.name, index)] = tensor
    outputs = {keras_name(output.name): tensors[output.ref] for output in graph.outputs}
    # No name: TensorFlow orders sums of gradients by the names of operations, so that a model called other than
    # `functional` can differ in the last bit from the one written by hand, where weights are shared.
    return keras.Model(_alone(inputs), _alone(outputs))


def _keep_names(names: Iterator[str]) -> None:
    """Keeps Keras from giving these names itself: what joins the masks of a layer is called `concatenate`."""
    for name in names:
        base, _, number = name.rpartition("_")
        base, number = (base, number) if number.isdecimal() else (name, "0")
        reserve_name(base, min(int(number), 10_000) + 1)


def make_layer(layer: Layer, plugins: Plugins) -> Any:
    """The layer object of a node that owns its weights."""
    unknown = [name for name, value in layer.args.items() if isinstance(value, Symbol)]
    if unknown:
        message = f"`{unknown[0]}` of `{layer.kind}` is {layer.args[unknown[0]]}, which only the data can tell"
        hint = "the data must be available to build this network"
        raise SpecError([Diagnostic("E0602", message, layer.span, hint=hint, notes=layer.trail)])
    value = KindValue(layer.kind, {**layer.args, "name": keras_name(layer.name)})
    try:
        return instantiate("layer", value, plugins)
    except Exception as error:
        raise refused("E0602", f"Keras refuses `{layer.kind}`", layer.span, error, layer.trail) from error


def call_layer(keras_layer: Any, layer: Layer, tensors: Mapping[Ref, Any]) -> list[Any]:
    """Calls a layer with its inputs and returns its outputs, one or several, in order."""
    inputs = [tensors[ref] for ref in layer.inputs]
    positional, named = arguments_of_call(keras_layer, layer.call, inputs)
    try:
        result = keras_layer(*positional, **named, **layer.flags)
    except Exception as error:
        notes = tuple(
            Note(f"it is given `{ref}`, {_describe(tensor)}") for ref, tensor in zip(layer.inputs, inputs, strict=True)
        )
        message = f"`{layer.kind}` does not fit its input"
        raise refused("E0601", message, layer.span, error, (*notes, *layer.trail)) from error
    # A stack of cells gives the states of a cell that carries several in a list of their own.
    return list(keras.tree.flatten(result)) if isinstance(result, list | tuple) else [result]


def arguments_of_call(keras_layer: Any, names: tuple[str, ...], inputs: list[Any]) -> tuple[list[Any], dict[str, Any]]:
    """How a layer takes these inputs: positional and named arguments of its call.

    By ``names`` where the spec gives them. Else one input as it is; several as the sequence and initial state of a
    recurrent layer, as the arguments of a call that requires several (attention), and as a list otherwise (merging).
    """
    if names:
        given: dict[str, list[Any]] = {}
        for name, tensor in zip(names, inputs, strict=True):
            given.setdefault(name, []).append(tensor)
        named = {
            name: found if len(found) > 1 or name == "initial_state" else found[0] for name, found in given.items()
        }
        if "initial_state" in named:
            named["initial_state"] = _by_cell(keras_layer, named["initial_state"])
        first = next(iter(inspect.signature(keras_layer.call).parameters), "")
        return ([named.pop(first)] if first in named else []), named
    if len(inputs) <= 1:
        return inputs, {}
    parameters = inspect.signature(keras_layer.call).parameters
    if "initial_state" in parameters:
        return inputs[:1], {"initial_state": _by_cell(keras_layer, inputs[1:])}
    required = [
        parameter
        for parameter in parameters.values()
        if parameter.default is parameter.empty
        and parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
    ]
    return (inputs, {}) if len(required) > 1 else ([inputs], {})


def _by_cell(keras_layer: Any, states: list[Any]) -> list[Any]:
    """States as a recurrent layer takes them: of a stack of cells a list for each cell that carries several."""
    both = isinstance(keras_layer, keras.layers.Bidirectional)
    walked = (keras_layer.forward_layer, keras_layer.backward_layer) if both else (keras_layer,)
    cells = [getattr(one, "cell", None) for one in walked]
    if not all(isinstance(cell, keras.layers.StackedRNNCells) for cell in cells):
        return states
    sizes = [size for cell in cells if cell is not None for size in cell.state_size]
    same = len(keras.tree.flatten(sizes)) == len(states)
    return list(keras.tree.pack_sequence_as(sizes, states)) if same else states


def _alone(tensors: Mapping[str, Any]) -> Any:
    return next(iter(tensors.values())) if len(tensors) == 1 else dict(tensors)


def _describe(tensor: Any) -> str:
    sizes = ["batch", *("?" if size is None else str(size) for size in tensor.shape[1:])]
    return f"{tensor.dtype} [{', '.join(sizes)}]"
