"""Folders of images with boxes around objects, which are no classes of images: how they are told."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from nnspec.data.errors import DataError

BOXES = (
    "no source reads several boxes an image. One box an image is a row of a table, `file,x1,y1,x2,y2` in pixels, that "
    "Table reads: `targets: {box: {columns: [x1, y1, x2, y2], type: points, of: image}}`; to name objects, crop them "
    "into a folder for each class"
)
ENDINGS = {".txt": "YOLO", ".xml": "Pascal VOC", ".json": "COCO"}  # of the files that hold the boxes
FEWEST = 0.5  # of the images that have such a file of their name, from which on these are boxes


def refuse_boxes(root: Path, folders: Sequence[str]) -> None:
    """Raises DataError where folders that seem to be classes are the images and boxes of a detector."""
    known = {name.lower(): name for name in folders}
    inner = [] if "train" not in known else sorted(os.listdir(root / known["train"]))
    below = {name.lower(): f"{known['train']}/{name}" for name in inner}
    coco = next((path for name, path in below.items() if name.endswith("coco.json")), None)
    if coco is not None:
        raise _boxes(root, "COCO", coco)
    for names in (known, below):
        for name, beside in (("labels", "images"), ("annotations", "")):
            kind = None if name not in names or (beside and beside not in names) else _held(root / names[name])
            if kind is not None:
                raise _boxes(root, kind, names[name])


def hint_of(by_ending: Mapping[str, Sequence[str]], images: int) -> str | None:
    """What helps where files beside the images are of a detector; None where they are not."""
    known = any(len(by_ending.get(ending, ())) > FEWEST * images for ending in (".txt", ".xml"))
    return f"if the files beside the images are boxes around objects: {BOXES}" if known else None


def _boxes(root: Path, kind: str, place: str) -> DataError:
    return DataError(
        f"{place} holds boxes around objects, as {kind} has them, and no classes of images", file=str(root), hint=BOXES
    )


def _held(folder: Path) -> str | None:
    """Whose boxes the first file of a folder, or of one in it, is by its ending; None where it is none."""
    for _, folders, names in os.walk(folder):
        folders.sort()
        if names:
            return ENDINGS.get(os.path.splitext(min(names))[1].lower())
    return None
