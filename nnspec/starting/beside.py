"""What lies beside the data that were chosen: more files of the same table, and what nobody looks at."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from nnspec.data.formats.class_folders import is_shown
from nnspec.starting.guess import Guess

SAID = ("readme", "license", "licence", "notice", "changelog", "citation", "_success")  # that say something of others
MOST = 6  # names that are told
ANSWERS = "submission"  # of a competition: it shows how answers are to be written


def without_answers(paths: Sequence[Path]) -> list[Path]:
    """The tables that are no example of answers to hand in, if there are others."""
    return [path for path in paths if ANSWERS not in path.stem.lower()] or list(paths)


def pieces(path: Path, others: Sequence[Path]) -> Any:
    """A pattern of the files that are one table with this one, a list where others match it; None: it is alone."""
    alike = re.compile(r"(?<=[-_.])\d+(?=[-_.])")
    form = alike.sub("#", path.name)
    same = [one for one in others if alike.sub("#", one.name) == form]
    if len(same) < 2:
        return None
    first, last = min(one.name for one in same), max(one.name for one in same)
    start = next(place for place in range(len(first)) if first[place] != last[place])
    pattern = f"{first[:start].rstrip('0123456789')}*{path.suffix}"
    return str(path.parent / pattern) if sorted(path.parent.glob(pattern)) == sorted(same) else sorted(map(str, same))


def of_all_pieces(guess: Guess, path: Path, others: Sequence[Path]) -> Guess:
    """The guess for one file as that for all files of its table."""
    where = pieces(path, others)
    if where is None:
        return guess
    notes = [*guess.notes, f"{path.name} and the files that are called as it are one table"]
    tries = [{**one, "path": where} for one in guess.others]
    return replace(guess, arguments={**guess.arguments, "path": where}, others=tries, notes=notes)


def told_of_others(folder: Path, guess: Guess) -> Guess:
    """The guess with a note on files and folders that it leaves where they are."""
    used = [Path(text) for text in _texts([guess.arguments, guess.split, guess.looked_at])]
    used += [folder / one for one in used if not one.is_absolute()]
    left = [
        entry.name
        for entry in sorted(folder.iterdir())
        if is_shown(entry.name)
        and not entry.name.lower().startswith(SAID)
        and not any(one in (entry, folder) or entry in one.parents or one.match(entry.name) for one in used)
        and not any(entry.match(one.name) for one in used if "*" in one.name)
    ]
    if not left:
        return guess
    more = f" and {len(left) - MOST} more" if len(left) > MOST else ""
    return replace(guess, notes=[*guess.notes, f"beside it, and not looked at: {', '.join(left[:MOST])}{more}"])


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)
