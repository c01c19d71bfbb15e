"""Which machines train together, and which of them this process is: from TF_CONFIG or Slurm's variables."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nnspec.runs.errors import TrainingError

PORT = 12345  # of workers that Slurm starts; each task of a machine takes the next
SHAPE = '{"cluster": {"worker": ["host:port", ...]}, "task": {"type": "worker", "index": 0}}'


@dataclass(frozen=True, slots=True)
class Cluster:
    """The addresses of all workers, `host:port`, and the number of this one. Worker 0 is the chief: it alone writes."""

    workers: tuple[str, ...]
    index: int

    @property
    def is_chief(self) -> bool:
        return self.index == 0

    def as_tf_config(self) -> str:
        """What TensorFlow reads from the environment variable TF_CONFIG."""
        return json.dumps({"cluster": {"worker": list(self.workers)}, "task": {"type": "worker", "index": self.index}})


def cluster_of(environment: Mapping[str, str]) -> Cluster | None:
    """The cluster that the environment tells of; None where it tells of none.

    TF_CONFIG goes before Slurm: a job script may set it.

    Raises:
        TrainingError: TF_CONFIG, or what Slurm set, cannot be understood.
    """
    if "TF_CONFIG" in environment:
        return _from_tf_config(environment["TF_CONFIG"])
    if int(environment.get("SLURM_NTASKS", "1") or 1) > 1 and "SLURM_PROCID" in environment:
        return _from_slurm(environment)
    return None


def refuse_mirror(strategy: str, environment: Mapping[str, str]) -> None:
    """Raises TrainingError where several workers would each write to one copy of the run, and fetch it."""
    cluster = cluster_of(environment) if strategy == "multi_worker" else None
    if cluster is not None and len(cluster.workers) > 1:
        raise TrainingError(
            f"a mirror is for one process, and {len(cluster.workers)} workers train here",
            hint="copy the run folder when all have ended, or keep it on a disk that they share",
        )


def _from_tf_config(text: str) -> Cluster:
    try:
        config = json.loads(text)
    except ValueError as error:
        raise TrainingError(f"TF_CONFIG is no JSON: {error}", hint=f"it looks like {SHAPE}") from error
    cluster, task = (config.get(name) if isinstance(config, dict) else None for name in ("cluster", "task"))
    if not isinstance(cluster, dict) or not isinstance(task, dict):
        raise _malformed("it needs `cluster` and `task`")
    others = sorted(set(cluster) - {"worker", "chief"})
    if others:
        raise _malformed(f"the cluster has `{others[0]}`, but there are workers alone, of which the first is the chief")
    workers = [address for kind in ("chief", "worker") for address in cluster.get(kind) or []]
    wrong = next((item for item in workers if not isinstance(item, str) or not re.fullmatch(r".+:\d+", item)), None)
    if not workers or wrong is not None:
        raise _malformed("it names no workers" if not workers else f"the worker {wrong!r} is not `host:port`")
    if len(set(workers)) < len(workers):
        raise _malformed("two workers have one address")
    kind, index = task.get("type", "worker"), task.get("index")
    chiefs = len(cluster.get("chief") or [])
    place = _place(kind, index, chiefs)
    if place is None or not 0 <= place < len(workers):
        raise _malformed(f"the task {kind} {index} is none of its {len(workers)} workers")
    return Cluster(tuple(workers), place)


def _place(kind: Any, index: Any, chiefs: int) -> int | None:
    if not isinstance(index, int) or isinstance(index, bool) or kind not in ("worker", "chief"):
        return None
    return index + (chiefs if kind == "worker" else 0)


def _malformed(why: str) -> TrainingError:
    return TrainingError(f"TF_CONFIG cannot be used: {why}", hint=f"it looks like {SHAPE}")


def _from_slurm(environment: Mapping[str, str]) -> Cluster:
    """One worker a task: the tasks of the first node come first, as Slurm's block distribution has them."""
    nodes = environment.get("SLURM_STEP_NODELIST") or environment.get("SLURM_JOB_NODELIST")
    counts = environment.get("SLURM_STEP_TASKS_PER_NODE") or environment.get("SLURM_TASKS_PER_NODE")
    if not nodes or not counts:
        raise TrainingError("Slurm did not say which nodes there are", hint="start the workers by `srun`")
    hosts, tasks = node_names(nodes), task_counts(counts)
    if len(hosts) != len(tasks):
        raise TrainingError(f"Slurm names {len(hosts)} nodes, and tasks for {len(tasks)}", hint=f"{nodes}; {counts}")
    workers = [f"{host}:{PORT + number}" for host, count in zip(hosts, tasks, strict=True) for number in range(count)]
    index = int(environment["SLURM_PROCID"])
    if index >= len(workers):
        raise TrainingError(f"this is Slurm's task {index}, but its nodes have {len(workers)}")
    return Cluster(tuple(workers), index)


def node_names(text: str) -> list[str]:
    """`gpu[01-03,7],login` as names: gpu01, gpu02, gpu03, gpu7, login."""
    found: list[str] = []
    for prefix, inside, suffix in re.findall(r"([^,\[]+)(?:\[([^\]]*)\])?([^,\[]*),?", text):
        if not inside:
            found.append(prefix + suffix)
        for part in filter(None, inside.split(",")):
            first, _, last = part.partition("-")
            numbers = range(int(first), int(last or first) + 1)
            found += [f"{prefix}{number:0{len(first)}d}{suffix}" for number in numbers]
    return found


def task_counts(text: str) -> list[int]:
    """`2(x3),1` as counts: 2, 2, 2, 1."""
    found: list[int] = []
    for count, times in re.findall(r"(\d+)(?:\(x(\d+)\))?", text):
        found += [int(count)] * int(times or 1)
    return found
