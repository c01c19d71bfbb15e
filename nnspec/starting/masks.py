"""Two folders, images and a mask of the same name for each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice, permutations
from pathlib import Path
from typing import Any

from nnspec.data.errors import DataError
from nnspec.data.formats import masks
from nnspec.data.formats.class_folders import PARTS as PART_NAMES
from nnspec.data.formats.class_folders import is_shown
from nnspec.data.formats.images import SUFFIXES, readable
from nnspec.starting import files
from nnspec.starting.guess import PARTS, Guess

LOOKED_AT = 100  # files of a folder
FOLDERS = 8  # that are compared
ALIKE = 0.8  # of the masks, which go with an image by their names
MOST = 40  # different pixels that classes may have
LISTED = 1 << 16  # bytes of a list of colours
A_COLOUR = re.compile(
    r"(?:(?P<before>[A-Za-z][^,;\t]*?)\s*[,;\t ]\s*)?(\d{1,3})[,;\t ]+(\d{1,3})[,;\t ]+(\d{1,3})"
    r"(?:[,;\t ]+(?P<behind>[A-Za-z].*))?"
)
ENDINGS = ("", "_mask", "_masks", "_L", "_segmentation", "_label", "_gt", "_mask_0")
NAMES = ("mask", "label", "annot", "segm", "truth", "gt", "target", "trimap")


def of_folders(folders: Sequence[Path]) -> Guess | None:
    """Of the folders of a place those that are images and masks; None where no two are."""
    within = [one for folder in folders for one in sorted(folder.iterdir()) if one.is_dir() and _is_of_masks(one)]
    every = [*folders, *within]  # `annotations/trimaps` beside `images`
    some = sorted((one for one in every if any(_images(one))), key=lambda one: ("train" not in one.name.lower(), one))
    for one, two in permutations(some[:FOLDERS], 2):
        if not _is_of_masks(two):
            continue
        ending = _ending(one, two)
        if ending is not None:
            return _with_parts(_guess(one, two, ending), one, two, some)
    return None


def _is_of_masks(folder: Path) -> bool:
    return any(word in folder.name.lower() for word in NAMES)


def _with_parts(guess: Guess, one: Path, two: Path, folders: Sequence[Path]) -> Guess:
    """The guess with folders beside that are called as the pair is, of another part: `val` and `valannot`."""
    own = next((word for word in PART_NAMES["train"] if word in one.name.lower() and word in two.name.lower()), None)
    beside = {folder.name.lower(): folder for folder in folders}
    split, notes = dict(guess.split), list(guess.notes)
    for part, words in PART_NAMES.items():
        for word in words if own and part != "train" else ():
            pair = [beside.get(folder.name.lower().replace(str(own), word)) for folder in (one, two)]
            if pair[0] and pair[1] and pair[0] != pair[1]:
                split[part] = {"path": str(pair[0]), "masks": str(pair[1])}
                notes.append(f"{pair[0].name} and {pair[1].name} are the {part} part")
    return replace(guess, split=split, notes=notes)


def among(path: Path, found: Sequence[Path]) -> Guess | None:
    """Masks that lie among the images, told by the ends of their names; None where there are none.

    Args:
        found: the first images below the folder.
    """
    there = set(found)
    for ending in ENDINGS[1:]:
        theirs = [file for file in found if file.stem.endswith(ending)]
        ours = [file for file in found if file not in theirs]
        named = [file for file in theirs if any(_without(file, ending, one) in there for one in SUFFIXES)]
        if theirs and len(named) >= ALIKE * max(len(theirs), len(ours)):
            return _guess(path, path, ending, ours, theirs)
    return None


def _without(file: Path, ending: str, suffix: str) -> Path:
    return file.with_name(file.stem.removesuffix(ending) + suffix)


def _images(folder: Path) -> Iterator[Path]:
    """Images in a folder, or in those of the parts within."""
    inner = [one for one in sorted(folder.iterdir()) if one.is_dir() and _part(one.name)]
    every = (file for place in (inner or [folder]) for file in sorted(place.iterdir()))
    return (file for file in every if file.suffix.lower() in SUFFIXES and is_shown(file.name) and file.is_file())


def _part(name: str) -> str | None:
    return next((part for part, known in PART_NAMES.items() if name.lower() in known), None)


def _ending(one: Path, two: Path) -> str | None:
    """What the names of masks have more than those of images; None where they do not go together."""
    stems = {file.stem for file in _images(one)}
    theirs = [file.stem for file in islice(_images(two), LOOKED_AT)]
    for ending in ENDINGS:
        fitting = [name for name in theirs if name.endswith(ending) and name.removesuffix(ending) in stems]
        if len(fitting) >= ALIKE * len(theirs):
            return ending
    return None


def _guess(
    one: Path, two: Path, ending: str, ours: Sequence[Path] | None = None, theirs: Sequence[Path] | None = None
) -> Guess:
    """The source of a pair, with sizes, colours and classes by the first files, by default those of the folders."""
    ours = ours or list(islice(_images(one), LOOKED_AT))
    theirs = theirs or list(islice(_images(two), LOOKED_AT))
    told, notes = files.images(ours)
    arguments: dict[str, Any] = {"path": str(one), "masks": str(two), "image_size": told.pop("size"), **told}
    if ending:
        arguments["mask_ending"] = ending + theirs[0].suffix
    classes, said = _classes(theirs)
    listed = _colours_beside([one.parent, two.parent, two], classes.get("values", {}))
    if listed is not None:
        classes, said = {"values": listed[1]}, [f"the colours of the classes are those of {listed[0].name}"]
    split: dict[str, Any] = dict(PARTS)
    parts = {part: folder.name for folder in sorted(one.iterdir()) if folder.is_dir() and (part := _part(folder.name))}
    if "train" in parts:
        arguments |= {"path": str(one / parts["train"]), "masks": str(two / parts["train"])}
        split |= {part: str(one / name) for part, name in parts.items() if part != "train"}
        notes = [*notes, f"the parts are the folders {', '.join(parts.values())}"]
    what = f"{two.name} are the masks of {one.name}, by their names" if one != two else f"masks end in `{ending}`"
    notes = [what, *notes, *said]
    arguments |= classes
    looked_at = [] if listed is None else [str(listed[0])]
    return Guess("MaskFolder", arguments, split, notes, [{**arguments, "on_error": "skip"}], looked_at=looked_at)


def _colours_beside(folders: Sequence[Path], values: Mapping[str, Any]) -> tuple[Path, dict[str, list[int]]] | None:
    """A file that tells the colours of classes, those that were found among them, by their names: CamVid has one."""
    found = {tuple(colour) for colour in values.values() if isinstance(colour, list)}
    for folder in folders if found else ():
        for file in sorted(folder.iterdir()):
            if file.suffix.lower() not in (".csv", ".txt") or not file.is_file() or file.stat().st_size > LISTED:
                continue
            told: dict[str, list[int]] = {}
            for line in file.read_text("utf-8", "replace").splitlines():
                if row := A_COLOUR.fullmatch(line.strip()):
                    told[row["before"] or row["behind"] or ""] = [int(row[place]) for place in (2, 3, 4)]
            if found <= set(map(tuple, told.values())) and "" not in told:
                return file, told
    return None


def _classes(paths: Sequence[Path]) -> tuple[dict[str, Any], list[str]]:
    """Which pixels are which class, where these are not their numbers."""
    for by_colour in (False, True):
        found: set[Any] = set()
        try:
            for path in paths:
                found.update(set(readable(str(path), str(path), partial(masks.pixels_of, by_colour=by_colour))))
        except DataError:
            continue
        ordered = sorted(found)
        if by_colour and len(ordered) <= MOST:
            values: dict[str, Any] = {f"class_{number}": list(pixel) for number, pixel in enumerate(ordered)}
            return {"values": values}, ["masks have colours: give the classes their names in `values`"]
        if by_colour or len(ordered) > MOST:
            break
        highest = ordered[-1]
        if highest == masks.IGNORED and len(ordered) == 2 and ordered[0] == 0:
            return {"values": {"background": 0, "object": 255}}, [
                "pixels of 0 and 255 are called background and object"
            ]
        if highest == masks.IGNORED and ordered[-2] < MOST:
            return {"ignore": 255}, ["pixels of 255 are taken for no class"]
        if highest >= MOST or ordered[0]:
            return {"values": {f"class_{pixel}": pixel for pixel in ordered}}, ["the classes need names: `values`"]
        return {}, []
    return {}, []
