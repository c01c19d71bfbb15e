"""Data that lie elsewhere, as copies in the cache: files at `https://`, files, folders and patterns at `s3://` and
`gs://`, and what is inside of archives, `zip://`.

A spec may be a stranger's, so nothing is fetched unless the user allows it: NNSPEC_ALLOW_NETWORK is 1, or the hosts
and buckets that may be asked, or a command is given `--allow-network`. Each look asks the server whether the file is
still the one that was fetched (its ETag, else its size and time); NNSPEC_OFFLINE=1 takes the copies without asking.
"""

from __future__ import annotations

import glob
import hashlib
import json
import os
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields, replace
from functools import cache as once
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from nnspec.console.atomic_files import replacing, unfinished, write_text
from nnspec.data import cache
from nnspec.data.addresses import ADDRESS, ZIP, in_archive
from nnspec.data.config import DataConfig
from nnspec.data.errors import DataError
from nnspec.data.files import MOST_LOOKED_AT, identity, matches
from nnspec.data.protocol import tell
from nnspec.data.sources import SOURCES
from nnspec.layers.types import KindValue

ALLOW, OFFLINE, ROOM = "NNSPEC_ALLOW_NETWORK", "NNSPEC_OFFLINE", "NNSPEC_REMOTE_BYTES"
SCHEMES = {"http": "fsspec[http]", "https": "fsspec[http]", "s3": "s3fs", "gs": "gcsfs"}
DEFAULT_ROOM = 20 << 30  # bytes of all copies
TRIES, WAIT = 3, 0.5  # seconds, twice as many after each try
CONNECT, SILENCE = 20, 30  # seconds that a server may take to be reached, and between two bytes
ANSWER = 60  # seconds until an answer begins: a byte now and then is no silence
SLOWEST, WATCHED = 1024, 60  # bytes a second that have to come, and the seconds that they are counted over
TOO_SLOW = f"the server sends fewer than {SLOWEST:,} bytes a second"
BLOCK = 1 << 20
FILES_AT_ONCE = 8  # of a folder
LONGEST = 120  # characters of the name of a copy


def is_remote(text: Any) -> bool:
    return isinstance(text, str) and ADDRESS.match(text) is not None


def localized(data: DataConfig, base: Path, fetch: bool = True) -> DataConfig:
    """A data section whose addresses are paths of copies in the cache.

    Args:
        base: the folder that archives are relative to.
        fetch: whether copies are made, and looked after; else those that there are, and addresses stay where there is
            none.

    Raises:
        DataError: a place that may not be asked, cannot be reached, or has no such file.
    """
    kind = SOURCES.get(data.source.kind)
    if kind is None:
        return data
    paths = [entry.name for entry in fields(kind) if entry.metadata.get("path")]  # type: ignore[arg-type]

    def of(arguments: Mapping[str, Any]) -> dict[str, Any]:
        return {name: _moved(value, base, fetch) if name in paths else value for name, value in arguments.items()}

    split = {
        part: of(value) if isinstance(value, Mapping) else _moved(value, base, fetch)
        for part, value in data.split.items()
    }
    source = KindValue(data.source.kind, of(data.source.args))
    return data if source == data.source and split == data.split else replace(data, source=source, split=split)


def _moved(value: Any, base: Path, fetch: bool) -> Any:
    if isinstance(value, list | tuple):
        return [_moved(one, base, fetch) for one in value]
    if not is_remote(value):
        return value
    if value.startswith(ZIP):
        found, pattern = _inside(value, base, fetch), None
    else:
        pattern = parted(value)[1]
        found = fetched(value) if fetch else _copy(value)
    return value if found is None else str(found if pattern is None else found / pattern)


def parted(address: str) -> tuple[str, str | None]:
    """The folder of a bucket before a pattern, and the pattern; None where the address has none.

    Raises DataError on one where nothing can be listed.
    """
    scheme, _, path = address.partition("://")
    if scheme in ("http", "https"):
        if "*" in path.partition("?")[0]:
            hint = "list the addresses under `path`, or pack the files: `zip://*.csv::https://...`"
            raise DataError(
                "a web server does not tell which files it has, so that no pattern can match", file=address, hint=hint
            )
        return address, None
    parts = path.split("/")
    first = next((number for number, part in enumerate(parts) if glob.has_magic(part)), None)
    if first is None:
        return address, None
    if first == 0:
        raise DataError("a bucket is named, not matched", file=address)
    return f"{scheme}://{'/'.join(parts[:first])}", "/".join(parts[first:])


