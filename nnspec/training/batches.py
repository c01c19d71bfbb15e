"""Batches as the model takes them: features to inputs, targets to outputs, class weights, replicas."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import tensorflow as tf

from nnspec.backend.distillation import Kept
from nnspec.data.pipeline import Share, Split
from nnspec.runs.binding import Binding, alone


@dataclass(frozen=True)
class Feed:
    """The data of a training.

    Attributes:
        batch_size: examples a step, over all replicas.
        class_weights: float32 [classes] by output, for the loss of the training part.
        strategy: batches are spread over its replicas; a last smaller batch of an epoch is then left out.
        share: which part of each batch this process takes, where several train together. Each of them measures the
            whole validation part: sums over all of them are then as many times as large, and averages the same.
        kept: what a teacher answers, with which each batch of the training ends.
    """

    train: Split
    held_back: Split | None
    binding: Binding
    batch_size: int
    class_weights: Mapping[str, np.ndarray]
    strategy: Any | None = None
    share: Share | None = None
    kept: Kept | None = None

    @property
    def steps(self) -> int:
        """Batches in an epoch."""
        return self.train.steps(self.batch_size, drop_remainder=self.strategy is not None, epoch=0)

    @property
    def validation_steps(self) -> int:
        return 0 if self.held_back is None else self.held_back.steps(self.batch_size)

    def training(self, epoch: int, skip: int) -> Any:
        """The batches of an epoch without the first ``skip``."""
        batches = self.train.batches(
            self.batch_size,
            epoch=epoch,
            skip=skip,
            drop_remainder=self.strategy is not None,
            augment=True,
            share=self.share,
            numbered=self.kept is not None,
        )
        return self._spread(bound(batches, self.binding, self.class_weights, self.kept))

    def plain(self, batch: Any) -> Any:
        """A batch of the training as Keras takes it, (x, y) or (x, y, weights)."""
        return batch if self.kept is None else self.kept.cut(batch)

    @cached_property
    def validation(self) -> Any | None:
        """The validation part in file order."""
        if self.held_back is None:
            return None
        return self._spread(bound(self.held_back.batches(self.batch_size), self.binding))

    def sample(self) -> Any:
        """One small batch, for its structure, shapes and dtypes."""
        batches = bound(self.train.batches(2), self.binding, self.class_weights)
        return next(iter(batches.take(1)))

    def scope(self) -> AbstractContextManager[Any]:
        return nullcontext() if self.strategy is None else self.strategy.scope()

    def _spread(self, batches: Any) -> Any:
        if self.strategy is None:
            return batches
        if self.share is not None:  # each worker has cut out its own
            return self.strategy.distribute_datasets_from_function(lambda context: batches)
        return self.strategy.experimental_distribute_dataset(batches)


def bound(
    batches: Any, binding: Binding, class_weights: Mapping[str, np.ndarray] | None = None, kept: Kept | None = None
) -> Any:
    """A split's batches as Keras takes them: (x, y), or (x, y, weights) with padding or class weights.

    Where a teacher's answers are kept, batches are numbered, and end with what it answers.
    """

    def bind(features: Any, targets: Any, *rest: Any) -> Any:
        *given, numbers = rest if kept is not None else (*rest, None)
        weights = given[0] if given else None
        batch = [binding.features(features), binding.answers(targets)]
        if weights is not None or class_weights:
            by_output = {}
            for output, name in binding.outputs.items():
                weight = weighted(targets[name], (class_weights or {}).get(output), (weights or {}).get(name))
                by_output[output] = spread(weight, targets[name], output in binding.columns)
            batch.append(alone(by_output))
        return tuple(batch) if kept is None else (*batch, kept.answers(numbers))

    return batches.map(bind)


def weighted(target: Any, by_class: np.ndarray | None, weight: Any) -> Any:
    """The weight of each example or token: its class's, times what it has already (0 on padding).

    An example that shares in several classes weighs the mean of theirs by its shares.
    """
    if by_class is None:
        return tf.ones(tf.shape(target)[:1]) if weight is None else weight
    found = tf.constant(by_class)
    if not target.dtype.is_floating:
        known = (target >= 0) & (target < len(by_class))  # a place of a mask that is no class counts nothing
        found = tf.where(known, tf.gather(found, tf.where(known, target, 0)), 0.0)
    elif target.shape.rank == 1:  # shares of yes, between two classes
        found = found[0] + target * (found[1] - found[0])
    elif target.shape[1:] == (1,):
        found = found[0] + target[:, 0] * (found[1] - found[0])
    else:  # a share of each class, all of one where labels are not mixed
        found = tf.linalg.matvec(target, found)
    return found if weight is None else found * spread(weight, target)


def spread(weight: Any, target: Any, lacks_axis: bool = False) -> Any:
    """Weights of examples, [batch], with an axis of size 1 for each axis that the loss has beyond the batch.

    Without them NumPy's rules would hold the weights of the examples against the last axis of the loss: an error, or
    steps weighed in place of examples where there are as many of the one as of the other. The loss is taken over the
    last axis of values, which a target that ``lacks_axis`` gets only as it is compared.
    """
    rank = len(target.shape) - (1 if target.dtype.is_floating and not lacks_axis else 0)
    if len(weight.shape) != 1 or rank < 2:
        return weight
    return tf.reshape(weight, [-1, *[1] * (rank - 1)])
