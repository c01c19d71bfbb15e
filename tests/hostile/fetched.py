"""A server of strangers on this machine, and a look at data that lie there, for the cases of `cases_fetched.py`."""

from __future__ import annotations

import gzip
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from threading import Thread
from typing import Any

TABLE = b"a,b,c,d,y\n" + b"1,2,3,4,5\n2,3,4,5,6\n" * 8
ROOM = 1 << 20  # bytes of all copies
PIECES = 200  # of 64 KiB, which what has no end ends after: nobody is to take more than `ROOM`
numbers = count()


def bomb() -> bytes:
    return gzip.compress(TABLE + b"1,2,3,4,5\n" * 20_000_000, 1)


Answer = tuple[int, Mapping[str, str], Any]  # a status, headers and a body, in pieces where it has no length


def endless() -> Iterator[bytes]:
    return (b"1,2,3,4,5\n" * 6_500 for _ in range(PIECES))


ANSWERS: dict[str, Callable[[], Answer]] = {
    "good.csv": lambda: (200, {}, TABLE),
    "bomb.csv.gz": lambda: (200, {}, bomb()[: ROOM // 2]),
    "packed.csv": lambda: (200, {"Content-Encoding": "gzip"}, gzip.compress(bytes(300 << 20), 9)),
    "packed-twice.csv": lambda: (200, {"Content-Encoding": "gzip, gzip"}, gzip.compress(gzip.compress(TABLE))),
    "packed-unknown.csv": lambda: (200, {"Content-Encoding": "../../x"}, TABLE),
    "packed-noise.csv": lambda: (200, {"Content-Encoding": "gzip"}, bytes(range(256)) * 4),
    "endless.csv": lambda: (200, {}, endless()),
    "to-file.csv": lambda: (302, {"Location": "file:///etc/passwd"}, b""),
    "to-ftp.csv": lambda: (302, {"Location": "ftp://127.0.0.1/d.csv"}, b""),
    "to-another.csv": lambda: (302, {"Location": "http://127.0.0.2:9/d.csv"}, b""),
    "to-metadata.csv": lambda: (307, {"Location": "http://169.254.169.254/latest/meta-data/"}, b""),
    "to-a-socket.csv": lambda: (302, {"Location": "http+unix://%2Fvar%2Frun%2Fdocker.sock/"}, b""),
    "to-itself.csv": lambda: (302, {"Location": "to-itself.csv"}, b""),
    "to-nothing.csv": lambda: (302, {"Location": ""}, b""),
    "to-nowhere.csv": lambda: (302, {}, b""),
    "to-half.csv": lambda: (302, {"Location": "http://[::1/d.csv"}, b""),
    "to-a-password.csv": lambda: (302, {"Location": "http://a:hunter2@127.0.0.1/d.csv"}, b""),
    "to-far.csv": lambda: (302, {"Location": "/" + "a" * 60_000}, b""),
    "short.csv": lambda: (200, {"Content-Length": "100000"}, TABLE),
    "long.csv": lambda: (200, {"Content-Length": "30"}, TABLE),
    "huge.csv": lambda: (200, {"Content-Length": str(10**15)}, TABLE),
    "more-than-any.csv": lambda: (200, {"Content-Length": "9" * 300}, TABLE),
    "negative.csv": lambda: (200, {"Content-Length": "-7"}, TABLE),
    "words.csv": lambda: (200, {"Content-Length": "many"}, TABLE),
    "named.csv": lambda: (200, {"Content-Disposition": 'attachment; filename="../../outside/kept.txt"'}, TABLE),
    "named-absolute.csv": lambda: (200, {"Content-Disposition": "attachment; filename*=UTF-8''%2fetc%2fcron.d%2fx"}, TABLE),
    "tagged.csv": lambda: (200, {"ETag": '"' + "t" * 7_000 + '"'}, TABLE),
    "tagged-oddly.csv": lambda: (200, {"ETag": '"../../outside/\t{}"', "Last-Modified": "\x7f never"}, TABLE),
    "changing.csv": lambda: (200, {"ETag": f'"{next(numbers)}"'}, TABLE),
    "page.csv": lambda: (200, {"Content-Type": "text/html"}, b"<!doctype html><script>alert(1)</script>"),
    "nothing.csv": lambda: (200, {}, b""),
    "lost.csv": lambda: (404, {}, b"\x1b[2J" * 1_000),
    "secret.csv": lambda: (401, {"WWW-Authenticate": 'Basic realm="\x9b2J"'}, b""),
    "broken.csv": lambda: (500, {}, b"<b>" * 1_000),
    "teapot.csv": lambda: (799, {}, b""),
    "early.csv": lambda: (103, {}, b""),
    "headers.csv": lambda: (200, {f"X-{number}": "a" for number in range(10_000)}, TABLE),
    "header.csv": lambda: (200, {"X-Long": "a" * 1_000_000}, TABLE),
    "cookies.csv": lambda: (200, {"Set-Cookie": "a=b; Domain=example.org; Path=/../..; " + "c" * 3_000}, TABLE),
}  # fmt: skip
RAW = {
    "noise": bytes(range(256)) * 100,
    "no-status": b"\r\n\r\n" + TABLE,
    "line": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: a\rb\nContent-Length: 900\r\n\r\n" + TABLE,
    "pieces": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFFF\r\n" + TABLE,
    "pieces-below": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n" + TABLE,
    "closed": b"",
}


class _Stranger(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        name = self.path.rpartition("/")[2].partition("?")[0]
        with suppress(OSError):
            if name.removesuffix(".csv") in RAW:
                self.wfile.write(RAW[name.removesuffix(".csv")])
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            status, headers, body = ANSWERS.get(name, ANSWERS["good.csv"])()
            self.send_response(status)
            for key, value in headers.items():
                self.send_header(key, value)
            if isinstance(body, bytes) and "Content-Length" not in headers:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                for piece in [body] if isinstance(body, bytes) else body:
                    self.wfile.write(piece)
        self.close_connection = True

    do_HEAD = do_GET

    def log_message(self, *_: Any) -> None:
        pass


@cache
def port() -> int:
    """Of a server in this process, started when it is first asked for."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Stranger)
    Thread(target=server.serve_forever, daemon=True).start()
    return server.server_port


def looked(spec: Path) -> str:
    """What `nnspec data` and `check` say where this machine alone may be asked."""
    from nnspec.cli.main import run

    os.environ.update(NNSPEC_ALLOW_NETWORK="127.0.0.1", NNSPEC_REMOTE_BYTES=str(ROOM))
    return f"codes {run(['data', str(spec)])} {run(['check', str(spec)])}"
