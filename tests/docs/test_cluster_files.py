"""The files for clusters: valid for the programs that read them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from nnspec.training.distributed.cluster import Cluster, cluster_of

FOLDER = Path(__file__).parents[2] / "docs" / "cluster"


def test_kubernetes_takes_the_job() -> None:
    validate = pytest.importorskip("kubernetes_validate")
    documents = list(yaml.safe_load_all((FOLDER / "kubernetes.yaml").read_text()))
    assert [document["kind"] for document in documents] == ["Service", "Job"]
    for document in documents:
        validate.validate(document, "1.29", strict=True)
    job = documents[1]["spec"]
    assert job["completions"] == job["parallelism"] == 2
    assert documents[0]["spec"]["selector"] == job["template"]["metadata"]["labels"]


def test_the_jobs_pods_know_each_other() -> None:
    _, job = yaml.safe_load_all((FOLDER / "kubernetes.yaml").read_text())
    (script,) = job["spec"]["template"]["spec"]["containers"][0]["args"]
    lines = script.replace("exec nnspec", "true nnspec") + '\nprintf %s "$TF_CONFIG"'
    done = subprocess.run(
        ["/bin/sh", "-c", lines], capture_output=True, text=True, env={"JOB_COMPLETION_INDEX": "1"}, check=True
    )
    assert cluster_of({"TF_CONFIG": done.stdout}) == Cluster(
        ("training-0.workers:12345", "training-1.workers:12345"), 1
    )
    assert json.loads(done.stdout)["task"]["index"] == 1


def test_the_shell_takes_the_script() -> None:
    subprocess.run(["bash", "-n", FOLDER / "slurm.sh"], check=True)
    shellcheck = shutil.which("shellcheck") or shutil.which("shellcheck", path=str(Path(sys.executable).parent))
    if shellcheck is None:
        pytest.skip("no shellcheck on this machine")
    done = subprocess.run([shellcheck, FOLDER / "slurm.sh"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_script_begins_anew(tmp_path: Path) -> None:
    """Its `srun` fails twice, as it does where a worker is lost."""
    (tmp_path / "srun").write_text('#!/bin/sh\necho x >> "$0.calls"\ntest $(wc -l < "$0.calls") -ge 3\n')
    (tmp_path / "srun").chmod(0o755)
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "SLURM_SUBMIT_DIR": str(tmp_path)}
    done = subprocess.run(["bash", FOLDER / "slurm.sh"], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert done.stdout.splitlines() == ["attempt 1", "attempt 2", "attempt 3"]
