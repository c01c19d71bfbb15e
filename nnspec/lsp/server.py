"""The server: one loop that takes the editor's messages in their order and answers each (LSP 3.17).

Reading waits in a thread of its own, so that the loop knows what else has come: of several changes to a document only
the newest text is checked, and a request that was taken back is not answered. The data of a spec are looked at in
the main thread, where signals end a pattern that never comes to an end (`data.text.patience`), and the loop runs beside
it: what is typed meanwhile is answered without them.
"""

from __future__ import annotations

import _thread
import os
import queue
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from nnspec.frontend.diagnostics import Source
from nnspec.frontend.partial import Known
from nnspec.lsp import actions, completion, drawing, formatting, hints, hover, lenses, parameters, renaming, structure
from nnspec.lsp.documents import Document, path_of
from nnspec.lsp.framing import Message, ProtocolError, read_message, write_message
from nnspec.lsp.reports import reports
from nnspec.lsp.rewriting import EXTRACT, INLINE, REWRITE
from nnspec.lsp.workspace import Analysis, Workspace, looked_at

# Errors by JSON-RPC's and LSP's numbers.
METHOD_NOT_FOUND, INVALID_REQUEST, INVALID_PARAMS, INTERNAL_ERROR = -32601, -32600, -32602, -32603
NOT_INITIALIZED, REQUEST_CANCELLED, REQUEST_FAILED = -32002, -32800, -32803

CAPABILITIES: Mapping[str, Any] = {
    "positionEncoding": "utf-16",
    "textDocumentSync": {"openClose": True, "change": 2, "save": {"includeText": False}},
    "completionProvider": {"triggerCharacters": ["$", "{", " ", "-", ".", "/", "("]},
    "signatureHelpProvider": {"triggerCharacters": ["{", ",", ":"]},
    "hoverProvider": True,
    "inlayHintProvider": True,
    "definitionProvider": True,
    "referencesProvider": True,
    "documentHighlightProvider": True,
    "renameProvider": {"prepareProvider": True},
    "documentSymbolProvider": True,
    "workspaceSymbolProvider": True,
    "foldingRangeProvider": True,
    "selectionRangeProvider": True,
    "documentFormattingProvider": True,
    "documentRangeFormattingProvider": True,
    "documentOnTypeFormattingProvider": {"firstTriggerCharacter": "\n"},
    "codeActionProvider": {"codeActionKinds": [actions.QUICK_FIX, actions.FIX_ALL, EXTRACT, REWRITE, INLINE]},
    "codeLensProvider": {},
    "documentLinkProvider": {},
    "semanticTokensProvider": {"legend": {"tokenTypes": list(structure.TOKENS), "tokenModifiers": []}, "full": True},
    "workspace": {"workspaceFolders": {"supported": True, "changeNotifications": True}},
}

_LOOKED = "nnspec/lookedAtData"  # what a look at the data came to, as a message of our own to the loop


