"""Did you mean: the word that a typo was probably meant to be."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from itertools import islice

from nnspec.data.nearest import nearest
from nnspec.frontend.effort import compare, words_left

MAX_LENGTH = 60  # longer words are no typos, and comparing them takes time
SLIPS_COST = 25  # what counting the slips between two words costs, in comparisons
SHORT = 4  # letters of a word in which two slips of the finger leave hardly anything


def closest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate nearest to ``word``, or None where none is near. Case alone never keeps a candidate away.

    A check compares a bounded number of words; after that none is near.
    """
    left = words_left()
    known = tuple(islice(candidates, max(left, 0) + 1))
    return None if len(word) > MAX_LENGTH or len(known) > left else _closest(word, known)


@lru_cache(maxsize=64)  # a hint, a fix and whether it is certain ask for the same
def _closest(word: str, known: tuple[str, ...]) -> str | None:
    compare(len(known))
    return nearest(word, known)


def certain(word: str, candidates: Iterable[str]) -> bool:
    """Whether the closest candidate must have been meant: it is one or two slips away, and any other one is further.

    Digits and the last letter may tell names apart, as in ``conv3`` or ``branch_b``, so they are never taken for slips.
    """
    known = {candidate.lower() for candidate in candidates}
    meant, word = (closest(word, known) or "").lower(), word.lower()
    if meant == word:
        return True
    slips = 1 if len(word) <= SHORT else 2
    distance = _slips(word, meant)
    if distance > slips or re.sub(r"\D", "", word) != re.sub(r"\D", "", meant) or word[:-1] == meant[:-1]:
        return False
    others = [other for other in known - {meant} if _may_be_within(distance, word, other)]
    if len(others) * SLIPS_COST > words_left():
        return False
    compare(len(others) * SLIPS_COST)
    return all(_slips(word, other) > distance for other in others)


def _may_be_within(distance: int, word: str, other: str) -> bool:
    """False where the letters alone, in any order, need more slips."""
    letters, others = Counter(word), Counter(other)
    return max((letters - others).total(), (others - letters).total()) <= distance


def did_you_mean(word: str, candidates: Iterable[str]) -> str | None:
    """The hint for an unknown word, or None where nothing is near."""
    found = closest(word, candidates)
    return f"did you mean `{found}`?" if found else None


def _slips(word: str, other: str) -> int:
    """Letters to add, leave out, replace, or swap with the next (optimal string alignment)."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(word, 1):
        before, last, row = row, before, [i]
        for j, mark in enumerate(other, 1):
            cost = min(row[j - 1] + 1, before[j] + 1, before[j - 1] + (letter != mark))
            if i > 1 and j > 1 and letter == other[j - 2] and word[i - 2] == mark:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
    return row[-1]
