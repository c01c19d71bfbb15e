"""The values of variables under a strategy. Of a sum, each replica keeps its own part: metrics are such sums.

Adding the parts up and sharing the sum out again would lose the last bits of what training reports after a resume.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import tensorflow as tf

from nnspec.runs.errors import TrainingError


def read(variables: Sequence[Any], strategy: Any) -> list[np.ndarray]:
    """The value of each variable; of one that replicas keep apart, a row for each replica of all processes."""
    apart = [variable for variable in variables if kept_apart(variable, strategy)]
    rows = dict(zip(map(id, apart), _rows(apart, strategy) if apart else (), strict=True))
    return [rows[id(variable)] if id(variable) in rows else variable.numpy() for variable in variables]


def write(variables: Sequence[Any], values: Sequence[np.ndarray], strategy: Any) -> None:
    """Puts back what ``read`` has given.

    Raises:
        TrainingError: it was read with another number of replicas.
    """
    replicas = strategy.num_replicas_in_sync
    apart = []
    for variable, value in zip(variables, values, strict=True):
        if not kept_apart(variable, strategy):
            variable.assign(value)
            continue
        apart.append((variable, tf.constant(value)))
        if len(value) != replicas:
            message = f"the checkpoint was written with {len(value)} devices, and here are {replicas}"
            raise TrainingError(message, hint="resume with as many, or begin a new run: --fresh")
    if apart:

        def assign() -> None:
            number = tf.distribute.get_replica_context().replica_id_in_sync_group
            for variable, rows in apart:
                variable.assign(rows[number])

        tf.function(lambda: strategy.run(assign))()


def kept_apart(variable: Any, strategy: Any) -> bool:
    """Whether each replica has a value of its own."""
    return bool(strategy.num_replicas_in_sync > 1 and variable.synchronization == "on_read")


def _rows(variables: Sequence[Any], strategy: Any) -> list[np.ndarray]:
    read_all = _reader(tuple(variable.value.ref() for variable in variables), strategy)
    return [rows.numpy() for rows in read_all()]


@lru_cache(maxsize=2)
def _reader(references: Sequence[Any], strategy: Any) -> Any:
    """A function that reads variables by adding up rows of which each replica fills its own: zeros lose no bit.

    Kept, as tracing it takes longer than reading.
    """
    replicas = strategy.num_replicas_in_sync

    def own() -> list[Any]:
        context = tf.distribute.get_replica_context()
        here = tf.equal(tf.range(replicas), context.replica_id_in_sync_group)
        rows = []
        for reference in references:
            value = tf.convert_to_tensor(reference.deref())[None]
            mine = tf.reshape(here, [replicas] + [1] * (value.shape.rank - 1))
            rows.append(tf.where(mine, value, tf.zeros_like(value)))
        found: list[Any] = context.all_reduce(tf.distribute.ReduceOp.SUM, rows)
        return found

    def everywhere() -> list[Any]:
        return [strategy.experimental_local_results(rows)[0] for rows in strategy.run(own)]

    return tf.function(everywhere)
