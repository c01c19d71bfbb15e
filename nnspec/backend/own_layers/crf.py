"""A linear-chain conditional random field: labels of a sequence chosen together, not each for itself.

Lafferty, McCallum and Pereira, Conditional random fields, ICML 2001; over a recurrent network Huang, Xu and Yu,
Bidirectional LSTM-CRF models for sequence tagging, 2015, and Lample et al., 2016. A sequence y has the score

    s(y) = start[y_1] + sum_t e_t[y_t] + sum_t A[y_{t-1}, y_t] + end[y_T],    p(y) = exp s(y) / sum_y' exp s(y')

Three parts: `CRF` makes the scores e of each label at each step and keeps A, start and end; `CRFLoss` is the negative
log-likelihood; `ViterbiDecoder` finds the likeliest sequence. All of it runs in float32, whatever the policy.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf
from keras import ops

from nnspec.backend.keras_internals.layers import mask_of
from nnspec.backend.keras_internals.losses import reduced
from nnspec.backend.keras_internals.recurrent import masks_passing

IMPOSSIBLE = -1e4  # a score that no sequence gets over; far within float32
WORST = -100.0  # the lowest that the decoder tells of: what is impossible need not be known more exactly


@keras.saving.register_keras_serializable(package="nnspec")
class CRF(keras.layers.Layer):  # type: ignore[misc]
    """Scores of each label at each step, with the weights that score pairs of neighbours.

    Input ``[batch, steps, features]`` and optionally its mask ``[batch, steps]``, output ``[batch, steps, units]`` in
    float32: the label's scores e, not probabilities. Padding may stand in front or behind. Weights: ``kernel``
    ``[features, units]``, ``bias``, ``start`` and ``end`` ``[units]``, ``transitions`` A ``[units, units]``.

    Args:
        units: how many labels there are.
        kernel_initializer, kernel_regularizer, transition_initializer: as elsewhere in Keras; the last one is A's.
        kwargs: those of ``keras.layers.Layer``.

    Raises:
        ValueError: ``units`` below 1.
    """

    def __init__(
        self,
        units: int,
        kernel_initializer: Any = "glorot_uniform",
        kernel_regularizer: Any = None,
        transition_initializer: Any = "zeros",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if units < 1:
            raise ValueError(f"units is a positive whole number, not {units}")
        self.units = units
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        self.transition_initializer = keras.initializers.get(transition_initializer)
        self.supports_masking = True
        self.input_spec = keras.layers.InputSpec(ndim=3)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        def weight(name: str, shape: tuple[Any, ...], initializer: Any, regularizer: Any = None) -> Any:
            return self.add_weight(name=name, shape=shape, initializer=initializer, regularizer=regularizer)

        units = self.units
        self.kernel = weight("kernel", (input_shape[-1], units), self.kernel_initializer, self.kernel_regularizer)
        self.bias = weight("bias", (units,), "zeros")
        self.transitions = weight("transitions", (units, units), self.transition_initializer)
        self.start = weight("start", (units,), "zeros")
        self.end = weight("end", (units,), "zeros")

    def call(self, inputs: Any) -> Any:
        return ops.cast(ops.matmul(inputs, self.kernel), "float32") + ops.cast(self.bias, "float32")

    def compute_output_spec(self, inputs: Any) -> Any:
        return keras.KerasTensor((*inputs.shape[:-1], self.units), dtype="float32")

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "units": self.units,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer),
            "transition_initializer": keras.initializers.serialize(self.transition_initializer),
        }


@keras.saving.register_keras_serializable(package="nnspec")
class CRFLoss(keras.losses.Loss):  # type: ignore[misc]
    """The negative log-likelihood of whole sequences, in nats for each real step: a mean over all of them.

    By the chain rule ``-log p(y) = -sum_t log p(y_t | y_{t-1})``, and each factor is a softmax over the scores that the
    steps to the right, summed out, leave to each label. So there is a loss for each step, ``[batch, steps]``; weights
    and masks of steps work as in any other loss, and with weights of 1 their sum is that of the sequence.

    Args:
        layer: the `CRF` whose output is trained.

    Raises:
        ValueError: when it is called without a layer.
    """

    def __init__(self, layer: CRF | None = None, name: str = "crf_loss") -> None:
        super().__init__(name=name, reduction="mean_with_sample_weight", dtype="float32")
        self.layer = layer

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The mean loss of a batch.

        Args:
            y_true: labels ``[batch, steps]``, or one-hot ``[batch, steps, units]``.
            y_pred: the layer's output.
            sample_weight: ``[batch, steps]`` or ``[batch]``; 0 is padding. Without it the tensor's own mask counts.
        """
        real = mask_of(y_pred)
        y_pred = ops.cast(ops.convert_to_tensor(y_pred), "float32")
        weight = ops.ones(ops.shape(y_pred)[:2], "float32")
        if sample_weight is not None:
            given = ops.cast(ops.convert_to_tensor(sample_weight), "float32")
            weight = weight * (given if len(given.shape) == 2 else ops.expand_dims(given, -1))
        real = ops.not_equal(weight, 0) if real is None else ops.logical_and(real, ops.not_equal(weight, 0))
        weight = ops.where(real, weight, 0.0)
        losses = self.by_step(ops.convert_to_tensor(y_true), y_pred, real) * weight
        return reduced(losses, weight, self.reduction)  # which knows of replicas

    def by_step(self, y_true: Any, scores: Any, real: Any) -> Any:
        """``-log p(y_t | y_{t-1})`` for each step ``[batch, steps]``, 0 where it is not real."""
        if self.layer is None:
            raise ValueError("the loss of a CRF needs its layer: loss.layer = model.get_layer(...)")
        labels = ops.cast(ops.argmax(y_true, -1) if len(y_true.shape) == 3 else y_true, "int32")
        units = self.layer.units
        ahead = messages(scores, real, self.layer.transitions, self.layer.end)
        known = ops.logical_and(real, _shifted(real))  # the step before is real as well
        before = ops.matmul(ops.one_hot(_shifted(labels), units), ops.cast(self.layer.transitions, "float32"))
        before = ops.where(ops.expand_dims(known, -1), before, ops.cast(self.layer.start, "float32"))
        chances = ops.log_softmax(before + scores + ahead, axis=-1)
        return ops.where(real, -ops.sum(chances * ops.one_hot(labels, units), -1), 0.0)

    def get_config(self) -> dict[str, Any]:
        """Without the layer: a loaded model's loss is given its own by ``loss.layer = model.get_layer(...)``."""
        return {"name": self.name}


