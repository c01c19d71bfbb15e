"""Which files folders of classes hold, images or sounds, and what in them is left out."""

from __future__ import annotations

import os
import posixpath
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from nnspec.data.errors import DataError, Remark
from nnspec.data.formats.boxes import hint_of, refuse_boxes
from nnspec.quick_classes import dataclass
from nnspec.reading import read_bytes

JUNK = frozenset({"thumbs.db", "desktop.ini", "__macosx", "@eadir", "$recycle.bin"})
PARTS = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "val", "dev"),
    "test": ("test", "testing"),
}
MAX_LIST = 1 << 28  # bytes of a list of files
NAMED = 3  # files of an ending that are told by name
ENDINGS = 8  # of files that are left out, which are told of


def is_hidden(name: str) -> bool:
    """Whether a file is none of the user's: hidden, or what a system leaves behind."""
    return name.startswith(".") or name.lower() in JUNK


def is_shown(name: str) -> bool:
    return not is_hidden(name)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What files folders of classes are searched for.

    Attributes:
        noun: what one is called; a second one has an `s`.
        source: the name of the source, for what is proposed.
        suffixes: how their names end, in lower case.
        no_classes: names of folders that are no class.
    """

    noun: str
    source: str
    suffixes: frozenset[str]
    no_classes: frozenset[str] = frozenset()

    @property
    def one(self) -> str:
        return f"an {self.noun}" if self.noun[0] in "aeiou" else f"a {self.noun}"

    def has(self, name: str) -> bool:
        """Whether a file is one, by its name."""
        return os.path.splitext(name)[1].lower() in self.suffixes and not is_hidden(name)

    def no_class(self, entry: os.DirEntry[str]) -> str | None:
        """What to call something beside the class folders; None: by its ending."""
        if entry.name in self.no_classes:
            return "folder that is no class"
        return f"{self.noun} without a class" if self.is_one(entry) else None

    def is_one(self, entry: os.DirEntry[str]) -> bool:
        """By its ending: what is behind it is seen when it is decoded."""
        return self.has(entry.name) and entry.is_file()


class LeftOut:
    """What is found beside the files of the classes, for one remark."""

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


def class_folders(root: Path, wanted: Wanted, path: str = "PATH") -> tuple[str, ...]:
    """The names of the class folders, sorted.

    Args:
        path: the folder as the spec has it, for what is proposed.

    Raises DataError where there is none, and where the folders are parts of a data set, or hold the classes themselves.
    """
    try:
        entries = sorted(root.iterdir())
    except FileNotFoundError as error:
        raise DataError("no such folder", file=str(root)) from error
    except NotADirectoryError as error:
        hint = "it is a file: give the folder of the class folders, or unpack it if it is an archive"
        raise DataError("this is no folder", file=str(root), hint=hint) from error
    except OSError as error:
        raise DataError(f"the folder cannot be read: {error.strerror}", file=str(root)) from error
    left = wanted.no_classes
    names = tuple(entry.name for entry in entries if entry.name not in left and entry.is_dir() and is_shown(entry.name))
    if not names:
        loose = [entry.name for entry in entries if wanted.has(entry.name)]
        hint = f"{wanted.noun}s are expected at path/<class>/<{wanted.noun}>"
        if loose:
            hint += f"; {len(loose):,} {wanted.noun}s lie in the folder itself, {loose[0]} for one: give each class a "
            hint += "folder, or list them in a table for the source Table"
        raise DataError("no class folders", file=str(root), hint=hint)
    if wanted.noun == "image":
        refuse_boxes(root, names)
    refuse_parts(root, names, wanted, path)
    refuse_wrapped(root, names, wanted, path)
    return names


def refuse_parts(root: Path, names: Sequence[str], wanted: Wanted, path: str) -> None:
    """Raises DataError where the folders are `train`, `test` and so on, not classes: with the split, if they have some.

    Without folders of classes in `train` they are parts only where all are called so: `train` may be a class, too.
    """
    found = {part: name for part, known in PARTS.items() for name in names if name.lower() in known}
    if "train" not in found or len(found) < 2:
        return
    with_classes = {part: name for part, name in found.items() if subfolders(root / name)}
    message = f"the folders {', '.join(found.values())} are the parts of a data set, not classes"
    if "train" not in with_classes:
        if len(found) == len(names):
            hint = f"in each part a folder for each class is expected: {found['train']}/<class>/<{wanted.noun}>"
            raise DataError(message, file=str(root), hint=hint)
        return
    source = f"source: {{{wanted.source}: {{path: {path}/{found['train']}}}}}"
    split = ", ".join(f"{part}: {path}/{name}" for part, name in with_classes.items() if part != "train")
    hint = f"say `{source}`" + (f" and `split: {{{split}}}`" if split else "")
    if flat := [name for part, name in found.items() if part not in with_classes]:
        hint += f"; in {', '.join(flat)} there are no folders of classes: `nnspec predict` can take what is there"
    raise DataError(message, file=str(root), hint=hint)


def refuse_wrapped(root: Path, names: Sequence[str], wanted: Wanted, path: str) -> None:
    """Raises DataError where one folder holds the class folders, as an archive often has it."""
    if len(names) > 1 or not (inner := subfolders(root / names[0])):
        return
    if any(wanted.is_one(entry) for entry in os.scandir(root / names[0])) or len(inner) < 2:
        return
    message = f"the only folder, {names[0]}, holds no {wanted.noun} but the folders {', '.join(inner[:NAMED])}"
    raise DataError(message, file=str(root), hint=f"if these are the classes, say `path: {path}/{names[0]}`")


def subfolders(folder: Path) -> list[str]:
    return sorted(entry.name for entry in os.scandir(folder) if entry.is_dir() and is_shown(entry.name))


def list_folders(root: Path, wanted: Wanted, path: str, problems: list[DataError]) -> list[str]:
    """The files as `class/name`, those of folders below a class folder as `class/folder/name`; sorted by class.

    What is left out is remarked. Raises DataError on a class without one, and where something cannot be looked at.
    """
    try:
        return _listed(root, wanted, path, problems)
    except OSError as error:
        raise DataError(f"it cannot be looked at: {error.strerror}", file=str(error.filename or root)) from error


def _listed(root: Path, wanted: Wanted, path: str, problems: list[DataError]) -> list[str]:
    names: list[str] = []
    left = LeftOut()
    folders = class_folders(root, wanted, path)
    known = set(folders)
    for entry in os.scandir(root):
        if entry.name not in known:
            left.add(entry.name, wanted.no_class(entry))
    deep: dict[str, int] = {}
    for folder in folders:
        others = LeftOut()
        found = list(below(root / folder, folder, wanted, others, frozenset({id_of(root)}), set()))
        if not found:
            there = f"; it holds {others}" if str(others) else ""
            endings = ", ".join(sorted(filter(None, wanted.suffixes)))
            raise DataError(
                f"the class folder has no {wanted.noun}{there}",
                file=str(root / folder),
                hint=f"{wanted.noun}s end in {endings}; remove the folder if it is no class",
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
        message = f"{wanted.noun}s in folders below a class folder count for it: {told}{more}"
        problems.append(Remark("W0925", message, file=str(root)))
    if str(left):
        boxes = hint_of(left.by_ending, len(names)) if wanted.noun == "image" else None
        problems.append(DataError(f"{left} left out", file=str(root), hint=boxes))
    return names


def id_of(folder: Path | str) -> tuple[int, int]:
    found = os.stat(folder)
    return found.st_dev, found.st_ino


def below(
    folder: Path | str,
    name: str,
    wanted: Wanted,
    left: LeftOut,
    above: frozenset[tuple[int, int]],
    seen: set[tuple[int, int]],
) -> Iterator[str]:
    """The files of a folder and of those in it; a link to a folder above would never end, and is left out.

    Args:
        seen: the folders that were listed, each of which is listed once: links can lead to one on very many ways.
    """
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except FileNotFoundError as error:
        raise DataError("no such folder", file=str(folder)) from error
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
                yield from below(entry.path, inner, wanted, left, above, seen)
        elif wanted.is_one(entry):
            yield inner
        else:
            left.add(inner, "link or pipe" if wanted.has(entry.name) else None)


def list_below(root: Path, wanted: Wanted, left: LeftOut) -> list[str]:
    """All files of a folder and of those in it, relative to it and in order. Raises DataError where it is none."""
    try:
        return [name.removeprefix("./") for name in below(root, ".", wanted, left, frozenset(), set())]
    except OSError as error:
        raise DataError(f"it cannot be looked at: {error.strerror}", file=str(error.filename or root)) from error


def class_of(name: str) -> str:
    return name.split("/", 1)[0]


def lines_of_list(file: Path, noun: str) -> list[tuple[int, str]]:
    """The lines of a list of files that are not empty, as paths, with their numbers. Raises DataError for none."""
    try:
        lines = read_bytes(file, MAX_LIST).decode("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"the list of {noun}s cannot be read: {error}", file=str(file)) from error
    found = [(number, posixpath.normpath(line.strip())) for number, line in enumerate(lines, 1) if line.strip()]
    if not found:
        raise DataError(f"the list of {noun}s is empty", file=str(file))
    return found


def read_list(file: Path, root: Path, wanted: Wanted, problems: list[DataError]) -> list[str]:
    """The names in a list, in its order. Raises DataError, with the line, on one that is not there."""
    names = []
    for number, name in lines_of_list(file, wanted.noun):
        if "/" not in name or name.startswith(("/", "..")) or not (root / name).is_file():
            raise DataError(
                f"no {wanted.noun} {name!r} in {root}",
                file=str(file),
                line=number,
                hint=f"a line is class/{wanted.noun}, relative to `path`",
            )
        names.append(name)
    if len(set(names)) < len(names):
        twice = next(name for name, count in Counter(names).items() if count > 1)
        message = f"{len(names) - len(set(names)):,} {wanted.noun}s are listed more than once, {twice} for one"
        problems.append(Remark("W0925", message, file=str(file)))
    return names
