"""Who trains together: TF_CONFIG and Slurm's variables, whole and malformed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nnspec.runs.errors import TrainingError
from nnspec.training.distributed.cluster import Cluster, cluster_of, node_names, task_counts


def config(workers: Any = ("a:1", "b:2"), kind: str = "worker", index: Any = 0, **more: Any) -> dict[str, str]:
    return {
        "TF_CONFIG": json.dumps({"cluster": {"worker": list(workers), **more}, "task": {"type": kind, "index": index}})
    }


def test_nothing_is_told() -> None:
    assert cluster_of({}) is None
    assert cluster_of({"SLURM_NTASKS": "1", "SLURM_PROCID": "0"}) is None


def test_tf_config() -> None:
    found = cluster_of(config(index=1))
    assert found == Cluster(("a:1", "b:2"), 1)
    assert not found.is_chief
    assert json.loads(found.as_tf_config())["task"] == {"type": "worker", "index": 1}
    assert cluster_of({"TF_CONFIG": found.as_tf_config()}) == found


def test_a_chief_of_its_own_is_the_first_worker() -> None:
    assert cluster_of(config(kind="chief", chief=["c:0"])) == Cluster(("c:0", "a:1", "b:2"), 0)
    assert cluster_of(config(index=1, chief=["c:0"])) == Cluster(("c:0", "a:1", "b:2"), 2)


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"TF_CONFIG": "{"}, "is no JSON"),
        ({"TF_CONFIG": "[]"}, "needs `cluster` and `task`"),
        ({"TF_CONFIG": '{"cluster": {}, "task": {"index": 0}}'}, "names no workers"),
        (config(workers=["a"]), "'a' is not `host:port`"),
        (config(workers=["a:1", "a:1"]), "two workers have one address"),
        (config(index=2), "worker 2 is none of its 2 workers"),
        (config(index=True), "worker True is none"),
        (config(kind="evaluator"), "evaluator 0 is none"),
        (config(ps=["p:1"]), "the cluster has `ps`"),
    ],
)
def test_malformed(environment: dict[str, str], says: str) -> None:
    with pytest.raises(TrainingError, match=says) as caught:
        cluster_of(environment)
    assert '{"cluster"' in str(caught.value.hint)


SLURM = {
    "SLURM_NTASKS": "3",
    "SLURM_PROCID": "2",
    "SLURM_STEP_NODELIST": "gpu[07-08]",
    "SLURM_STEP_TASKS_PER_NODE": "2,1",
}


def test_slurm() -> None:
    assert cluster_of(SLURM) == Cluster(("gpu07:12345", "gpu07:12346", "gpu08:12345"), 2)
    assert cluster_of({**SLURM, **config()}) == Cluster(("a:1", "b:2"), 0)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"SLURM_STEP_NODELIST": ""}, "did not say which nodes"),
        ({"SLURM_STEP_TASKS_PER_NODE": "3"}, "names 2 nodes, and tasks for 1"),
        ({"SLURM_PROCID": "5"}, "task 5, but its nodes have 3"),
    ],
)
def test_slurm_that_does_not_add_up(changes: dict[str, str], says: str) -> None:
    with pytest.raises(TrainingError, match=says):
        cluster_of({**SLURM, **changes})


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a", ["a"]),
        ("a,b-1", ["a", "b-1"]),
        ("n[1-3,7]", ["n1", "n2", "n3", "n7"]),
        ("gpu[009-011].cluster,login", ["gpu009.cluster", "gpu010.cluster", "gpu011.cluster", "login"]),
        ("x[1,2],y[03]", ["x1", "x2", "y03"]),
    ],
)
def test_names_of_nodes(text: str, names: list[str]) -> None:
    assert node_names(text) == names


def test_counts_of_tasks() -> None:
    assert task_counts("2(x3),1") == [2, 2, 2, 1]
    assert task_counts("4") == [4]
