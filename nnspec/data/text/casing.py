"""How a word is written, as a third input beside its number and its characters.

Collobert et al., Natural language processing (almost) from scratch, JMLR 12, 2011, section 6.1: what lower-casing takes
from a word comes back as a small feature.
"""

from __future__ import annotations

# Number 0 is padding, so that an Embedding with mask_zero may read them.
CASINGS = ("padding", "lower", "title", "upper", "mixed", "number", "digits", "other")


def casing(word: str) -> int:
    """The number of a word's casing in CASINGS.

    `lower`, `title`, `upper` (two letters or more) and `mixed` are words of letters, with marks or not; `number` is of
    digits, with marks or not, such as 1,000; `digits` has letters and digits; `other` neither.
    """
    has_letters, has_digits = any(map(str.isalpha, word)), any(map(str.isdigit, word))
    if not has_letters:
        return 5 if has_digits else 7
    if has_digits:
        return 6
    if word == word.lower():
        return 1
    if word[0].isupper() and word[1:] == word[1:].lower():
        return 2
    return 3 if word == word.upper() else 4
