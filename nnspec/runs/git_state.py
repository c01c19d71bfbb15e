"""The commit of a spec's folder, read from git's files: git itself is never run.

What `git status` runs may be named by the folder that it is asked about: `core.fsmonitor`, filters, hooks. A folder
that a stranger made must not choose programs, so that a few files are read here, each no longer than a bound: HEAD,
the reference that it names, and the index (gitformat-index(5), versions 2 to 4).
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnspec.reading import read_bytes

SHORT = 4096  # bytes of HEAD, of a reference, of what names another folder
LONG = 64 << 20  # bytes of an index, or of all references in one file
HASHED = 256 << 20  # bytes of files whose content is looked at, in all
REFERENCE = re.compile(r"refs/(?!.*\.\.)[^\s\x00-\x1f\\]{1,1000}")
COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
ENTRY = struct.Struct(">10I")  # two times in seconds and nanoseconds, device, inode, mode, user, group, size
EXTENDED, LINK, SUBMODULE = 0x4000, 0o120000, 0o160000


def git_state(folder: Path) -> dict[str, Any] | None:
    """The commit that a spec's folder is at, and whether the files that git knows are others since.

    `changed` is whether a file that git knows differs from what git last took it for, by its size and times or else by
    its content, or something was added since the commit. It is None where the index is of a form that is not read here.
    Files that git does not know are not looked for. None outside of git, and before the first commit.
    """
    try:
        found = _repository(folder.resolve())
        commit = found and _commit(found)
        return {"commit": commit, "changed": _changed(found)} if found and commit else None
    except (OSError, ValueError):
        return None


@dataclass(frozen=True, slots=True)
class _Repository:
    """Where the files lie that git knows, where its own do, and where it keeps what several work trees share."""

    files: Path
    own: Path
    shared: Path


def _repository(folder: Path) -> _Repository | None:
    for place in (folder, *folder.parents):
        own = place / ".git"
        if own.is_file():  # of another work tree, or of a submodule
            own = place / _read(own).removeprefix("gitdir:").strip()
        if (own / "HEAD").is_file():
            common = own / "commondir"
            return _Repository(place, own, own / _read(common).strip() if common.is_file() else own)
    return None


def _commit(repository: _Repository) -> str | None:
    head = _read(repository.own / "HEAD").strip()
    if not head.startswith("ref:"):
        return head if COMMIT.fullmatch(head) else None
    name = head.removeprefix("ref:").strip()
    if not REFERENCE.fullmatch(name):
        return None
    for place in (repository.own, repository.shared):
        if (place / name).is_file():
            found = _read(place / name).strip()
            return found if COMMIT.fullmatch(found) else None
    packed = repository.shared / "packed-refs"
    lines = _read(packed, LONG).splitlines() if packed.is_file() else ()
    return next((line[: -len(name) - 1] for line in lines if line.endswith(f" {name}") and COMMIT.match(line)), None)


def _changed(repository: _Repository) -> bool | None:
    """Whether a file differs from the index; None where the index does not tell."""
    path = repository.own / "index"
    try:
        content, written = read_bytes(path, LONG), path.stat().st_mtime_ns
        entries, rest = _entries(content)
        left = HASHED
        for entry in entries:
            changed, read = _differs(entry, repository.files, written)
            left -= read
            if changed or left < 0:
                return True if changed else None
        return not _is_committed(rest)
    except (OSError, ValueError, struct.error, IndexError):
        return None


@dataclass(frozen=True, slots=True)
class _Entry:
    name: bytes
    mode: int
    size: int
    written: int  # nanoseconds; 0 where git has not looked since
    digest: bytes


def _differs(entry: _Entry, files: Path, index_written: int) -> tuple[bool, int]:
    """Whether a file is another one than the index says, and how many bytes were read to know it."""
    if entry.mode == SUBMODULE:
        return False, 0
    if entry.name.startswith(b"/") or b".." in entry.name.split(b"/"):
        raise ValueError("an index names no file outside")
    path = files / os.fsdecode(entry.name)
    try:
        found = path.lstat()
    except (OSError, ValueError):
        return True, 0
    if stat.S_IFMT(found.st_mode) != stat.S_IFMT(entry.mode) or found.st_size != entry.size:
        return True, 0
    if found.st_mtime_ns == entry.written and entry.written < index_written:
        return False, 0
    content = os.fsencode(os.readlink(path)) if entry.mode == LINK else read_bytes(path, HASHED)
    digest = hashlib.sha1 if len(entry.digest) == 20 else hashlib.sha256
    return digest(b"blob %d\0" % len(content) + content).digest() != entry.digest, len(content)


def _entries(content: bytes) -> tuple[list[_Entry], bytes]:
    """What the index says of files, and the extensions after. Raises ValueError, struct.error or IndexError."""
    magic, version, count = struct.unpack_from(">4sII", content)
    if magic != b"DIRC" or version not in (2, 3, 4) or count > len(content) // (ENTRY.size + 20):
        raise ValueError("no index of git's")
    width = 20 if hashlib.sha1(content[:-20]).digest() == content[-20:] else 32
    found: list[_Entry] = []
    at, name = 12, b""
    for _ in range(count):
        start = at
        _, _, seconds, nanoseconds, _, _, mode, _, _, size = ENTRY.unpack_from(content, at)
        at += ENTRY.size
        digest = content[at : at + width]
        at += width
        (flags,) = struct.unpack_from(">H", content, at)
        at += 4 if flags & EXTENDED and version > 2 else 2
        if version == 4:
            cut, at = _number(content, at)
            name = name[: len(name) - cut] if cut else name
        else:
            name = b""
        end = content.index(b"\0", at)
        name += content[at:end]
        at = end + 1 if version == 4 else start + (end - start) // 8 * 8 + 8
        found.append(_Entry(name, mode, size, seconds * 10**9 + nanoseconds, digest))
    return found, content[at:-width]


def _number(content: bytes, at: int) -> tuple[int, int]:
    """A number of 7 bits a byte, as in pack files, and where it ends."""
    value = content[at] & 127
    while content[at] & 128:
        at += 1
        value = ((value + 1) << 7) | (content[at] & 127)
    return value, at + 1


def _is_committed(extensions: bytes) -> bool:
    """Whether nothing was added since the last commit: the tree of the whole index has then a name already."""
    for name, body in _extensions(extensions):
        if name == b"TREE":
            return int(body[1 : body.index(b" ")]) >= 0 and body[:1] == b"\0"
    return False


def _extensions(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(content):
        name, length = struct.unpack_from(">4sI", content, at)
        yield name, content[at + 8 : at + 8 + length]
        at += 8 + length


def _read(path: Path, most: int = SHORT) -> str:
    return read_bytes(path, most).decode("utf-8", "replace")
