"""Files whose names say that they are the parts of one data set."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from nnspec.data.formats.class_folders import PARTS as NAMES
from nnspec.starting.guess import PARTS


def parts_beside(path: Path) -> tuple[dict[str, Any], list[str]]:
    """What is held back: files beside one of the training part, by their names; shares of it for the others."""
    split: dict[str, Any] = dict(PARTS)
    beside = {other.name.lower(): other for other in path.parent.iterdir() if other.is_file()}
    for part, words in NAMES.items():
        for other in () if part == "train" else names_of(path.name.lower(), words):
            if other in beside:
                split[part] = str(beside[other])
    files = [f"{part} is {Path(value).name}" for part, value in split.items() if isinstance(value, str)]
    return split, ([f"the parts are told by the names of files: {', '.join(files)}"] if files else [])


def names_of(name: str, words: tuple[str, ...]) -> list[str]:
    """The names that a part's file would have beside `train.csv`, `x_train.ts` and the like."""
    own = [word for word in NAMES["train"] if re.search(whole(word), name)]
    return [re.sub(whole(old), new, name) for old in own for new in words]


def whole(word: str) -> str:
    """A pattern of the word that is no part of a longer one."""
    return rf"(?<![a-z]){word}(?![a-z])"
