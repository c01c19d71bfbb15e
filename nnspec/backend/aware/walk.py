"""Recurrent layers of which every value of every step is rounded, as a file computes them that has no loop.

In training the steps are a loop, since there may be any number of them; the file has them one after another. A step
that a mask hides leaves the states as they are: in the file by products with 0 and 1, which whole numbers do exactly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import keras
import tensorflow as tf

from nnspec.backend.aware.arithmetic import extent, rounded, weight_scale
from nnspec.backend.keras_internals.layers import keep_mask, mask_of
from nnspec.backend.recurrence import KNOWN, Cell, Step, product
from nnspec.frontend.rounding_plan import Step as Planned
from nnspec.layers.rounding import UNIT


def walked(run: Any, step: Planned, layer: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """What a recurrent layer, or both directions of one, gives of `args[0]`, ``[batch, steps, features]``.

    Args:
        run: the `Pass`.
    """
    values = args[0]
    mask = kwargs.get("mask")
    mask = mask_of(values) if mask is None else mask
    if len(step.within) == 1:
        found = _Way(run, step, layer, step.within[0]).outputs(values, mask)
    else:
        ahead = _Way(run, step, layer.forward_layer, step.within[0]).outputs(values, mask)
        back = _Way(run, step, layer.backward_layer, step.within[1]).outputs(values, mask, turned=True)
        found = _merged(run, step, ahead, back)
    return keep_mask(values, found) if layer.return_sequences else found


def _merged(run: Any, step: Planned, ahead: Any, back: Any) -> Any:
    if step.function == "concat":
        return tf.concat([ahead, back], axis=-1)
    if step.function == "mul":
        return ahead * back
    return ahead + back if step.before is None else run.ranged(ahead + back, step.before) * 0.5


def cell_weights(run: Any, step: Planned, layer: Any) -> list[tuple[Any, Any]]:
    """The matrices of a layer's cells, each with its rounded values: a scale for each column."""
    ways = [layer] if len(step.within) == 1 else [layer.forward_layer, layer.backward_layer]
    matrices = [getattr(way.cell, name) for way in ways for name in step.weights]
    return [(weight, run.weight(step, weight, (-1,))) for weight in matrices]


