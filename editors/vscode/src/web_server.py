"""nnspec's language server for an editor in a browser: each message of the protocol is answered at once."""

import json
from pathlib import Path

from nnspec.lsp.embedded import EmbeddedServer

server = EmbeddedServer()


def call(text):
    """JSON in, JSON out: a message of the protocol and those that answer it; or `{file, text}` of the workspace."""
    message = json.loads(text)
    if "file" not in message:
        return json.dumps(server.take(message))
    path = Path(message["file"])
    if message["text"] is None:
        path.unlink(missing_ok=True)
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(message["text"], encoding="utf-8")
    return "[]"
