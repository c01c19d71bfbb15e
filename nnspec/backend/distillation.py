"""Losses against another network's answers (Hinton, Vinyals and Dean, Distilling the knowledge in a neural network).

Of classes it is the divergence of two distributions whose logits were divided by a temperature T, times T squared, so
that its gradients have the size of those of the true labels whatever T is. It is 0 where both answer the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from nnspec.backend.keras_internals.layers import mask_of
from nnspec.backend.keras_internals.losses import reduced
from nnspec.backend.listening import listen
from nnspec.backend.own_layers.crf import CRF, CRFLoss, log_marginals

LEAST = 1e-30  # of a probability: smaller ones have no logarithm in float32


def logits(values: Any, probabilities: bool) -> Any:
    """Logits up to a number that all classes share, of a softmax's output or of what already is logits."""
    values = ops.cast(values, "float32")
    return ops.log(ops.maximum(values, LEAST)) if probabilities else values


class TaughtClasses(keras.losses.Loss):  # type: ignore[misc]  # Keras is untyped
    """One distribution over the last axis against another: float32, without that axis.

    Args:
        temperature: T.
        taught, given: whether the teacher's answers, and the network's own, are probabilities; else logits.
    """

    def __init__(self, temperature: float, taught: bool, given: bool, reduction: str) -> None:
        super().__init__(name="taught", reduction=reduction, dtype="float32")
        self.temperature, self.taught, self.given = temperature, taught, given

    def call(self, y_true: Any, y_pred: Any) -> Any:
        theirs = ops.log_softmax(logits(y_true, self.taught) / self.temperature, axis=-1)
        ours = ops.log_softmax(logits(y_pred, self.given) / self.temperature, axis=-1)
        return divergence(theirs, ours) * self.temperature**2


class TaughtYesNo(TaughtClasses):
    """The chance of a yes in each value against another: the mean over the last axis, float32."""

    def call(self, y_true: Any, y_pred: Any) -> Any:
        theirs, ours = self._chances(y_true, self.taught), self._chances(y_pred, self.given)
        return ops.mean(divergence(theirs, ours), axis=-1) * self.temperature**2

    def _chances(self, values: Any, probabilities: bool) -> Any:
        """The logarithms of yes and no, in a last axis of their own."""
        yes = logits(values, probabilities)
        if probabilities:
            yes = yes - logits(1.0 - ops.cast(values, "float32"), True)
        return ops.stack([ops.log_sigmoid(yes / self.temperature), ops.log_sigmoid(-yes / self.temperature)], axis=-1)


class TaughtChain(CRFLoss):
    """The chances of each label at each step of whole sequences against another's: a mean over all real steps.

    Args:
        temperature: T; all scores of a chain are divided by it, those of pairs too.
        taught, given: the `CRF` whose scores the answers are; a boolean: they are no chain's, as of `TaughtClasses`.
    """

    def __init__(self, temperature: float, taught: CRF | bool, given: CRF | bool) -> None:
        super().__init__(given if isinstance(given, CRF) else None, name="taught")
        self.temperature, self.taught, self.given = temperature, taught, given

    def by_step(self, y_true: Any, scores: Any, real: Any) -> Any:
        theirs, ours = self._chances(y_true, self.taught, real), self._chances(scores, self.given, real)
        return ops.where(real, divergence(theirs, ours) * self.temperature**2, 0.0)

    def _chances(self, values: Any, source: CRF | bool, real: Any) -> Any:
        if isinstance(source, CRF):
            return log_marginals(source, ops.cast(values, "float32"), real, self.temperature)
        return ops.log_softmax(logits(values, source) / self.temperature, axis=-1)


