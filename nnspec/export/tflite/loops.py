"""The time loop of recurrent layers as phones run it fastest: a WHILE whose body does as little as can be.

Keras's own loop converts too. This one differs in two things, both measured (benchmarks/export_speed.py): what a step
takes from the input is one matrix product for all steps, before the loop; and outputs are written into one tensor by
DYNAMIC_UPDATE_SLICE, where Keras's list becomes a concatenation that copies all of them at every step. The state is
what the cell has, at batch 1. Steps are read by GATHER and written along the second axis: LiteRT's GPU accelerator
gives wrong numbers, and no error, for a SLICE whose beginning is computed, and for a step written along the first axis.

A microcontroller pays for each value that goes through a loop several times over, so that there the product of the
input is taken in the step: `lean`. For chips that know no loop at all, the steps are written out one by one.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from nnspec.backend.keras_internals.layers import takes_mask, takes_training
from nnspec.backend.keras_internals.tensorflow import dynamic_update_slice
from nnspec.backend.recurrence import KNOWN, Cell, States, Step, product, unmarked
from nnspec.backend.tensors import sizes


def run_loop(layer: Any, sequences: Any, initial_state: Any, mask: Any, *, lean: bool = False) -> tuple[Any, Any, Any]:
    """What `keras.layers.RNN.inner_loop` gives: last output, outputs and states.

    Args:
        layer: the layer, of whatever cell that gives one tensor.
        sequences: `[1, steps, ...]`.
        initial_state: the states to begin from, in the cell's structure.
        mask: `[1, steps]`, true where a step counts, or None. At others the states stay, and the output is repeated,
            or zero with `zero_output_for_mask`, as in Keras.
        lean: the input's product is taken step by step.

    Returns:
        The last output `[1, units]`; outputs `[1, steps, units]`, or `[1, 1, units]` without `return_sequences`; the
        states.
    """
    rows, step = _lean(layer, sequences) if lean else _projected(layer, sequences)
    count = sequences.shape[1] or tf.shape(sequences)[1]
    states = [tf.convert_to_tensor(state) for state in keras.tree.flatten(initial_state)]
    shape = step(_row(rows, 0), states)[0].shape  # traced in vain, and dropped by the converter
    last = tf.zeros(shape)
    outputs = _room(rows, count, shape) if layer.return_sequences else ()
    counts = None if mask is None else tf.cast(mask, tf.float32)[0, :, tf.newaxis]  # no chip gathers truth values

    def body(time: Any, last: Any, outputs: Any, *states: Any) -> tuple[Any, ...]:
        place = count - 1 - time if layer.go_backwards else time
        found, after = step(_row(rows, place), list(states))
        shown = found
        if counts is not None:
            here = _row(counts, place)[0] > 0.5
            after = [_chosen(here, new, old) for new, old in zip(after, states, strict=True)]
            shown = _chosen(here, found, tf.zeros_like(found) if layer.zero_output_for_mask else last)
        if layer.return_sequences:
            start = tf.stack([0, time, *([0] * (len(shape) - 1))])
            outputs = dynamic_update_slice(outputs, shown[:, tf.newaxis], start)
        return time + 1, shown, outputs, *after

    _, last, outputs, *states = tf.while_loop(lambda time, *_: time < count, body, (0, last, outputs, *states))
    found = outputs if layer.return_sequences else last[:, tf.newaxis]
    return last, found, keras.tree.pack_sequence_as(initial_state, states)


def run_unrolled(layer: Any, sequences: Any, initial_state: Any, mask: Any) -> tuple[Any, Any, Any]:
    """As `run_loop`, without a loop: as many copies of a step as there are, for chips that have no WHILE.

    Masks are products with 0 and 1, so that the file holds sums and products alone; a value that is not finite at a
    masked step would show. Needs a length that is fixed.
    """
    rows, step = _projected(layer, sequences)
    count = int(sequences.shape[1])
    states = [tf.convert_to_tensor(state) for state in keras.tree.flatten(initial_state)]
    parts = tf.split(rows, count) if count > 1 else [rows]
    counts = None if mask is None else tf.split(tf.reshape(tf.cast(mask, tf.float32), [count, 1]), count)
    shown: list[Any] = []
    for place in range(count - 1, -1, -1) if layer.go_backwards else range(count):
        found, after = step(parts[place], states)
        if counts is not None:
            last = shown[-1] if shown and not layer.zero_output_for_mask else tf.zeros_like(found)
            here = _spread(counts[place], found)
            after = [_mixed(_spread(counts[place], new), new, old) for new, old in zip(after, states, strict=True)]
            found = _mixed(here, found, last)
        shown.append(found)
        states = after
    outputs = tf.stack(shown, axis=1) if layer.return_sequences else shown[-1][:, tf.newaxis]
    return shown[-1], outputs, keras.tree.pack_sequence_as(initial_state, states)


def _spread(count: Any, value: Any) -> Any:
    """A 0 or 1 of shape `[1, 1]` with as many axes as a value has."""
    return tf.reshape(count, [1] * len(value.shape))


def _mixed(here: Any, new: Any, old: Any) -> Any:
    return here * new + (1.0 - here) * old


def _chosen(here: Any, new: Any, old: Any) -> Any:
    """One of two values by a truth value of shape `[1]`, which is SELECT_V2: the older SELECT is not on every chip."""
    return tf.where(tf.reshape(here, [1] * (len(new.shape) - 1) + [1]), new, old)


def run_steps(wrapper: Any, inputs: Any, mask: Any) -> Any:
    """What `keras.layers.TimeDistributed.call` gives, step after step: the loops within run at batch 1.

    Args:
        wrapper: of a layer that gives one tensor.
        inputs: `[1, steps, ...]`.
        mask: `[1, steps, ...]`, or None.

    Returns:
        `[1, steps, ...]`.
    """
    count = tf.shape(inputs)[1]

    def step(time: Any) -> Any:
        masked = {} if mask is None or not takes_mask(wrapper.layer) else {"mask": _row(mask[0], time)}
        return wrapper.layer.call(_row(inputs[0], time), **masked)

    first = step(0)  # traced in vain, and dropped by the converter
    outputs = tf.zeros([1, count, *sizes(first)[1:]], first.dtype)

    def body(time: Any, outputs: Any) -> tuple[Any, Any]:
        start = tf.stack([0, time, *([0] * (len(first.shape) - 1))])
        return time + 1, dynamic_update_slice(outputs, step(time)[:, tf.newaxis], start)

    return tf.while_loop(lambda time, _: time < count, body, (0, outputs))[1]


def _row(rows: Any, place: Any) -> Any:
    """One step of `[steps, ...]` as a batch of 1. The GPU accelerator refuses an index without axes."""
    found = tf.gather(rows, tf.reshape(place, [1]))
    return tf.ensure_shape(found, [1, *rows.shape[1:]])


def _room(rows: Any, count: Any, shape: Any) -> Any:
    """A tensor `[1, steps, units]` to write into. What is in it does not matter: a part of the input costs no bytes."""
    if len(shape) == len(rows.shape) == 2 and rows.shape[1] >= shape[1]:
        return rows[tf.newaxis, :, : shape[1]]
    return tf.zeros([1, count, *shape[1:]])


def _projected(layer: Any, sequences: Any) -> tuple[Any, Step]:
    """The rows that the loop reads, and its step: of Keras's cells all that does not need the state is in the rows."""
    known = KNOWN.get(type(layer.cell))
    if known is None:
        return _first(sequences), _any(layer.cell)
    cell = Cell.of(layer.cell)
    return product(cell, _first(sequences)), known(cell, unmarked)


def _lean(layer: Any, sequences: Any) -> tuple[Any, Step]:
    """The sequence's own rows, and a step that takes their product, too."""
    known = KNOWN.get(type(layer.cell))
    if known is None:
        return _first(sequences), _any(layer.cell)
    cell = Cell.of(layer.cell)
    step = known(cell, unmarked)
    return _first(sequences), lambda row, states: step(product(cell, row), states)


def _first(sequences: Any) -> Any:
    """The one sequence of a batch; of a fixed length by RESHAPE, since GPUs have no cut that drops an axis."""
    return sequences[0] if sequences.shape[1] is None else tf.reshape(sequences, sequences.shape[1:])


def _any(cell: Any) -> Step:
    """The cell's own call."""
    training = {"training": False} if takes_training(cell) else {}

    def step(row: Any, states: States) -> tuple[Any, States]:
        given = (
            keras.tree.pack_sequence_as(cell.state_size, states) if keras.tree.is_nested(cell.state_size) else states
        )
        output, after = cell(row, given, **training)
        return output, keras.tree.flatten(after)

    return step
