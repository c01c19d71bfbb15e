"""What a run's files were when its training wrote them: one that was changed, or is another run's, is no answer of it.

Labels in another order, or scales of other data, fit the same network, and every answer would be wrong in silence.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from nnspec.data.protocol import ASSETS
from nnspec.reading import open_regular, require_regular
from nnspec.runs.errors import TrainingError
from nnspec.runs.run_folder import RunFolder

CHUNK = 1 << 20
TOLD = ("spec.yaml", "metrics.jsonl", "results.json", "data.json", "exported.json")  # what pages and tables tell
MOST_TOLD = 64 << 20  # bytes of such a file that are hashed when a run is looked at
HINT = "put back what the training wrote, or begin a new run: --fresh"


def seals_of(folder: RunFolder, *models: Path) -> dict[str, dict[str, Any]]:
    """Bytes and SHA-256 by name: what was learned of the data, and those of `models` that are there."""
    paths = [path for path in (*_learned(folder), *models) if path.exists()]
    return {_name(folder, path): _seal(path) for path in paths}


def seal(folder: RunFolder, *names: str) -> None:
    """Notes in the record what files are that were written after it; not where an earlier version wrote the record."""
    record = folder.read_record()
    if "files" in record:
        found = {name: _seal(folder.path / name) for name in names}
        folder.write_record({**record, "files": {**record["files"], **found}})


def others_told(folder: RunFolder, record: Mapping[str, Any]) -> Iterator[str]:
    """A remark on each file, of those that tell of a run, which is not what nnspec wrote."""
    for name in TOLD:
        seal, path = record.get("files", {}).get(name), folder.path / name
        if seal is None or not path.exists():
            continue
        with suppress(OSError):  # who reads it says so
            size = require_regular(path).st_size
            if size != seal["bytes"] or (size <= MOST_TOLD and _seal(path) != seal):
                yield f"{name} is not what nnspec wrote: its SHA-256 is another"


def refuse_others(folder: RunFolder) -> None:
    """Nothing of a run whose record does not say what its files were, as none of earlier versions does.

    Raises:
        TrainingError: a file is not what the training wrote, is missing, or was written by something else.
    """
    sealed = folder.read_record().get("files")
    if sealed is None:
        return
    best = next((path for path in (folder.best, folder.last) if path.name in sealed), None)
    for path in (*_learned(folder), folder.inputs, *([best] if best else [])):
        seal = sealed.get(_name(folder, path))
        if seal is None:
            if path.exists() and path != folder.inputs:  # which is written later than the others
                raise TrainingError(f"{path} is not of this run: its training wrote no such file", hint="remove it")
            continue
        try:
            same = require_regular(path).st_size == seal["bytes"] and _seal(path) == seal
        except FileNotFoundError:
            raise TrainingError(f"{path} is missing: the training wrote it", hint=HINT) from None
        except OSError as error:
            raise TrainingError(f"{path} cannot be read: {error.strerror or error}", hint=HINT) from error
        if not same:
            raise TrainingError(f"{path} is not what the training wrote: its SHA-256 is another", hint=HINT)


def _learned(folder: RunFolder) -> list[Path]:
    return [*(folder.assets / name for name in ASSETS), folder.learned]


def _name(folder: RunFolder, path: Path) -> str:
    return path.relative_to(folder.path).as_posix()


def _seal(path: Path) -> dict[str, Any]:
    digest, size = hashlib.sha256(), 0
    with open_regular(path) as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return {"bytes": size, "sha256": digest.hexdigest()}