class Server:
    """A session with one editor."""

    def __init__(self, reader: BinaryIO, writer: BinaryIO) -> None:
        self.reader, self.writer = reader, writer
        self.inbox: queue.Queue[Message | None] = queue.Queue()
        self.workspace = Workspace()
        self.settings = hints.HintSettings()
        self.client: Mapping[str, Any] = {}
        self.cancelled: set[Any] = set()
        self.waiting: list[Message] = []
        self.ready = self.is_shut_down = False
        self.last_request = 0
        self.looks: queue.Queue[tuple[str, Source, Mapping[Path, str]] | None] = queue.Queue()
        self.turn = threading.Lock()  # held while `is_looking` changes, or is acted on
        self.is_looking = False
        self.status = 1

    def serve(self) -> int:
        """Answers until the editor says `exit`, or its stream ends.

        Returns:
            0 where the editor shut the server down before, as it should, else 1.
        """
        threading.Thread(target=self._read, daemon=True).start()
        in_main = threading.current_thread() is threading.main_thread()
        threading.Thread(target=self._answer_all, args=[in_main], daemon=True).start()
        with suppress(KeyboardInterrupt):
            self._look()
        return self.status

    def _answer_all(self, looks_in_main: bool) -> None:
        try:
            while (message := self._next()) is not None and message.get("method") != "exit":
                self.handle(message)
            self.status = 0 if message is not None and self.is_shut_down else 1
        finally:  # an editor that leaves waits for no look at the data
            self.looks.put(None)
            with self.turn:
                if self.is_looking and looks_in_main:
                    _thread.interrupt_main()

    # What comes in.

    def _read(self) -> None:
        try:
            while (message := read_message(self.reader)) is not None:
                if message.get("method") == "$/cancelRequest":
                    if isinstance(message.get("params"), dict) and _is_identity(message["params"].get("id")):
                        self.cancelled.add(message["params"]["id"])
                else:
                    self.inbox.put(message)
        except (ProtocolError, OSError, ValueError) as error:
            print(f"nnspec lsp: {error}", file=sys.stderr)
        self.inbox.put(None)

    def _next(self) -> Message | None:
        """The next message. All changes to a document that wait one behind the other come as one."""
        if not self.waiting:
            found = self.inbox.get()
            if found is None:
                return None
            self.waiting.append(found)
        message = self.waiting.pop(0)
        while message.get("method") == "textDocument/didChange":
            following = self._peek()
            if following is None or not _is_of_same_document(message, following):
                break
            self.waiting.pop(0)
            message = _joined(message, following)
        return message

    def _peek(self) -> Message | None:
        if not self.waiting:
            try:
                found = self.inbox.get_nowait()
            except queue.Empty:
                return None
            if found is None:
                self.inbox.put(None)
                return None
            self.waiting.append(found)
        return self.waiting[0]

    def handle(self, message: Message) -> None:
        """Answers one message; nothing that it holds ends the session."""
        method, identity = message.get("method"), message.get("id")
        if method is None:  # an answer to what the server asked
            return
        is_request = "id" in message
        if is_request and not _is_identity(identity):
            return self._answer(None, error=(INVALID_REQUEST, "`id` is a number or a text"))
        if is_request and identity in self.cancelled:
            self.cancelled.discard(identity)
            self._answer(identity, error=(REQUEST_CANCELLED, "the request was taken back"))
            return
        try:
            result = self._called(str(method), message.get("params") or {}, is_request)
        except _Refused as refused:
            if is_request:
                self._answer(identity, error=(refused.code, str(refused)))
        except renaming.RenameError as failed:
            if is_request:
                self._answer(identity, error=(REQUEST_FAILED, str(failed)))
        except Exception as error:  # a bug must not end the session; the editor's log shows where it is
            traceback.print_exc()
            if is_request:
                said = f"bug in nnspec: {type(error).__name__}: {error}"
                self._answer(identity, error=(INTERNAL_ERROR, said))
        else:
            if is_request:
                self._answer(identity, result=result)

    def _called(self, method: str, params: Any, is_request: bool) -> Any:
        if not isinstance(params, Mapping):
            raise _Refused(INVALID_REQUEST, "`params` is no object")
        if not self.ready and method != "initialize":
            raise _Refused(NOT_INITIALIZED, "`initialize` comes first")
        if self.is_shut_down:
            raise _Refused(INVALID_REQUEST, "the server is shut down")
        if not parameters.are_usable(method, params):
            raise _Refused(INVALID_PARAMS, f"the parameters of {method} are not of the types that the protocol says")
        handler = NOTICES.get(method) if not is_request else REQUESTS.get(method)
        if handler is not None:
            return handler(self, params)
        asked = ANSWERS.get(method) if is_request else None
        if asked is None:
            raise _Refused(METHOD_NOT_FOUND, f"the method {method} is not known")
        uri = str(params["textDocument"]["uri"])
        analysis = self.workspace.analyses.get(uri)
        return None if analysis is None else asked(self, analysis, params)

    # What goes out.

    def _answer(self, identity: Any, *, result: Any = None, error: tuple[int, str] | None = None) -> None:
        said = {"result": result} if error is None else {"error": {"code": error[0], "message": error[1]}}
        write_message(self.writer, {"id": identity, **said})

    def tell(self, method: str, params: Any) -> None:
        write_message(self.writer, {"method": method, "params": params})

    def publish(self, found: list[Analysis]) -> None:
        """Shows the diagnostics of documents, and lets the editor ask again for what follows from them."""
        for analysis in found:
            document = analysis.document
            shown: dict[str, Any] = {"uri": document.uri, "diagnostics": reports(analysis)}
            if document.version is not None:
                shown["version"] = document.version
            self.tell("textDocument/publishDiagnostics", shown)
        for what in ("inlayHint", "codeLens", "semanticTokens") if found else ():
            if self.client.get("workspace", {}).get(what, {}).get("refreshSupport"):
                self.last_request += 1
                write_message(self.writer, {"id": f"nnspec{self.last_request}", "method": f"workspace/{what}/refresh"})

    # The data, in a thread of their own.

    def ask_for_data(self, found: list[Analysis]) -> None:
        for analysis in found:
            spec = None if analysis.known is None else analysis.known.checked.spec
            if spec is not None and spec.data is not None:
                document = analysis.document
                source = Source.from_text(document.text, str(document.path))
                self.looks.put((document.uri, source, self.workspace.unsaved))

    def _look(self) -> None:
        while (asked := self.looks.get()) is not None:
            uri, source, unsaved = asked
            if any(one is None or one[0] == uri for one in list(self.looks.queue)):  # a newer text, or the end
                continue
            self._set_looking(True)
            try:
                found = looked_at(source, unsaved)
            except Exception:
                traceback.print_exc()
            else:
                self.inbox.put({"method": _LOOKED, "params": {"uri": uri, "found": found}})
            self._set_looking(False)

    def _set_looking(self, is_looking: bool) -> None:
        with self.turn:
            self.is_looking = is_looking


