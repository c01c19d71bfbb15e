"""Whether a TPU would take a training: its whole step compiled by XLA, at fixed shapes, on this machine's CPU.

Unverified on a TPU until someone runs it there. What XLA refuses here, a TPU refuses too: text, shapes that follow from
values, printing, operations that have no kernel. `compile(jit_compile=True)` would not tell: Keras goes back to plain
graphs with a warning.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from typing import Any

import keras
import tensorflow as tf

from nnspec.backend.keras_internals.layers import first_call, takes_training
from nnspec.backend.keras_internals.trainer import build_variables
from nnspec.console.progress import Reporter
from nnspec.frontend.diagnostics import Diagnostic
from nnspec.frontend.spec import Layer, Spec, keras_name
from nnspec.training.prepare import prepare

HINT = "leave it to the data, or take a layer whose shapes are fixed"
STEPS = 32  # what sequences of any length are taken to be


def refused_by_tpu(spec: Spec) -> list[Diagnostic]:
    """An error for each layer that XLA cannot compile, else for the step as a whole; empty where it can.

    Raises:
        SpecError, DataError: the spec cannot be trained at all.
    """
    single = dataclasses.replace(spec.training, strategy="single")  # there need be no TPU
    prepared = prepare(dataclasses.replace(spec, train=single), Reporter())
    model, size = prepared.model, spec.required_data.batch_size
    found = [problem for layer in spec.graph.layers if (problem := _layer(spec, layer, model, size)) is not None]
    if found:
        return found
    gist = _step(model, prepared.feed)
    return [Diagnostic("E0711", f"XLA cannot compile the training step: {gist}", spec.place("train"))] if gist else []


def _layer(spec: Spec, layer: Layer, model: Any, size: int) -> Diagnostic | None:
    """A layer by itself, forwards and, where it has weights, backwards."""
    if layer.shares is not None:
        return None
    made = model.get_layer(keras_name(layer.name))
    args, kwargs = first_call(made)
    given = (args, {name: value for name, value in kwargs.items() if name != "mask"})
    tensors = [value for value in keras.tree.flatten(given) if isinstance(value, keras.KerasTensor)]
    specs = [tf.TensorSpec([size, *(length or STEPS for length in one.shape[1:])], one.dtype) for one in tensors]
    if any(one.dtype == tf.string for one in specs):
        gist: str | None = "it takes text"
    else:
        gist = _compiled(lambda *values: _gradients(made, given, iter(values)), specs)
    if gist is None:
        return None
    message = f"a TPU would refuse {layer.kind} `{layer.name}`: {gist}"
    return Diagnostic("E0711", message, layer.span, hint=HINT, notes=layer.trail)


def _gradients(layer: Any, given: Any, values: Iterator[Any]) -> Any:
    """The layer called for training, as the network calls it, on other values; and its gradients."""
    args, flags = keras.tree.map_structure(
        lambda value: next(values) if isinstance(value, keras.KerasTensor) else value, given
    )
    if takes_training(layer):
        flags = {"training": True, **flags}
    with tf.GradientTape() as tape:
        outputs = layer(*args, **flags)
        total = tf.add_n([tf.reduce_sum(tf.cast(value, tf.float32)) for value in keras.tree.flatten(outputs)])
    weights = [weight.value for weight in layer.trainable_weights]
    return [total, *(gradient for gradient in tape.gradient(total, weights) if gradient is not None)]


def _step(model: Any, feed: Any) -> str | None:
    """The whole train step, on a batch of the data cut to one shape."""
    build_variables(model, feed.sample())
    batch = next(iter(feed.training(0, 0)))
    specs = keras.tree.map_structure(lambda tensor: tf.TensorSpec(tensor.shape, tensor.dtype), batch)
    return _compiled(
        lambda *given: model.train_step(keras.tree.pack_sequence_as(batch, list(given))), keras.tree.flatten(specs)
    )


def _compiled(function: Any, specs: list[Any]) -> str | None:
    """What XLA says of a function that it cannot compile; None where it can."""
    compiled = tf.function(function, jit_compile=True, autograph=False)
    values = [tf.zeros(spec.shape, spec.dtype) for spec in specs]
    try:
        compiled.experimental_get_compiler_ir(*values)(stage="hlo")
    except Exception as error:  # whatever the compiler raises: its message is the finding
        return _gist(str(error))
    return None


def _gist(text: str) -> str:
    """What XLA lacks: an operation by its name, else the line of its message that tells most."""
    operations = re.findall(r"(\w+) \(No registered", text)
    if operations:
        return f"it needs {', '.join(dict.fromkeys(operations))}, which XLA does not have"
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if re.search(r"not supported|[Uu]nsupported|compile-time", line)]
    return re.sub(r"\{\{.*?\}\}", "", (telling or lines or ["no reason given"])[0])[:250].strip()
