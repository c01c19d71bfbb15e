from __future__ import annotations

import json
from pathlib import Path

import pytest

import nnspec
from nnspec.runs import mirror
from nnspec.runs.errors import TrainingError
from nnspec.spec_file import SpecFile

pytestmark = [pytest.mark.tf, pytest.mark.long]

SPEC = """\
nnspec: 1
name: tiny
inputs:
  x: [1]
layers:
  - Dense: 1
data:
  source: {Csv: {path: t.csv, target: y}}
  batch_size: 2
train:
  epochs: 2
  loss: MeanSquaredError
  seed: 1
"""


def test_a_training_goes_on_from_the_bucket_to_the_same_bits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fsspec = pytest.importorskip("fsspec", reason="buckets are read by fsspec: pip install nnspec[remote]")
    bucket = fsspec.filesystem("memory", skip_instance_cache=True)
    monkeypatch.setattr(mirror, "system_of", lambda address: bucket)
    address = f"memory://bucket/{tmp_path.name}"
    spec = tmp_path / "tiny.yaml"
    spec.write_text(SPEC)
    (tmp_path / "t.csv").write_text("x,y\n0,1\n1,0\n2,1\n3,0\n4,1\n5,0\n")
    straight = nnspec.train(spec, run=tmp_path / "straight", progress=False)
    half = SpecFile(spec, ("train.epochs=1",))
    nnspec.train(half, run=tmp_path / "here", progress=False, mirror=address)
    rest = nnspec.train(spec, run=tmp_path / "there", progress=False, mirror=address)
    assert rest.resumed_from is not None and rest.resumed_from.is_relative_to(tmp_path / "there")
    assert rest.weights_sha256 == straight.weights_sha256
    found = mirror.fetched_run(address, tmp_path / "fetched")
    assert nnspec.evaluate(spec, run=found, split="train")["metrics"]


def test_several_workers_have_no_mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each would write to the one copy, and take the writes of the others for those of another training."""
    workers = {"cluster": {"worker": ["127.0.0.1:1", "127.0.0.1:2"]}, "task": {"type": "worker", "index": 0}}
    monkeypatch.setenv("TF_CONFIG", json.dumps(workers))
    spec = tmp_path / "tiny.yaml"
    spec.write_text(SPEC + "  strategy: multi_worker\n")
    (tmp_path / "t.csv").write_text("x,y\n0,1\n1,0\n2,1\n3,0\n")
    with pytest.raises(TrainingError, match="a mirror is for one process, and 2 workers train here"):
        nnspec.train(spec, run=tmp_path / "run", progress=False, mirror="memory://bucket/run")
    assert not (tmp_path / "run").exists()
