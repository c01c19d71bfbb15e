"""A model's inputs and outputs by name: what the signature of every artifact shows, and how to call the model so."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from nnspec.backend.keras_internals.layers import maker, mask_of
from nnspec.backend.keras_internals.sums import plain_sums

Batch = dict[str, np.ndarray]
Run = Callable[[Batch], Batch]


@dataclass(frozen=True, slots=True)
class Port:
    """A named tensor without its batch: `shape` has None where the length varies."""

    name: str
    shape: tuple[int | None, ...]
    dtype: str

    @property
    def array_dtype(self) -> np.dtype[Any]:
        """The type of NumPy's that holds its values: texts are objects."""
        return np.dtype(object if self.dtype == "string" else self.dtype)


@dataclass(frozen=True, slots=True)
class Signature:
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]

    @property
    def varies(self) -> bool:
        """Whether any input has a dimension besides the batch that is not fixed."""
        return any(None in port.shape for port in self.inputs)


def signature_of(model: Any) -> Signature:
    """The named inputs and outputs of a functional model."""
    inputs = tuple(Port(tensor.name, tuple(tensor.shape[1:]), tensor.dtype) for tensor in model.inputs)
    outputs = tuple(
        Port(name, tuple(tensor.shape[1:]), tensor.dtype)
        for name, tensor in zip(_output_names(model), model.outputs, strict=True)
    )
    return Signature(inputs, outputs)


def _output_names(model: Any) -> tuple[str, ...]:
    """The keys of a dict of outputs, else the names of the layers they come from; made unique by a number."""
    if isinstance(model.output, dict):
        return tuple(sorted(model.output))
    names = [maker(tensor).name for tensor in model.outputs]
    return tuple(
        name if names.index(name) == place else f"{name}_{names[:place].count(name)}"
        for place, name in enumerate(names)
    )


def output_of(found: Mapping[str, Any], name: str) -> Any:
    """An output by its name in the spec; a network with one output may call it after its last layer.

    Raises:
        KeyError: there are several outputs, and none of that name.
    """
    if name in found:
        return found[name]
    if len(found) == 1:
        return next(iter(found.values()))
    raise KeyError(f"no output `{name}`: there are {', '.join(found)}")


def call_by_name(model: Any, features: Mapping[str, Any]) -> dict[str, Any]:
    """Runs the model for inference on tensors by input name; the outputs come by name, whatever its own structure."""
    tensors = [features[tensor.name] for tensor in model.inputs]
    inputs = keras.tree.pack_sequence_as(model.input, tensors)
    with plain_sums():
        flat = keras.tree.flatten(model(inputs, training=False))
    return dict(zip(_output_names(model), flat, strict=True))


@contextmanager
def _without_tf32() -> Iterator[None]:
    """TensorFloat-32 keeps 10 bits of the mantissa on recent GPUs: too few to compare with."""
    before = tf.config.experimental.tensor_float_32_execution_enabled()
    tf.config.experimental.enable_tensor_float_32_execution(False)
    try:
        yield
    finally:
        tf.config.experimental.enable_tensor_float_32_execution(before)


def keras_run(model: Any) -> Run:
    """The model as a function from a batch of features to its outputs, both by name; in full float32 on a GPU too."""
    return _run(model, lambda features: call_by_name(model, features))


def masks_run(model: Any) -> Run | None:
    """By output the mask that its values carry, bool, as Keras's losses and metrics leave steps out.

    It is the mask of the values that were calculated: MultiHeadAttention takes masks off while it runs that the model
    was built with. None where no output has one. The outputs without are left out.
    """
    if all(mask_of(tensor) is None for tensor in model.outputs):
        return None

    def masks(features: Mapping[str, Any]) -> dict[str, Any]:
        found = {name: mask_of(tensor) for name, tensor in call_by_name(model, features).items()}
        return {name: mask for name, mask in found.items() if mask is not None}

    return _run(model, masks)


def _run(model: Any, answer: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> Run:
    graph = tf.function(answer, reduce_retracing=True)
    ports = signature_of(model).inputs

    def run(features: Batch) -> Batch:
        tensors = {port.name: tf.constant(features[port.name], port.dtype) for port in ports}
        with _without_tf32():
            return {name: tensor.numpy() for name, tensor in graph(tensors).items()}

    return run
