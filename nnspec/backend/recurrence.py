"""One step of each of Keras's recurrent cells, with a name for every value within, so that whoever wants can round it.

What the cell takes from its input is one product for all steps, `product`; the step takes a row of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

States = list[Any]
# A step: from a row of the projected input and the states to the output `[batch, units]` and the states.
Step = Callable[[Any, States], tuple[Any, States]]
# What becomes of a value within a step, by its name: itself, or rounded.
Mark = Callable[[str, Any], Any]


def unmarked(name: str, value: Any) -> Any:
    return value


@dataclass(frozen=True, slots=True)
class Cell:
    """The weights and functions of a cell: its own, or rounded ones.

    Attributes:
        kernel, recurrent_kernel: ``[inputs, gates * units]`` and ``[units, gates * units]``.
        bias: of the input's product; None: there is none.
        inner_bias: of the state's product, which a GRU that resets after it has; None: there is none.
    """

    units: int
    kernel: Any
    recurrent_kernel: Any
    bias: Any
    inner_bias: Any
    activation: Callable[[Any], Any]
    recurrent_activation: Callable[[Any], Any] | None
    reset_after: bool

    @classmethod
    def of(cls, cell: Any) -> Cell:
        bias, inner = (cell.bias if cell.use_bias else None), None
        if bias is not None and len(bias.shape) == 2:  # the GRU that resets after has two
            bias, inner = bias[0], bias[1]
        return cls(
            units=cell.units,
            kernel=cell.kernel,
            recurrent_kernel=cell.recurrent_kernel,
            bias=bias,
            inner_bias=inner,
            activation=cell.activation or keras.activations.linear,
            recurrent_activation=getattr(cell, "recurrent_activation", None),
            reset_after=getattr(cell, "reset_after", False),
        )


def product(cell: Cell, rows: Any, mark: Mark = unmarked) -> Any:
    """What the gates take from inputs `[rows, features]`."""
    found = tf.matmul(rows, cell.kernel)
    return mark("row", found if cell.bias is None else found + cell.bias)


def _inner(cell: Cell, state: Any, kernel: Any, mark: Mark) -> Any:
    """What the gates take from the state."""
    found = tf.matmul(state, kernel)
    return mark("inner", found if cell.inner_bias is None else found + cell.inner_bias)


def _cut(value: Any, place: int, mark: Mark) -> tuple[Any, Any]:
    """A value in two along its last axis. Of rounded values the converter takes slices to have other ranges."""
    if mark is unmarked:
        return value[:, :place], value[:, place:]
    first, last = tf.split(value, [place, value.shape[1] - place], axis=1)
    return first, last


def _lstm(cell: Cell, mark: Mark) -> Step:
    """Hochreiter and Schmidhuber 1997 with the forget gate of Gers et al. 2000; gates in Keras's order i, f, c, o."""
    gate = cell.recurrent_activation
    assert gate is not None

    def step(row: Any, states: States) -> tuple[Any, States]:
        h, c = states
        gates = mark("sum", row + _inner(cell, h, cell.recurrent_kernel, mark))
        if mark is unmarked and is_zero(c):  # nothing to forget; a part that nobody reads keeps a SPLIT from int8
            i, g, o = (gates[:, n * cell.units : (n + 1) * cell.units] for n in (0, 2, 3))
            c = gate(i) * cell.activation(g)
        else:
            i, f, g, o = tf.split(gates, 4, axis=1)
            kept = mark("kept", mark("gate", gate(f)) * c)
            taken = mark("taken", mark("gate", gate(i)) * mark("candidate", cell.activation(g)))
            c = mark("cell", kept + taken)
        h = mark("state", mark("gate", gate(o)) * mark("shown", cell.activation(c)))
        return h, [h, c]

    return step


def _gru(cell: Cell, mark: Mark) -> Step:
    """Cho et al. 2014, resetting before or after the product; gates in Keras's order z, r, h."""
    units, gate = cell.units, cell.recurrent_activation
    assert gate is not None

    def step(row: Any, states: States) -> tuple[Any, States]:
        (h,) = states
        kernel = cell.recurrent_kernel if cell.reset_after else cell.recurrent_kernel[:, : 2 * units]
        inner = _inner(cell, h, kernel, mark)
        first, last = _cut(row, 2 * units, mark)
        before, after = _cut(inner, 2 * units, mark) if cell.reset_after else (inner, None)
        z, r = _cut(mark("gate", gate(mark("sum", first + before))), units, mark)
        if cell.reset_after:
            proposed = mark("reset", r * after)
        else:
            proposed = mark("proposed", tf.matmul(mark("reset", r * h), cell.recurrent_kernel[:, 2 * units :]))
        new = mark("candidate", cell.activation(mark("proposal", last + proposed)))
        h = mark("state", mark("kept", z * h) + mark("taken", mark("rest", 1 - z) * new))
        return h, [h]

    return step


def _simple(cell: Cell, mark: Mark) -> Step:
    """Elman 1990."""

    def step(row: Any, states: States) -> tuple[Any, States]:
        found = mark("sum", row + _inner(cell, states[0], cell.recurrent_kernel, mark))
        h = mark("state", cell.activation(found))
        return h, [h]

    return step


def is_zero(state: Any) -> bool:
    value = tf.get_static_value(state)
    return value is not None and not value.any()


# What a step is, by the class of the cell.
KNOWN: dict[type, Callable[[Cell, Mark], Step]] = {
    keras.layers.LSTMCell: _lstm,
    keras.layers.GRUCell: _gru,
    keras.layers.SimpleRNNCell: _simple,
}
