"""Tag schemes for entities in a sentence: what a sequence of tags means, whether it is legal, entity scores.

A tag is `O` or a letter and a type, `B-person`; word segmentation leaves the type out (`B`, `M`, `E`, `S`).
Entities are read and counted as conlleval does it, the scorer of the CoNLL-2000 shared task (Tjong Kim Sang
and Buchholz, 2000): leniently, so that an illegal sequence has a meaning too, the same one in every scheme.

seqeval gives the same numbers but brings scikit-learn and SciPy (160 MB, a second at start-up) and doesn't
know BMES; the spans are needed here anyway. The tests hold the two equal on random sequences.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from nnspec.quick_classes import dataclass

OUTSIDE = "O"
# The letters of each scheme. BIO and IOB2 are two names of one scheme. In IOB1, that of Ramshaw and Marcus 1995, an
# entity starts with I, and with B only right behind another of its type.
SCHEMES = {"BIO": "BI", "IOB2": "BI", "BIOES": "BIES", "BMES": "BMES", "IOB1": "BI"}
CONTINUES = "IME"  # the token continues the entity before it
ENDS = "ES"  # the token is the last of its entity


class Entity(NamedTuple):
    """Tokens `start` up to, not including, `end` of a sentence form an entity of a type."""

    type: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Score:
    """Counts of entities, and what follows from them. A ratio with denominator 0 is 0, as in conlleval."""

    correct: int
    predicted: int
    true: int

    @property
    def precision(self) -> float:
        return self.correct / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        return self.correct / self.true if self.true else 0.0

    @property
    def f1(self) -> float:
        return 2 * self.correct / (self.predicted + self.true) if self.predicted + self.true else 0.0

    def as_dict(self) -> dict[str, float]:
        return {"precision": self.precision, "recall": self.recall, "f1": self.f1, "support": self.true}


@dataclass(frozen=True, slots=True)
class EntityScores:
    overall: Score
    by_type: dict[str, Score]


@lru_cache(maxsize=4096)
def split_tag(tag: str) -> tuple[str, str]:
    """Letter and type: ("B", "person"), ("S", ""). What is no tag of any scheme is outside."""
    letter, _, kind = tag.partition("-")
    return (letter, kind) if letter in ("B", "I", "M", "E", "S") else (OUTSIDE, "")


def spans(tags: Sequence[str]) -> list[Entity]:
    """The entities of one sentence, in order. Every sequence has its reading, legal or not, in every scheme:
    an entity starts at B or S, after E or S, after O, and where the type changes."""
    found = []
    start: int | None = None
    previous, previous_kind = OUTSIDE, ""
    for position, tag in enumerate((*tags, OUTSIDE)):
        letter, kind = split_tag(tag)
        if letter not in CONTINUES or previous in (OUTSIDE, *ENDS) or kind != previous_kind:
            if start is not None:
                found.append(Entity(previous_kind, start, position))
            start = None if letter == OUTSIDE else position
        previous, previous_kind = letter, kind
    return found


def begins(previous: str | None, tag: str | None) -> str | None:
    """The type of the entity that starts with `tag` after `previous`, as `spans` reads them; None: none does."""
    before, before_kind = split_tag(previous or OUTSIDE)
    letter, kind = split_tag(tag or OUTSIDE)
    if letter == OUTSIDE:
        return None
    return kind if letter not in CONTINUES or before in (OUTSIDE, *ENDS) or kind != before_kind else None


def may_follow(previous: str | None, tag: str | None, scheme: str) -> bool:
    """Whether `tag` may stand after `previous`; None is the edge of the sentence on either side."""
    before, before_kind = split_tag(previous or OUTSIDE)
    letter, kind = split_tag(tag or OUTSIDE)
    letters = SCHEMES[scheme]
    if letter not in letters + OUTSIDE:
        return False
    if scheme == "IOB1":
        return letter != "B" or (before in letters and kind == before_kind)
    entity_open = before in letters and before not in ENDS
    if letter in CONTINUES:
        return entity_open and kind == before_kind
    return not (entity_open and "E" in letters)


def illegal(tags: Sequence[str], scheme: str) -> list[int]:
    """The positions where a sentence breaks its scheme; an entity left open at the end, at its last token."""
    edges = zip((None, *tags), (*tags, None), strict=True)
    broken = [position for position, (before, tag) in enumerate(edges) if not may_follow(before, tag, scheme)]
    return sorted({min(position, len(tags) - 1) for position in broken})


def spell(entities: Iterable[Entity], length: int, scheme: str) -> list[str]:
    """The tags of a sentence of this many tokens with these entities: legal ones, in any scheme."""
    found, last = [OUTSIDE] * length, Entity("", -1, -1)
    for entity in entities:
        count = entity.end - entity.start
        if scheme == "IOB1":
            touches = last.end == entity.start and last.type == entity.type
            letters = ("B" if touches else "I") + "I" * (count - 1)
        else:
            letters = "B" + ("M" if scheme == "BMES" else "I") * (count - 1)
            if "E" in SCHEMES[scheme]:
                letters = "S" if count == 1 else letters[:-1] + "E"
        found[entity.start : entity.end] = [f"{letter}-{entity.type}" if entity.type else letter for letter in letters]
        last = entity
    return found


def converted(tags: Sequence[str], scheme: str) -> list[str]:
    """The same entities as tags of another scheme, or of their own: what was illegal is legal then."""
    return spell(spans(tags), len(tags), scheme)


def stretched(tags: Sequence[str], sizes: Sequence[int], scheme: str | None) -> list[str]:
    """Tags of parts of tokens, such as their characters: `sizes` is how many parts each token has.

    Entities keep their borders, in tags of `scheme`; tags of no scheme (None) are repeated.
    """
    if scheme is None:
        return [tag for tag, size in zip(tags, sizes, strict=True) for _ in range(size)]
    edges = [0, *accumulate(sizes)]
    entities = (Entity(entity.type, edges[entity.start], edges[entity.end]) for entity in spans(tags))
    return spell(entities, edges[-1], scheme)


def scheme_of(sentences: Iterable[Sequence[str]]) -> str | None:
    """The scheme of whole sentences: as `detect`, but IOB1 where they break BIO and never IOB1."""
    return scheme_of_pairs({pair for tags in sentences for pair in zip((None, *tags), (*tags, None), strict=True)})


def scheme_of_pairs(pairs: Iterable[tuple[str | None, str | None]]) -> str | None:
    """As `scheme_of`, of all tags that follow each other; None is the edge of a sentence."""
    pairs = frozenset(pairs)
    scheme = detect(tag for _, tag in pairs if tag is not None)

    def broken(name: str) -> bool:
        return not all(may_follow(before, tag, name) for before, tag in pairs)

    return "IOB1" if scheme == "BIO" and broken("BIO") and not broken("IOB1") else scheme


def detect(tags: Iterable[str]) -> str | None:
    """The scheme of a set of tags by its letters: BIO, BIOES, BMES, or None (part-of-speech tags, say)."""
    letters = set()
    for tag in tags:
        letter = tag.partition("-")[0]
        if letter not in ("B", "I", "M", "E", "S", OUTSIDE) or (letter == OUTSIDE and tag != OUTSIDE):
            return None
        letters.add(letter)
    letters.discard(OUTSIDE)
    if not letters:
        return None
    return next((name for name in ("BIO", "BIOES", "BMES") if letters <= set(SCHEMES[name])), None)


def entity_scores(true: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]]) -> EntityScores:
    """Precision, recall and F1 of whole entities (type and both borders right), overall (micro) and by type.

    Args: the tags of each sentence, without padding, both of the same lengths; ValueError where they are not.
    """
    correct: Counter[str] = Counter()
    wanted: Counter[str] = Counter()
    given: Counter[str] = Counter()
    for truth, guess in zip(true, predicted, strict=True):
        if len(truth) != len(guess):
            raise ValueError(f"a sentence of {len(truth)} tags has {len(guess)} predicted tags")
        expected, found = set(spans(truth)), set(spans(guess))
        wanted.update(entity.type for entity in expected)
        given.update(entity.type for entity in found)
        correct.update(entity.type for entity in expected & found)
    return EntityScores(
        Score(correct.total(), given.total(), wanted.total()),
        {kind: Score(correct[kind], given[kind], wanted[kind]) for kind in sorted(wanted.keys() | given.keys())},
    )
