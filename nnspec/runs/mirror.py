"""The copy of a run in a bucket: training puts it there as it goes, and goes on from it on another machine.

Each content is one object, `objects/<SHA-256>`; `run.json` says which file of the run has which. All objects are there
before `run.json` names them, and it is written in one go: whoever reads finds the run as it was, or as it is.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from nnspec.console.atomic_files import unfinished
from nnspec.data.errors import DataError
from nnspec.data.files import identity
from nnspec.data.remote import ROOM, system_of, whole_room
from nnspec.reading import parse_json
from nnspec.runs.errors import TrainingError
from nnspec.runs.run_folder import RunFolder
from nnspec.schema_validity import fits

POINTER, OBJECTS = "run.json", "objects"
SECONDS = 60.0  # between two looks at what has changed
TRIES = 3
MOST_FILES, MOST_BYTES = 100_000, 64 << 20  # of a run, and of its pointer
SCHEMA = {
    "type": "object",
    "required": ["mirror", "files"],
    "properties": {
        "mirror": {"type": "integer", "minimum": 1, "maximum": 1},
        "files": {"type": "object", "maxProperties": MOST_FILES, "additionalProperties": {"type": "string"}},
    },
}


class Moved(Exception):
    """A file of the run went away while it was copied: another took its place."""


class Mirror:
    """One run and its copy.

    Args:
        address: of a folder, `s3://bucket/runs/one`. say: told of what could not be uploaded.
    """

    def __init__(self, address: str, say: Callable[[str], None]) -> None:
        self.address, self.say = address.rstrip("/"), say
        self.system = system_of(address)
        self.pointer: bytes | None = None  # as this process knows it
        self.hashes: dict[tuple[int, ...], str] = {}  # of files by what they are on the disk

    def at(self, name: str) -> str:
        return f"{self.address}/{name}"

    def read(self) -> dict[str, str] | None:
        """The files of the copy, SHA-256 by name; None where there is none.

        Raises TrainingError where it cannot be read, or is no such copy.
        """
        try:
            content: bytes = self.system.cat_file(self.at(POINTER), start=0, end=MOST_BYTES)
        except FileNotFoundError:
            self.pointer = None
            return None
        except Exception as error:  # each protocol has errors of its own
            raise TrainingError(f"{self.address} cannot be read: {error}") from error
        self.pointer = content
        try:
            found = parse_json(content.decode())
        except ValueError:
            found = None
        if not fits(found, SCHEMA, SCHEMA) or not all(map(is_inside, [*found["files"], *found["files"].values()])):
            raise TrainingError(f"{self.at(POINTER)} tells of no run", hint="give the address of another folder")
        files: dict[str, str] = found["files"]
        return files

    def pull(self, folder: Path) -> bool:
        """Makes `folder` out of the copy, whole or not at all; False where there is no copy.

        Raises TrainingError where a file is not what `run.json` says, or all are larger than copies may be.
        """
        for _ in range(TRIES):
            files = self.read()
            if files is None:
                return False
            scratch, left = folder.parent / unfinished(folder.name), whole_room()
            try:
                for name, digest in files.items():
                    left -= self._fetch(scratch / name, digest, left)
                if folder.exists():
                    folder.rmdir()  # an empty one that somebody made
                os.rename(scratch, folder)
                return True
            except FileNotFoundError:  # a newer copy took its place meanwhile
                continue
            except OSError as error:
                raise TrainingError(f"{folder} cannot be written: {error.strerror or error}") from error
            finally:
                shutil.rmtree(scratch, ignore_errors=True)
        raise TrainingError(f"{self.address} lacks files that its {POINTER} names")

    def _fetch(self, path: Path, digest: str, most: int) -> int:
        """Returns bytes. Raises TrainingError where there are more, or the content is another."""
        path.parent.mkdir(parents=True, exist_ok=True)
        found, done = hashlib.sha256(), 0
        with self.system.open(self.at(f"{OBJECTS}/{digest}"), "rb") as remote, open(path, "wb") as file:
            while piece := remote.read(1 << 20):
                done += len(piece)
                if done > most:
                    raise TrainingError(f"{self.address} has more than {whole_room():,} bytes ({ROOM})")
                found.update(piece)
                file.write(piece)
        if found.hexdigest() != digest:
            raise TrainingError(f"{self.at(f'{OBJECTS}/{digest}')} is damaged: its content has another hash")
        return done

    def push(self, folder: Path) -> None:
        """Uploads what has changed, then says so in `run.json`; then removes what that no longer names.

        Raises:
            TrainingError: another training has written there meanwhile.
            Exception: as the protocol's; the copy is as it was.
        """
        before, known = self.pointer, set[str]()
        if before is not None:
            known = set(json.loads(before)["files"].values())
        with TemporaryDirectory(prefix="nnspec-") as scratch:
            files = self._uploaded(folder, Path(scratch), known)
        content = json.dumps({"mirror": 1, "files": files}, indent=1, sort_keys=True).encode()
        if content == before:
            return
        self.read()
        if self.pointer != before:
            raise TrainingError(f"another training has written to {self.address}")
        self.system.pipe_file(self.at(POINTER), content)
        self.pointer = content
        for digest in known - set(files.values()):
            with suppress(Exception):
                self.system.rm_file(self.at(f"{OBJECTS}/{digest}"))

    def _uploaded(self, folder: Path, scratch: Path, known: set[str]) -> dict[str, str]:
        """The files of a run, SHA-256 by name, with every object in its place. Files that went away are looked for."""
        for _ in range(TRIES):
            try:
                return {name: self._object(path, scratch / "copy", known) for name, path in files_of(folder)}
            except Moved:
                continue
        raise TrainingError(f"{folder} changes faster than it can be copied")

    def _object(self, path: Path, copy: Path, known: set[str]) -> str:
        try:
            before = tuple(identity(path))
            if (digest := self.hashes.get(before)) in known and digest is not None:
                return digest
            shutil.copyfile(path, copy)  # it may be written to while it is uploaded
        except FileNotFoundError as error:
            raise Moved from error
        with open(copy, "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if digest not in known:
            self.system.put_file(str(copy), self.at(f"{OBJECTS}/{digest}"))
            known.add(digest)
        self.hashes[before] = digest
        return digest


def is_inside(name: str) -> bool:
    """Whether a name is that of a file below a folder; hidden ones, such as settings of git, are none of a run."""
    return all(part and part[0] != "." for part in name.split("/")) and not set(name) & {"\\", "\0", ":"}


def files_of(folder: Path) -> Iterator[tuple[str, Path]]:
    """The files of a run by their names; hidden ones, locks and what is being written, are none of it."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not path.is_symlink() and not any(part[0] == "." for part in name.split("/")):
            yield name, path


