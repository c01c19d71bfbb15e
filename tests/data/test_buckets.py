"""Data in buckets, against a real S3 server on this machine, with a server between that fails as networks do."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from nnspec.data import facts, remote
from nnspec.data.config import DataConfig
from nnspec.data.dataset import load
from nnspec.data.errors import DataError
from nnspec.layers.types import KindValue

pytestmark = pytest.mark.slow
TABLE = b"a,y\n1,2\n3,4\n"


class Between(ThreadingHTTPServer):
    """Hands requests on to the S3 server.

    Attributes:
        faults: what goes wrong next, one a GET of an object: `503`, `cut` (half of it comes), `silent` (nothing comes
            for longer than anybody waits), `swap` (another object takes its place meanwhile).
        gets: the objects that were asked for.
    """

    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        import boto3

        self.port = port
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
        self.client = boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}", **keys)
        self.faults: list[str] = []
        self.gets: list[str] = []

    def put(self, key: str, content: bytes) -> None:
        self.client.put_object(Bucket="data", Key=key, Body=content)

    def ask(self, method: str, path: str, content: bytes = b"", headers: Any = ()) -> tuple[int, Any, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request(method, path, content, dict(headers))
        answer = connection.getresponse()
        return answer.status, answer.getheaders(), answer.read()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Between

    def pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path, is_object = self.path, self.command == "GET" and "list-type" not in self.path
        fault = self.server.faults.pop(0) if is_object and self.server.faults else ""
        if is_object:
            self.server.gets.append(urlsplit(path).path)
        if fault == "503":
            return self.send_error(503)
        status, headers, content = self.server.ask(self.command, path, body, self.headers.items())
        if fault == "silent":
            time.sleep(3)
        if fault == "swap":
            self.server.put("t.csv", TABLE + b"9,9\n")
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                self.send_header(name, value)
        length = dict(headers).get("Content-Length") if self.command == "HEAD" else len(content)
        self.send_header("Content-Length", str(length or 0))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if fault == "cut" else content)
        self.close_connection = fault == "cut"
        return None

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = pass_on

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def s3() -> Iterator[int]:
    pytest.importorskip("s3fs", reason="buckets are read by s3fs: pip install s3fs")
    moto = pytest.importorskip("moto.server", reason='the S3 server of these tests: pip install "moto[server]"')
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield server.get_host_and_port()[1]
    server.stop()


@pytest.fixture
def bucket(s3: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[Between]:
    server = Between(s3)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for name in (remote.OFFLINE, remote.ROOM):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(remote.ALLOW, "data")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")  # the tries that are counted are those of nnspec
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_address[1]}")
    monkeypatch.setattr(remote, "WAIT", 0.01)
    monkeypatch.setattr(remote, "SILENCE", 1)
    remote._system.cache_clear()
    server.ask("POST", "/moto-api/reset")
    server.client.create_bucket(Bucket="data")
    server.put("t.csv", TABLE)
    yield server
    server.shutdown()
    server.server_close()
    remote._system.cache_clear()


def test_an_object_is_fetched_once_and_again_when_it_changes(bucket: Between, tmp_path: Path) -> None:
    data = DataConfig(KindValue("Csv", {"path": "s3://data/t.csv", "target": "y"}))
    for _ in range(2):
        assert len(load(data, tmp_path).parts["train"].examples) == 2
    assert bucket.gets == ["/data/t.csv"] and facts.known(data, tmp_path).examples == {"train": 2}
    bucket.put("t.csv", TABLE + b"5,6\n")
    assert facts.known(data, tmp_path).examples == {"train": 3}


def test_buckets_need_consent_by_their_names(bucket: Between, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(remote.ALLOW, "other")
    with pytest.raises(DataError, match="the data lie at data, and nothing is fetched unless you allow it"):
        remote.fetched("s3://data/t.csv")
    assert not bucket.gets


@pytest.mark.parametrize("faults", [["503"], ["cut"], ["silent"], ["cut", "503"], ["swap"]])
def test_failures_are_tried_again(bucket: Between, faults: list[str]) -> None:
    bucket.faults = list(faults)
    found = remote.fetched("s3://data/t.csv").read_bytes()
    assert found == TABLE + b"9,9\n" * ("swap" in faults)
    assert not bucket.faults


def test_a_server_that_keeps_failing_leaves_nothing_behind(bucket: Between, cache_folder: Path) -> None:
    bucket.faults = ["cut"] * 99
    with pytest.raises(DataError, match="cannot be fetched, after 3 tries"):
        remote.fetched("s3://data/")
    assert not [path for path in (cache_folder / "remote").rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("address", "wrong"), [("s3://data/none.csv", "no such file"), ("s3://data/none/", "no such file")]
)
def test_what_is_not_there(bucket: Between, address: str, wrong: str) -> None:
    with pytest.raises(DataError, match=wrong):
        remote.fetched(address)


def png(level: int) -> bytes:
    image = pytest.importorskip("PIL.Image")
    file = BytesIO()
    image.new("L", (4, 4), level).save(file, "PNG")
    return file.getvalue()


def test_a_folder_is_fetched_whole_and_then_what_has_changed(bucket: Between, tmp_path: Path) -> None:
    for number in range(6):
        bucket.put(f"pets/{'cat' if number % 2 else 'dog'}/{number}.png", png(number))
    bucket.put("pets/", b"")  # what some tools write for a folder
    data = DataConfig(KindValue("ImageFolder", {"path": "s3://data/pets"}))
    loaded = load(data, tmp_path)
    assert (len(loaded.parts["train"].examples), loaded.assets.classes) == (6, ("cat", "dog"))
    assert len(bucket.gets) == 6
    load(data, tmp_path)
    assert len(bucket.gets) == 6
    bucket.put("pets/dog/0.png", png(99))
    bucket.client.delete_object(Bucket="data", Key="pets/cat/1.png")
    bucket.faults = ["cut"]
    assert len(load(data, tmp_path).parts["train"].examples) == 5
    assert set(bucket.gets[6:]) == {"/data/pets/dog/0.png"}
    copy = remote.fetched("s3://data/pets")
    assert (copy / "dog" / "0.png").read_bytes() == png(99)
    (copy / "dog" / "2.png").unlink()
    assert (remote.fetched("s3://data/pets") / "dog" / "2.png").read_bytes() == png(2)


def test_a_folder_that_is_too_large_is_refused(bucket: Between, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket.put("many/a", b"x" * 60)
    bucket.put("many/b", b"x" * 60)
    monkeypatch.setenv(remote.ROOM, "100")
    with pytest.raises(DataError, match="120 bytes are more than the cache of copies takes"):
        remote.fetched("s3://data/many")
    monkeypatch.setattr(remote, "MOST_LOOKED_AT", 1)
    with pytest.raises(DataError, match="the folder has over 1 files"):
        remote.fetched("s3://data/many")


@pytest.mark.parametrize("key", ["../../up", "a/../../up", "a\\b"])
def test_no_key_leads_out_of_the_folder(key: str) -> None:
    class System:
        def find(self, address: str, detail: bool) -> dict[str, Any]:
            return {f"data/many/{key}": {"size": 1, "ETag": "1"}}

    with pytest.raises(DataError, match="none that a copy could have"):
        remote.members(System(), "s3://data/many")
