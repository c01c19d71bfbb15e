"""Did you mean: the word that a typo was probably meant to be."""

from __future__ import annotations

from collections.abc import Iterable

MAX_LENGTH = 60  # longer words are no typos, and comparing them takes time


def closest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate nearest to ``word``, or None where none is near. Case alone never keeps a candidate away."""
    if len(word) > MAX_LENGTH:
        return None
    import difflib

    by_lower = {candidate.lower(): candidate for candidate in candidates}
    found = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[found[0]] if found else None


def did_you_mean(word: str, candidates: Iterable[str]) -> str | None:
    """The hint for an unknown word, or None where nothing is near."""
    found = closest(word, candidates)
    return f"did you mean `{found}`?" if found else None
