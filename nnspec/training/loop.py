"""The one training loop: Keras's own train step and callbacks, in an order of batches that can be entered anywhere.

What Keras's `fit` does between two steps (an event for every callback, metrics brought to the host) is done here only
for the callbacks that ask for it. Callbacks are called in turn on this thread, so that their state is exact.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import keras
import numpy as np

from nnspec.backend.keras_internals.trainer import DataEnded, build_variables, finalize, next_step
from nnspec.runs.errors import TrainingError
from nnspec.training.batches import Feed
from nnspec.training.state import Position, restore

Logs = dict[str, Any]


class Watch(Protocol):
    """Who looks on: progress, checkpoints, interruptions. Each may end the loop by an exception."""

    def begin(self, position: Position) -> None: ...

    def step(self, position: Position, logs: Mapping[str, Any]) -> None:
        """After each step and its callbacks."""

    def testing(self, position: Position) -> None:
        """Before validation, and after each of its batches."""

    def epoch(self, epoch: int, position: Position, logs: Logs, seconds: float) -> None:
        """After an epoch and its callbacks; ``position`` is at the start of the next."""


@dataclass
class Loop:
    """A training under way.

    Attributes:
        position: what is done so far; true at every call of the watch.
        logs: the metrics of the last epoch done.
        scorer: further metrics of the validation part, after each epoch.
        enter: told of each epoch before it begins; whether it has compiled the model again, for another phase. It may
            also have taken the model's functions away, where the next epoch computes otherwise.
    """

    model: Any
    feed: Feed
    callbacks: Sequence[Any]
    epochs: int
    watch: Watch
    position: Position = field(default_factory=Position)
    logs: Logs = field(default_factory=dict)
    scorer: Callable[[], Logs] | None = None
    enter: Callable[[int], bool] | None = None

    def run(self, checkpoint: dict[str, Any] | None = None) -> None:
        """Trains to the end, from the start or from a captured state.

        Raises:
            TrainingError: the checkpoint does not belong to this training.
        """
        self.chain = keras.callbacks.CallbackList(
            list(self.callbacks), model=self.model, epochs=self.epochs, steps=self.feed.steps
        )
        self._enter(checkpoint["position"]["epoch"] if checkpoint else 0)
        self._build_variables()
        self.model.make_train_function()
        self.chain.on_train_begin()  # callbacks reset themselves: what was saved comes after
        if checkpoint is not None:
            self.position = restore(checkpoint, self.model, self.callbacks)
        self.model.stop_training = self.position.stopped
        self.watch.begin(self.position)
        while self.position.epoch < self.epochs and not self.position.stopped:
            self._epoch()
        finalize(self.model.optimizer, self.model.trainable_weights, self.callbacks)
        self.chain.on_train_end(self.logs)

    def _enter(self, epoch: int) -> bool:
        if self.enter is None:
            return False
        with self.feed.scope():
            return self.enter(epoch)

    def _build_variables(self) -> None:
        """Makes the variables of optimizer and metrics, which Keras otherwise leaves to the first step.

        TensorFlow would trace a step that makes variables twice, and a checkpoint is restored into those that exist.
        """
        with self.feed.scope():
            build_variables(self.model, self.feed.sample())

    def _epoch(self) -> None:
        start, epoch = time.perf_counter(), self.position.epoch
        if not self.position.within_epoch:
            self.model.reset_metrics()
            self.chain.on_epoch_begin(epoch)
        if self.position.logs is None:
            self._steps()
            self.position.logs = plain_logs(self.model.get_metrics_result())
        self.position.stopped = self.model.stop_training
        logs = self.position.logs | self._validate()
        self.chain.on_epoch_end(epoch, logs)
        self.logs = logs
        self.position = Position(epoch + 1, total=self.position.total, stopped=self.model.stop_training)
        self._next_phase()
        self.watch.epoch(epoch, self.position, logs, time.perf_counter() - start)

    def _next_phase(self) -> None:
        """Makes the model what the next epoch needs, whole: the state that is kept now is where a resume continues."""
        if self.position.epoch >= self.epochs or self.enter is None:
            return
        before, stopped = self.model.optimizer, self.model.stop_training
        trained = list(self.model.trainable_weights)
        if self._enter(self.position.epoch):
            finalize(before, trained, self.callbacks)
            self._build_variables()
            self.model.stop_training = stopped
        self.model.make_train_function()  # unless there is one still

    def _steps(self) -> None:
        """The batches of the epoch that are left."""
        before, after = batch_hooks(self.callbacks, "train_batch_begin"), batch_hooks(self.callbacks, "train_batch_end")
        position, watch, train = self.position, self.watch, self.model.train_function
        iterator = iter(self.feed.training(position.epoch, position.step))
        for step in range(position.step, self.feed.steps):
            for hook in before:
                hook(step)
            logs = stepped(train, iterator, step, self.feed.steps)
            if after:
                values = plain_logs(logs)
                for hook in after:
                    hook(step, values)
            position.step += 1
            position.total += 1
            watch.step(position, logs)
            if self.model.stop_training:
                return

    def _validate(self) -> Logs:
        if self.feed.validation is None:
            return {}
        found = test(
            self.model,
            self.feed.validation,
            self.feed.validation_steps,
            self.chain,
            lambda: self.watch.testing(self.position),
        )
        scores = self.scorer() if self.scorer else {}
        return {f"val_{name}": value for name, value in {**found, **scores}.items()}


def test(
    model: Any, batches: Any, steps: int, chain: Any | None = None, look: Callable[[], None] | None = None
) -> Logs:
    """Loss and metrics over batches, by Keras's own test step.

    Args:
        chain: a ``keras.callbacks.CallbackList`` to tell.
        look: called before the first batch and after each; an exception of its ends the test.
    """
    chain = chain or keras.callbacks.CallbackList(model=model)
    before, after = batch_hooks(chain.callbacks, "test_batch_begin"), batch_hooks(chain.callbacks, "test_batch_end")
    model.make_test_function()
    model.reset_metrics()
    chain.on_test_begin()
    found: Logs = {}
    try:
        if look:
            look()
        iterator = iter(batches)
        for step in range(steps):
            for hook in before:
                hook(step)
            logs = stepped(model.test_function, iterator, step, steps)
            if after:
                values = plain_logs(logs)
                for hook in after:
                    hook(step, values)
            if look:
                look()
        found = plain_logs(model.get_metrics_result())
    finally:
        chain.on_test_end(found)  # also when it is interrupted: a callback may have put other weights in place
    return found


def stepped(function: Any, batches: Any, step: int, steps: int) -> Mapping[str, Any]:
    """The metrics after one step more.

    Raises:
        TrainingError: there are fewer batches than were counted.
    """
    try:
        return next_step(function, batches)
    except DataEnded as error:
        message = f"the data ended after {step} of {steps} batches"
        raise TrainingError(message, hint="a file of the data changed since it was first read") from error


def batch_hooks(callbacks: Sequence[Any], event: str) -> list[Callable[..., None]]:
    """The methods ``on_<event>`` of the callbacks that do something there."""
    base = keras.callbacks.Callback
    older = f"on_{event.split('_', 1)[1]}"  # on_batch_end, which on_train_batch_end calls unless it is overridden
    return [
        getattr(callback, f"on_{event}")
        for callback in callbacks
        if getattr(type(callback), f"on_{event}") is not getattr(base, f"on_{event}")
        or (event.startswith("train") and getattr(type(callback), older) is not getattr(base, older))
    ]


def plain_logs(logs: Mapping[str, Any]) -> Logs:
    """Metrics as Python floats; one that is an array becomes a list."""
    return {name: np.asarray(value).tolist() for name, value in logs.items()}
