"""What several processes that train one model must agree on, and what each of them does that one alone need not.

MultiWorkerMirroredStrategy adds up gradients over all workers at every step, so all must do the same steps in the same
order. Keras 3's own `fit` fails under it (keras#20585); our loop needs its step alone, with metrics of rank 1.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from nnspec.backend.keras_internals.trainer import wrap_steps
from nnspec.data.dataset import Dataset
from nnspec.frontend.spec import Spec
from nnspec.runs.errors import TrainingError, WorkerGone
from nnspec.runs.record import decisive, environment
from nnspec.runs.resuming import RunLease
from nnspec.runs.run_folder import RunFolder
from nnspec.training.distributed.cluster import Cluster, cluster_of
from nnspec.training.distributed.supervisor import HEARTBEAT

# Steps between checkpoints where the spec does not say: reading metrics is a common act, so no clock can time it.
CHECKPOINT_STEPS = 200
TEXT_BYTES = 4096


def is_multi_worker(strategy: Any) -> bool:
    return isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy)


@dataclass(frozen=True, slots=True)
class Team:
    """The workers of a training, seen from one of them."""

    strategy: Any
    cluster: Cluster

    @property
    def is_chief(self) -> bool:
        return self.cluster.is_chief

    def gather(self, text: str) -> list[str]:
        """A text of every worker, in their order. All workers must call it.

        Raises:
            TrainingError: it is longer than 4,096 bytes, or a worker is gone.
        """
        content = text.encode()
        if len(content) > TEXT_BYTES:
            raise TrainingError(f"{len(content):,} bytes are too many to tell the other workers")
        padded = np.frombuffer(content.ljust(TEXT_BYTES, b"\0"), np.uint8).astype(np.int32)
        try:
            rows = self.strategy.gather(tf.constant(padded[np.newaxis]), axis=0).numpy()
        except tf.errors.OpError as error:
            raise gone(error) from error
        return [bytes(row.astype(np.uint8)).rstrip(b"\0").decode() for row in rows]

    def agree(self, facts: Mapping[str, Any]) -> None:
        """Raises TrainingError, in every worker, where one has other facts than the chief: who, and which."""
        texts = {name: json.dumps(value, sort_keys=True, default=str) for name, value in facts.items()}
        plain = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in texts.items()}
        told = [json.loads(text) for text in self.gather(json.dumps(plain))]
        for index, other in enumerate(told):
            wrong = [name for name in plain if other.get(name) != told[0].get(name)]
            if wrong:
                raise TrainingError(
                    f"worker {index} ({self.cluster.workers[index]}) has another {' and another '.join(wrong)} than "
                    "the chief",
                    hint="all workers need the same spec, data, versions and run folder",
                )


def team_of(strategy: Any | None) -> Team | None:
    """The team of a strategy over several processes; None for one process."""
    cluster = cluster_of(os.environ) if is_multi_worker(strategy) else None
    return None if cluster is None else Team(strategy, cluster)


def together(team: Team, lease: RunLease | None, spec: Spec, dataset: Dataset, stack: ExitStack) -> RunLease:
    """The lease of this worker, once all agree on what they train: the chief's own, or one that follows it.

    A worker that is not the chief writes into a folder of its own that goes at the end, and reads the chief's
    checkpoints.

    Args:
        lease: the chief's; None in any other worker.

    Raises:
        TrainingError: a worker has another spec, other versions or data, or does not see the chief's run folder.
    """
    told = "{}"
    if lease is not None:
        place = {"folder": str(lease.folder.path.resolve()), "resumed": lease.resumed}
        told = json.dumps({**place, "changes": dict(lease.changes)})
    chief = json.loads(team.gather(told)[0])
    folder = RunFolder(Path(chief["folder"]))
    team.agree(
        {
            "spec": decisive(spec),
            "version of nnspec, TensorFlow, Keras or NumPy": environment()["versions"],
            "data set": dataset.fingerprint(),
            "view of the run folder": folder.path.is_dir(),
        }
    )
    if lease is not None:
        return lease
    own = stack.enter_context(tempfile.TemporaryDirectory(prefix=f"nnspec-worker-{team.cluster.index}-"))
    changes = {path: (before, after) for path, (before, after) in chief["changes"].items()}
    return RunLease(RunFolder(Path(own)), chief["resumed"], changes, folder.checkpoints)


def adapt(model: Any) -> None:
    """Makes the steps of a compiled model give metrics of rank 1, which Keras averages over workers."""
    wrap_steps(model, _of_rank_one)


def _of_rank_one(step: Any) -> Any:
    def of_rank_one(data: Any) -> dict[str, Any]:
        return {name: tf.reshape(value, [1]) for name, value in step(data).items()}

    return of_rank_one


def gone(error: Exception) -> WorkerGone:
    """What a worker says whose peers are gone."""
    gist = str(error).splitlines()[0][:200]
    return WorkerGone(
        f"another worker is gone, and none can continue without it: {gist}",
        hint="start all workers again: they go on from the last checkpoint; `nnspec launch` does so by itself",
    )


def heartbeat() -> None:
    """Tells the supervisor, if there is one, that this process goes on."""
    path = os.environ.get(HEARTBEAT)
    if path:
        Path(path).touch()
