"""A client for yaml-language-server over standard input and output: as much of the protocol as the tests need."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Any


class LanguageServer:
    """A running server. ``settings`` are those that an editor would send, such as ``{"yaml": {...}}``."""

    def __init__(self, command: list[str], settings: dict[str, Any]) -> None:
        self._settings = settings
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._last = 0
        self._diagnostics: dict[str, list[dict[str, Any]]] = {}

    def __enter__(self) -> LanguageServer:
        text = {"completion": {"completionItem": {"documentationFormat": ["markdown"]}}, "hover": {}}
        capabilities = {"workspace": {"configuration": True}, "textDocument": text}
        self.request("initialize", {"processId": None, "rootUri": None, "capabilities": capabilities})
        self._send({"method": "initialized", "params": {}})
        self._send({"method": "workspace/didChangeConfiguration", "params": {"settings": self._settings}})
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            stream.close()

    def open(self, path: Path, text: str) -> str:
        """Opens a document that an editor holds, and returns its address."""
        document = {"uri": path.as_uri(), "languageId": "yaml", "version": 1, "text": text}
        self._send({"method": "textDocument/didOpen", "params": {"textDocument": document}})
        return path.as_uri()

    def diagnostics(self, uri: str, seconds: float = 20) -> list[dict[str, Any]]:
        """What the server remarks on a document; waits for it."""
        end = time.monotonic() + seconds
        while uri not in self._diagnostics and time.monotonic() < end:
            self._take(self._receive())
        return self._diagnostics.pop(uri)

    def hover(self, uri: str, line: int, character: int) -> str:
        """The text that hovering shows; empty for none. Lines and characters count from 0."""
        found = self.request("textDocument/hover", _position(uri, line, character))
        return str(found["contents"]["value"]) if found else ""

    def completion(self, uri: str, line: int, character: int) -> dict[str, dict[str, Any]]:
        """The completions at a place, by their label."""
        found = self.request("textDocument/completion", _position(uri, line, character))
        items = found["items"] if isinstance(found, dict) else found or []
        return {item["label"]: item for item in items}

    def request(self, method: str, params: dict[str, Any]) -> Any:
        self._last += 1
        self._send({"id": self._last, "method": method, "params": params})
        while True:
            message = self._receive()
            if message.get("id") == self._last and "method" not in message:
                assert "error" not in message, message["error"]
                return message["result"]
            self._take(message)

    def _take(self, message: dict[str, Any]) -> None:
        """What the server asks or tells of its own accord."""
        if message.get("method") == "textDocument/publishDiagnostics":
            self._diagnostics[message["params"]["uri"]] = message["params"]["diagnostics"]
        elif message.get("method") == "workspace/configuration":
            items = [self._settings.get(item.get("section", "")) for item in message["params"]["items"]]
            self._send({"id": message["id"], "result": items})
        elif "id" in message and "method" in message:
            self._send({"id": message["id"], "result": None})

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self._process.stdin.flush()

    def _receive(self) -> dict[str, Any]:
        stream = self._process.stdout
        assert stream is not None
        length = 0
        while (line := stream.readline().strip()) or not length:
            assert line, "the server has ended"
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        found: dict[str, Any] = json.loads(stream.read(length))
        return found


def _position(uri: str, line: int, character: int) -> dict[str, Any]:
    return {"textDocument": {"uri": uri}, "position": {"line": line, "character": character}}