def messages(scores: Any, real: Any, transitions: Any, end: Any) -> Any:
    """What the steps to the right of each step add to each of its labels: the backward messages.

    Args:
        scores: of labels, float32 ``[batch, steps, units]``.
        real: which steps are no padding, booleans ``[batch, steps]``.
        transitions, end: as of a `CRF`, ``[units, units]`` and ``[units]``.

    Returns:
        float32 ``[batch, steps, units]``.
    """
    transitions, end = ops.cast(transitions, "float32"), ops.cast(end, "float32")
    last = ops.broadcast_to(ops.expand_dims(end, 0), ops.shape(scores[:, 0]))

    def step(message: Any, here: tuple[Any, Any]) -> Any:
        score, counts = here
        onward = ops.logsumexp(ops.expand_dims(transitions, 0) + ops.expand_dims(score + message, 1), axis=2)
        return ops.where(ops.expand_dims(counts, -1), onward, message)

    # Not keras.ops.scan, which cannot walk a sequence whose length only a batch tells.
    found = tf.scan(step, (ops.transpose(scores, (1, 0, 2)), ops.transpose(real)), last, reverse=True)
    return ops.transpose(ops.concatenate([found[1:], ops.expand_dims(last, 0)], axis=0), (1, 0, 2))


def log_marginals(layer: CRF, scores: Any, real: Any, temperature: float = 1.0) -> Any:
    """The logarithm of the chance of each label at each step, summed over all sequences, ``[batch, steps, units]``.

    Args:
        temperature: all scores, those of pairs too, are divided by it first.
    """
    scores = scores / temperature
    transitions, start, end = (
        ops.cast(weight, "float32") / temperature for weight in (layer.transitions, layer.start, layer.end)
    )
    behind = messages(ops.flip(scores, 1), ops.flip(real, 1), ops.transpose(transitions), start)
    return ops.log_softmax(scores + messages(scores, real, transitions, end) + ops.flip(behind, 1), axis=-1)