class _Refused(Exception):
    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def _is_identity(value: Any) -> bool:
    return isinstance(value, int | str)


def _is_of_same_document(one: Message, other: Message) -> bool:
    if other.get("method") != one["method"]:
        return False
    for message in (one, other):
        params = message.get("params")
        if not isinstance(params, dict) or not parameters.are_usable(one["method"], params):
            return False
    return bool(other["params"]["textDocument"]["uri"] == one["params"]["textDocument"]["uri"])


def _joined(one: Message, other: Message) -> Message:
    changes = [*one["params"]["contentChanges"], *other["params"]["contentChanges"]]
    return {**other, "params": {**other["params"], "contentChanges": changes}}


# The session.


def _initialize(server: Server, params: Mapping[str, Any]) -> Any:
    from importlib.metadata import version

    server.ready = True
    server.client = params.get("capabilities") or {}
    server.settings = hints.HintSettings.of(params.get("initializationOptions"))
    root = params.get("rootUri")
    folders = [str(one["uri"]) for one in params.get("workspaceFolders") or ()] or ([str(root)] if root else [])
    server.workspace.folders = [path_of(uri) for uri in folders]
    return {"capabilities": dict(CAPABILITIES), "serverInfo": {"name": "nnspec", "version": version("nnspec")}}


def _shutdown(server: Server, params: Mapping[str, Any]) -> None:
    server.is_shut_down = True


def _nothing(server: Server, params: Mapping[str, Any]) -> None:
    """What the server need not act on."""


def _workspace_symbols(server: Server, params: Mapping[str, Any]) -> Any:
    return structure.workspace_symbols(server.workspace, str(params.get("query", "")))


# Documents.


def _opened(server: Server, params: Mapping[str, Any]) -> None:
    given = params["textDocument"]
    uri = str(given["uri"])
    document = Document(uri, path_of(uri), str(given.get("languageId", "")), given.get("version"), str(given["text"]))
    _took(server, server.workspace.take(document))


def _changed(server: Server, params: Mapping[str, Any]) -> None:
    given = params["textDocument"]
    document = server.workspace.documents.get(str(given["uri"]))
    if document is not None:
        _took(server, server.workspace.take(document.changed(params["contentChanges"], given.get("version"))))


def _closed(server: Server, params: Mapping[str, Any]) -> None:
    uri = str(params["textDocument"]["uri"])
    _took(server, server.workspace.close(uri))
    server.tell("textDocument/publishDiagnostics", {"uri": uri, "diagnostics": []})


def _files_changed(server: Server, params: Mapping[str, Any]) -> None:
    changed = {path_of(str(one["uri"])) for one in params.get("changes") or ()}
    _took(server, server.workspace.refreshed(changed))


def _saved(server: Server, params: Mapping[str, Any]) -> None:
    """The data may have changed since: they are looked at once more."""
    analysis = server.workspace.analyses.get(str(params["textDocument"]["uri"]))
    if analysis is not None:
        server.ask_for_data([analysis])


def _configured(server: Server, params: Mapping[str, Any]) -> None:
    settings = params.get("settings") or {}
    server.settings = hints.HintSettings.of(settings.get("nnspec", settings))
    server.publish(list(server.workspace.analyses.values()))