class TaughtFeatures(keras.losses.Loss):  # type: ignore[misc]  # Keras is untyped
    """The values of a layer against another's, float32 ``[batch]``; padded steps count nothing.

    Args:
        maps: compare the mean of the squares over channels, each map of length 1 (Zagoruyko and Komodakis, Paying more
            attention to attention, 2017), since the channels are others; else the mean squared difference.
    """

    def __init__(self, maps: bool) -> None:
        super().__init__(name="taught_features", reduction="sum_over_batch_size", dtype="float32")
        self.maps = maps

    def call(self, y_true: Any, y_pred: Any) -> Any:
        real = mask_of(y_pred)
        theirs, ours = ops.cast(y_true, "float32"), ops.cast(y_pred, "float32")
        if self.maps:
            return ops.sum(ops.square(_attention(theirs, real) - _attention(ours, real)), axis=-1)
        found = ops.square(theirs - ours)
        if real is None:
            return ops.mean(found, axis=tuple(range(1, found.ndim)))
        found, weights = ops.mean(found, axis=tuple(range(2, found.ndim))), ops.cast(real, "float32")
        return ops.sum(found * weights, axis=-1) / ops.maximum(ops.sum(weights, axis=-1), 1.0)

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Keras would hold the mask, which is of steps, against the losses, which are of examples."""
        return reduced(self.call(y_true, y_pred), sample_weight, self.reduction)


def _attention(values: Any, real: Any) -> Any:
    """A vector of length 1 for each example, float32 ``[batch, places]``."""
    found = ops.mean(ops.square(values), axis=-1)
    if real is not None:
        found = found * ops.reshape(ops.cast(real, "float32"), (*ops.shape(real), *[1] * (found.ndim - 2)))
    return ops.normalize(ops.reshape(found, (ops.shape(found)[0], -1)), axis=-1)


def divergence(theirs: Any, ours: Any) -> Any:
    """Kullback and Leibler's, over the last axis, of logarithms of probabilities."""
    return ops.sum(ops.exp(theirs) * (theirs - ours), axis=-1)


@dataclass(frozen=True)
class Features:
    """Layers that learn the values of another network's.

    Attributes:
        calls: the layers as Keras names them, and which of their calls.
        losses: for each, called with the teacher's values and its own.
        weight: of the sum of the losses.
    """

    calls: tuple[tuple[str, int], ...]
    losses: tuple[TaughtFeatures, ...]
    weight: float


@dataclass
class Kept:
    """The teacher's answers to the examples of a training, computed once, since each epoch has the same.

    Attributes:
        answers: of numbers of examples, int64 [batch], gives what the teacher answers, as it would for their inputs.
        now: those of the step that is being done.
    """

    answers: Callable[[Any], Mapping[str | int, Any]]
    now: Any = None

    def cut(self, batch: Any) -> Any:
        """A batch without its answers, which are those of this step from now on."""
        *data, self.now = batch
        return tuple(data)


def teach(
    model: Any,
    answers: Any,
    losses: dict[str, Any],
    shares: dict[str, float],
    weight: float,
    features: Features | None = None,
    kept: Kept | None = None,
) -> None:
    """Makes each training step learn from a teacher's answers too; what validation measures stays as it is.

    The loss of a step is ``(1 - weight)`` times that of the true targets, plus ``weight`` times the sum of `losses`,
    plus what regularizers and `features` add. Examples and steps weigh the same in both.

    Args:
        model: a compiled model; it may be compiled again.
        answers: of the model's inputs gives the teacher's answer to each output, by name.
        losses: by output, called as Keras's with the teacher's answer in place of the target.
        shares: what each output's loss counts, as ``loss_weights``.
        features: layers within that learn, too; `answers` then gives the teacher's values by their numbers.
        kept: batches end with the teacher's answers, and `answers` is not called.
    """
    of_truth = model.compute_loss
    of_data = model.train_step
    if kept is not None:
        model.train_step = lambda data: of_data(kept.cut(data))
    heard = None if features is None else listen(model, features.calls)

    def compute_loss(
        x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        loss = of_truth(x, y, y_pred, sample_weight, training=training)
        if not training:
            return loss
        penalties = sum((ops.sum(ops.cast(one, loss.dtype)) for one in model.losses), ops.zeros((), loss.dtype))
        penalties = penalties / tf.distribute.get_strategy().num_replicas_in_sync  # whose sum is the loss
        taught, total = answers(x) if kept is None else kept.now, ops.zeros((), "float32")
        for name, one in losses.items():
            given, weights = by_name(y_pred, name), by_name(sample_weight, name)
            total = total + shares[name] * ops.cast(one(taught[name], given, sample_weight=weights), "float32")
        loss = loss + weight * (ops.cast(total, loss.dtype) - (loss - penalties))
        if features is None or heard is None:
            return loss
        within = sum(one(taught[place], heard()[place]) for place, one in enumerate(features.losses))
        return loss + features.weight * ops.cast(within, loss.dtype)

    model.compute_loss = compute_loss


def by_name(values: Any, name: str) -> Any:
    """That of an output: there is one alone, or a mapping by name."""
    return values[name] if isinstance(values, dict) else values
