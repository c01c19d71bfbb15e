"""What a run is trained on, file by file: so that a resume, and the end of a training, notice that a file has changed.

Imports neither TensorFlow nor Keras.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

from nnspec.console.atomic_files import write_text
from nnspec.data.dataset import Dataset
from nnspec.data.files import hashes_of, identity
from nnspec.frontend.spec import Spec
from nnspec.reading import read_json
from nnspec.runs.errors import TrainingError
from nnspec.runs.run_folder import RunFolder

MOST_FILES = 10_000  # of more the folders are kept, not the files
SHOWN = 3


@dataclass(frozen=True)
class Inputs:
    """
    Attributes:
        content: whether the files' contents are hashed whole; of large data it is sizes and samples.
        kept: by path, relative to the spec's folder, what a file is; of very many files, what a folder is.
        seen: by path, the identity at the start.
    """

    content: bool
    kept: Mapping[str, str]
    seen: Mapping[Path, list[int]]

    def save(self, folder: RunFolder) -> None:
        kept = {"content": self.content, "sampled": not self.content, "files": dict(self.kept)}
        write_text(folder.inputs, json.dumps(kept, indent=1) + "\n")

    def refuse_changed(self, folder: RunFolder) -> str | None:
        """
        Returns:
            What is to be told of a run that cannot be compared; None otherwise.

        Raises:
            TrainingError: a file is not what the training was begun with.
        """
        try:
            stored = read_json(folder.inputs)
            before, content = dict(stored["files"]), stored["content"]
            if not content and not stored.get("sampled"):
                raise ValueError("an earlier nnspec kept the times of large files")
        except (OSError, ValueError, KeyError, TypeError):
            return f"{folder.path} does not say what its data were: whether they changed since cannot be told"
        names = sorted(name for name in before.keys() | self.kept.keys() if before.get(name) != self.kept.get(name))
        if not names:
            return None
        told = [f"{name} is {self._how(name, before)}" for name in names[:SHOWN]]
        more = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
        rule = "" if content else " (by size and samples: they are too large to be hashed whole)"
        raise TrainingError(
            f"the data are not those that {folder.path} was begun with: {', '.join(told)}{more}{rule}",
            hint="put them back, or begin a new run: --fresh",
        )

    def _how(self, name: str, before: Mapping[str, str]) -> str:
        return "new" if name not in before else "missing" if name not in self.kept else "another"

    def changed(self) -> list[str]:
        """The files that are not what they were at the start any more, or are gone."""
        found = []
        for path, before in self.seen.items():
            now = None
            with suppress(OSError):
                now = identity(path)
            if now != before:
                found.append(str(path))
        return found


def take_inputs(spec: Spec, dataset: Dataset) -> Inputs:
    """What a training reads, as it is now. Raises OSError where a file is gone."""
    base = spec.path.parent
    seen = {path: identity(path) for path in sorted(set(files_of(spec, dataset)))}
    examples = dataset.hashes  # which the record of the run asks for as well
    others = hashes_of(path for path in seen if path not in examples.by_file)
    hashes, content = {**examples.by_file, **others.by_file}, examples.content and others.content
    kept = {os.path.relpath(path, base): hashes[path] for path in seen}
    if len(kept) > MOST_FILES:
        folders: dict[str, hashlib._Hash] = defaultdict(hashlib.sha256)
        for name, what in kept.items():
            folders[os.path.dirname(name)].update(f"{name}\0{what}\0".encode("utf-8", "surrogateescape"))
        kept = {name: digest.hexdigest()[:32] for name, digest in folders.items()}
    return Inputs(content, kept, seen)


def files_of(spec: Spec, dataset: Dataset) -> Iterator[Path]:
    """The files of the examples, what else arguments of the source name, weights to begin from and the teacher."""
    yield from _named(dataset.loaded.source, dataset.base)
    for part in dataset.loaded.parts.values():
        yield from part.examples.files
        yield from _named(getattr(part.examples, "source", None), dataset.base)
    teacher = spec.training.teacher
    for given in (spec.training.initial_weights, teacher.run if teacher else None):
        if not isinstance(given, str) or not given:
            continue
        path = spec.path.parent / Path(given).expanduser()
        file = RunFolder(path).model if path.is_dir() else path
        if file is not None and file.is_file():
            yield file


def _named(source: Any, base: Path) -> Iterator[Path]:
    """The files that a source names: lists of examples, word vectors, a tokenizer."""
    for one in fields(source) if is_dataclass(source) else ():
        value = getattr(source, one.name) if one.metadata.get("path") else None
        for name in [value] if isinstance(value, str) else value or ():
            if (base / name).is_file():
                yield base / name