@keras.saving.register_keras_serializable(package="nnspec")
class ChainCell(keras.layers.Layer):  # type: ignore[misc]
    """One step of max-product along a chain, for `keras.layers.RNN`: the best score of all that was read so far.

    Its state has a place more than there are labels: where the chain begins. A table ``[labels + 1, labels]`` scores
    what follows what; its last row is that of the beginning.
    """

    def __init__(self, labels: int, inclusive: bool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.labels, self.inclusive = labels, inclusive
        self.state_size, self.output_size = labels + 1, labels

    def build(self, input_shape: Any) -> None:
        self.table = self.add_weight(
            name="table", shape=(self.labels + 1, self.labels), initializer="zeros", trainable=False
        )

    def call(self, inputs: Any, states: Any) -> tuple[Any, list[Any]]:
        best = ops.max(ops.expand_dims(states[0], 2) + ops.expand_dims(self.table, 0), axis=1)
        onward = best + inputs
        # Only differences count; near zero they stay exact in texts of any length.
        onward = onward - ops.max(onward, axis=-1, keepdims=True)
        outside = ops.full_like(onward[:, :1], IMPOSSIBLE)
        return (onward if self.inclusive else best), [ops.concatenate([onward, outside], axis=-1)]

    def get_initial_state(self, batch_size: Any = None) -> list[Any]:
        nothing = ops.full((batch_size, self.labels), IMPOSSIBLE, "float32")
        return [ops.concatenate([nothing, ops.zeros((batch_size, 1), "float32")], axis=-1)]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "labels": self.labels, "inclusive": self.inclusive}


@keras.saving.register_keras_serializable(package="nnspec")
class ViterbiDecoder(keras.layers.Layer):  # type: ignore[misc]
    """The likeliest sequence, as the largest value at each step.

    Input: a `CRF`'s scores ``[batch, steps, units]`` and its mask. Output ``[batch, steps, units]``: for each label the
    score of the best whole sequence that has it there, less that of the best of all (max-marginals), -100 at least.
    Its ``argmax`` is the sequence that Viterbi's algorithm finds (IEEE Transactions on Information Theory 13, 1967); on
    real steps the largest value is 0. Two passes of max-product, one from each end: it exports as recurrent layers do.
    """

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(dtype="float32", **{name: value for name, value in kwargs.items() if name != "dtype"})
        self.units = units
        with masks_passing():
            self.onward = keras.layers.RNN(
                ChainCell(units, True, dtype="float32"), return_sequences=True, dtype="float32"
            )
            self.back = keras.layers.RNN(
                ChainCell(units, False, dtype="float32"), return_sequences=True, go_backwards=True, dtype="float32"
            )
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        self.onward.build(input_shape)
        self.back.build(input_shape)

    def take(self, layer: CRF, allowed: Any = None) -> None:
        """Takes the weights of a `CRF`.

        Args:
            allowed: booleans ``[units + 1, units + 1]``, whether a label (row) may be followed by another (column); the
                last row is the beginning of a sequence and the last column its end.
        """
        import numpy as np

        transitions, start, end = (
            np.asarray(weight, np.float32) for weight in (layer.transitions, layer.start, layer.end)
        )
        penalty = np.zeros((self.units + 1, self.units + 1), np.float32)
        if allowed is not None:
            penalty[~np.asarray(allowed)] = IMPOSSIBLE / 10  # below anything that scores of labels come to
        self.onward.cell.table.assign(np.vstack([transitions, start]) + penalty[:, :-1])
        self.back.cell.table.assign(
            np.vstack([transitions.T, end]) + np.vstack([penalty[:-1, :-1].T, penalty[:-1, -1]])
        )

    def call(self, inputs: Any, mask: Any = None) -> Any:
        total = self.onward(inputs, mask=mask) + ops.flip(self.back(inputs, mask=mask), axis=1)
        return ops.maximum(total - ops.max(total, axis=-1, keepdims=True), WORST)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "units": self.units}


def _shifted(values: Any) -> Any:
    """Each step's value at the step after it; the first step has zeros."""
    return ops.concatenate([ops.zeros_like(values[:, :1]), values[:, :-1]], axis=1)
