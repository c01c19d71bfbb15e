"""Sentences with their entities marked, from a small grammar.

A name is made of syllables and may be a person, a place or an organisation: only the words around it tell, and often
only those after it. Drugs are lower-case words. So a tagger that looks at single words stays well below one
that reads the sentence in both directions.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

COUNTS = {"train": 1500, "dev": 200, "test": 300}

STARTS = [
    "Bel",
    "Cor",
    "Dan",
    "Fen",
    "Gar",
    "Hol",
    "Jor",
    "Kel",
    "Lan",
    "Mor",
    "Nor",
    "Per",
    "Ros",
    "Sel",
    "Tar",
    "Ven",
    "Wil",
    "Zan",
]
MIDDLES = ["a", "e", "i", "o", "u", "ala", "ari", "eno", "idu", "omi"]
ENDS = ["bis", "der", "dra", "fel", "gan", "lin", "mer", "nor", "ris", "sen", "tal", "vik"]
DRUG_STARTS = ["lu", "me", "no", "pra", "ri", "so", "ta", "vi", "xe", "zo"]
DRUG_MIDDLES = ["ba", "da", "fe", "la", "mi", "ro", "ti", "vo"]
DRUG_ENDS = ["fen", "lol", "mab", "nib", "pril", "rin", "statin", "zole"]

# What a slot in braces may become: other slots and plain words. Entities are made by `entity`.
WORDS = {
    "day": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
    "month": "January March April June July September October December",
    "adjective": "small large quiet famous local modern ancient busy northern rich",
    "thing": "bridge letter museum report school concert festival harbour railway garden",
    "things": "shares profits sales workers plans products engineers",
    "people": "doctors nurses teachers farmers students visitors children engineers",
    "said": "said announced explained denied confirmed repeated",
    "went": "travelled moved flew returned drove hurried",
    "rose": "rose fell grew doubled improved dropped",
    "built": "built bought sold opened closed restored painted",
    "illness": "fever asthma migraine anaemia bronchitis insomnia",
    "number": "two three five seven twelve twenty forty ninety",
    "when": "yesterday|last week|on {day}|in {month}|two years ago|this morning",
    "verdict": "a success|too expensive|worth the trip|a mistake|long overdue",
}
TEMPLATES = """
{PER} {said} that the {thing} was {verdict}
{PER} {went} from {LOC} to {LOC} {when}
{PER} joined {ORG} {when}
{PER} left {ORG} after {number} years
{PER} {built} a {adjective} {thing} near {LOC}
{PER} was born in {LOC}
{PER} and {PER} met in {LOC} {when}
{PER} takes {DRUG} against {illness}
{LOC} lies {number} miles north of {LOC}
{LOC} has a {adjective} {thing}
{LOC} was flooded {when}
{ORG} {said} {number} new {things}
{ORG} {built} the {thing} in {LOC} {when}
{ORG} hired {PER} {when}
{ORG} makes {DRUG} in {LOC}
{ORG} lost {number} contracts {when}
{things} of {ORG} {rose} {when}
{people} in {LOC} were given {DRUG} against {illness}
{people} from {LOC} asked {PER} about the {thing}
the {adjective} {thing} of {LOC} was {built} by {PER}
the board of {ORG} met {when}
the road to {LOC} was closed {when}
{DRUG} must not be taken together with {DRUG}
{DRUG} helps against {illness}
{number} {people} {went} home {when}
the {adjective} {thing} was {verdict}
nobody {said} anything about the {adjective} {thing}
""".strip().splitlines()
JOINTS = ("while", "because", "and", "but", ", and")

Tagged = list[tuple[str, str]]


def make(folder: Path) -> None:
    """train.conll, dev.conll and test.conll: a token, a space and its BIO tag a line, a blank line after a sentence."""
    random = np.random.RandomState(7)
    folder.mkdir(parents=True, exist_ok=True)
    for part, count in COUNTS.items():
        text = "\n".join("".join(f"{token} {tag}\n" for token, tag in sentence(random)) for _ in range(count))
        (folder / f"{part}.conll").write_text(text, encoding="utf-8", newline="\n")


def sentence(random: np.random.RandomState) -> Tagged:
    """One or two clauses, a capital first, a full stop last."""
    tagged = clause(random)
    if random.uniform() < 0.3:
        tagged += [(word, "O") for word in choice(random, JOINTS).split()] + clause(random)
    (first, tag), *rest = tagged
    return [(first[0].upper() + first[1:], tag), *rest, (".", "O")]


def clause(random: np.random.RandomState) -> Tagged:
    return [pair for word in choice(random, TEMPLATES).split() for pair in fill(word, random)]


def fill(word: str, random: np.random.RandomState) -> Tagged:
    """A word of a template with its tag; a slot is filled at random."""
    slot = re.fullmatch(r"\{(\w+)\}", word)
    if slot is None:
        return [(word, "O")]
    if slot[1].isupper():
        first, *rest = entity(slot[1], random)
        return [(first, f"B-{slot[1]}"), *((token, f"I-{slot[1]}") for token in rest)]
    text = WORDS[slot[1]]
    chosen = choice(random, text.split("|") if "|" in text else text.split())
    return [pair for part in chosen.split() for pair in fill(part, random)]


def entity(kind: str, random: np.random.RandomState) -> list[str]:
    """The tokens of an entity. Half of the persons, places and organisations are a bare name."""
    if kind == "DRUG":
        return ["".join(choice(random, part) for part in (DRUG_STARTS, DRUG_MIDDLES, DRUG_ENDS))]
    patterns = {
        "PER": ("N", "N", "N N", "N N"),
        "LOC": ("N", "N", "N", "Lake N", "Port N", "N Valley"),
        "ORG": ("N", "N", "N Bank", "N Group", "University of N", "N & N"),
    }
    return [name(random) if token == "N" else token for token in choice(random, patterns[kind]).split()]


def name(random: np.random.RandomState) -> str:
    return "".join(choice(random, part) for part in (STARTS, MIDDLES, ENDS))


def choice(random: np.random.RandomState, options: list[str] | tuple[str, ...]) -> str:
    return options[random.randint(len(options))]
