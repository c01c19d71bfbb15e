"""Two folders of files that belong together by their names: images, and what is to be made of each."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nnspec.data.errors import DataError
from nnspec.data.formats.boxes import hint_of
from nnspec.data.formats.class_folders import NAMED, PARTS, LeftOut, Wanted, lines_of_list, list_below


@dataclass
class Pairs:
    """
    Attributes:
        root, other: the two folders. wanted, noun: what the files of the first and of the second are called.
        ending, other_ending: how the names end, `_mask.png` for one; None: whatever their ending is.
        names, others: the files of each folder that belong together, by place.
        lone, without: files of the second folder and of the first that have no fellow.
        beside: what the second folder holds that is not wanted.
    """

    root: Path
    other: Path
    wanted: Wanted
    noun: str
    ending: str | None = None
    other_ending: str | None = None
    names: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    lone: list[str] = field(default_factory=list)
    without: list[str] = field(default_factory=list)
    beside: LeftOut = field(default_factory=LeftOut)

    def find(self, wanted: Sequence[str] | None = None) -> LeftOut:
        """Lists both folders. Returns what is left out.

        Args:
            wanted: the files of the first folder that are used; None: all.

        Raises DataError where no two belong together, or one has two fellows.
        """
        left = LeftOut()
        fellows = self.by_stem(list_below(self.other, self.wanted, self.beside), self.other_ending)
        ours = self.ours(left) if wanted is None else list(wanted)
        for name in ours:
            stem = self.stem(name, self.ending)
            found = fellows.pop(stem, None) if stem is not None else None
            if found is None:
                self.without.append(name)
                continue
            if len(found) > 1:
                message = f"{name!r} may belong to {' or '.join(map(repr, found[:NAMED]))}"
                raise DataError(message, file=str(self.other), hint=f"say how the names of the {self.noun}s end")
            self.names.append(name)
            self.others.append(found[0])
        self.lone = [name for found in fellows.values() for name in found]
        return left

    def ours(self, left: LeftOut) -> list[str]:
        """The files of the first folder: where the second lies within it, those that are none of the second."""
        found = list_below(self.root, self.wanted, left)
        root, other = (os.path.realpath(folder) for folder in (self.root, self.other))
        if root == other:
            if self.other_ending is None:
                message = f"images and {self.noun}s lie in one folder"
                raise DataError(message, file=str(self.root), hint=f"say how the names of the {self.noun}s end")
            found = [name for name in found if not name.endswith(self.other_ending)]
        elif other.startswith(root + os.sep):
            inside = os.path.relpath(other, root) + "/"
            found = [name for name in found if not name.startswith(inside)]
        if self.ending is not None:
            for name in found:
                if not name.endswith(self.ending):
                    left.add(name, f"that do not end in {self.ending}")
            found = [name for name in found if name.endswith(self.ending)]
        if not found:
            raise DataError(f"the folder has no {self.wanted.noun}", file=str(self.root))
        return found

    @staticmethod
    def stem(name: str, ending: str | None) -> str | None:
        """What two names have in common; None where it does not end so."""
        if ending is None:
            return os.path.splitext(name)[0]
        return name.removesuffix(ending) if name.endswith(ending) else None

    @staticmethod
    def by_stem(names: Sequence[str], ending: str | None) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name in names:
            stem = Pairs.stem(name, ending)
            if stem is not None:
                found.setdefault(stem, []).append(name)
        return found

    def absent(self, hint: str) -> DataError:
        """What to say of files without a fellow.

        Args:
            hint: what helps where only some have none.
        """
        total = len(self.without) + len(self.names)
        told = f"{len(self.without):,} of {total:,} {self.wanted.noun}s have no {self.noun} in {self.other}"
        more = f" (nor {', '.join(map(repr, self.without[1:NAMED]))})" if len(self.without) > 1 else ""
        message = f"{told}: none is called as {self.without[0]!r}{more}"
        return DataError(message, file=str(self.root), hint=hint if self.names else self.likely() or hint)

    def likely(self) -> str | None:
        """How the names end that would go with the first file, where none has a fellow."""
        stem = os.path.splitext(self.without[0])[0]
        for name in sorted(self.lone):
            if name.startswith(stem):
                return f"is it {name!r}? say `{self.noun}_ending: {name.removeprefix(stem)}`"
        if self.lone:
            return f"there are {', '.join(map(repr, sorted(self.lone)[:NAMED]))}"
        return hint_of(self.beside.by_ending, len(self.without)) or (
            f"there are {self.beside}" if str(self.beside) else None
        )


def refuse_parts(root: Path, wanted: Wanted) -> None:
    """Raises DataError where the folders in one are the parts of a data set: all would be one heap."""
    known = {name for names in PARTS.values() for name in names}
    try:
        found = sorted(one.name for one in root.iterdir() if one.name.lower() in known and one.is_dir())
    except OSError:
        return
    if len(found) >= 2:
        message = f"the folders {', '.join(found)} are the parts of a data set, and would be read as one"
        hint = f"say the folder of one part as `path`, and the others under `split`: `{wanted.source}` finds theirs"
        raise DataError(message, file=str(root), hint=hint)


def read_names(file: Path, root: Path, wanted: Wanted, ending: str | None) -> list[str]:
    """The names in a list, with or without their ending. Raises DataError, with the line, on one that is not there."""
    lines = lines_of_list(file, wanted.noun)
    there = list_below(root, wanted, LeftOut())
    names, stems = set(there), Pairs.by_stem(there, ending)
    found: dict[str, int] = {}
    for number, text in lines:
        fitting = [text] if text in names else stems.get(text, [])
        if len(fitting) != 1:
            message = f"no {wanted.noun} {text!r} in {root}" if not fitting else f"{text!r} may be {fitting}"
            raise DataError(message, file=str(file), line=number, hint="a line is a name, relative to `path`")
        if fitting[0] in found:
            raise DataError(f"{text!r} is listed twice, first on line {found[fitting[0]]}", file=str(file), line=number)
        found[fitting[0]] = number
    return list(found)


def moved_path(path: str, to: str, beside: str) -> str:
    """Where the second folder of another part lies: `beside` changed as `path` is to become `to`.

    Raises DataError where that cannot be told.
    """
    old, new, other = (text.rstrip("/").split("/") for text in (path, to, beside))
    changed = [place for place, (one, two) in enumerate(zip(old, new, strict=False)) if one != two]
    if len(old) == len(new) and len(changed) == 1 and other.count(old[changed[0]]) == 1:
        return "/".join(new[changed[0]] if part == old[changed[0]] else part for part in other)
    raise DataError(f"where do the fellows of {to} lie? Those of {path} lie in {beside}")
