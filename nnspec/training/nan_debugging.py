"""A loss that is no longer a number: in which step, and on demand by which layer.

The layer is found afterwards and costs a sound training nothing: the training is put back to its last checkpoint and
comes to the same step again, to the same bits, where the layers are then looked at one by one.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from nnspec.data.numbers import all_finite
from nnspec.frontend.masks import masked_means
from nnspec.frontend.spec import Spec, keras_name
from nnspec.training.loop import Loop
from nnspec.training.state import Position, restore


def has_diverged(logs: Mapping[str, Any]) -> bool:
    """Whether the loss so far is infinite or nan; the device is waited for."""
    return "loss" in logs and not np.isfinite(np.asarray(logs["loss"])).all()


def bad_losses(logs: Mapping[str, Any]) -> list[str]:
    """Which losses of an epoch, of the training and of the validation part, are infinite or nan."""
    return [name for name in ("loss", "val_loss") if name in logs and not np.isfinite(np.asarray(logs[name])).all()]


def bad_weights(model: Any, spec: Spec) -> str | None:
    """The first weights that are infinite or nan, with their layer in the spec; None where all are numbers.

    A loss can stay finite beside them: of the last step it is taken before the weights change, and an output may not
    read them at all.
    """
    for variable in model.variables:
        if variable.dtype.startswith(("float", "bfloat")) and not _finite(variable.value):
            return f"`{variable.path}` of {_place(_owner(model, variable), spec)}"
    return None


def _owner(model: Any, variable: Any) -> str:
    return next((layer.name for layer in model.layers if any(item is variable for item in layer.variables)), "")


def culprit(loop: Loop, checkpoint: Mapping[str, Any], spec: Spec, weights: bool = False) -> str:
    """What turned bad first in the step before the loop's position, in words: a layer with its line in the spec.

    Args:
        checkpoint: a captured state of an earlier step.
        weights: the weights are bad, since a step that is to be found first.
    """
    bad, where = loop.position.total, ""
    if weights:
        for position, _ in _again(loop, checkpoint):
            if position.total > bad or bad_weights(loop.model, spec):
                bad, where = position.total, f"in step {position.step} of epoch {position.epoch + 1} "
                break
    for position, batch in _again(loop, checkpoint, stop=bad):
        if position.total == bad:
            return where + _first_bad(loop.model, batch, spec)
    raise AssertionError("the steps of a training do not end")


def culprit_of_validation(loop: Loop, spec: Spec) -> str:
    """What is bad first in the validation part, in words: a layer with its line in the spec."""
    batches = loop.feed.validation or ()
    for number, batch in enumerate(itertools.islice(batches, loop.feed.validation_steps), 1):
        found = _bad_output(loop.model, batch, spec, training=False)
        if found is not None:
            return f"in batch {number} of the validation part {found}"
    return "every batch of it is finite, their sum is not"


def _again(loop: Loop, checkpoint: Mapping[str, Any], stop: int | None = None) -> Iterator[tuple[Position, Any]]:
    """The steps after a checkpoint once more, to the same bits: the place after each, and its batch.

    Args:
        stop: the number of the step that is not done, only come to.
    """
    position = restore(dict(checkpoint), loop.model, loop.callbacks)
    while True:
        for batch in iter(loop.feed.training(position.epoch, position.step)):
            position.step += 1
            position.total += 1
            if position.total != stop:
                loop.model.train_function(itertools.repeat(batch, 1))
            yield position, loop.feed.plain(batch)
        position.epoch, position.step = position.epoch + 1, 0


def _first_bad(model: Any, batch: Any, spec: Spec) -> str:
    for variable in model.trainable_variables:
        if not _finite(variable.value):
            return f"the weights `{variable.path}` were no numbers before this step: the step before was too large"
    found = _bad_output(model, batch, spec, training=True)
    if found is not None:
        return found
    x, y, weights = keras.utils.unpack_x_y_sample_weight(batch)
    with tf.GradientTape() as tape:
        loss = model.compute_loss(x, y, model(x, training=True), weights, training=True)
    variables = model.trainable_variables
    for variable, gradient in zip(variables, tape.gradient(loss, [item.value for item in variables]), strict=True):
        if gradient is not None and not _finite(tf.convert_to_tensor(gradient)):
            place = _place(_owner(model, variable), spec)
            return f"the loss is finite, the gradient of `{variable.path}` in {place} is not"
    return "outputs, loss and gradients are finite: an earlier step of the epoch was not"


def _bad_output(model: Any, batch: Any, spec: Spec, *, training: bool) -> str | None:
    """What of a batch is not finite first: data, targets, the output of a layer, or the loss; None where all is."""
    x, y, weights = keras.utils.unpack_x_y_sample_weight(batch)
    if not _finite(x):
        return "the data of this step hold infinite or nan values"
    if not _finite(y):
        return "the targets of this step hold infinite or nan values"
    layers = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
    probe = keras.Model(model.inputs, {layer.name: layer.output for layer in layers})
    inputs = keras.tree.pack_sequence_as(model.input, keras.tree.flatten(x))
    values = probe(inputs, training=training)
    for layer in layers:
        if not _finite(values[layer.name]):
            what = f"{_place(layer.name, spec)} is the first whose output is not finite"
            if layer.name in map(keras_name, masked_means(spec)):
                what += ": it takes the mean of unmasked steps, and in an example of this step every step is padding"
            return what
    if not _finite(model.compute_loss(x, y, model(x, training=training), weights, training=training)):
        return (
            "every output is finite, the loss of them is not: targets that the loss does not take, or a logarithm of 0"
        )
    return None


def _finite(tensors: Any) -> bool:
    return all(all_finite(np.asarray(tensor)) for tensor in keras.tree.flatten(tensors))


def _place(name: str, spec: Spec) -> str:
    layer = next((layer for layer in spec.graph.layers if keras_name(layer.name) == name), None)
    return f"`{name}`" if layer is None else f"{layer.kind} `{layer.name}` ({layer.span})"
