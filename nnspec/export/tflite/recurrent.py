"""Recurrent layers as the TFLite converter wants them, for the time of one trace.

Keras runs the time loop of every recurrent layer in one method, `inner_loop`. While `portable(model)` is open,
each eligible LSTM has another one: a call of a function that the converter knows as its fused LSTM kernel
(`standard_lstm`, six inputs, five outputs, named by attributes), and all others the loop of `loops`, which becomes a
WHILE of builtin operations. Everything around it stays Keras's own: `Bidirectional` with its merge modes, shared
layers, nested models, wrappers. cuDNN kernels, unrolling and dropout are off meanwhile. The model and its weights are
as before once the context closes.
"""

from __future__ import annotations

import functools
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import keras
import numpy as np
import tensorflow as tf

from nnspec.backend.keras_internals.layers import parts
from nnspec.backend.keras_internals.recurrent import fused_lstm, traced
from nnspec.backend.recurrence import KNOWN, is_zero
from nnspec.export.errors import ExportError
from nnspec.export.tflite.loops import run_loop, run_steps, run_unrolled
from nnspec.export.tflite.plain_layers import plain_calls

LENGTH = "fix it: `length: 64`"
Loops = Literal["keras", "while", "fused", "micro", "unrolled"]


@dataclass
class Recurrences:
    """What became of the recurrent layers in one trace: names of top-level layers, once for each call of a kernel."""

    fused: list[str] = field(default_factory=list)
    loops: list[str] = field(default_factory=list)
    unrolled: list[str] = field(default_factory=list)
    inside: int = 0  # how many loops over steps are being traced around a layer


@dataclass
class Carried:
    """The states of one trace, by name: what each layer begins with, and what it ends with."""

    names: Mapping[int, tuple[str, ...]]  # by the layer's id
    given: dict[str, Any] = field(default_factory=dict)
    left: dict[str, Any] = field(default_factory=dict)

    def begin(self, layer: Any, initial_state: Any) -> Any:
        """The states that came in, in the structure of those that the layer would begin with."""
        return keras.tree.pack_sequence_as(initial_state, [self.given[name] for name in self.names[id(layer)]])

    def end(self, layer: Any, states: Any) -> None:
        names = self.names[id(layer)]
        if names[0] in self.left:
            raise ExportError(
                "a layer that is called twice has two states and cannot carry one", hint="state: reset, the default"
            )
        self.left |= dict(zip(names, keras.tree.flatten(states), strict=True))


def recurrent_layers(model: Any) -> Iterator[tuple[str, Any]]:
    """Every recurrent layer at any depth, once, with the name of the first top-level layer that holds it."""
    seen: set[int] = set()
    for layer in model.layers:
        for part in parts(layer):  # wrapped and nested ones too, which no public property lists
            if isinstance(part, keras.layers.RNN) and id(part) not in seen:
                seen.add(id(part))
                yield layer.name, part


@contextmanager
def portable(model: Any, *, to: Loops, carried: Carried | None = None, apart: bool = True) -> Iterator[Recurrences]:
    """While open, the model traces to a graph that runs without cuDNN.

    Args:
        to: what the time loops become. ``keras``: Keras's own, for TensorFlow and ONNX; ``while``: a lean WHILE, at
            batch 1, for TFLite; ``fused``: LSTM kernels of TFLite where there is one, else the WHILE; ``micro``: the
            same, and a WHILE that takes less memory; ``unrolled``: no loop, the steps one after another.
        carried: gives the states that loops begin with, and takes those they end with.
        apart: groups of a convolution may be written one by one.

    Fused kernels need a batch of 1, and masks that cut the end of a sequence.

    Raises:
        ExportError: a stateful layer, whose state would leak from one sequence into the next.
    """
    found = Recurrences()
    # Only an Embedding's mask is known to cut the end alone; Masking may hide any step.
    only_tails = not any(isinstance(layer, keras.layers.Masking) for layer in parts(model))
    with traced() as changes:
        for place, layer in recurrent_layers(model):
            if layer.stateful:
                raise ExportError(
                    "a stateful layer keeps its state between calls, and an exported file must not",
                    layer=place,
                    hint="train and export it with stateful: false",
                )
            loop = changes.plain(layer)
            if to != "keras":
                eligible = to in ("fused", "micro") and _has_fused_kernel(layer)
                changes.loop(layer, _traced_loop(place, layer, loop, eligible, only_tails, found, carried, to))
        if to != "keras":
            for wrapper in _wrappers_of_loops(model):
                changes.call(wrapper, functools.partial(_each_step, found, wrapper))
            for layer, call in plain_calls(model, apart=apart and to in ("while", "unrolled")):
                changes.call(layer, call)
        yield found


