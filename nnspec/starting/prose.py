"""Running text: files without columns, for a language model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nnspec.starting.guess import PARTS, Guess
from nnspec.starting.parts import parts_beside

PROSE = (".txt", ".text")
BESIDE = ("readme", "license", "licence", "notice", "changelog", "requirements")  # files that say something of others
MARKS = ("\t", ";", "|", ",")
SEEN = (100, 32)  # tokens that the network sees, of a long text and of a short one
SHORT = 20_000  # bytes


def is_prose(lines: Sequence[str]) -> bool:
    """Whether lines are sentences, names or the like: mostly letters, and no mark as often in each line."""
    rows = [line for line in lines if line.strip()]
    if len(rows) < 2:
        return bool(rows) and len(rows[0]) > SHORT // 100
    for mark in MARKS:
        counts = [row.count(mark) for row in rows]
        usual = max(set(counts), key=counts.count)
        if usual and counts.count(usual) > 0.9 * len(rows):
            return False
    text = "".join(rows)
    return sum(char.isalpha() for char in text) > 0.6 * len(re.sub(r"\s", "", text))


def running_text(path: Path, files: Sequence[Path]) -> Guess:
    """A language model by characters, of a file or of all those of a folder."""
    split, notes = parts_beside(files[0])
    named = [one for one in files if re.search(r"(?<![a-z])train(ing)?(?![a-z])", one.name.lower())]
    if named:
        files = named[:1]
        split, notes = parts_beside(files[0])
    size = sum(one.stat().st_size for one in files)
    where: Any = str(files[0])
    if len(files) > 1:
        of_all = path / f"*{files[0].suffix}"
        where = str(of_all) if sorted(path.glob(of_all.name)) == sorted(files) else list(map(str, files))
        split = dict(PARTS)
        notes = [f"{len(files)} files of running text"]
    told = "the text is to be continued, a character at a time: `tokenization: words` takes words"
    arguments = {"path": where, "length": SEEN[size < SHORT]}
    latin = {**arguments, "encoding": "latin-1"}
    return Guess("RunningText", arguments, split, [told, *notes], [{**arguments, "length": 8}, latin])
