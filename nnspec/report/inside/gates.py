"""Recurrent layers step by step: states and gates computed from the weights, in NumPy, as Keras computes them.

The LSTM is Hochreiter and Schmidhuber, Long short-term memory, 1997, with the forget gate of Gers, Schmidhuber and
Cummins, Learning to forget, 2000; its weights stand in Keras's order: input, forget, cell, output. The GRU is Cho et
al., 2014, with Keras's `reset_after`; the simple network is Elman's, 1990, the Jordan network Jordan's, 1986.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

Steps = dict[str, np.ndarray]  # by name: [steps, units]
Function = Callable[[np.ndarray], np.ndarray]
SIGNED = {"hidden state", "cell state", "candidate", "output"}


def gates(layer: Any, sequence: np.ndarray) -> Steps | None:
    """What a recurrent layer does at each step of a sequence [steps, features], in the order in which it reads it.

    Returns:
        Arrays [steps, units]: for an LSTM input, forget and output gate, candidate, cell and hidden state. None for a
        layer that is none of LSTM, GRU, SimpleRNN and JordanRNN.
    """
    kind = type(layer).__name__
    step = STEPS.get(kind)
    if step is None:
        return None
    cell = layer if not hasattr(layer, "cell") else layer.cell
    rows = list(step(cell, sequence))
    return {name: np.stack([row[name] for row in rows]) for name in rows[0]}


def _function(activation: Any) -> Function:
    import keras

    return lambda values: np.asarray(keras.ops.convert_to_numpy(activation(keras.ops.convert_to_tensor(values))))


def _weights(cell: Any) -> tuple[np.ndarray, np.ndarray, Any]:
    kernel, recurrent = (np.asarray(weight, np.float32) for weight in (cell.kernel, cell.recurrent_kernel))
    return kernel, recurrent, np.asarray(cell.bias, np.float32) if cell.use_bias else 0.0


def _lstm(cell: Any, sequence: np.ndarray) -> Any:
    kernel, recurrent, bias = _weights(cell)
    gate, squash = _function(cell.recurrent_activation), _function(cell.activation)
    hidden = state = np.zeros(cell.units, np.float32)
    for features in sequence:
        i, f, c, o = np.split(features @ kernel + hidden @ recurrent + bias, 4)
        i, f, c, o = gate(i), gate(f), squash(c), gate(o)
        state = f * state + i * c
        hidden = o * squash(state)
        yield {
            "input gate": i,
            "forget gate": f,
            "output gate": o,
            "candidate": c,
            "cell state": state,
            "hidden state": hidden,
        }


def _gru(cell: Any, sequence: np.ndarray) -> Any:
    kernel, recurrent, bias = _weights(cell)
    gate, squash = _function(cell.recurrent_activation), _function(cell.activation)
    hidden = np.zeros(cell.units, np.float32)
    units = cell.units
    for features in sequence:
        given, fed = (bias[0], bias[1]) if cell.reset_after and cell.use_bias else (bias, 0.0)
        x = features @ kernel + given
        if cell.reset_after:
            h = hidden @ recurrent + fed
            update, reset = gate(x[:units] + h[:units]), gate(x[units : 2 * units] + h[units : 2 * units])
            new = squash(x[2 * units :] + reset * h[2 * units :])
        else:
            h = hidden @ recurrent[:, : 2 * units]
            update, reset = gate(x[:units] + h[:units]), gate(x[units : 2 * units] + h[units:])
            new = squash(x[2 * units :] + (reset * hidden) @ recurrent[:, 2 * units :])
        hidden = update * hidden + (1 - update) * new
        yield {"update gate": update, "reset gate": reset, "candidate": new, "hidden state": hidden}


def _simple(cell: Any, sequence: np.ndarray) -> Any:
    kernel, recurrent, bias = _weights(cell)
    squash = _function(cell.activation)
    hidden = np.zeros(cell.units, np.float32)
    for features in sequence:
        hidden = squash(features @ kernel + hidden @ recurrent + bias)
        yield {"hidden state": hidden}


def _jordan(cell: Any, sequence: np.ndarray) -> Any:
    kernel, recurrent, bias = _weights(cell)
    squash, finish = _function(cell.activation), _function(cell.output_activation)
    onward = np.asarray(cell.output_kernel, np.float32)
    offset = np.asarray(cell.output_bias, np.float32) if cell.use_bias else 0.0
    output = np.zeros(onward.shape[1], np.float32)
    for features in sequence:
        hidden = squash(features @ kernel + output @ recurrent + bias)
        output = finish(hidden @ onward + offset)
        yield {"hidden state": hidden, "output": output}


STEPS: Mapping[str, Callable[[Any, np.ndarray], Any]] = {
    "LSTM": _lstm,
    "GRU": _gru,
    "SimpleRNN": _simple,
    "JordanRNN": _jordan,
}
