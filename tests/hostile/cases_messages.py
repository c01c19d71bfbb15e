"""What a program says to the language server: framing that lies, messages of other shapes, places that are none."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from harness import LAYERS, Case, Command, Place

URI = "file:///FOLDER/spec.yaml"
SOUND = LAYERS + "  - Dense: {units: 2}\n  - name: head\n    Dense: {units: 1}\n"
AT = {"textDocument": {"uri": URI}, "position": {"line": 3, "character": 6}}
RANGE = {"start": {"line": 0, "character": 0}, "end": {"line": 9, "character": 0}}
START = [
    {"id": "i", "method": "initialize", "params": {"rootUri": "file:///FOLDER", "capabilities": {}}},
    {"method": "initialized", "params": {}},
    {"method": "textDocument/didOpen", "params": {"textDocument": {"uri": URI, "languageId": "yaml", "version": 1, "text": SOUND}}},
]  # fmt: skip
END = [{"id": "s", "method": "shutdown"}, {"method": "exit"}]


def framed(message: Any) -> bytes:
    body = message if isinstance(message, bytes) else json.dumps({"jsonrpc": "2.0", **message}).encode()
    return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


def stream(content: bytes, **bound: Any) -> Case:
    """Bytes to the server, as they are."""

    def make(place: Place) -> Sequence[Command]:
        path = place.write("said", content.replace(b"/FOLDER", str(place.folder).encode()))
        return [["call", "lsp_session:told", str(path)]]

    return Case(make, **{"codes": (0,), **bound})


def session(*messages: Any, start: Sequence[Any] = START, **bound: Any) -> Case:
    """A session that begins and ends as it should, with other messages between; it lives to its end."""

    def make(place: Place) -> Sequence[Command]:
        folder = str(place.folder).lstrip("/")
        content = b"".join(framed(one) for one in (*start, *messages, *END))
        whole = [
            json.loads(json.dumps(one).replace("FOLDER", folder)) if isinstance(one, Mapping) else one
            for one in (*start, *messages, *END)
        ]
        content = b"".join(map(framed, whole))
        return [["call", "lsp_session:told", str(place.write("said", content))]]

    return Case(make, **{"codes": (0,), "says": "'status': 0", **bound})


def asked(method: str, params: Any, identity: Any = 1) -> dict[str, Any]:
    return {"id": identity, "method": f"textDocument/{method}", "params": params}


def noticed(method: str, params: Any) -> dict[str, Any]:
    return {"method": method, "params": params}


def changed(*changes: Any, uri: str = URI) -> dict[str, Any]:
    return noticed(
        "textDocument/didChange", {"textDocument": {"uri": uri, "version": 2}, "contentChanges": list(changes)}
    )


def opened(uri: Any, text: Any = SOUND, **more: Any) -> dict[str, Any]:
    return noticed(
        "textDocument/didOpen", {"textDocument": {"uri": uri, "languageId": "yaml", "version": 1, "text": text, **more}}
    )


def between(one: Any, other: Any, text: str = "x") -> dict[str, Any]:
    return {"range": {"start": one, "end": other}, "text": text}


def place(line: Any, character: Any) -> dict[str, Any]:
    return {"line": line, "character": character}


FRAMES = {
    "nothing": b"",
    "no header": b"{}",
    "noise": bytes(range(256)) * 100,
    "a length of nothing": b"Content-Length: \r\n\r\n{}",
    "a negative length": b"Content-Length: -5\r\n\r\n{}",
    "a length of a trillion": b"Content-Length: 1000000000000\r\n\r\n{}",
    "a length of 4,000 digits": b"Content-Length: " + b"9" * 4_000 + b"\r\n\r\n{}",
    "a length in other digits": "Content-Length: \u0665\r\n\r\n{}".encode(),
    "a length that is too long": b"Content-Length: 500\r\n\r\n{}",
    "a length twice": b"Content-Length: 2\r\nContent-Length: 900\r\n\r\n{}",
    "60 MB that do not come": b"Content-Length: 62914560\r\n\r\n{",
    "a header without end": b"X: " + b"a" * 5_000_000,
    "headers without end": b"X: a\r\n" * 1_000_000,
    "no JSON": framed(b"{"),
    "deep JSON": framed(b"[" * 1_000_000),
    "deep mappings": framed(b'{"a":' * 200_000),
    "a list": framed(b"[1, 2]"),
    "a number of 100,000 digits": framed(b'{"id": ' + b"9" * 100_000 + b"}"),
    "a half of a character": framed(b'{"id": 1, "method": "\\ud800"}'),
    "no UTF-8": framed(b'{"id": 1, "method": "\xff"}'),
    "UTF-16": framed('{"id": 1, "method": "shutdown"}'.encode("utf-16")),
    "nothing but an end": framed(b'{"method": "exit"}'),
}  # fmt: skip
IDENTITIES = {
    "a list": [1],
    "a mapping": {"a": [1]},
    "null": None,
    "a fraction": 0.5,
    "true": True,
    "long": "i" * 200_000,
}
ODD: dict[str, Any] = {"a list": [], "a text": "x", "a number": 7, "null": None, "nothing": {}, "a list of lists": {"textDocument": [[]]}, "no text": {"textDocument": {"uri": 5}, "position": 3, "range": [], "contentChanges": {}, "newName": 9, "positions": 4, "context": "a", "event": [], "changes": 7, "settings": 3, "query": {}}}  # fmt: skip
METHODS = (
    *("completion", "signatureHelp", "hover", "inlayHint", "definition", "references", "documentHighlight"),
    *("prepareRename", "rename", "documentSymbol", "foldingRange", "selectionRange", "formatting", "rangeFormatting"),
    *("onTypeFormatting", "codeAction", "codeLens", "documentLink", "semanticTokens/full"),
)
NOTICES = (
    *("textDocument/didOpen", "textDocument/didChange", "textDocument/didClose", "textDocument/didSave", "$/setTrace"),
    *("workspace/didChangeConfiguration", "workspace/didChangeWatchedFiles", "workspace/didChangeWorkspaceFolders"),
    *("nnspec/lookedAtData", "$/cancelRequest", "initialized"),
)
FAR = {
    "negative": place(-1, -1),
    "far": place(2**31 - 1, 2**31 - 1),
    "beyond all numbers": place(10**30, 10**30),
    "fractions": place(0.5, 1e308),
    "texts": place("0", "0"),
    "null": place(None, None),
    "nothing": {},
    "true": place(True, False),
}
URIS = {
    "elsewhere": "file:///etc/passwd",
    "a device": "file:///dev/zero",
    "the environment": "file:///proc/self/environ",
    "up": "file:///FOLDER/../../../../../etc/shadow",
    "up in parts of a hundred": "file:///FOLDER/%2e%2e/%2e%2e/outside/kept.txt",
    "NUL": "file:///FOLDER/a%00b.yaml",
    "half a bracket": "http://[::1/a.yaml",
    "the network": "http://127.0.0.1:9/a.yaml",
    "a share": "file://127.0.0.1/c$/a.yaml",
    "no file": "untitled:../../outside/kept.txt",
    "escapes": "untitled:\x1b[2J\u202e",
    "nothing": "",
    "a long one": "file:///FOLDER/" + "a/" * 50_000,
    "no UTF-8": "file:///FOLDER/%ff%fe.yaml",
    "a half of a character": "file:///FOLDER/\ud800.yaml",
    "data": "data:text/yaml,a",
}
LONG = " ".join(["word"] * 200_000)
CASES: dict[str, Case] = {
    **{f"framing: {name}": stream(content) for name, content in FRAMES.items()},
    **{f"an identity that is {name}": session({"id": value, "method": "textDocument/hover", "params": AT}) for name, value in IDENTITIES.items()},
    **{f"taken back: {name}": session(noticed("$/cancelRequest", {"id": value}), asked("hover", AT)) for name, value in IDENTITIES.items()},
    **{f"{method} of {name}": session(asked(method, params)) for method in METHODS for name, params in ODD.items()},
    **{f"{method} of {name}": session(noticed(method, params), asked("hover", AT)) for method in NOTICES for name, params in ODD.items()},
    **{f"{method} at {name}": session(asked(method, {**AT, "position": at, "positions": [at], "range": {"start": at, "end": at}, "newName": "x", "ch": "\n", "options": {}})) for method in ("completion", "hover", "rename", "inlayHint", "selectionRange", "onTypeFormatting", "codeAction") for name, at in FAR.items()},
    **{f"a change from {name}": session(changed(between(at, place(0, 1))), changed(between(place(0, 1), at)), asked("hover", AT)) for name, at in FAR.items()},
    "a change from the end to the start": session(changed(between(place(5, 0), place(0, 0), "nnspec: 1\n")), asked("hover", AT)),
    "a change of no text": session(changed({"text": None}), changed({"range": RANGE}), changed(5), asked("hover", AT)),
    "a change beside a change of nothing": session(changed({"text": SOUND}), noticed("textDocument/didChange", {}), noticed("textDocument/didChange", None), asked("hover", AT)),
    "2,000 changes at once": session(changed(*[between(place(1, 0), place(1, 0), "# a\n")] * 2_000), asked("hover", AT)),
    "changes of a large document": session(changed({"text": "# a\n" * 50_000 + SOUND}, *[between(place(1, 0), place(1, 0), "# a\n")] * 300), asked("hover", AT)),
    "changes of what is not open": session(changed({"text": "a"}, uri="file:///FOLDER/none.yaml"), asked("hover", AT)),
    **{f"a document at {name}": session(opened(uri), asked("hover", {**AT, "textDocument": {"uri": uri}}), asked("documentLink", {"textDocument": {"uri": uri}})) for name, uri in URIS.items()},
    **{f"a workspace at {name}": session({"id": 5, "method": "workspace/symbol", "params": {"query": ""}}, start=[{**START[0], "params": {"rootUri": uri, "capabilities": {}}}, *START[1:]]) for name, uri in URIS.items() if name not in ("elsewhere",)},
    **{f"folders that come: {name}": session(noticed("workspace/didChangeWorkspaceFolders", {"event": {"added": [{"uri": uri, "name": "a"}], "removed": [{"uri": uri, "name": "a"}]}}), noticed("workspace/didChangeWatchedFiles", {"changes": [{"uri": uri, "type": 2}]}), asked("hover", AT)) for name, uri in URIS.items()},
    "halves of characters": session(opened(URI, SOUND + "# \ud800\n\udc00: 1\n"), changed(between(place(6, 0), place(7, 1), "\udfff\ud800")), asked("hover", {**AT, "position": place(6, 1)}), asked("rename", {**AT, "newName": "\ud800"})),
    "500 documents": session(*[opened(f"file:///FOLDER/{number}.yaml") for number in range(500)], full=True),
    "a document that is opened 200 times": session(*[opened(URI)] * 200, asked("hover", AT)),
    "capabilities of other shapes": session(start=[{**START[0], "params": {"capabilities": {"textDocument": [], "workspace": 7}}}, *START[1:]], says="'status': 1"),
    "capabilities of nulls": session(start=[{**START[0], "params": {"capabilities": {"textDocument": {"completion": None}, "workspace": {"inlayHint": None}}}}, *START[1:]], says="'status': 1"),
    "folders of other shapes": session(start=[{**START[0], "params": {"capabilities": {}, "workspaceFolders": [5, {"uri": None}]}}, *START[1:]], says="'status': 1"),
    "begun twice": session(START[0], START[0], asked("hover", AT)),
    "not begun": session(asked("hover", AT), START[2], start=[], says="'status': 1"),
    "asked after its end": session({"id": 4, "method": "shutdown"}, asked("hover", AT), opened(URI)),
    "a name with lines": session(asked("rename", {**AT, "position": place(4, 10), "newName": "a\n- b: [\x1b[2J"})),
    "a name of 1 MB": session(asked("rename", {**AT, "position": place(4, 10), "newName": LONG})),
    "a question of 1 MB": session({"id": 4, "method": "workspace/symbol", "params": {"query": LONG}}),
    "methods of any name": session(*[{"id": n, "method": name, "params": {}} for n, name in enumerate(("__class__", "../x", "textDocument/", "\x1b[2J", "m" * 100_000, 5, None, []))]),
    "10,000 questions": session(*[asked("hover", AT, n) for n in range(10_000)], seconds=2.0, full=True),  # each is answered
    "100,000 that are taken back": session(*[noticed("$/cancelRequest", {"id": n}) for n in range(100_000)], full=True),
    "diagnostics of other shapes": session(asked("codeAction", {**AT, "range": RANGE, "context": {"diagnostics": [5, None], "only": "x"}})),
    "diagnostics that are many": session(asked("codeAction", {**AT, "range": RANGE, "context": {"diagnostics": [{"code": "E0101", "range": RANGE}] * 20_000}})),
}  # fmt: skip
