"""A bucket of strangers, whose objects are files of a folder, for the cases of `cases_mirrors.py`."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

LONGEST = 200 << 20  # bytes of what has no end: nobody is to take more than `ROOM`
ROOM = 1 << 20


class Bucket:
    """What nnspec asks of a bucket's file system, over the files of a folder; one called `endless` has no end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _path(self, address: str) -> Path:
        return self.folder / address.removeprefix("s3://bucket/")

    def cat_file(self, address: str, start: int, end: int) -> bytes:
        with open(self._path(address), "rb") as file:
            return file.read(end)

    def open(self, address: str, mode: str) -> Any:
        path = self._path(address)
        return io.BytesIO(bytes(LONGEST)) if path.name == "endless" else open(path, mode)


def pulled(folder: Path, into: Path) -> str:
    """What comes of a run that is fetched from there."""
    from nnspec.runs import mirror
    from nnspec.runs.errors import TrainingError

    os.environ["NNSPEC_REMOTE_BYTES"] = str(ROOM)
    mirror.system_of = lambda address: Bucket(folder)  # type: ignore[assignment]
    try:
        mirror.fetched_run("s3://bucket", into)
    except TrainingError as error:
        return f"refused: {error}"
    return f"fetched: {sorted(path.relative_to(into).as_posix() for path in into.rglob('*'))}"