def _inside(address: str, base: Path, fetch: bool) -> Path | None:
    """What is inside of an archive, unpacked; None where that is not there, and not to be made."""
    archive, inside = in_archive(address)
    path = base / archive if not is_remote(archive) else fetched(archive) if fetch else _copy(archive)
    if path is None:
        return None
    try:
        known = repr((os.path.abspath(path), identity(path), inside))
    except OSError as error:
        if not fetch:
            return None
        raise DataError(f"cannot read the archive: {error.strerror}", file=str(path)) from error
    kept = _folder() / hashlib.sha256(known.encode()).hexdigest()[:24]
    folder = kept / "data"
    if (kept / "told.json").is_file() and folder.is_dir():
        with suppress(OSError):
            os.utime(kept)
        return folder / inside
    if not fetch:
        return None
    from nnspec.data.archives import unpacked

    scratch = kept / unfinished("data")
    try:
        scratch.mkdir(parents=True)
        size = unpacked(path, inside, scratch, lambda size: _room_for(address, size))
        _remove(folder)
        os.rename(scratch, folder)
    finally:
        _remove(scratch)
    write_text(kept / "told.json", json.dumps({"address": address, "size": size}))
    _make_room(whole_room(), kept)
    return folder / inside


def fetched(address: str) -> Path:
    """The copy of a file, which is the one that the server has now. Raises DataError."""
    require_allowed(address)
    copy = _copy(address)
    if os.environ.get(OFFLINE):
        if copy is None:
            raise DataError(f"there is no copy of it, and {OFFLINE} is set", file=address)
        return copy
    failure: BaseException | None = None
    for attempt in range(TRIES):
        if attempt:
            time.sleep(WAIT * 2 ** (attempt - 1))
        try:
            return _current(address)
        except FileNotFoundError as error:
            cause = error.__cause__
            if isinstance(cause, DataError):
                raise cause from None
            if not isinstance(cause, OSError) and getattr(cause, "status", 404) in (404, 410):
                raise DataError("no such file", file=address) from error
            failure = cause or error  # fsspec says so of a server that does not answer, too
        except (OSError, ValueError, RuntimeError, TimeoutError) as error:
            failure = error
        except Exception as error:  # each protocol has errors of its own
            if "ClientError" not in {one.__name__ for one in type(error).__mro__}:
                raise
            failure = error
    kept = f"; the copy in the cache is used with {OFFLINE}=1" if copy is not None else ""
    told = str(failure) or type(failure).__name__
    raise DataError(f"it cannot be fetched, after {TRIES} tries: {told}{kept}", file=address) from failure


def require_allowed(address: str) -> None:
    """Raises DataError where the user has not allowed to ask this place, or such an address is not read."""
    try:
        parts = urlsplit(address)
    except ValueError as error:
        raise DataError(f"this is no address: {error}", file=address) from error
    if parts.scheme not in SCHEMES:
        raise DataError(f"`{parts.scheme}://` is not read: {', '.join(f'{one}://' for one in SCHEMES)}", file=address)
    if parts.username or parts.password:
        raise DataError("an address holds a name or a password", file=parts.hostname, hint="keep them out of the spec")
    allowed = [one.strip().lower() for one in os.environ.get(ALLOW, "").split(",") if one.strip()]
    host = (parts.hostname or "").lower()
    if "1" not in allowed and host not in allowed:
        hint = f"`--allow-network` allows it for one call; {ALLOW}={host} for this place, {ALLOW}=1 for all"
        raise DataError(f"the data lie at {host}, and nothing is fetched unless you allow it", file=address, hint=hint)


def system_of(address: str) -> Any:
    """The file system of a bucket's address, to write to. Raises DataError where it is no bucket's."""
    scheme = address.partition("://")[0].lower()
    if scheme not in SCHEMES or scheme in ("http", "https"):
        raise DataError("this is no address of a bucket", file=address, hint="s3://bucket/folder or gs://bucket/folder")
    return _system(scheme)


@once
def _system(scheme: str) -> Any:
    """The file system of a protocol. Raises DataError where its package is missing."""
    try:
        import fsspec

        if scheme in ("http", "https"):
            from aiohttp import ClientTimeout, TraceConfig

            limit = ClientTimeout(total=None, sock_connect=CONNECT, sock_read=SILENCE)
            watched = TraceConfig()
            watched.on_request_redirect.append(_followed)
            told = {"timeout": limit, "trace_configs": [watched], "middlewares": (_in_time,)}
            return fsspec.filesystem(scheme, client_kwargs=told, skip_instance_cache=True)
        told = {"config_kwargs": {"connect_timeout": CONNECT, "read_timeout": SILENCE}} if scheme == "s3" else {}
        return fsspec.filesystem(scheme, skip_instance_cache=True, use_listings_cache=False, **told)
    except ImportError as error:
        hint = f'pip install "{SCHEMES[scheme]}"'
        raise DataError(f"addresses of {scheme}:// need a package that is not installed", hint=hint) from error


