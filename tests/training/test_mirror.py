"""The copy of a run in a bucket: whole at every moment, and the same run where it is fetched."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from nnspec.runs import mirror
from nnspec.runs.errors import TrainingError
from nnspec.runs.mirror import Mirror, fetched_run, mirrored

ADDRESS = "s3://bucket/runs/one"


class Bucket:
    """A store of objects; `faults` are what the next writes raise, None for one that works."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.faults: list[Exception | None] = []
        self.writes: list[str] = []

    def put(self, name: str, content: bytes) -> None:
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None:
            raise fault
        self.writes.append(name)
        self.objects[name] = content

    def put_file(self, path: str, name: str) -> None:
        self.put(name, Path(path).read_bytes())

    def pipe_file(self, name: str, content: bytes) -> None:
        self.put(name, content)

    def cat_file(self, name: str, start: int, end: int) -> bytes:
        if name not in self.objects:
            raise FileNotFoundError(name)
        return self.objects[name][start:end]

    def open(self, name: str, how: str) -> Any:
        import io

        return io.BytesIO(self.cat_file(name, 0, 1 << 30))

    def rm_file(self, name: str) -> None:
        del self.objects[name]


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Bucket:
    found = Bucket()
    monkeypatch.setattr(mirror, "system_of", lambda address: found)
    return found


def run_at(folder: Path, step: int, spec: str = "name: a\n") -> Path:
    shutil.rmtree(folder / "checkpoints", ignore_errors=True)
    (folder / "checkpoints").mkdir(parents=True)
    (folder / "spec.yaml").write_text(spec)
    (folder / "record.json").write_text(json.dumps({"steps": step}))
    (folder / "checkpoints" / f"step-{step}.ckpt").write_bytes(bytes(step))
    (folder / ".lock").write_text("")
    return folder


def content(folder: Path) -> dict[str, bytes]:
    return {name: path.read_bytes() for name, path in mirror.files_of(folder)}


def test_a_run_comes_back_as_it_was(tmp_path: Path, bucket: Bucket) -> None:
    run = run_at(tmp_path / "run", 3)
    with mirrored(ADDRESS, run, print):
        run_at(run, 5)
    there = tmp_path / "elsewhere"
    said: list[str] = []
    with mirrored(ADDRESS, there, said.append):
        assert content(there) == content(run)
        run_at(there, 8)
    assert said == [f"{there} is fetched from {ADDRESS}"]
    assert content(fetched_run(ADDRESS, tmp_path / "third")) == content(there)
    kept = json.loads(bucket.objects[f"{ADDRESS}/run.json"])["files"]
    assert "checkpoints/step-8.ckpt" in kept and ".lock" not in kept
    assert len(bucket.objects) == len(set(kept.values())) + 1  # what is no longer named is gone


def test_what_has_not_changed_is_not_uploaded_again(tmp_path: Path, bucket: Bucket) -> None:
    run = run_at(tmp_path / "run", 3)
    one = Mirror(ADDRESS, print)
    one.push(run)
    (run / "metrics.jsonl").write_text("{}\n")
    before = len(bucket.writes)
    one.push(run)
    assert [name.rpartition("/")[2] == "run.json" for name in bucket.writes[before:]] == [False, True]
    one.push(run)
    assert len(bucket.writes) == before + 2


@pytest.mark.parametrize("fails", range(4))
def test_an_upload_that_fails_leaves_the_copy_as_it_was(tmp_path: Path, bucket: Bucket, fails: int) -> None:
    run = run_at(tmp_path / "run", 3)
    one = Mirror(ADDRESS, print)
    one.push(run)
    before = content(fetched_run(ADDRESS, tmp_path / "before"))
    run_at(run, 5)
    (run / "metrics.jsonl").write_text("{}\n")
    bucket.faults = [*[None] * fails, OSError("the network is down")]
    with pytest.raises(OSError, match="the network is down"):
        one.push(run)
    assert content(fetched_run(ADDRESS, tmp_path / "after")) == before
    one.push(run)
    assert content(fetched_run(ADDRESS, tmp_path / "then")) == content(run)


def test_failures_are_told_and_tried_again(tmp_path: Path, bucket: Bucket) -> None:
    run = run_at(tmp_path / "run", 3)
    bucket.faults = [OSError("one"), OSError("two")]
    with mirrored(ADDRESS, run, print):
        pass
    assert content(fetched_run(ADDRESS, tmp_path / "there")) == content(run)
    run_at(run, 4)
    bucket.faults = [OSError("down")] * 9
    with pytest.raises(TrainingError, match="is whole, and could not be copied") as told, mirrored(ADDRESS, run, print):
        pass
    assert "uploads it again" in str(told.value.hint)


def test_what_ended_a_training_is_told_though_its_copy_fails(tmp_path: Path, bucket: Bucket) -> None:
    run, said = run_at(tmp_path / "run", 1), list[str]()
    bucket.faults = [OSError("no network")] * 9
    with pytest.raises(KeyError, match="the fault"), mirrored(ADDRESS, run, said.append):
        raise KeyError("the fault")
    assert [line for line in said if "no network" in line]


def test_copies_that_are_refused(tmp_path: Path, bucket: Bucket) -> None:
    run = run_at(tmp_path / "run", 3)
    with pytest.raises(TrainingError, match="there is no run at"):
        fetched_run(ADDRESS, tmp_path / "none")
    with mirrored(ADDRESS, run, print):
        pass
    with pytest.raises(TrainingError, match="is further than"), mirrored(ADDRESS, run_at(tmp_path / "old", 2), print):
        pass
    other = run_at(tmp_path / "other", 9, "name: b\n")
    with pytest.raises(TrainingError, match="the copy of another run"), mirrored(ADDRESS, other, print):
        pass
    one, two = Mirror(ADDRESS, print), Mirror(ADDRESS, print)
    assert one.read() == two.read()
    one.push(run_at(run, 6))
    with pytest.raises(TrainingError, match="another training has written"):
        two.push(run_at(tmp_path / "second", 7))
    damaged = next(name for name in bucket.objects if "objects" in name)
    bucket.objects[damaged] += b"!"
    with pytest.raises(TrainingError, match="is damaged"):
        fetched_run(ADDRESS, tmp_path / "damaged")
    assert not (tmp_path / "damaged").exists()
    for wrong in (b"{", b"[]", b'{"mirror": 1, "files": {"../x": "0"}}', b'{"mirror": 1, "files": {"x": "../0"}}'):
        bucket.objects[f"{ADDRESS}/run.json"] = wrong
        with pytest.raises(TrainingError, match="tells of no run"):
            fetched_run(ADDRESS, tmp_path / "wrong")


def test_a_web_server_is_no_bucket(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="no address of a bucket"):
        fetched_run("https://example.org/run", tmp_path / "run")


def test_against_a_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moto = pytest.importorskip("moto.server", reason='the S3 server of this test: pip install "moto[server]"')
    s3fs = pytest.importorskip("s3fs", reason="s3:// is read by s3fs")
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        system = s3fs.S3FileSystem(
            key="a",
            secret="b",
            endpoint_url=f"http://{host}:{port}",
            skip_instance_cache=True,
            use_listings_cache=False,
        )
        system.mkdir("bucket")
        monkeypatch.setattr(mirror, "system_of", lambda address: system)
        run = run_at(tmp_path / "run", 3)
        with mirrored(ADDRESS, run, print):
            run_at(run, 5)
        assert content(fetched_run(ADDRESS, tmp_path / "there")) == content(run)
        assert len(system.find("bucket/runs/one")) == len(content(run)) + 1
    finally:
        server.stop()
