"""A session with the server in the same process; each message is held against the protocol's own types."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from lsprotocol import converters, types

from nnspec.lsp.documents import Text
from nnspec.lsp.framing import read_message
from nnspec.lsp.server import Server

CAPABILITIES = {
    "workspace": {"inlayHint": {"refreshSupport": True}},
    "textDocument": {"completion": {"completionItem": {"snippetSupport": True}}},
}

PROTOCOL = converters.get_converter()


class Refused(Exception):
    """An answer that is an error."""


class Session:
    """An editor with some documents open.

    Attributes:
        shown: the diagnostics of each document, by address.
    """

    def __init__(self, folder: Path, settings: Any = None) -> None:
        self.folder = folder
        self.output = io.BytesIO()
        self.server = Server(io.BytesIO(), self.output)
        self.shown: dict[str, list[dict[str, Any]]] = {}
        self.number = 0
        self.versions: dict[str, int] = {}
        root = {"rootUri": folder.as_uri(), "processId": None, "capabilities": CAPABILITIES}
        self.capabilities = self.ask("initialize", {**root, "initializationOptions": settings})["capabilities"]
        self.tell("initialized", {})

    def open(self, name: str, text: str, language: str = "yaml") -> str:
        uri = (self.folder / name).as_uri()
        self.versions[uri] = 1
        document = {"uri": uri, "languageId": language, "version": 1, "text": text}
        self.tell("textDocument/didOpen", {"textDocument": document})
        return uri

    def change(self, uri: str, text: str) -> None:
        """The whole text anew."""
        self.changes(uri, [{"text": text}])

    def changes(self, uri: str, changes: list[dict[str, Any]]) -> None:
        self.versions[uri] += 1
        document = {"uri": uri, "version": self.versions[uri]}
        self.tell("textDocument/didChange", {"textDocument": document, "contentChanges": changes})

    def text(self, uri: str) -> str:
        return self.server.workspace.documents[uri].text

    def look_at_data(self) -> None:
        """What the server's other thread would do."""
        from nnspec.lsp.workspace import looked_at

        while not self.server.looks.empty():
            uri, source, unsaved = self.server.looks.get()
            self.tell("nnspec/lookedAtData", {"uri": uri, "found": looked_at(source, unsaved)})

    def tell(self, method: str, params: Any) -> None:
        self.server.handle({"method": method, "params": params})
        self._received()

    def ask(self, method: str, params: Any) -> Any:
        self.number += 1
        self.server.handle({"id": self.number, "method": method, "params": params})
        answer = next(one for one in self._received() if one.get("id") == self.number)
        if "error" in answer:
            raise Refused(answer["error"]["message"])
        PROTOCOL.structure(answer, types.METHOD_TO_TYPES[method][1])  # the protocol's own types, by others
        return answer["result"]

    def at(self, method: str, uri: str, line: int, character: int, **more: Any) -> Any:
        place = {"line": line, "character": character}
        return self.ask(f"textDocument/{method}", {"textDocument": {"uri": uri}, "position": place, **more})

    def about(self, method: str, uri: str, **more: Any) -> Any:
        return self.ask(f"textDocument/{method}", {"textDocument": {"uri": uri}, **more})

    def hints(self, uri: str) -> dict[int, str]:
        """The inlay hints of a whole document, by line."""
        whole = {"start": {"line": 0, "character": 0}, "end": {"line": 100_000, "character": 0}}
        found = self.about("inlayHint", uri, range=whole)
        return {hint["position"]["line"]: hint["label"] for hint in found}

    def labels(self, text: str, name: str = "spec.yaml") -> list[str]:
        """What is completed where `|` stands in a text."""
        return [item["label"] for item in self.completions(text, name)]

    def completions(self, text: str, name: str = "spec.yaml") -> list[dict[str, Any]]:
        uri, line, character = self.marked(text, name)
        found = self.at("completion", uri, line, character)
        items: list[dict[str, Any]] = found["items"]
        return items

    def marked(self, text: str, name: str = "spec.yaml") -> tuple[str, int, int]:
        """Opens a text without the `|` in it; its address, and where the `|` stood."""
        before, _, after = text.partition("|")
        place = Text(before + after).position(len(before))
        return self.open(name, before + after), place["line"], place["character"]

    def _received(self) -> list[dict[str, Any]]:
        stream = io.BytesIO(self.output.getvalue())
        self.output.seek(0)
        self.output.truncate()
        found = []
        while (message := read_message(stream)) is not None:
            found.append(message)
            if message.get("method") in types.METHOD_TO_TYPES and "id" not in message:
                PROTOCOL.structure(message, types.METHOD_TO_TYPES[message["method"]][0])
            if message.get("method") == "textDocument/publishDiagnostics":
                self.shown[message["params"]["uri"]] = message["params"]["diagnostics"]
        return found


def applied(text: str, edits: list[dict[str, Any]]) -> str:
    """A text after edits, as an editor applies them: all at once."""
    places = Text(text)
    found = [(places.index(one["range"]["start"]), places.index(one["range"]["end"]), one["newText"]) for one in edits]
    for start, end, new in sorted(found, reverse=True):
        text = text[:start] + new + text[end:]
    return text
