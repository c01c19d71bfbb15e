"""Files that are written whole or not at all: whoever reads one, or loses power, finds the old one or the new one.

What is being written lies beside its place, under a hidden name that says the machine and the process. One that was
killed leaves it there; who next writes into the folder removes it.
"""

from __future__ import annotations

import errno
import os
import platform
import re
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

_MACHINE = f"{zlib.crc32(platform.node().encode('utf-8', 'replace')):08x}"
_UNFINISHED = re.compile(rf"\..*\.{_MACHINE}-(\d+)-\w+(\.\w+)?")
ATTEMPTS, PAUSE = 10, 0.1  # to remove a folder, and seconds between two
_swept: set[tuple[int, Path]] = set()  # by this process: what it finds once is not there again


def unfinished(stem: str) -> str:
    """The name of what this process is writing, without an ending; `sweep` knows it once the process is gone."""
    return f".{stem}.{_MACHINE}-{os.getpid()}-{threading.get_ident()}"


def sweep(folder: Path) -> None:
    """Removes what processes of this machine that are gone have left unfinished in a folder, once in a process."""
    here = os.getpid(), Path(os.path.abspath(folder))
    if here in _swept:
        return
    _swept.add(here)
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            found = _UNFINISHED.fullmatch(entry.name)
            if found is None or _is_alive(int(found[1])):
                continue
            with suppress(OSError):
                if entry.is_dir(follow_symlinks=False):
                    _remove_folder(entry.path)
                else:
                    os.unlink(entry.path)


def _remove_folder(path: str) -> None:
    """Removes a folder into which a worker of a killed process may write until it sees that it is alone."""
    import shutil

    for _ in range(ATTEMPTS):
        try:
            return shutil.rmtree(path)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.ENOENT) or not os.path.lexists(path):
                return None
        time.sleep(PAUSE)


def _is_alive(process: int) -> bool:
    if os.name != "posix":
        return True  # there, to ask is to end it
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # of somebody else
        return True
    return True


@contextmanager
def replacing(path: Path, *, durable: bool = False) -> Iterator[Path]:
    """A file beside ``path``, of the same ending, that takes its place at the end unless something goes wrong.

    Args:
        durable: it is on the disk before this returns, so that a loss of power does not undo it.

    Raises:
        OSError: it cannot be written, with ``path`` for its file; what was there is as it was.
    """
    sweep(path.parent)
    scratch = path.with_name(f"{unfinished(path.stem)}{path.suffix}")
    try:
        scratch.unlink(missing_ok=True)  # a link of that name would lead the writing elsewhere
        yield scratch
        if durable:
            synchronize(scratch)
        os.replace(scratch, path)
    except OSError as error:
        # People know the file by its own name; an error of words alone, which is not the system's, keeps its words.
        if error.errno is not None and error.filename in (None, str(scratch)):
            error.filename = str(path)
        raise
    finally:
        scratch.unlink(missing_ok=True)
    if durable:
        _sync_folder(path.parent)


@contextmanager
def making_folder(path: Path) -> Iterator[Path]:
    """A folder beside ``path``, not there yet or empty, that takes its place at the end unless something goes wrong.

    Raises:
        OSError: it cannot be made; nothing of it is left.
    """
    import shutil

    path.parent.mkdir(parents=True, exist_ok=True)
    sweep(path.parent)
    scratch = path.with_name(unfinished(path.name))
    scratch.mkdir()
    try:
        yield scratch
        os.replace(scratch, path)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def write_json(path: Path, value: Any) -> None:
    """As `write_text`, with a line for each entry."""
    import json

    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def write_text(path: Path, text: str) -> None:
    """Replaces a text file, UTF-8. Raises OSError."""
    with replacing(path) as scratch:
        scratch.write_text(text, encoding="utf-8")


def write_bytes(path: Path, content: bytes) -> None:
    """Replaces a file. Raises OSError."""
    with replacing(path) as scratch:
        scratch.write_bytes(content)


def synchronize(path: Path) -> None:
    """Returns once the content of a file is on the disk. Raises OSError."""
    with open(path, "rb+") as file:
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Makes a renaming in a folder last, where the system can."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
