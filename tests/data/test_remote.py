"""Data at addresses: asked for only with consent, whole or not at all, and never stale; against a server of the test's own."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from nnspec.data import facts, remote
from nnspec.data.config import DataConfig
from nnspec.data.dataset import load
from nnspec.data.errors import DataError
from nnspec.frontend.pipeline import check
from nnspec.layers.types import KindValue

pytest.importorskip("fsspec", reason="addresses are read by fsspec: pip install nnspec[remote]")
pytest.importorskip("aiohttp", reason="addresses are read by fsspec: pip install nnspec[remote]")


class Server(ThreadingHTTPServer):
    """What it serves under `/t.csv`, how often it was asked, and how it fails.

    Attributes:
        faults: what goes wrong next, one a GET: `500`, `cut` (half of it comes), `swap` (another file takes its place),
            `head`, `body` and `pieces` (these come a byte now and then, without an end).
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content, self.tag = b"a,y\n1,2\n3,4\n", '"1"'
        self.with_tag = True
        self.gets = 0
        self.faults: list[str] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/t.csv"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def head(self, length: int) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(length))
        if self.server.with_tag:
            self.send_header("ETag", self.server.tag)
        self.end_headers()

    def do_HEAD(self) -> None:
        if self.path.startswith("/away"):
            self.send_response(302)
            self.send_header("Location", self.path.partition("?")[2])
            self.send_header("Content-Length", "0")
            return self.end_headers()
        if self.path.startswith("/t.csv"):
            self.head(len(self.server.content))
        else:
            self.send_error(404)
        return None

    def do_GET(self) -> None:
        if self.path.startswith("/away"):
            return self.do_HEAD()
        if not self.path.startswith("/t.csv"):
            return self.send_error(404)
        self.server.gets += 1
        fault = self.server.faults.pop(0) if self.server.faults else ""
        if fault == "500":
            return self.send_error(500)
        if fault in DRIPS:
            return self.drip(DRIPS[fault])
        content = self.server.content
        self.head(len(content))
        self.wfile.write(content[: len(content) // 2] if fault == "cut" else content)
        if fault == "cut":
            self.close_connection = True
        if fault == "swap":
            self.server.content, self.server.tag = b"a,y\n7,8\n", '"2"'
        return None

    def drip(self, begun: bytes) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.wfile.write(begun)
            for _ in range(400):  # many times as long as anybody waits
                self.wfile.write(b"1")
                time.sleep(0.02)

    def log_message(self, *_: Any) -> None:
        pass


DRIPS = {
    "head": b"HTTP/1.1 200 OK\r\nX: ",
    "body": b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\na",
    "pieces": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;",
}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name in (remote.ALLOW, remote.OFFLINE, remote.ROOM):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(remote, "WAIT", 0.01)
    found = Server()
    thread = threading.Thread(target=found.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield found
    found.shutdown()
    found.server_close()


@pytest.fixture
def allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(remote.ALLOW, "127.0.0.1")


def section(address: str, **split: Any) -> DataConfig:
    return DataConfig(KindValue("Csv", {"path": address, "target": "y"}), split=split)


def test_nothing_is_asked_without_consent(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "s.yaml").write_text(
        "nnspec: 1\ninputs: {x: [$data.features]}\nlayers: [{Dense: 1}]\n"
        f"data: {{source: {{Csv: {{path: '{server.address}', target: y}}}}}}\ntrain: {{loss: MeanSquaredError}}\n"
    )
    for consent in ("", "example.org, other.org"):
        monkeypatch.setenv(remote.ALLOW, consent)
        found = check(tmp_path / "s.yaml").diagnostics
        assert [one.code for one in found] == ["E0901"] and "nothing is fetched unless you allow it" in found[0].message
    assert server.gets == 0
    monkeypatch.setenv(remote.ALLOW, "127.0.0.1")
    checked = check(tmp_path / "s.yaml")
    assert not [one for one in checked.diagnostics if one.severity == "error"] and server.gets == 1


def test_it_is_fetched_once_and_again_when_it_changes(server: Server, tmp_path: Path, allowed: None) -> None:
    data = section(server.address)
    examples = [load(data, tmp_path).parts["train"].examples for _ in range(2)]
    assert [len(one) for one in examples] == [2, 2] and server.gets == 1
    assert facts.known(data, tmp_path).examples == {"train": 2} and server.gets == 1
    server.content, server.tag = b"a,y\n1,2\n3,4\n5,6\n", '"2"'
    assert len(load(data, tmp_path).parts["train"].examples) == 3 and server.gets == 2
    assert facts.known(data, tmp_path).examples == {"train": 3}


def test_without_a_tag_size_tells(server: Server, allowed: None) -> None:
    server.with_tag = False
    for content in (b"a\n1\n", b"a\n1\n2\n"):
        server.content = content
        assert remote.fetched(server.address).read_bytes() == content


@pytest.mark.parametrize("faults", [["500"], ["cut"], ["cut", "500"], ["swap"]])
def test_failures_are_tried_again(server: Server, allowed: None, faults: list[str]) -> None:
    server.faults = list(faults)
    assert remote.fetched(server.address).read_bytes() == server.content
    assert server.gets == len(faults) + 1


@pytest.mark.parametrize("fault", ["500", "cut"])
def test_a_server_that_keeps_failing_leaves_nothing_behind(
    server: Server, allowed: None, fault: str, monkeypatch: pytest.MonkeyPatch, cache_folder: Path
) -> None:
    server.faults = [fault] * remote.TRIES
    why = "6 of 12 bytes came|ContentLengthError" if fault == "cut" else "500"
    with pytest.raises(DataError, match=f"cannot be fetched, after 3 tries: .*({why})"):
        remote.fetched(server.address)
    assert not list(cache_folder.rglob("*.csv"))
    whole = remote.fetched(server.address).read_bytes()
    server.content, server.tag, server.faults = whole * 2, '"9"', [fault] * remote.TRIES
    with pytest.raises(DataError, match="NNSPEC_OFFLINE=1"):
        remote.fetched(server.address)
    monkeypatch.setenv(remote.OFFLINE, "1")
    assert remote.fetched(server.address).read_bytes() == whole


@pytest.mark.parametrize(
    ("fault", "told"),
    [("head", "no answer came"), ("body", "fewer than 1,024 bytes"), ("pieces", "fewer than 1,024 bytes")],
)
def test_a_server_that_sends_a_byte_now_and_then_is_not_waited_for(
    server: Server, allowed: None, fault: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each byte ends a silence, so that a limit between two of them never ends the whole."""
    server.content, server.faults = b"1" * 1000, [fault]
    with monkeypatch.context() as small, pytest.raises(DataError, match=told):
        small.setattr(remote, "TRIES", 1)
        small.setattr(remote, "ANSWER" if fault == "head" else "WATCHED", 0.2)
        remote.fetched(server.address)
    assert remote.fetched(server.address).read_bytes() == server.content


def test_a_copy_that_was_damaged_is_made_again(server: Server, allowed: None) -> None:
    path = remote.fetched(server.address)
    path.write_bytes(b"a")
    assert remote.fetched(server.address).read_bytes() == server.content


@pytest.mark.slow
def test_copies_are_bounded(server: Server, allowed: None, monkeypatch: pytest.MonkeyPatch, cache_folder: Path) -> None:
    monkeypatch.setenv(remote.ROOM, "100")
    for number in range(12):  # twelve files of 12 bytes, of which eight fit
        remote.fetched(f"{server.address}?{number}")
    assert 1 <= len(list(cache_folder.rglob("t.csv"))) <= 8
    last = server.gets
    remote.fetched(f"{server.address}?11")
    assert server.gets == last  # the newest is there
    server.content, server.tag = b"x" * 101, '"5"'
    with pytest.raises(DataError, match="101 bytes are more than the cache of copies takes"):
        remote.fetched(server.address)


@pytest.mark.parametrize(
    ("address", "wrong"),
    [
        ("http://127.0.0.1:1/gone.csv", "cannot be fetched"),
        ("ftp://127.0.0.1/t.csv", "`ftp://` is not read"),
        ("file:///etc/hosts", "`file://` is not read"),
        ("https://me:secret@127.0.0.1/t.csv", "holds a name or a password"),
    ],
)
def test_what_cannot_be_read(server: Server, allowed: None, address: str, wrong: str) -> None:
    with pytest.raises(DataError, match=wrong) as caught:
        remote.fetched(address)
    assert "secret" not in str(caught.value)
    with pytest.raises(DataError, match="no such file"):
        remote.fetched(server.address.replace("t.csv", "u.csv"))


def test_a_server_that_sends_elsewhere_needs_consent_for_that_place(
    server: Server, allowed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = server.address.replace("t.csv", "away?")
    assert remote.fetched(away + server.address).read_bytes() == server.content
    asked = server.gets
    with pytest.raises(DataError, match="the data lie at localhost, and nothing is fetched"):
        remote.fetched(away + server.address.replace("127.0.0.1", "localhost"))
    assert server.gets == asked


@pytest.mark.parametrize("name", ["/..", "/told.json", "/" + "n" * 300 + ".csv", "/", "/a/%2e%2e/b?c=../d", "/.hidden"])
def test_no_address_names_a_file_outside_its_place(name: str, cache_folder: Path) -> None:
    place = remote._place("https://example.org" + name)
    assert place.resolve() == place and place.parent.parent.parent == cache_folder / "remote"
    assert len(place.name) < 200 and not place.name.startswith(".")


def test_parts_may_lie_elsewhere(server: Server, tmp_path: Path, allowed: None) -> None:
    (tmp_path / "here.csv").write_text("a,y\n1,1\n")
    found = load(section("here.csv", test=server.address, validation={"path": server.address}), tmp_path)
    assert {name: len(part.indices) for name, part in found.parts.items()} == {"train": 1, "validation": 2, "test": 2}