async def _in_time(request: Any, ask: Any) -> Any:
    """Raises OSError where an answer does not begin."""
    import asyncio

    try:
        async with asyncio.timeout(ANSWER):
            return await ask(request)
    except TimeoutError:
        raise OSError(f"no answer came within {ANSWER} s") from None


async def _followed(_: Any, __: Any, step: Any) -> None:
    """Raises DataError where a server sends to a place that may not be asked."""
    require_allowed(urljoin(str(step.url), step.response.headers.get("Location", "")))


def _current(address: str) -> Path:
    """The copy as the server has it, made where there is none or another one. Raises OSError and what servers say."""
    system = _system(urlsplit(address).scheme)
    if parted(address)[1] is not None:
        return _current_folder(system, address)
    info = system.info(address)
    if info.get("type") == "directory":
        return _current_folder(system, address)
    identity = _identity(info)
    found = _copy(address)
    if found is not None and _told(found).get("identity") == identity:
        with suppress(OSError):
            os.utime(found.parent.parent)  # which was used last
        return found
    size = identity.get("size")
    room = _room_for(address, size or 0)
    path = _place(address)
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove(path, but_files=True)  # a folder that was there before
    with replacing(path) as scratch:
        _download(system, address, scratch, size, room)
        if _identity(system.info(address)) != identity:
            raise OSError("it has changed while it was fetched")
    told = {"address": address, "identity": identity, "size": path.stat().st_size}
    write_text(path.parent.parent / "told.json", json.dumps(told))
    _make_room(room, path.parent.parent)
    return path


def _current_folder(system: Any, address: str) -> Path:
    """As `_current`, of all files below a folder of a bucket, or those that a pattern matches.

    Those that are still the same are not fetched again.
    """
    place, pattern = parted(address)

    def listed() -> dict[str, dict[str, Any]]:
        known = members(system, place).items()
        return {name: _identity(info) for name, info in known if pattern is None or matches(name, pattern)}

    files = listed()
    if not files:
        raise DataError("no such file", file=address)
    path, found, told = _place(address), _copy(address), _told(_place(address))
    if found is not None and told.get("files") == files:
        with suppress(OSError):
            os.utime(found.parent.parent)
        return found
    sizes = {name: int(identity["size"] or 0) for name, identity in files.items()}
    room = _room_for(address, sum(sizes.values()))
    known = told.get("files", {}) if found is not None else {}
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.parent / unfinished(path.name)

    def fetch(name: str) -> None:
        (scratch / name).parent.mkdir(parents=True, exist_ok=True)
        if known.get(name) == files[name]:
            with suppress(OSError):
                return os.link(path / name, scratch / name)
        _download(system, f"{place.rstrip('/')}/{name}", scratch / name, sizes[name], room)

    try:
        scratch.mkdir()
        from concurrent.futures import ThreadPoolExecutor  # what takes time to import waits for an address

        with ThreadPoolExecutor(FILES_AT_ONCE) as pool:
            for done, _ in enumerate(pool.map(fetch, files), 1):
                tell("fetching", done, len(files))
        if listed() != files:
            raise OSError("it has changed while it was fetched")
        _remove(path)
        os.rename(scratch, path)
    finally:
        _remove(scratch)
    kept = {"address": address, "files": files, "size": sum(sizes.values())}
    write_text(path.parent.parent / "told.json", json.dumps(kept))
    _make_room(room, path.parent.parent)
    return path


def members(system: Any, address: str) -> dict[str, Mapping[str, Any]]:
    """What a server says of each file below a folder, by its path there.

    Raises DataError on a name that would lead out of the folder of the copies, and on more files than are looked at.
    """
    folder = address.partition("://")[2].rstrip("/") + "/"  # keys are told with their bucket
    found: dict[str, Mapping[str, Any]] = {}
    for key, info in sorted(system.find(address, detail=True).items()):
        name = key.removeprefix(folder)
        if not name or name.endswith("/"):  # what stands for the folder itself
            continue
        if any(part in ("", ".", "..") for part in name.split("/")) or set(name) & {"\\", "\0"}:
            raise DataError(f"the name {name!r} is none that a copy could have", file=address)
        found[name] = info
        if len(found) > MOST_LOOKED_AT:
            hint = "pack them: one archive, or files of records"
            raise DataError(f"the folder has over {MOST_LOOKED_AT:,} files", file=address, hint=hint)
    return found


