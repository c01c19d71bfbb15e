"""The language server on what a stranger's workspace holds: what it says, for a case of `cases_lsp.py`."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nnspec.lsp.framing import read_message, write_message
from nnspec.lsp.server import Server

AT_EACH = ("hover", "completion", "definition", "references", "prepareRename", "signatureHelp", "documentHighlight")
OF_WHOLE = (
    "documentSymbol",
    "foldingRange",
    "semanticTokens/full",
    "codeLens",
    "documentLink",
    "formatting",
    "inlayHint",
)
LONGEST = 30_000_000  # bytes of all answers
PLACES = 6  # of a document that are asked about


def answers(folder: Path, opened: Path) -> str:
    """Opens a workspace and a document of it, and asks everything about it: what is told unasked, and the errors."""
    uri, text = opened.absolute().as_uri(), opened.read_text(encoding="utf-8", errors="replace")
    document = {"uri": uri}
    lines = text.split("\n")[:: max(1, len(text.split("\n")) // PLACES)]
    messages: list[dict[str, Any]] = [
        {"id": 0, "method": "initialize", "params": {"rootUri": folder.absolute().as_uri(), "capabilities": {}}},
        {"method": "initialized", "params": {}},
        {
            "method": "textDocument/didOpen",
            "params": {"textDocument": {**document, "languageId": "yaml", "version": 1, "text": text}},
        },
    ]
    for number, line in enumerate(lines[:PLACES]):
        place = {"textDocument": document, "position": {"line": number, "character": len(line) // 2}}
        messages += [asked(f"textDocument/{name}", {**place, "context": {}}) for name in AT_EACH]
        messages.append(asked("textDocument/rename", {**place, "newName": "../x"}))
    whole = {"start": {"line": 0, "character": 0}, "end": {"line": len(lines), "character": 0}}
    told = {"textDocument": document, "range": whole, "options": {"tabSize": 2}, "context": {"diagnostics": []}}
    messages += [asked(f"textDocument/{name}", told) for name in (*OF_WHOLE, "codeAction")]
    messages.append(asked("workspace/symbol", {"query": ""}))
    given, out = Editor(), io.BytesIO()
    for message in messages:
        write_message(given, message)
    given.seek(0)
    given.server = Server(given, out)
    given.server.serve()
    out.seek(0)
    said = list(iter(lambda: read_message(out), None))
    return ascii([message for message in said if "method" in message or "error" in message])


def told(stream: Path) -> str:
    """What the server says to bytes, whatever they are: each answer is JSON, and none names a bug."""
    given, out = io.BytesIO(stream.read_bytes()), io.BytesIO()
    status = Server(given, out).serve()
    out.seek(0)
    said = list(iter(lambda: read_message(out), None))
    assert len(out.getvalue()) < LONGEST, f"{len(out.getvalue()):,} bytes of answers"
    return ascii({"status": status, "said": said[:50]})


class Editor(io.BytesIO):
    """What an editor says. It leaves when all is answered, and the data are looked at."""

    server: Server

    def readline(self, size: int | None = -1, /) -> bytes:
        line = super().readline(size)
        while not line and not self.is_answered():
            time.sleep(0.01)
        return line

    def is_answered(self) -> bool:
        idle = self.server.inbox.empty() and self.server.looks.empty() and not self.server.is_looking
        return idle and b"workspace/symbol" in self.server.writer.getvalue()  # type: ignore[attr-defined]


def asked(method: str, params: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": json.dumps([method, params.get("position")]), "method": method, "params": params}
