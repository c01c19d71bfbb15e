"""One pass through a network that rounds: each call of a layer as its step of the plan says."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Literal

import keras
import tensorflow as tf

from nnspec.backend.aware.arithmetic import (
    HALF,
    STEPS,
    by_gate,
    extent,
    halves_away,
    in_range,
    in_wide_range,
    rounded,
    weight_scale,
)
from nnspec.backend.aware.walk import cell_weights, walked
from nnspec.backend.keras_internals.layers import keep_mask, parts
from nnspec.frontend.rounding_plan import Step
from nnspec.layers.rounding import PROBABILITY, SIXTH, WIDE_UNIT

Mode = Literal["train", "infer", "export"]
SMALLEST_RANGE = 1e-6
MOMENTUM = 0.98  # of the moving average of ranges
GATES = ("kernel", "recurrent_kernel")


class Pass:
    """
    Args:
        model: the `AwareModel`.
        mode: ``train``: ranges follow the batch, unless frozen; ``export``: weights and ranges are constants.
    """

    def __init__(self, model: Any, mode: Mode) -> None:
        self.model, self.mode = model, mode
        self.live = mode == "train" and model.stage == "live"
        self.layers = {layer.name: layer for layer in model.layers}
        self.ends: dict[int, tuple[Any, Any]] = {}  # of ranges that this batch has moved
        self.forms: dict[str, Callable[[Step, Any, Any, Any], Any]] = {
            "plain": self._plain,
            "kernel": self._kernel,
            "deferred": lambda step, layer, args, kwargs: args[0],
            "folded": self._folded,
            "affine": self._affine,
            "recurrent": self._recurrent,
            "unrolled": partial(walked, self),
        }

    def enter(self, name: str, value: Any) -> Any:
        """An input of the model, rounded where the plan says so."""
        number = self.model.plan.inputs.get(name)
        return value if number is None else self.ranged(value, number)

    def call(self, operation: Any, number: int, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        step = self.model.steps.get((operation.name, number))
        if step is None:
            return operation(*args, **kwargs)
        if any(entry is not None for entry in step.entries):
            args = self._entered(step, args)
        with tf.name_scope(operation.name):
            found = self.forms[step.form](step, operation, args, kwargs)
            if step.output is None:
                return found
            return keep_mask(found, self._output(step, found))

    def finish(self) -> None:
        """Keeps the ranges that the batch has moved."""
        if not self.ends:
            return
        for variable, which in ((self.model.low, 0), (self.model.high, 1)):
            old = tf.unstack(tf.convert_to_tensor(variable), num=len(self.model.members))
            variable.assign(
                tf.stack(
                    [self.ends[number][which] if number in self.ends else old[number] for number in range(len(old))]
                )
            )

    def ranged(self, value: Any, number: int, watches: bool = True) -> Any:
        """A value rounded in a range, which it moves where the pass is live."""
        value = tf.cast(value, tf.float32)
        if watches and self.live:
            self._watch(value, number)
        return self.within(value, *self._ends(number))

    def within(self, value: Any, low: Any, high: Any) -> Any:
        """A value rounded to the numbers between two ends, of as many bits as the plan has."""
        return in_wide_range(value, low, high) if self.model.plan.wide else in_range(value, low, high)

    def _watch(self, value: Any, number: int) -> None:
        self.moves(number, *extent(value))

    def moves(self, number: int, least: Any, most: Any) -> None:
        """Moves a range by the ends of a batch's values."""
        self.ends[number] = self.moved(number, least, most)

    def moved(self, number: int, least: Any, most: Any) -> tuple[Any, Any]:
        """What a range is after values with these ends; the first ones say where to begin."""
        low, high = self.model.low[number], self.model.high[number]
        first = tf.equal(low, high)
        if self.model.learned:
            return tf.where(first, least, low), tf.where(first, most, high)
        keep = tf.where(first, 0.0, MOMENTUM)
        return keep * low + (1 - keep) * least, keep * high + (1 - keep) * most

    def _ends(self, number: int) -> tuple[Any, Any]:
        """The range of a group: what all its members need."""
        fixed: tuple[float, float] | None = self.model.plan.fixed[number]
        if fixed is not None:
            return fixed
        members = self.model.members[number]
        if self.mode == "export":
            with tf.init_scope():
                low, high = self.model.low.numpy()[members], self.model.high.numpy()[members]
            return min(float(low.min()), 0.0), max(float(high.max()), SMALLEST_RANGE)
        found = [self.ends.get(one) or (self.model.low[one], self.model.high[one]) for one in members]
        if self.model.learned:  # nothing else keeps zero within them
            found = [(tf.minimum(low, 0.0), tf.maximum(high, SMALLEST_RANGE)) for low, high in found]
        if len(found) == 1:
            return found[0]
        return tf.reduce_min(tf.stack([low for low, _ in found])), tf.reduce_max(tf.stack([high for _, high in found]))

    def scale(self, number: int) -> Any:
        low, high = self._ends(number)
        if self.model.plan.wide:
            return tf.stop_gradient(tf.maximum(-low, high) / HALF)
        return tf.stop_gradient(tf.cast(high - low, tf.float32) / STEPS)

    def _entered(self, step: Step, args: Sequence[Any]) -> list[Any]:
        flat = keras.tree.flatten(list(args))
        entries = [*step.entries, *[None] * (len(flat) - len(step.entries))]
        if self.mode == "export":  # of two ranges without an operation between them the converter makes no file
            flat = [_unchanged(value) if place in step.again else value for place, value in enumerate(flat)]
        found = [
            value if entry is None else keep_mask(value, self.ranged(value, entry))
            for value, entry in zip(flat, entries, strict=True)
        ]
        packed: list[Any] = keras.tree.pack_sequence_as(list(args), found)
        return packed

    def _output(self, step: Step, value: Any) -> Any:
        assert step.output is not None
        if self.model.plan.fixed[step.output] is not None:
            # Probabilities are not rounded in training: one that is rounded to 0 has no logarithm.
            last = step.layer in self.model.output_names and self.mode != "export"
            return value if last else self.ranged(value, step.output, watches=False)
        if step.function == "halves" and self.mode != "export" and not self.model.plan.wide:
            value = halves_away(tf.cast(value, tf.float32), *self._ends(step.output))
        return self.ranged(value, step.output, step.watches)

    def _plain(self, step: Step, layer: Any, args: Any, kwargs: Any) -> Any:
        if step.function == "average":
            total = self._one_by_one(step, lambda one, other: one + other, args[0])
            return keep_mask(args[0][0], total * (1 / len(args[0])))
        if step.function == "several":
            whole = layer(*args, **kwargs)  # for its mask alone
            total = self._one_by_one(step, lambda one, other: layer.call([one, other]), args[0][:-1])
            return keep_mask(whole, layer.call([total, args[0][-1]]))
        own = COMPOSED.get(step.function or "")
        return own(self, args[0]) if own is not None else layer(*args, **kwargs)

    def _one_by_one(self, step: Step, join: Callable[[Any, Any], Any], values: Sequence[Any]) -> Any:
        """What joins values two by two, in one range for all that is between."""
        assert step.before is not None
        if self.live:
            between = itertools.islice(itertools.accumulate(values, join), 1, None)
            self._watch(tf.concat([tf.reshape(one, [-1]) for one in between], 0), step.before)
        total = values[0]
        for value in values[1:]:
            made = join(total, value)
            total = keep_mask(made, self.ranged(made, step.before, watches=False))
        return total

    def _function(self, step: Step, layer: Any, value: Any) -> Any:
        """The function of a kernel that is an operation of its own."""
        if step.before is None:
            return value
        value = self.ranged(value, step.before)
        own = COMPOSED.get(step.function or "")
        return own(self, value) if own is not None else layer.activation(value)

    def composed(self, function: Any) -> Any:
        """A function of an argument `activation` as the file has it, perhaps of two operations."""
        own = COMPOSED.get(getattr(function, "__name__", ""))
        return function if own is None else partial(own, self)

    def _kernel(self, step: Step, layer: Any, args: Any, kwargs: Any) -> Any:
        if step.middle is not None:
            return self._separable(step, layer, args[0], None)
        values = self._weights(step, layer)
        if getattr(layer, "bias", None) is not None:
            values.append((layer.bias, self.constant(lambda: self._bias(step, layer, layer.bias, step.source))))
        with _without_function(layer, step.before is not None), keras.StatelessScope(values):
            found = layer(*args, **kwargs)
        return self._function(step, layer, found)

    def _folded(self, step: Step, layer: Any, args: Any, kwargs: Any) -> Any:
        """A kernel and its BatchNormalization: while that follows the batches as two layers, then as one.

        Scales are by channel, so that rounding a kernel before or after it is multiplied by one is the same.
        """
        kernel = self.layers[step.kernel or ""]
        if self.live:
            if step.middle is not None:
                return layer(self._separable(step, kernel, args[0], None), **kwargs)
            with keras.StatelessScope(self._weights(step, kernel)):
                found = kernel(args[0])
            return layer(found, **kwargs)
        if step.middle is not None:
            return self._separable(step, kernel, args[0], layer)
        name, axes = list(step.weights.items())[-1]
        weight = getattr(kernel, name)
        values = [
            (weight, self.constant(lambda: self.weight(step, weight, axes) * _spread(_fold(layer), weight, axes)))
        ]
        bias = self.constant(lambda: self._bias(step, kernel, _shift(layer, kernel.bias), step.source, _fold(layer)))
        if kernel.bias is not None:
            values.append((kernel.bias, bias))
        with keras.StatelessScope(values):
            found = kernel(args[0])
        return found if kernel.bias is not None else found + bias

    def _separable(self, step: Step, layer: Any, value: Any, normalization: Any) -> Any:
        """The two kernels of a separable convolution, with the range between them that the layer does not show."""
        (first, axes), (second, others) = step.weights.items()
        assert step.middle is not None
        one, two = getattr(layer, first), getattr(layer, second)
        depthwise = self.constant(lambda: self.weight(step, one, axes))
        ops, shared = keras.ops, {"padding": layer.padding, "data_format": layer.data_format}
        found = ops.depthwise_conv(value, depthwise, strides=layer.strides, dilation_rate=layer.dilation_rate, **shared)
        found = self.ranged(found, step.middle)
        fold = (lambda: None) if normalization is None else (lambda: _fold(normalization))

        def folded() -> Any:
            weight = self.weight(step, two, others)
            return weight if normalization is None else weight * _spread(fold(), two, others)

        def shift() -> Any:
            bias = layer.bias if normalization is None else _shift(normalization, layer.bias)
            return self._bias(step, layer, bias, step.middle, fold())

        pointwise = self.constant(folded)
        found = ops.conv(found, pointwise, strides=1, padding="valid", data_format=layer.data_format)
        if normalization is not None or layer.bias is not None:
            found = found + self.constant(shift)
        if normalization is not None or step.before is not None:
            return self._function(step, layer, found)
        return layer.activation(found)

    def _affine(self, step: Step, layer: Any, args: Any, kwargs: Any) -> Any:
        """A scale and a shift for each channel: in the file a depthwise convolution of one weight, which is exact."""
        if self.live or step.source is None or not 2 <= len(args[0].shape) <= 4:
            return layer(*args, **kwargs)
        found = _channels(layer, args[0].shape[-1])
        scale = self.constant(lambda: found()[0])
        shift = self.constant(lambda: self._shifted(step, *found()))
        if self.mode != "export":
            return keep_mask(args[0], args[0] * scale + shift)
        return _scaled(args[0], scale, shift)

    def _shifted(self, step: Step, scale: Any, shift: Any) -> Any:
        assert step.source is not None
        return rounded(shift, tf.maximum(tf.abs(scale) / 127.0, 1e-9) * self.scale(step.source))

    def _recurrent(self, step: Step, layer: Any, args: Any, kwargs: Any) -> Any:
        """Weights alone: nothing can stand around the kernel of a whole sequence in a file."""
        values = list(_cell_values(layer, step.bits))
        known = {id(variable) for variable, _ in values}
        others = [variable for variable in layer.variables if id(variable) not in known and not variable.trainable]
        with keras.StatelessScope(values) as scope:
            found = layer(*args, **kwargs)
        for variable in others:  # seeds of dropout, which a stateless scope keeps to itself
            new = scope.get_current_value(variable)
            if new is not None:
                variable.assign(new)
        return found

    def _weights(self, step: Step, layer: Any) -> list[tuple[Any, Any]]:
        found = []
        for name, axes in step.weights.items():
            weight = getattr(layer, name)
            found.append((weight, self.constant(partial(self.weight, step, weight, axes))))
        return found

    def weight(self, step: Step, weight: Any, axes: Sequence[int]) -> Any:
        value = tf.convert_to_tensor(weight)
        return rounded(value, weight_scale(value, axes, step.bits))

    def _bias(self, step: Step, layer: Any, bias: Any, source: int | None, fold: Any = None) -> Any:
        """A bias in steps of the input's scale times the weight's; as it is while ranges move."""
        bias = tf.convert_to_tensor(bias)
        if self.live or source is None:
            return bias
        name, axes = list(step.weights.items())[-1]
        scale = tf.reshape(weight_scale(tf.convert_to_tensor(getattr(layer, name)), axes, step.bits), [-1])
        scale = scale if fold is None else scale * tf.stop_gradient(tf.maximum(tf.abs(fold), 1e-9))
        return rounded(bias, scale * self.scale(source))

    def constant(self, make: Callable[[], Any]) -> Any:
        """A tensor of weights; for the converter a constant, since it reads ranges before variables are such."""
        if self.mode != "export":
            return make()
        with tf.init_scope():
            value = make().numpy()
        return tf.constant(value)

    def bake(self, step: Step, layers: Mapping[str, Any]) -> None:
        """Gives another model's layer the weights as this one rounds them."""
        if step.form in ("recurrent", "unrolled"):
            mine, theirs = self.layers[step.layer], layers[step.layer]
            found = cell_weights(self, step, mine) if step.form == "unrolled" else _cell_values(mine, step.bits)
            values = {id(variable): value for variable, value in found}
            for one, other in zip(mine.variables, theirs.variables, strict=True):
                if id(one) in values:
                    other.assign(values[id(one)])
            return
        if step.form in ("kernel", "folded"):
            name = step.kernel or step.layer
            for weight, axes in step.weights.items():
                getattr(layers[name], weight).assign(self.weight(step, getattr(self.layers[name], weight), axes))


