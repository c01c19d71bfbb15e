"""Which images a folder holds, of which classes, and what in it is left out."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from nnspec.data.errors import DataError
from nnspec.data.formats.images import SUFFIXES

JUNK = frozenset({"thumbs.db", "desktop.ini", "__macosx", "@eadir", "$recycle.bin"})
PARTS = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "val", "dev"),
    "test": ("test", "testing"),
}
NAMED = 3  # files of an ending that are told by name
ENDINGS = 8  # of files that are left out, which are told of


def is_hidden(name: str) -> bool:
    """Whether a file is none of the user's: hidden, or what a system leaves behind."""
    return name.startswith(".") or name.lower() in JUNK


class LeftOut:
    """What is found beside the images, for one remark."""

    def __init__(self) -> None:
        self.hidden = 0
        self.by_ending: dict[str, list[str]] = defaultdict(list)

    def add(self, name: str, why: str | None = None) -> None:
        if is_hidden(name.rsplit("/", 1)[-1]):
            self.hidden += 1
        else:
            self.by_ending[why or os.path.splitext(name)[1].lower() or "without an ending"].append(name)

    def __str__(self) -> str:
        told = [f"{self.hidden:,} hidden"] if self.hidden else []
        for ending, names in sorted(self.by_ending.items()):
            more = ", ..." if len(names) > NAMED else ""
            told.append(f"{len(names):,} {ending} ({', '.join(names[:NAMED])}{more})")
        others = len(told) - ENDINGS
        return ", ".join(told[:ENDINGS]) + (f" and {others:,} kinds of files more" if others > 0 else "")


def class_folders(root: Path, path: str = "PATH") -> tuple[str, ...]:
    """The names of the class folders, sorted.

    Args:
        path: the folder as the spec has it, for what is proposed.

    Raises DataError where there is none, and where the folders are parts of a data set, or hold the classes themselves.
    """
    try:
        entries = sorted(root.iterdir())
    except FileNotFoundError as error:
        raise DataError("no such folder", file=str(root)) from error
    except OSError as error:
        raise DataError(f"the folder cannot be read: {error.strerror}", file=str(root)) from error
    names = tuple(entry.name for entry in entries if entry.is_dir() and not is_hidden(entry.name))
    if not names:
        loose = [entry.name for entry in entries if entry.suffix.lower() in SUFFIXES and not is_hidden(entry.name)]
        hint = "images are expected at path/<class>/<image>"
        if loose:
            hint += f"; {len(loose):,} images lie in the folder itself, {loose[0]} for one: give each class a folder"
        raise DataError("no class folders", file=str(root), hint=hint)
    refuse_parts(root, names, path)
    refuse_wrapped(root, names, path)
    return names


def refuse_parts(root: Path, names: Sequence[str], path: str) -> None:
    """Raises DataError where the folders are `train`, `test` and so on, each with class folders: with the split."""
    found = {part: name for part, known in PARTS.items() for name in names if name.lower() in known}
    if "train" not in found or len(found) < 2 or not all(subfolders(root / name) for name in found.values()):
        return
    source = f"source: {{ImageFolder: {{path: {path}/{found['train']}}}}}"
    split = ", ".join(f"{part}: {path}/{name}" for part, name in found.items() if part != "train")
    raise DataError(
        f"the folders {', '.join(found.values())} are the parts of a data set, not classes",
        file=str(root),
        hint=f"say `{source}` and `split: {{{split}}}`",
    )


def refuse_wrapped(root: Path, names: Sequence[str], path: str) -> None:
    """Raises DataError where one folder holds the class folders, as an archive often has it."""
    if len(names) > 1 or not (inner := subfolders(root / names[0])):
        return
    if any(is_image(entry) for entry in os.scandir(root / names[0])) or len(inner) < 2:
        return
    message = f"the only folder, {names[0]}, holds no image but the folders {', '.join(inner[:NAMED])}"
    raise DataError(message, file=str(root), hint=f"if these are the classes, say `path: {path}/{names[0]}`")


def subfolders(folder: Path) -> list[str]:
    return sorted(entry.name for entry in os.scandir(folder) if entry.is_dir() and not is_hidden(entry.name))


def is_image(entry: os.DirEntry[str]) -> bool:
    """By its ending: what is behind it is seen when it is decoded."""
    return os.path.splitext(entry.name)[1].lower() in SUFFIXES and not is_hidden(entry.name) and entry.is_file()


def list_folders(root: Path, path: str, problems: list[DataError]) -> list[str]:
    """The images as `class/name`, those of folders below a class folder as `class/folder/name`; sorted by class.

    What is left out is remarked. Raises DataError on a class without an image, and where something cannot be looked at.
    """
    try:
        return _listed(root, path, problems)
    except OSError as error:
        raise DataError(f"it cannot be looked at: {error.strerror}", file=str(error.filename or root)) from error


def _listed(root: Path, path: str, problems: list[DataError]) -> list[str]:
    names: list[str] = []
    left = LeftOut()
    folders = class_folders(root, path)
    known = set(folders)
    for entry in os.scandir(root):
        if entry.name not in known:
            left.add(entry.name, "image without a class" if is_image(entry) else None)
    deep: dict[str, int] = {}
    for folder in folders:
        others = LeftOut()
        found = list(below(root / folder, folder, others, frozenset({id_of(root)}), set()))
        if not found:
            there = f"; it holds {others}" if str(others) else ""
            raise DataError(
                f"the class folder has no image{there}",
                file=str(root / folder),
                hint=f"images end in {', '.join(sorted(SUFFIXES))}; remove the folder if it is no class",
            )
        left.hidden += others.hidden
        for ending, these in others.by_ending.items():
            left.by_ending[ending] += these
        if count := sum(name.count("/") > 1 for name in found):
            deep[folder] = count
        names += found
    if deep:
        told = ", ".join(f"{folder} ({count:,})" for folder, count in list(deep.items())[:NAMED])
        more = f" and {len(deep) - NAMED:,} more classes" if len(deep) > NAMED else ""
        problems.append(DataError(f"images in folders below a class folder count for it: {told}{more}", file=str(root)))
    if str(left):
        problems.append(DataError(f"left out: {left}", file=str(root)))
    return names


def id_of(folder: Path | str) -> tuple[int, int]:
    found = os.stat(folder)
    return found.st_dev, found.st_ino


def below(
    folder: Path | str, name: str, left: LeftOut, above: frozenset[tuple[int, int]], seen: set[tuple[int, int]]
) -> Iterator[str]:
    """The images of a folder and of those in it; a link to a folder above would never end, and is left out.

    Args:
        seen: the folders that were listed, each of which is listed once: links can lead to one on very many ways.
    """
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        raise DataError(f"the folder cannot be read: {error.strerror}", file=str(folder)) from error
    above |= {id_of(folder)}
    seen.add(id_of(folder))
    for entry in entries:
        inner = f"{name}/{entry.name}"
        if is_hidden(entry.name):
            left.add(inner)
        elif entry.is_dir():
            if id_of(entry.path) in above:
                left.add(inner, "link to a folder above")
            elif id_of(entry.path) in seen:
                left.add(inner, "link to a folder that is listed")
            else:
                yield from below(entry.path, inner, left, above, seen)
        elif is_image(entry):
            yield inner
        else:
            is_named = os.path.splitext(entry.name)[1].lower() in SUFFIXES
            left.add(inner, "link or pipe" if is_named else None)