def steps_of(names: Mapping[str, Any]) -> int:
    """How far a run is, by its checkpoints."""
    numbers = [name.rpartition("step-")[2].partition(".")[0] for name in names if name.startswith("checkpoints/step-")]
    return max((int(number) for number in numbers if number.isdigit()), default=0)


@contextmanager
def mirrored(address: str, folder: Path, say: Callable[[str], None]) -> Iterator[None]:
    """While it runs, the copy follows the run; at the end it is the same.

    A run that is in the bucket alone is fetched first. An upload that fails is told, and tried again at the next look.

    Raises:
        TrainingError: the bucket holds another run, or one that is further; or the last upload fails.
    """
    mirror = Mirror(address, say)
    if not RunFolder(folder).is_there:
        if mirror.pull(folder):
            say(f"{folder} is fetched from {address}")
    elif (theirs := mirror.read()) is not None:
        ours = dict(files_of(folder))
        if theirs.get("spec.yaml") not in (None, _hash(folder / "spec.yaml")):
            raise TrainingError(f"{address} is the copy of another run than {folder}")
        if steps_of(theirs) > steps_of(ours):
            hint = f"remove {folder}, and the same command goes on from there"
            raise TrainingError(f"the copy at {address} is further than {folder}", hint=hint)
    ended = threading.Event()

    def follow() -> None:
        while not ended.wait(SECONDS):
            try:
                mirror.push(folder)
            except Exception as error:  # the network may be back at the next look
                say(f"warning: {address} could not be written: {error}")

    follower = threading.Thread(target=follow, name="mirror", daemon=True)
    follower.start()
    whole = False
    try:
        yield
        whole = True
    finally:
        ended.set()
        follower.join()
        try:
            if folder.is_dir():
                _finish(mirror, folder)
        except TrainingError as error:
            if whole:
                raise
            say(f"warning: {error}")  # what ended the training is what its user is to hear of


def _finish(mirror: Mirror, folder: Path) -> None:
    failure: Exception | None = None
    for _ in range(TRIES):
        try:
            return mirror.push(folder)
        except Exception as error:
            failure = error
    hint = "the same command uploads it again"
    raise TrainingError(f"{folder} is whole, and could not be copied to {mirror.address}: {failure}", hint=hint)


def _hash(path: Path) -> str | None:
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def fetched_run(address: str, folder: Path) -> Path:
    """A run of a bucket as a folder here, fetched as it is now. Raises TrainingError where there is none."""
    try:
        mirror = Mirror(address, lambda _: None)
    except DataError as error:
        raise TrainingError(str(error), hint=error.hint) from error
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    if not mirror.pull(folder):
        raise TrainingError(f"there is no run at {address}")
    return folder
