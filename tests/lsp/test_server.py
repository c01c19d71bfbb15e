"""The session: what comes first and last, changes, requests that are taken back, messages that are none."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from session import Refused, Session

from nnspec.lsp.embedded import EmbeddedServer
from nnspec.lsp.framing import ProtocolError, read_message, write_message
from nnspec.lsp.server import CAPABILITIES, Server

SPEC = """\
nnspec: 1
inputs: {image: [28, 28, 1]}
layers:
  - Conv2D: {filters: 6, kernel_size: 5, padding: same}
  - Flatten
  - Dense: 10
"""


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return Session(tmp_path)


def messages(*sent: dict[str, Any]) -> tuple[int, list[dict[str, Any]]]:
    """What a whole session over two streams answers, and its exit code."""
    stream, output = io.BytesIO(), io.BytesIO()
    for message in sent:
        write_message(stream, message)
    stream.seek(0)
    code = Server(stream, output).serve()
    output.seek(0)
    found = []
    while (answer := read_message(output)) is not None:
        found.append(answer)
    return code, found


INITIALIZE = {"id": 1, "method": "initialize", "params": {"capabilities": {}, "processId": None, "rootUri": None}}


def test_a_session_from_beginning_to_end() -> None:
    code, answers = messages(INITIALIZE, {"id": 2, "method": "shutdown"}, {"method": "exit"})
    assert code == 0
    assert answers[0]["result"]["capabilities"] == json.loads(json.dumps(dict(CAPABILITIES)))
    assert answers[0]["result"]["serverInfo"]["name"] == "nnspec"
    assert answers[1] == {"jsonrpc": "2.0", "id": 2, "result": None}


def test_an_editor_that_is_gone_is_a_failure() -> None:
    assert messages(INITIALIZE)[0] == 1
    assert messages(INITIALIZE, {"method": "exit"})[0] == 1


def test_what_comes_before_initialize_is_refused() -> None:
    _, answers = messages({"id": 1, "method": "textDocument/hover", "params": {}})
    assert answers[0]["error"]["code"] == -32002


def test_a_method_that_is_not_known_is_named(session: Session) -> None:
    with pytest.raises(Refused, match=r"textDocument/moniker is not known"):
        session.about("moniker", "file:///a.yaml")
    session.tell("$/progress", {"token": 1})  # what is told and not known is passed over


def test_a_request_that_is_taken_back_is_not_answered(session: Session) -> None:
    session.server.cancelled.add(session.number + 1)
    with pytest.raises(Refused, match="taken back"):
        session.ask("workspace/symbol", {"query": ""})
    assert session.ask("workspace/symbol", {"query": ""}) == []


def test_of_several_changes_the_newest_text_is_checked_once(tmp_path: Path) -> None:
    uri = (tmp_path / "a.yaml").as_uri()
    opened = {"textDocument": {"uri": uri, "languageId": "yaml", "version": 1, "text": SPEC}}

    def change(version: int, text: str) -> dict[str, Any]:
        document = {"uri": uri, "version": version}
        return {
            "method": "textDocument/didChange",
            "params": {"textDocument": document, "contentChanges": [{"text": text}]},
        }

    changes = [change(version, SPEC.replace("Flatten", "Flatten" + "x" * version)) for version in range(2, 8)]
    _, answers = messages(INITIALIZE, {"method": "textDocument/didOpen", "params": opened}, *changes)
    shown = [one["params"] for one in answers if one.get("method") == "textDocument/publishDiagnostics"]
    assert [one["version"] for one in shown][-1] == 7
    assert len(shown) < 7
    assert "Flattenxxxxxxx" in shown[-1]["diagnostics"][0]["message"]


def test_changes_are_stretches_in_utf_16(session: Session) -> None:
    uri = session.open("a.yaml", "description: '🦀 ü'\n" + SPEC)
    place = {"start": {"line": 0, "character": 14}, "end": {"line": 0, "character": 18}}
    end = {"line": 6, "character": 12}
    session.changes(uri, [{"range": place, "text": "a crab"}, {"range": {"start": end, "end": end}, "text": "0"}])
    assert session.text(uri) == "description: 'a crab'\n" + SPEC.replace("Dense: 10", "Dense: 100")
    assert session.hints(uri)[6] == "100, 470 K parameters"


def test_lines_may_end_as_on_windows(session: Session) -> None:
    uri = session.open("a.yaml", SPEC.replace("\n", "\r\n"))
    assert session.shown[uri] == [] and session.hints(uri)[5] == "10, 47 K parameters"
    found = session.at("hover", uri, 3, 6)
    assert "Slides learned kernels" in found["contents"]["value"]


def test_a_bug_ends_no_session(session: Session, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    uri = session.open("a.yaml", SPEC)
    monkeypatch.setattr("nnspec.lsp.hover.hover", lambda *_: 1 / 0)
    with pytest.raises(Refused, match="bug in nnspec: ZeroDivisionError"):
        session.at("hover", uri, 3, 6)
    assert "ZeroDivisionError" in capsys.readouterr().err
    assert len(session.hints(uri)) == 3


@pytest.mark.parametrize(
    "raw",
    [
        b"Content-Length: -5\r\n\r\n",
        b"Content-Length: 99999999999\r\n\r\n{}",
        b"Content-Length: 7\r\n\r\n{}",
        b"X: 1\r\n\r\n{}",
        b"Content-Length: 2\r\n\r\n[]",
        b"Content-Length: 2\r\n\r\n{'",
        b"Content-Length: 100000\r\n\r\n" + b"[" * 100000,
        b"a" * 100_000,
    ],
)
def test_what_is_no_message_is_refused(raw: bytes) -> None:
    with pytest.raises(ProtocolError):
        read_message(io.BytesIO(raw))


def test_other_yaml_is_left_alone(session: Session) -> None:
    uri = session.open("compose.yaml", "services:\n  web: {image: nginx}\n")
    assert session.shown[uri] == [] and session.hints(uri) == {}
    assert session.at("hover", uri, 1, 4) is None


@pytest.mark.slow
def test_the_command_speaks_the_protocol_and_nothing_else(tmp_path: Path) -> None:
    """In a process of its own: quick to start, without TensorFlow and NumPy, nothing on standard output but messages."""
    opened = {"uri": (tmp_path / "a.yaml").as_uri(), "languageId": "yaml", "version": 1, "text": SPEC}
    code = (
        "import sys, nnspec.cli.main as m\n"
        "import nnspec.lsp.server as s\n"
        "old = s.Server.serve\n"
        "def serve(self):\n"
        "    code = old(self)\n"
        "    heavy = {'tensorflow', 'keras', 'numpy', 'rich'} & {*sys.modules}\n"
        "    print('heavy:', sorted(heavy), file=sys.stderr)\n"
        "    return code\n"
        "s.Server.serve = serve\n"
        "sys.argv = ['nnspec', 'lsp', '--stdio']\n"
        "m.main()\n"
    )
    stream = io.BytesIO()
    for message in (
        INITIALIZE,
        {"method": "textDocument/didOpen", "params": {"textDocument": opened}},
        {"id": 2, "method": "shutdown"},
        {"method": "exit"},
    ):
        write_message(stream, message)
    done = subprocess.run([sys.executable, "-P", "-c", code], input=stream.getvalue(), capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stderr.decode().strip() == "heavy: []"
    answers, output = [], io.BytesIO(done.stdout)
    while (answer := read_message(output)) is not None:
        answers.append(answer)
    assert [one.get("id", one.get("method")) for one in answers] == [1, "textDocument/publishDiagnostics", 2]


def test_within_another_program_messages_are_answered_at_once(tmp_path: Path) -> None:
    server = EmbeddedServer()
    [answer] = server.take(INITIALIZE)
    assert answer["id"] == 1 and answer["result"]["serverInfo"]["name"] == "nnspec"
    uri = (tmp_path / "net.yaml").as_uri()
    text = SPEC + "data: {source: {IDX: {images: none.gz, labels: none.gz}}}\n"
    document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text.replace("Dense: 10", "Dense: {unitz: 10}")}
    [shown] = server.take({"method": "textDocument/didOpen", "params": {"textDocument": document}})
    assert [one["code"] for one in shown["params"]["diagnostics"]] == ["E0203"]
    change = {"textDocument": {"uri": uri, "version": 2}, "contentChanges": [{"text": text}]}
    [shown] = server.take({"method": "textDocument/didChange", "params": change})
    assert shown["params"]["diagnostics"] == [] and server.looks.empty()  # nobody looks at the data