def _each_step(found: Recurrences, wrapper: Any, inputs: Any, training: Any = None, mask: Any = None) -> Any:
    """The call of a `TimeDistributed`; a fused kernel cannot stand in a loop, whose body is traced once."""
    if inputs.shape[1] is not None:  # Keras writes out as many calls
        return type(wrapper).call(wrapper, inputs, mask=mask)
    found.inside += 1
    try:
        return run_steps(wrapper, inputs, mask)
    finally:
        found.inside -= 1


def _wrappers_of_loops(model: Any) -> Iterator[Any]:
    """Each `TimeDistributed` around a recurrent layer: a loop of batch 1 runs its steps one after another."""
    seen: set[int] = set()
    for part in parts(model):
        if isinstance(part, keras.layers.TimeDistributed) and id(part) not in seen:
            seen.add(id(part))
            if any(isinstance(inner, keras.layers.RNN) for inner in parts(part)):
                yield part


def _has_fused_kernel(layer: Any) -> bool:
    """The fused kernel knows one LSTM: tanh, sigmoid, no state handed out."""
    return (
        type(layer) is keras.layers.LSTM
        and layer.cell.activation is keras.activations.tanh
        and layer.cell.recurrent_activation is keras.activations.sigmoid
        and not layer.return_state
    )


def _traced_loop(
    place: str,
    layer: Any,
    loop: Callable[..., Any],
    eligible: bool,
    only_tails: bool,
    found: Recurrences,
    carried: Carried | None,
    to: Loops,
) -> Callable[..., Any]:
    """The `inner_loop` that decides, call by call, between kernel and loop, and records which it was."""

    def inner_loop(sequences: Any, initial_state: Any, mask: Any, training: bool = False) -> Any:
        if keras.tree.is_nested(mask):
            mask = mask[0]
        if type(layer.cell) in KNOWN:  # as Keras's cells do, whose products take whole numbers
            sequences = tf.cast(sequences, layer.compute_dtype)
        if carried is not None:
            found.loops.append(place)
            ended = run_loop(layer, sequences, carried.begin(layer, initial_state), mask)
            carried.end(layer, ended[2])
            return ended
        if (
            eligible
            and not found.inside
            and (mask is None or only_tails)
            and all(is_zero(state) for state in initial_state)
        ):
            found.fused.append(place)
            return _fused_loop(layer, sequences, mask)
        if to == "unrolled" and not found.inside and _has_one_output(layer.cell):
            if sequences.shape[1] is None:
                raise ExportError("steps are written out one by one, and their number varies", layer=place, hint=LENGTH)
            found.unrolled.append(place)
            return run_unrolled(layer, sequences, initial_state, mask)
        found.loops.append(place)
        if _has_one_output(layer.cell):
            return run_loop(layer, sequences, initial_state, mask, lean=to == "micro")
        return loop(sequences, initial_state, mask, training)

    return inner_loop


def _has_one_output(cell: Any) -> bool:
    return not keras.tree.is_nested(getattr(cell, "output_size", None))