class _Way:
    """One direction: a layer with its rounded cell.

    Attributes:
        ranges: of the values within a step, by name.
    """

    def __init__(self, run: Any, step: Planned, layer: Any, ranges: Mapping[str, int]) -> None:
        self.run, self.layer, self.ranges = run, layer, ranges
        own, bias = Cell.of(layer.cell), partial(self._bias, step)
        self.cell = replace(
            own,
            kernel=self._matrix(step, own.kernel),
            recurrent_kernel=self._matrix(step, own.recurrent_kernel),
            bias=None if own.bias is None else bias("bias", own.kernel, step.source),
            inner_bias=None if own.inner_bias is None else bias("inner_bias", own.recurrent_kernel, ranges["state"]),
            activation=run.composed(own.activation),
            recurrent_activation=run.composed(own.recurrent_activation),
        )

    def outputs(self, values: Any, mask: Any, turned: bool = False) -> Any:
        """Those of all steps or of the last, as the layer has it.

        Args:
            turned: those of all steps in the opposite order to that in which they are made.
        """
        cell = self.layer.cell
        if self.run.mode == "train" and cell.dropout:
            values = values * cell.get_dropout_mask(values[:, 0])[:, tf.newaxis]
            cell.reset_dropout_mask()
        return (self._written_out if self.run.mode == "export" else self._looped)(values, mask, turned)

    def _matrix(self, step: Planned, weight: Any) -> Any:
        return self.run.constant(partial(self.run.weight, step, weight, (-1,)))

    def _bias(self, step: Planned, name: str, weight: Any, source: int | None) -> Any:
        """In steps of the input's scale times the weight's; as it is while ranges move."""

        def made() -> Any:
            value = tf.convert_to_tensor(getattr(Cell.of(self.layer.cell), name))
            if self.run.live or source is None:
                return value
            scale = tf.reshape(weight_scale(tf.convert_to_tensor(weight), (-1,), step.bits), [-1])
            return rounded(value, scale * self.run.scale(source))

        return self.run.constant(made)

    def mark(self, name: str, value: Any) -> Any:
        """Rounded in the range of its name, which does not move within a loop."""
        number = self.ranges.get(name)
        return value if number is None else self.run.ranged(value, number, watches=False)

    def _states(self, batch: Any) -> list[Any]:
        """Zeros. In the file they are numbers of the states' ranges, so that the first step is as any other."""
        names = ("state", "cell") if isinstance(self.layer.cell, keras.layers.LSTMCell) else ("state",)
        zeros = tf.zeros([batch, self.cell.units])
        return [self.mark(name, zeros) if self.run.mode == "export" else zeros for name in names]

    def step(self, mark: Any) -> Step:
        return KNOWN[type(self.layer.cell)](self.cell, mark)

    def _written_out(self, values: Any, mask: Any, turned: bool) -> Any:
        """One step after another, of a batch of 1 and a number of steps that is known."""
        step, states = self.step(self.mark), self._states(1)
        count = int(values.shape[1])
        rows = tf.split(product(self.cell, tf.reshape(values, values.shape[1:]), self.mark), count)
        counts = None
        if mask is not None:
            shown = self.run.within(tf.reshape(tf.cast(mask, tf.float32), [count, 1]), *UNIT)
            counts = tf.split(shown, count)
        found = []
        for place in range(count - 1, -1, -1) if self.layer.go_backwards else range(count):
            made, after = step(rows[place], states)
            if counts is not None:
                here, names = counts[place], ("state", "cell")[: len(states)]
                gone = self.run.within(1.0 - here, *UNIT)
                after = [self._mixed(*one, here, gone) for one in zip(names, after, states, strict=True)]
                made = self.mark("state", here * made) if self.layer.zero_output_for_mask else after[0]
            found.append(made)
            states = after
        if not self.layer.return_sequences:
            return found[-1]
        return tf.stack(found[::-1] if turned else found, axis=1)

    def _mixed(self, name: str, new: Any, old: Any, here: Any, gone: Any) -> Any:
        mark = partial(self.mark, name)
        return mark(mark(here * new) + mark(gone * old))

    def _looped(self, values: Any, mask: Any, turned: bool) -> Any:
        batch, steps = tf.shape(values)[0], tf.shape(values)[1]
        rows = product(self.cell, keras.ops.convert_to_tensor(values), self.mark_outside)
        rows = tf.transpose(rows, [1, 0, 2])
        counts = tf.ones([steps, batch], tf.bool) if mask is None else tf.transpose(tf.cast(mask, tf.bool))
        if self.layer.go_backwards:
            rows, counts = tf.reverse(rows, [0]), tf.reverse(counts, [0])
        watched = [name for name, number in self.ranges.items() if name != "row" and self._moves(number)]
        step = _Watching(self, watched)
        room = tf.TensorArray(tf.float32, steps, element_shape=[values.shape[0], self.cell.units])

        def body(time: Any, last: Any, seen: Any, room: Any, *states: Any) -> tuple[Any, ...]:
            made, after, ends = step(rows[time], list(states))
            here = counts[time][:, tf.newaxis]
            after = [tf.where(here, new, old) for new, old in zip(after, states, strict=True)]
            shown = tf.where(here, made, tf.zeros_like(last) if self.layer.zero_output_for_mask else last)
            seen = tf.stack([tf.minimum(seen[:, 0], ends[:, 0]), tf.maximum(seen[:, 1], ends[:, 1])], axis=1)
            return time + 1, shown, seen, room.write(time, shown), *after

        states = self._states(batch)
        begin = (tf.constant(0), tf.zeros_like(states[0]), tf.zeros([len(watched), 2]), room, *states)
        _, last, seen, room, *_ = tf.while_loop(lambda time, *_: time < steps, body, begin, maximum_iterations=steps)
        for place, name in enumerate(watched):
            self.run.moves(self.ranges[name], seen[place, 0], seen[place, 1])
        if not self.layer.return_sequences:
            return last
        found = tf.transpose(room.stack(), [1, 0, 2])
        return tf.reverse(found, [1]) if turned else found

    def _moves(self, number: int) -> bool:
        return self.run.live and self.run.model.plan.fixed[number] is None

    def mark_outside(self, name: str, value: Any) -> Any:
        return self.run.ranged(value, self.ranges[name])


class _Watching:
    """A step that tells, beside what it gives, the ends of the values whose ranges move.

    What a batch has moved them to is known after the loop alone: within it each value is rounded in the range that
    this step's values would give.
    """

    def __init__(self, way: _Way, watched: Sequence[str]) -> None:
        self.way, self.watched = way, watched
        self.seen: dict[str, tuple[Any, Any]] = {}

    def __call__(self, row: Any, states: list[Any]) -> tuple[Any, list[Any], Any]:
        self.seen = {}
        made, after = self.way.step(self.mark)(row, states)
        found = [self.seen[name] for name in self.watched]
        ends = tf.reshape(tf.stack(found), [-1, 2]) if found else tf.zeros([0, 2])
        return made, after, ends

    def mark(self, name: str, value: Any) -> Any:
        if name not in self.watched:
            return self.way.mark(name, value)
        run, number = self.way.run, self.way.ranges[name]
        least, most = extent(value)
        before = self.seen.get(name, (least, most))
        self.seen[name] = tf.minimum(before[0], least), tf.maximum(before[1], most)
        return run.within(value, *run.moved(number, least, most))
