"""One document of nnspec's language server, without an editor between: a text in, what a page shows of it out."""

import json

from nnspec.lsp.embedded import EmbeddedServer
from nnspec.report.pages.diagram import contents
from nnspec.report.text.layers import layer_table
from nnspec.report.text.totals import totals

URI = "file:///specs/playground.yaml"  # beside the zoo, which a spec may build on
NAMED = {"textDocument": {"uri": URI}}


class Playground:
    def __init__(self):
        self.version = 0
        self.server = EmbeddedServer()
        self.ask("initialize", {"rootUri": "file:///specs", "capabilities": {}})

    def ask(self, method, params):
        said = self.server.take({"id": 1, "method": method, "params": params})
        [reply] = [message for message in said if message.get("id") == 1]
        if "error" in reply:
            raise ValueError(reply["error"]["message"])
        return reply["result"]

    def read(self, text):
        """What a new text comes to: diagnostics and hints, and where it has no fault the table and the diagram."""
        self.version += 1
        given = {"uri": URI, "version": self.version}
        if self.version == 1:
            document = {**given, "languageId": "yaml", "text": text}
            said = self.server.take({"method": "textDocument/didOpen", "params": {"textDocument": document}})
        else:
            change = {"textDocument": given, "contentChanges": [{"text": text}]}
            said = self.server.take({"method": "textDocument/didChange", "params": change})
        told = [message["params"] for message in said if message.get("method", "").endswith("Diagnostics")]
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
