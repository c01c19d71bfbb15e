"""A folder on a server of 127.0.0.1, a script run in headless Chromium beside its page, and what the script sends back.

Unlike `chromium.look`, which opens a file at once, this waits for a page that loads a network and runs it.
"""

from __future__ import annotations

import functools
import http.server
import json
import os
import re
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from chromium import FLAGS, executable

TEST = "/test.html"
CONSOLE = re.compile(r'CONSOLE:\d+\] "(.*)", source:')
# Any page with the import map of the folder's own; the script is the body of an async function.
PAGE = """<!doctype html><meta charset="utf-8">%s<body><script type="module">
const send = value => fetch("/found", {method: "POST", body: JSON.stringify(value ?? null)});
try { send(await (async () => { %s })()); } catch (error) { send({error: String(error.stack ?? error)}); }
</script>"""
# A script: the examples that a page offers, each run twice in a row by the page's own code.
RUN_EXAMPLES = """
const {Network} = await import("./network.js"), network = await Network.load("."), rows = [];
for (const example of network.card.examples) for (const again of [0, 1]) rows.push(await network.run(example.inputs));
return rows.map(row => Object.fromEntries(Object.entries(row).map(([name, values]) => [name, [...values]])));
"""
# What LiteRT.js says of itself, and of the GPU that a test has none of; all of it arrives as errors.
REMARK = re.compile(r"^(INFO|WARNING): |No available adapters|WebGPU device")
HOSTS = "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"


@dataclass
class Served:
    """A server's address and what was asked of it."""

    address: str
    found: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)
    page: str = ""


@contextmanager
def served(folder: Path) -> Iterator[Served]:
    """Serves a folder as any static server does, the page of a test beside it, until the context closes."""
    served = Served("")
    handler = functools.partial(_Handler, served, directory=str(folder))
    with _Server(("127.0.0.1", 0), handler) as server:
        served.address = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield served
        finally:
            server.shutdown()
            thread.join()


def _profile() -> tempfile.TemporaryDirectory[str]:
    """A folder that goes even where a browser that was ended still writes into it."""
    return tempfile.TemporaryDirectory(ignore_cleanup_errors=True)


class _Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *args: Any) -> None:
        """A browser that is ended may leave in the middle of a file."""


class _Handler(http.server.SimpleHTTPRequestHandler):
    def __init__(self, served: Served, *args: Any, **kwargs: Any) -> None:
        self.served = served
        super().__init__(*args, **kwargs)

    def do_GET(self) -> None:
        self.served.asked.append(self.path)
        if self.path != TEST:
            return super().do_GET()
        content = self.served.page.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_POST(self) -> None:
        self.served.found["value"] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(204)
        self.end_headers()
        self.served.done.set()

    def log_message(self, *args: Any) -> None:
        """Nothing: the test says what matters."""


def run_script(folder: Path, script: str, timeout: float = 90, more: Sequence[str] = ()) -> tuple[Any, list[str]]:
    """What an async script returns that is run beside the page of a folder, and the console's messages.

    The script may import the folder's modules. The runtime's own remarks, which come as errors, are left out.

    Args:
        more: flags of the browser.
    """
    chromium = executable()
    if chromium is None:
        pytest.skip("no Chromium on this machine")
    imports = re.search(r'<script type="importmap">.*?</script>', (folder / "index.html").read_text(), re.DOTALL)
    assert imports
    with served(folder) as server, _profile() as scratch, tempfile.TemporaryFile() as errors:
        server.page = PAGE % (imports[0], script)
        flags = [flag for flag in FLAGS if not flag.startswith(("--virtual-time", "--allow-file"))]
        command = [chromium, *flags, *more, HOSTS, f"--user-data-dir={scratch}/profile", "--remote-debugging-port=0"]
        browser = subprocess.Popen(
            [*command, server.address + TEST], stdout=subprocess.DEVNULL, stderr=errors, start_new_session=True
        )
        try:
            fine = server.done.wait(timeout)
        finally:
            os.killpg(browser.pid, signal.SIGKILL)  # with the processes that it started
            browser.wait()
        errors.seek(0)
        text = errors.read().decode(errors="replace")
    assert fine, f"no answer from the page within {timeout} s:\n{text[-3000:]}"
    messages = [line for line in CONSOLE.findall(text) if not REMARK.search(line)]
    return server.found["value"], messages
