"""Which files the cells of a table name: relative to a folder, with or without their ending."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from nnspec.data.errors import DataError
from nnspec.data.formats.images import SUFFIXES

ENDINGS = SUFFIXES | {".npy", ".txt"}


@dataclass
class FileNames:
    """
    Attributes:
        folder: that names are relative to.
        extension: what takes the place of the ending of each name; None: names are as they are, or lack their ending.
        endings: those that a file may have whose name lacks it.
    """

    folder: Path
    extension: str | None = None
    endings: frozenset[str] = ENDINGS
    _listed: dict[str, tuple[frozenset[str], dict[str, list[str]]]] = field(default_factory=dict, repr=False)

    def find(self, name: str) -> str | None:
        """The file of a name, relative to the folder; None where there is none. Raises DataError on two."""
        if "\0" in name:
            return None
        found = self._find(name)
        return self._find(name.replace("\\", "/")) if found is None and "\\" in name else found

    def _find(self, name: str) -> str | None:
        stem, ending = os.path.splitext(name)
        if self.extension is not None:
            name = (stem if ending.lower() in self.endings else name) + self.extension
        parent, last = os.path.split(name)
        names, stems = self.entries(parent)
        if last in names:
            return name
        if self.extension is not None:
            return None
        found = stems.get(last, [])
        if len(found) > 1:
            message = f"the name {name!r} may be {' or '.join(found)}"
            raise DataError(message, file=str(self.folder / parent), hint=f"say `extension: {Path(found[0]).suffix}`")
        return os.path.join(parent, found[0]) if found else None

    def entries(self, parent: str) -> tuple[frozenset[str], dict[str, list[str]]]:
        """The files of a folder, and by name without its ending."""
        if parent not in self._listed:
            try:
                with os.scandir(self.folder / parent) as listed:
                    names = frozenset(entry.name for entry in listed if entry.is_file())
            except OSError:
                names = frozenset()
            stems: dict[str, list[str]] = {}
            for name in sorted(names):
                stem, ending = os.path.splitext(name)
                if ending.lower() in self.endings:
                    stems.setdefault(stem, []).append(name)
            self._listed[parent] = names, stems
        return self._listed[parent]

    def hint(self, names: Iterable[str]) -> str | None:
        """What may help where no file at all was found."""
        if not self.folder.is_dir():
            return f"there is no folder {self.folder}: say `root` or `folder`"
        names = [name.replace("\\", "/") for name in names]
        wanted = {os.path.split(name)[1] for name in names}
        stems = {os.path.splitext(name)[0] for name in wanted} | wanted
        for entry in sorted(os.scandir(self.folder), key=lambda entry: entry.name):
            if entry.is_dir():
                inside, inner = self.entries(entry.name)
                if wanted & inside or stems & inner.keys():
                    return f"such files are in {entry.name}: say `folder: {entry.name}`"
        if any(name.startswith(("http://", "https://", "s3://", "gs://")) for name in names):
            return "addresses are not fetched: fetch the files, and give their names"
        _, by_stem = self.entries("")
        files, _ = self.entries("")
        if wanted & files:
            return "files of these names lie in the folder itself: leave out what stands before the names"
        if common := sorted(stems & by_stem.keys()):
            return f"is it {by_stem[common[0]][0]}? say `extension: {Path(by_stem[common[0]][0]).suffix}`"
        return None