def _cell_values(layer: Any, bits: int) -> Any:
    """The weights of all cells within a layer, rounded: one scale for each gate."""
    for part in parts(layer):
        units = getattr(part, "units", None)
        if units is None:
            continue
        for name in GATES:
            weight = getattr(part, name, None)
            if weight is not None and name in GATES and hasattr(part, "recurrent_kernel"):
                yield weight, by_gate(tf.convert_to_tensor(weight), weight.shape[-1] // units, bits)


def _scaled(value: Any, scale: Any, shift: Any) -> Any:
    """Each channel of up to four axes times a number, and another one added, as one convolution."""
    shape = value.shape
    image = tf.reshape(value, [-1, *[1] * (4 - len(shape)), *shape[1:]]) if len(shape) < 4 else value
    made = tf.nn.depthwise_conv2d(image, tf.reshape(scale, [1, 1, -1, 1]), [1, 1, 1, 1], "VALID") + shift
    return tf.reshape(made, [-1, *shape[1:]]) if len(shape) < 4 else made


def _unchanged(value: Any) -> Any:
    """A value behind an operation that the converter does not take away, which may give it in another range."""
    if not 2 <= len(value.shape) <= 4:
        return value
    channels = value.shape[-1]
    return _scaled(value, tf.ones([channels]), tf.zeros([channels]))


def _gated(run: Pass, value: Any) -> Any:
    """x times its sigmoid, with the sigmoid in steps of its kernel."""
    return value * run.within(tf.sigmoid(value), *(WIDE_UNIT if run.model.plan.wide else PROBABILITY))


def _clipped(run: Pass, value: Any) -> Any:
    """A sixth of x + 3 between 0 and 6: a sum that ends in ReLU6, and a product."""
    return run.within(tf.nn.relu6(value + 3.0), *SIXTH) * (1 / 6)


# Functions of two operations, by the names that they have in an argument `activation`.
COMPOSED: Mapping[str, Callable[[Pass, Any], Any]] = {"silu": _gated, "swish": _gated, "hard_sigmoid": _clipped}


@contextmanager
def _without_function(layer: Any, wanted: bool) -> Any:
    """A layer without the function behind it."""
    before = getattr(layer, "activation", None)
    if wanted:
        layer.activation = keras.activations.linear
    try:
        yield
    finally:
        if wanted:
            layer.activation = before


def _fold(normalization: Any) -> Any:
    """What a BatchNormalization multiplies each channel by at inference."""
    found = tf.math.rsqrt(tf.convert_to_tensor(normalization.moving_variance) + normalization.epsilon)
    return found * tf.convert_to_tensor(normalization.gamma) if normalization.scale else found


def _shift(normalization: Any, bias: Any) -> Any:
    """The bias of a kernel and its BatchNormalization as one."""
    mean = tf.convert_to_tensor(normalization.moving_mean)
    left = -mean if bias is None else tf.convert_to_tensor(bias) - mean
    found = left * _fold(normalization)
    return found + tf.convert_to_tensor(normalization.beta) if normalization.center else found


def _spread(by_channel: Any, weight: Any, axes: Sequence[int]) -> Any:
    """A number for each channel laid along the axes of a weight."""
    rank = len(weight.shape)
    kept = {axis % rank for axis in axes}
    return tf.reshape(by_channel, [size if axis in kept else 1 for axis, size in enumerate(weight.shape)])


def _channels(layer: Any, channels: int) -> Callable[[], tuple[Any, Any]]:
    """Scale and shift of each channel of a BatchNormalization, a Normalization or a Rescaling."""
    if isinstance(layer, keras.layers.BatchNormalization):
        return lambda: (_fold(layer), _shift(layer, None))

    def found() -> tuple[Any, Any]:
        shift = tf.reshape(tf.convert_to_tensor(layer(tf.zeros([1, channels]))), [-1])
        return tf.reshape(tf.convert_to_tensor(layer(tf.ones([1, channels]))), [-1]) - shift, shift

    return found
