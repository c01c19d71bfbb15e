"""JSON-RPC messages over two streams, each behind a header that says how long it is (LSP 3.17, base protocol)."""

from __future__ import annotations

import json
from typing import Any, BinaryIO

from nnspec.reading import whole_characters

MAX_MESSAGE = 64 * 1024 * 1024  # bytes
MAX_HEADER = 4096  # bytes of one line
MAX_HEADERS = 32  # lines

Message = dict[str, Any]


class ProtocolError(Exception):
    """What comes in is no message; nothing after it can be trusted to be one."""


def read_message(stream: BinaryIO) -> Message | None:
    """The next message; None where the stream ends between two messages.

    Raises:
        ProtocolError: no header with a length, too long a message, or no JSON object.
    """
    size = _size(stream)
    if size is None:
        return None
    body = stream.read(size)
    if len(body) < size:
        raise ProtocolError("the stream ends within a message")
    try:
        message = json.loads(body)
        if b"\\u" in body:
            message = whole_characters(message)
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"a message is no JSON: {error}") from error
    if not isinstance(message, dict):
        raise ProtocolError("a message is no JSON object")
    return message


def write_message(stream: BinaryIO, message: Message) -> None:
    body = json.dumps({"jsonrpc": "2.0", **message}, ensure_ascii=False).encode("utf-8", "replace")
    stream.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
    stream.flush()


def _size(stream: BinaryIO) -> int | None:
    size = None
    for number in range(MAX_HEADERS):
        line = stream.readline(MAX_HEADER)
        if not line and number == 0:
            return None
        if not line.endswith(b"\n"):
            raise ProtocolError("the stream ends within a header, or a header is too long")
        if not line.strip():
            break
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            size = int(value) if value.strip().isdigit() else -1
    if size is None or not 0 <= size <= MAX_MESSAGE:
        raise ProtocolError(f"a message needs a header `Content-Length` of at most {MAX_MESSAGE:,}")
    return size
