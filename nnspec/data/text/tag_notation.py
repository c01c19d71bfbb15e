"""How a file writes its tags, and the same tags as the rest of nnspec knows them: `O`, or a letter and a type, `B-PER`.

Read are `B_PER` and `B:PER`, the letter behind the type (`PER-B`), lower case (`b-per`, `o`), zero for `O`, and the
letters of BILOU and BMEWO (L or E ends an entity, U, W or S is one alone).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from nnspec.data.text.tags import OUTSIDE
from nnspec.quick_classes import dataclass

# Schemes by their letters, the first that has all letters of a file is its own; and the letters that stand for others.
LETTERS = {"BIO": "BI", "BIOES": "BIES", "BILOU": "BILU", "BMES": "BMES", "BMEWO": "BMEW", "BIEWO": "BIEW"}
KNOWN = {"BILOU": "BIOES", "BIEWO": "BIOES", "BMEWO": "BMES", "IO": "IOB1"}  # the scheme that a file's becomes
SAME = {"L": "E", "U": "S", "W": "S"}
OUTSIDES = ("O", "o", "0")
SIGNS = "-_:"
ALONE = tuple("BIESMLUW")
Parts = tuple[str, str]  # letter and type


@dataclass(frozen=True)
class Notation:
    """
    Attributes:
        scheme: the name of the scheme that the file is written in; None: its tags are of none, and kept as they are.
        tags: by tag as written, the tag as it is read.
        strays: tags that are not written as the others are.
    """

    scheme: str | None
    tags: Mapping[str, str]
    strays: frozenset[str] = frozenset()

    @property
    def known(self) -> str | None:
        """The scheme of the tags as they are read."""
        return None if self.scheme is None else KNOWN.get(self.scheme, self.scheme)

    @property
    def respelled(self) -> dict[str, str]:
        """The tags that are read as something else than what is written."""
        return {tag: read for tag, read in self.tags.items() if tag != read and tag not in self.strays}


def read_notation(written: Iterable[str], scheme: str | None = None) -> Notation:
    """The notation of a file that has these tags; `scheme` is what the spec says, None where it is to be told."""
    tags = sorted(set(written))
    if scheme == "none":
        return Notation(None, {tag: tag for tag in tags})
    inside = [tag for tag in tags if tag not in OUTSIDES]
    if scheme == "IO":
        return Notation("IO", {tag: f"I-{tag}" if tag in inside else OUTSIDE for tag in tags})
    parts = parted(inside)
    like = [tag for tag in inside if tag in parts or tag.strip(SIGNS).upper() in ALONE]
    if (not parts and scheme is None) or len(like) * 2 < len(inside):
        return Notation(None, zeros(tags))
    found = scheme or scheme_of(letter for letter, _ in parts.values())
    strays = frozenset(
        tag
        for tag in inside
        if tag not in parts or (scheme is None and parts[tag][0] not in LETTERS[found]) or "," in parts[tag][1]
    )
    kept = {tag: spelled(*parts[tag]) for tag in inside if tag not in strays}
    outside = {tag: OUTSIDE for tag in tags if tag in OUTSIDES}
    return Notation(found, kept | outside | {tag: tag for tag in strays}, strays)


def parted(tags: Sequence[str]) -> dict[str, Parts]:
    """Letter and type of the tags, by the way of writing that most of them have; others are left out."""
    if tags and all(tag.upper() in ALONE for tag in tags):
        return {tag: (tag.upper(), "") for tag in tags}  # words, not entities of a type
    ways: list[Callable[[str], Parts | None]]
    ways = [lambda tag, sign=sign: tuple_of(*tag.partition(sign)) for sign in SIGNS]  # type: ignore[misc]
    ways += [lambda tag, sign=sign: tuple_of(*tag.rpartition(sign)[::-1]) for sign in SIGNS]  # type: ignore[misc]
    best: dict[str, Parts] = {}
    for way in ways:
        found = {tag: parts for tag in tags if (parts := way(tag)) is not None and parts[0] in ALONE}
        if len(found) > len(best):
            best = found
    return best


def tuple_of(letter: str, sign: str, kind: str) -> Parts | None:
    return (letter.upper(), kind) if len(letter) == 1 and kind else None


def scheme_of(letters: Iterable[str]) -> str:
    """The scheme that has most of the letters, the plainer of equals."""
    found = list(letters)
    return max(LETTERS, key=lambda name: sum(letter in LETTERS[name] for letter in found))


def spelled(letter: str, kind: str) -> str:
    letter = SAME.get(letter, letter)
    return f"{letter}-{kind}" if kind else letter


def zeros(tags: Sequence[str]) -> dict[str, str]:
    """Tags of no scheme as they are; but a zero beside names, without any `O`, is one."""
    names = [tag for tag in tags if tag != "0"]
    is_zero = bool(names) and OUTSIDE not in names and not any(tag.isdecimal() for tag in names)
    return {tag: OUTSIDE if tag == "0" and is_zero else tag for tag in tags}
