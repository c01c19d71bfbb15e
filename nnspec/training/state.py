"""All that decides how a training goes on, as plain values and arrays: variables, callbacks, and the place in it.

Keras's own formats leave out the state of the seed generators, so that Dropout would differ after a resume.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from nnspec.backend.keras_internals.trainer import callback_state, restore_callback
from nnspec.runs.errors import TrainingError
from nnspec.training.distributed.replicas import read, write


@dataclass
class Position:
    """Where a training stands.

    Attributes:
        epoch: the epoch that is under way, from 0.
        step: the batches of it that are done.
        total: all steps done since the start.
        logs: the epoch's training metrics once all its batches are done and validation is still to come.
        stopped: a callback has ended the training.
    """

    epoch: int = 0
    step: int = 0
    total: int = 0
    logs: dict[str, float] | None = None
    stopped: bool = False

    @property
    def within_epoch(self) -> bool:
        return self.step > 0 or self.logs is not None


def variables(model: Any) -> list[Any]:
    """Every variable that training reads or writes, each once: weights, seed generators, optimizer, metrics."""
    found = [*model.variables, *model.optimizer.variables, *model.metrics_variables]
    return list({id(variable): variable for variable in found}.values())


def identity(variable: Any) -> str:
    """What a variable is called, in any process, with its shape and dtype.

    Keras numbers the names that it makes up itself by how many there have been in the process; these are left out.
    """
    return unnumbered(f"{variable.path} {list(variable.shape)} {variable.dtype}")


def unnumbered(text: str) -> str:
    """``lstm_1/cell`` and ``forward_lstm_1_cell`` without their numbers."""
    return re.sub(r"_[0-9]+(?=[/_ ])", "", text)


def capture(model: Any, callbacks: Sequence[Any], position: Position) -> dict[str, Any]:
    """Copies the state; training may go on at once."""
    found = variables(model)
    return {
        "position": asdict(position),
        "variables": [identity(variable) for variable in found],
        "values": read(found, model.distribute_strategy),
        "callbacks": [[type(callback).__name__, *callback_state(callback)] for callback in callbacks],
    }


def restore(tree: dict[str, Any], model: Any, callbacks: Sequence[Any]) -> Position:
    """Puts a captured state back into a model whose variables are all built, and into its callbacks.

    Raises:
        TrainingError: the checkpoint belongs to another network, optimizer or list of callbacks.
    """
    if not {"position", "variables", "values", "callbacks"} <= set(tree):
        raise TrainingError("the checkpoint was written by another version of nnspec", hint="start a new run: --fresh")
    found = variables(model)
    if [identity(variable) for variable in found] != [unnumbered(name) for name in tree["variables"]]:
        raise TrainingError("the checkpoint belongs to another network or optimizer", hint="start a new run")
    if [type(callback).__name__ for callback in callbacks] != [name for name, *_ in tree["callbacks"]]:
        raise TrainingError("the checkpoint belongs to other callbacks", hint="start a new run")
    write(found, tree["values"], model.distribute_strategy)
    for callback, (_, values, operations) in zip(callbacks, tree["callbacks"], strict=True):
        restore_callback(callback, values, operations)
    return Position(**tree["position"])


def weights_sha256(model: Any) -> str:
    """SHA-256 of all weights' bytes in Keras's order: equal only for networks equal to the bit."""
    digest = hashlib.sha256()
    for weight in model.weights:
        digest.update(np.asarray(weight.numpy()).tobytes())
    return digest.hexdigest()
