"""Files that are written whole or not at all: whoever reads one, or loses power, finds the old one or the new one."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path, *, durable: bool = False) -> Iterator[Path]:
    """A file beside ``path``, of the same ending, that takes its place at the end unless something goes wrong.

    Args:
        durable: it is on the disk before this returns, so that a loss of power does not undo it.

    Raises:
        OSError: it cannot be written, with ``path`` for its file; what was there is as it was.
    """
    scratch = path.with_name(f".{path.stem}.{os.getpid()}-{threading.get_ident()}{path.suffix}")
    try:
        scratch.unlink(missing_ok=True)  # a link of that name would lead the writing elsewhere
        yield scratch
        if durable:
            with open(scratch, "rb+") as file:
                os.fsync(file.fileno())
        os.replace(scratch, path)
    except OSError as error:
        if error.filename in (None, str(scratch)):  # people know the file by its own name
            error.filename = str(path)
        raise
    finally:
        scratch.unlink(missing_ok=True)
    if durable:
        _sync_folder(path.parent)


def write_text(path: Path, text: str) -> None:
    """Replaces a text file, UTF-8. Raises OSError."""
    with replacing(path) as scratch:
        scratch.write_text(text, encoding="utf-8")


def write_bytes(path: Path, content: bytes) -> None:
    """Replaces a file. Raises OSError."""
    with replacing(path) as scratch:
        scratch.write_bytes(content)


def _sync_folder(folder: Path) -> None:
    """Makes a renaming in a folder last, where the system can."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