def _folders_changed(server: Server, params: Mapping[str, Any]) -> None:
    event = params.get("event") or {}
    gone = {path_of(str(one["uri"])) for one in event.get("removed") or ()}
    added = [path_of(str(one["uri"])) for one in event.get("added") or ()]
    server.workspace.folders = [*(one for one in server.workspace.folders if one not in gone), *added]


def _looked(server: Server, params: Mapping[str, Any]) -> None:
    found = params.get("found")
    if not isinstance(found, Known):  # an editor has said it
        raise _Refused(METHOD_NOT_FOUND, f"the method {_LOOKED} is not known")
    analysis = server.workspace.with_data(str(params["uri"]), found)
    if analysis is not None:
        server.publish([analysis])


def _took(server: Server, found: list[Analysis]) -> None:
    server.publish(found)
    server.ask_for_data(found)


# What is asked of a document.


def _completion(server: Server, analysis: Analysis, params: Mapping[str, Any]) -> Any:
    known = server.client.get("textDocument", {}).get("completion", {}).get("completionItem", {})
    items = completion.completions(analysis, params["position"], bool(known.get("snippetSupport")))
    return {"isIncomplete": len(items) >= completion.MAX_FILES, "items": items}


def _code_actions(server: Server, analysis: Analysis, params: Mapping[str, Any]) -> Any:
    return actions.actions(server.workspace, analysis, params["range"], params.get("context") or {})


def _references(server: Server, analysis: Analysis, params: Mapping[str, Any]) -> Any:
    declared = bool((params.get("context") or {}).get("includeDeclaration", True))
    return renaming.references(server.workspace, analysis, params["position"], declared)


Notice = Callable[[Server, Mapping[str, Any]], Any]
Answer = Callable[[Server, Analysis, Mapping[str, Any]], Any]

REQUESTS: Mapping[str, Notice] = {
    "initialize": _initialize,
    "shutdown": _shutdown,
    "workspace/symbol": _workspace_symbols,
}
NOTICES: Mapping[str, Notice] = {
    "initialized": _nothing,
    "$/setTrace": _nothing,
    "textDocument/didOpen": _opened,
    "textDocument/didChange": _changed,
    "textDocument/didClose": _closed,
    "textDocument/didSave": _saved,
    "workspace/didChangeConfiguration": _configured,
    "workspace/didChangeWatchedFiles": _files_changed,
    "workspace/didChangeWorkspaceFolders": _folders_changed,
    _LOOKED: _looked,
}
ANSWERS: Mapping[str, Answer] = {
    "textDocument/completion": _completion,
    "textDocument/signatureHelp": lambda _, one, params: completion.signature_help(one, params["position"]),
    "textDocument/hover": lambda _, one, params: hover.hover(one, params["position"]),
    "textDocument/inlayHint": lambda server, one, params: hints.inlay_hints(one, params["range"], server.settings),
    "textDocument/definition": lambda server, one, params: renaming.definition(
        server.workspace, one, params["position"]
    ),
    "textDocument/references": _references,
    "textDocument/documentHighlight": lambda _, one, params: renaming.highlights(one, params["position"]),
    "textDocument/prepareRename": lambda _, one, params: renaming.renameable(one, params["position"]),
    "textDocument/rename": lambda server, one, params: renaming.rename(
        server.workspace, one, params["position"], str(params["newName"])
    ),
    "textDocument/documentSymbol": lambda _, one, __: structure.document_symbols(one),
    "textDocument/foldingRange": lambda _, one, __: structure.folding_ranges(one),
    "textDocument/selectionRange": lambda _, one, params: [
        structure.selection_range(one, position) for position in params["positions"]
    ],
    "textDocument/formatting": lambda _, one, __: formatting.formatted(one),
    "textDocument/rangeFormatting": lambda _, one, params: formatting.formatted(one, params["range"]),
    "textDocument/onTypeFormatting": lambda _, one, params: formatting.indented(one, params["position"]),
    "textDocument/codeAction": _code_actions,
    "textDocument/codeLens": lambda _, one, __: lenses.code_lenses(one),
    "textDocument/documentLink": lambda _, one, __: structure.document_links(one),
    "textDocument/semanticTokens/full": lambda _, one, __: structure.semantic_tokens(one),
    drawing.METHOD: lambda _, one, params: drawing.drawn(one, bool(params.get("page"))),
}


def main() -> int:
    """Serves over standard input and output; what else would print there goes to standard error."""
    reader, writer = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return Server(reader, writer).serve()