def _fused_loop(layer: Any, x: Any, mask: Any) -> tuple[Any, Any, list[Any]]:
    """What `RNN.inner_loop` gives, by the fused kernel: last output, outputs `[1, time, units]`, states.

    With a mask, the kernel runs over the padding too; what Keras shows at padded steps is put there afterwards.
    """
    if mask is None:
        y = _kernel(layer, tf.reverse(x, [1]) if layer.go_backwards else x)
        outputs = y if layer.return_sequences else y[:, -1:]
    else:
        outputs = _masked_kernel(layer, x, mask)
    last = outputs[:, -1]
    return last, outputs, [last, last]  # no state is handed out, so the cell's is not needed


def _masked_kernel(layer: Any, x: Any, mask: Any) -> Any:
    """The kernel over the first n steps, n the mask's sum, and Keras's values where the sequence is padded.

    Forwards, Keras repeats the last output after the end (or shows zeros with `zero_output_for_mask`). Backwards,
    it meets the padding first: zeros, then the sequence from its end to its start.
    """
    length = tf.shape(x)[1]
    valid = tf.cast(tf.reduce_sum(tf.cast(mask, tf.float32)), tf.int32)  # microcontrollers add no whole numbers up
    time = tf.range(length)
    if layer.go_backwards:
        x = tf.gather(x, tf.maximum(valid - 1 - time, 0), axis=1)  # not REVERSE_SEQUENCE: it has no int8 kernel
    y = _kernel(layer, x)
    if not layer.return_sequences:
        time = time[-1:]
    if layer.go_backwards:
        step, shown = time - (length - valid), time >= length - valid
    else:
        step = tf.minimum(time, valid - 1)
        shown = time < valid if layer.zero_output_for_mask else tf.minimum(time, 0) < valid
    y = tf.gather(y, tf.maximum(step, 0), axis=1)
    return tf.where(shown[tf.newaxis, :, tf.newaxis], y, tf.zeros_like(y))


def _kernel(layer: Any, x: Any) -> Any:
    """One fused LSTM over `x` `[1, time, features]`, forwards from a zero state: outputs `[1, time, units]`.

    The weights go in as constants, since the converter fuses only a function whose weights it can read.
    """
    cell = layer.cell
    x = tf.ensure_shape(x, [1, *x.shape[1:]])
    state = tf.zeros([1, cell.units])
    with tf.init_scope():  # out of the trace, where variables have values
        arrays = [variable.numpy() for variable in cell.weights]
    if not cell.use_bias:
        arrays.append(np.zeros(4 * cell.units, np.float32))
    weights = [tf.constant(array) for array in arrays]
    return fused_lstm(_standard_lstm, str(uuid.uuid4()))(x, state, tf.identity(state), *weights)[1]


def _standard_lstm(x: Any, h0: Any, c0: Any, kernel: Any, recurrent: Any, bias: Any) -> tuple[Any, ...]:
    """The function that the converter replaces by its kernel; these six inputs and five outputs are its contract.

    The body computes the same LSTM (Hochreiter and Schmidhuber 1997, gates in Keras's order i, f, c, o), so that a
    converter that declines to fuse is slow and seen by the gate, but never wrong.
    """
    units = recurrent.shape[0]
    projected = tf.transpose(tf.einsum("btf,fg->btg", x, kernel) + bias, [1, 0, 2])

    def step(states: tuple[Any, Any], gates: Any) -> tuple[Any, Any]:
        h, c = states
        i, f, g, o = tf.split(gates + tf.matmul(h, recurrent), 4, axis=1)
        c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
        return tf.sigmoid(o) * tf.tanh(c), c

    outputs, _ = tf.scan(step, projected, (h0, c0))
    y = tf.transpose(outputs, [1, 0, 2])
    y.set_shape([x.shape[0], x.shape[1], units])
    return y[:, -1, :], y, h0, c0, tf.constant(1.0)
