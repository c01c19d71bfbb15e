"""One document of nnspec's language server, without an editor between: a text in, what a page shows of it out."""

import json
from pathlib import Path

from nnspec.lsp.server import Server
from nnspec.report.pages.diagram import contents
from nnspec.report.text.layers import layer_table
from nnspec.report.text.totals import totals

FOLDER = Path("/specs")  # with the zoo, which a spec may build on
URI = "file:///specs/playground.yaml"
NAMED = {"textDocument": {"uri": URI}}


class Replies:
    """The stream that the server writes to: each message as it is."""

    def __init__(self):
        self.messages = []

    def write(self, text):
        self.messages.append(json.loads(text.partition(b"\r\n\r\n")[2]))

    def flush(self):
        pass


class Playground:
    def __init__(self):
        self.replies, self.version = Replies(), 0
        self.server = Server(None, self.replies)
        self.ask("initialize", {"rootUri": "file:///specs", "capabilities": {}})

    def ask(self, method, params):
        self.replies.messages.clear()
        self.server.handle({"id": 1, "method": method, "params": params})
        [reply] = [message for message in self.replies.messages if message.get("id") == 1]
        if "error" in reply:
            raise ValueError(reply["error"]["message"])
        return reply["result"]

    def read(self, text):
        """What a new text comes to: diagnostics and hints, and where it has no fault the table and the diagram."""
        self.version += 1
        self.replies.messages.clear()
        given = {"uri": URI, "version": self.version}
        if self.version == 1:
            document = {**given, "languageId": "yaml", "text": text}
            self.server.handle({"method": "textDocument/didOpen", "params": {"textDocument": document}})
        else:
            change = {"textDocument": given, "contentChanges": [{"text": text}]}
            self.server.handle({"method": "textDocument/didChange", "params": change})
        told = [
            message["params"] for message in self.replies.messages if message.get("method", "").endswith("Diagnostics")
        ]
        whole = {"start": {"line": 0, "character": 0}, "end": {"line": text.count("\n") + 1, "character": 0}}
        found = {
            "diagnostics": told[-1]["diagnostics"] if told else [],
            "hints": self.ask("textDocument/inlayHint", {**NAMED, "range": whole}) or [],
        }
        known = self.server.workspace.analyses[URI].known
        spec = None if known is None else known.checked.spec
        if spec is not None:
            found |= {"totals": totals(spec), "table": layer_table(spec, 100), "diagram": contents(spec)}
        return found


playground = Playground()


def call(message):
    """JSON in, JSON out: `{text}`, or `{method, params}` of the protocol about the document."""
    asked = json.loads(message)
    if "text" in asked:
        return json.dumps(playground.read(asked["text"]))
    return json.dumps(playground.ask(asked["method"], {**NAMED, **asked["params"]}))