def _remove(path: Path, but_files: bool = False) -> None:
    import shutil

    if path.is_dir():
        shutil.rmtree(path)
    elif not but_files:
        path.unlink(missing_ok=True)


def _download(system: Any, address: str, scratch: Path, size: int | None, room: int) -> None:
    """Raises OSError where less came than there should be, more than there is room for, or too slowly."""
    done, pace = 0, _Pace()
    more = {"cache_type": "none"} if size is None else {}
    wait = {"timeout": WATCHED} if urlsplit(address).scheme in ("http", "https") else {}  # of buckets, their library's
    with system.open(address, "rb", block_size=0, **more) as remote, open(scratch, "wb") as file:
        while piece := _next(remote, wait):
            done += len(piece)
            pace.count(len(piece))
            if done > room:
                raise DataError(f"it has more than {room:,} bytes, the cache's limit ({ROOM})", file=address)
            file.write(piece)
            tell("fetching", done, max(done, size or 0))
    if size is not None and done != size:
        raise OSError(f"{done:,} of {size:,} bytes came")


def _next(remote: Any, wait: Mapping[str, float]) -> bytes:
    try:
        piece: bytes = remote.read(BLOCK, **wait)
    except TimeoutError:
        raise OSError(TOO_SLOW) from None
    return piece


class _Pace:
    """How fast bytes come: a server that sends one now and then would never come to an end."""

    def __init__(self) -> None:
        self.since, self.bytes = time.monotonic(), 0

    def count(self, more: int) -> None:
        """Raises OSError where fewer came than have to."""
        self.bytes += more
        spent = time.monotonic() - self.since
        if spent >= WATCHED:
            if self.bytes < SLOWEST * spent:
                raise OSError(TOO_SLOW)
            self.since, self.bytes = time.monotonic(), 0


def _identity(info: Mapping[str, Any]) -> dict[str, Any]:
    """What tells a file from another one that took its place: plain values."""
    known = {str(name).lower(): value for name, value in info.items()}
    tag = next((known[name] for name in ("etag", "md5hash", "crc32c") if known.get(name)), None)
    when = next(
        (str(known[name]) for name in ("last-modified", "lastmodified", "updated", "mtime") if known.get(name)), None
    )
    size = known.get("size")
    return {"tag": None if tag is None else str(tag), "size": size, **({"time": when} if tag is None else {})}


def _folder() -> Path:
    return cache.root() / "remote"


def _place(address: str) -> Path:
    """Where the copy of an address lies, by its name, which says how it is read."""
    name = re.sub(r"[^\w.-]", "_", urlsplit(address).path.rpartition("/")[2])[-LONGEST:].lstrip(".") or "file"
    return _folder() / hashlib.sha256(address.encode()).hexdigest()[:24] / "data" / name


def _copy(address: str) -> Path | None:
    """The copy of an address; None where there is none, or it is not whole."""
    try:
        path = _place(address)
        told = _told(path)
        files = [path / name for name in told["files"]] if "files" in told else [path]
        return path if sum(file.stat().st_size for file in files) == told.get("size") else None
    except (OSError, ValueError):  # ValueError: it is no address
        return None


def _told(path: Path) -> dict[str, Any]:
    try:
        found = json.loads((path.parent.parent / "told.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _room_for(address: str, size: int) -> int:
    """How many bytes all copies may have together. Raises DataError where these alone are more."""
    room = whole_room()
    if size > room:
        raise DataError(f"{size:,} bytes are more than the cache of copies takes, {room:,} ({ROOM})", file=address)
    return room


def whole_room() -> int:
    """Bytes that all copies may have together. Raises DataError where NNSPEC_REMOTE_BYTES is no number."""
    try:
        return int(os.environ.get(ROOM) or DEFAULT_ROOM)
    except ValueError:
        raise DataError(f"{ROOM} is a number of bytes, not {os.environ[ROOM]!r}") from None


def _make_room(room: int, but: Path) -> None:
    """Removes the copies that were used the longest ago, until all fit."""
    import shutil

    kept = [(one.stat().st_mtime_ns, one) for one in _folder().iterdir() if one.is_dir()]
    sizes = {one: sum(file.stat().st_size for file in one.rglob("*")) for _, one in kept}
    total = sum(sizes.values())
    for _, one in sorted(kept):
        if total <= room or one == but:
            continue
        shutil.rmtree(one, ignore_errors=True)
        total -= sizes[one]
