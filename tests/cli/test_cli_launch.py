"""`nnspec launch`: what several workers cannot have is said before any of them is started."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

SPEC = """\
nnspec: 1
name: together
inputs: {x: [4]}
layers: [Dense: 1]
data: {source: {Arrays: {path: a.npz}}, batch_size: 32}
train:
  loss: MeanSquaredError
"""


@pytest.mark.parametrize(
    ("settings", "workers", "says"),
    [
        ("train.checkpoint_every=5min", "2", "workers cannot agree on a time"),
        ("data.batch_size=33", "2", "a batch of 33 cannot be shared out evenly among 2 devices"),
        ("train.debug=true", "2", "`debug` goes back to a step on one device alone"),
        ("data.tokens_per_batch=100", "4", "cannot be shared out evenly"),
    ],
)
def test_what_workers_cannot_have(settings: str, workers: str, says: str, nnspec: Any, tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(SPEC)
    ran = nnspec("launch", str(path), "--workers", workers, "--run", str(tmp_path / "run"), "--set", settings)
    assert ran.code == 3 and says in ran.err and "started" not in ran.err
    assert not (tmp_path / "run").exists()
