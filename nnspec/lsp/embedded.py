"""The server within another program, such as Python in a browser: a message in, the messages that answer it out.

There are no threads and no streams, and nobody who looks at data: what follows from them is not known.
"""

from __future__ import annotations

import json

from nnspec.lsp.framing import Message
from nnspec.lsp.server import Server
from nnspec.lsp.workspace import Analysis


class EmbeddedServer(Server):
    """A session with one editor, message by message."""

    def __init__(self) -> None:
        self._said = _Collected()
        super().__init__(None, self._said)  # type: ignore[arg-type]  # there is no stream to read from

    def take(self, message: Message) -> list[Message]:
        """Answers a message.

        Returns:
            What the server says to it, in this order: notices, requests of its own, the answer.
        """
        self._said.messages.clear()
        self.handle(message)
        return list(self._said.messages)

    def ask_for_data(self, found: list[Analysis]) -> None:
        """Nobody looks at data here."""


class _Collected:
    """What is written to, in place of a stream: each message as it is."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    def write(self, framed: bytes) -> None:
        self.messages.append(json.loads(framed.partition(b"\r\n\r\n")[2]))

    def flush(self) -> None:
        """Nothing waits."""
