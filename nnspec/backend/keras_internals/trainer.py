"""The trainer and its callbacks: variables before the first step, one step at a time, and a callback's state."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

Step = Callable[[Iterator[Any]], Mapping[str, Any]]

# What a callback gets from Keras at the start of every training, or finds out there of its own file.
NOT_STATE = {"_model", "params", "validation_data", "append", "append_header"}
COMPARISONS = (keras.ops.less, keras.ops.greater)
PLAIN = (bool, int, float, str, type(None), np.ndarray, np.generic)


def build_variables(model: Any, batch: Any) -> None:
    """Makes the variables of optimizer and metrics of a compiled model, from one batch that is only looked at.

    Keras otherwise makes them within the first step, and a checkpoint must be restored before it. ``optimizer.build``
    is public, but metrics have no such method: their variables follow from the shapes of the outputs.
    """
    model._symbolic_build(data_batch=batch)


class DataEnded(Exception):
    """A step was asked for, and there is no batch left."""


def next_step(function: Step, batches: Iterator[Any]) -> Mapping[str, Any]:
    """One step of ``model.train_function`` or ``model.test_function`` on the next batch: its metrics by name.

    ``make_train_function`` is public, but not how its function takes a batch: up to Keras 3.15 inside the graph, by
    ``get_next``; from 3.16 before it, by ``get_next_as_optional``. At the end of the data the first raises TensorFlow's
    error, the second ``StopIteration``, which a generator around it would take for its own end.

    Raises:
        DataEnded: there is no batch left.
    """
    try:
        return function(batches)
    except StopIteration as error:
        raise DataEnded from error
    except tf.errors.OutOfRangeError as error:
        if "End of sequence" not in str(error):
            raise
        raise DataEnded from error


def finalize(optimizer: Any, weights: Sequence[Any], callbacks: Sequence[Any]) -> None:
    """Ends the work of an optimizer: where it keeps averages of the weights, these become the weights.

    Keras's SwapEMAWeights may have put them in place: then the optimizer holds the weights that are no averages, which
    Keras minds at the last epoch alone, not where a callback stops the training or another optimizer takes over.
    """
    averaged = [callback for callback in callbacks if getattr(callback, "_ema_weights_in_model", False)]
    if not averaged:
        optimizer.finalize_variable_values(weights)
    for callback in averaged:
        callback._ema_weights_in_model = False


def wrap_steps(model: Any, wrap: Callable[[Any], Any]) -> None:
    """Replaces ``train_step`` and ``test_step`` of one model by what ``wrap`` makes of them.

    A subclass would be public, but the model is a functional one that others have made.
    """
    for name in ("train_step", "test_step"):
        setattr(model, name, wrap(getattr(model, name)))


def callback_state(callback: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """A callback's attributes: plain values and arrays, and by name those that are operations of Keras's.

    Callbacks have no public state. The operation is the comparison of those that monitor a metric: they choose it when
    they first need it, and turn the sign of ``min_delta`` as they do; chosen again after a resume, it would be turned
    back.
    """
    state = {name: value for name, value in vars(callback).items() if name not in NOT_STATE}
    operations = {
        name: value.__name__ for name, value in state.items() if any(value is operation for operation in COMPARISONS)
    }
    return {name: value for name, value in state.items() if _is_plain(value)}, operations


def restore_callback(callback: Any, values: Mapping[str, Any], operations: Mapping[str, str]) -> None:
    """Puts back what ``callback_state`` has read."""
    kept = {name: value for name, value in values.items() if name not in NOT_STATE}
    vars(callback).update(kept | {name: getattr(keras.ops, operation) for name, operation in operations.items()})


def _is_plain(value: Any) -> bool:
    if isinstance(value, dict):
        return all(isinstance(name, str) and _is_plain(item) for name, item in value.items())
    if isinstance(value, list | tuple):
        return all(_is_plain(item) for item in value)
    if isinstance(value, np.ndarray | np.generic):
        return value.dtype != object
    return isinstance(value, PLAIN)
