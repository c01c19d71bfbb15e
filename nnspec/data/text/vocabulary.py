"""The words a network knows: a number for each, 0 for padding and 1 for every word it doesn't know."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from nnspec.console.atomic_files import write_bytes, write_json, write_text
from nnspec.data.text.subwords import FILE, Subwords
from nnspec.quick_classes import dataclass
from nnspec.reading import read_json, read_text

PADDING, UNKNOWN = "<pad>", "<unk>"  # entries 0 and 1
DIGIT = re.compile(r"\d")

MAX_BYTES = 1 << 30  # of a file of words


@dataclass(frozen=True)
class Vocabulary:
    """Words by index.

    Attributes:
        lower, digits: what is done to a token before it is looked up.
        rare: the number from which on words are rare; the most frequent come first.
        subwords: what cuts a word into pieces, where the entries are such.
    """

    words: tuple[str, ...]
    lower: bool = False
    digits: bool = False
    rare: int | None = None
    subwords: Subwords | None = None

    def __post_init__(self) -> None:
        if self.words[:2] != (PADDING, UNKNOWN):
            raise ValueError(f"a vocabulary starts with {PADDING} and {UNKNOWN}")

    def __len__(self) -> int:
        """Its size with both entries: the `input_dim` of an Embedding."""
        return len(self.words)

    @cached_property
    def index(self) -> dict[str, int]:
        """A padding entry met as a token in a text is an unknown word: 0 would end the sentence there."""
        known = {word: number for number, word in enumerate(self.words)} | {PADDING: 1}
        return known if self.subwords is None else known | {self.subwords.unknown or UNKNOWN: 1}

    def encode(self, tokens: Iterable[str]) -> list[int]:
        """A number for each token; of subwords one for each piece of each."""
        if self.subwords is not None:
            return [number for token in tokens for number in self.cut(token)]
        index = self.index
        return [index.get(normalize(token, self.lower, self.digits), 1) for token in tokens]

    def cut(self, word: str) -> list[int]:
        """The numbers of the pieces of one word."""
        assert self.subwords is not None
        index = self.index
        return [index.get(piece, 1) for piece in self.subwords.cut(word)]

    def unknown_rate(self, counts: Mapping[str, int]) -> float:
        """The share of tokens, given with their counts, that are unknown."""
        if self.subwords is not None:
            pieces = [(self.cut(word), count) for word, count in counts.items()]
            unknown = sum(found.count(1) * count for found, count in pieces)
            return unknown / max(1, sum(len(found) * count for found, count in pieces))
        numbers = zip(self.encode(counts), counts.values(), strict=True)
        return sum(count for number, count in numbers if number == 1) / max(1, sum(counts.values()))

    def save(self, path: Path) -> None:
        """Writes the words one a line, so that line minus one is the index, and the settings beside it in JSON.

        The tokenizer of subwords is beside them, with its hash in the settings.

        Raises:
            OSError: a file cannot be written; what stood in its place is untouched.
        """
        write_bytes(path, "".join(f"{word}\n" for word in self.words).encode())
        settings: dict[str, Any] = {
            "padding": 0,
            "unknown": 1,
            "lower": self.lower,
            "digits": self.digits,
            "size": len(self),
            "rare": self.rare,
        }
        if self.subwords is not None:
            settings["tokenizer_sha256"] = _hash(self.subwords.text)
            write_text(path.with_name(FILE), self.subwords.text)
        write_json(path.with_suffix(".json"), settings)

    @classmethod
    def of(cls, subwords: Subwords) -> Vocabulary:
        """Padding, unknown, then the pieces in the order of their numbers in the tokenizer."""
        special = (PADDING, UNKNOWN, subwords.unknown)
        return cls((PADDING, UNKNOWN, *(piece for piece in subwords.pieces if piece not in special)), subwords=subwords)

    @classmethod
    def load(cls, path: Path) -> Vocabulary:
        """Raises ValueError where the tokenizer is another than the settings say."""
        # split("\n"), not splitlines(): a word may hold U+0085 or U+2028, which are line ends to the latter.
        words = read_text(path, MAX_BYTES).split("\n")[:-1]
        settings = read_json(path.with_suffix(".json"))
        subwords = None
        if (digest := settings.get("tokenizer_sha256")) is not None:
            subwords = Subwords(read_text(path.with_name(FILE), MAX_BYTES))
            if _hash(subwords.text) != digest:
                raise ValueError(f"{FILE} is not the one of the training: its hash is another")
        return cls(tuple(words), settings["lower"], settings["digits"], settings.get("rare"), subwords)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def normalize(token: str, lower: bool, digits: bool) -> str:
    """The form in which a token is looked up: lower-cased, every digit as 0."""
    if lower:
        token = token.lower()
    return DIGIT.sub("0", token) if digits else token


def build(
    counts: Mapping[str, int],
    *,
    min_count: int = 1,
    max_size: int | None = None,
    lower: bool = False,
    digits: bool = False,
    rare_count: int = 1,
) -> Vocabulary:
    """The vocabulary of the training part, the most frequent word first, equals by text.

    Args:
        counts: how often each token stands in the training part, as it is written there.
        min_count: rarer words are unknown.
        max_size: at most so many entries, padding and unknown included.
        rare_count: words that stand at most so often are rare.
    """
    folded: dict[str, int] = {}
    for token, count in counts.items():
        word = normalize(token, lower, digits)
        folded[word] = folded.get(word, 0) + count
    words = (
        word
        for word, count in folded.items()
        if count >= min_count and word not in (PADDING, UNKNOWN) and "\n" not in word
    )
    ranked = sorted(words, key=lambda word: (-folded[word], word))
    if max_size is not None:
        ranked = ranked[: max(0, max_size - 2)]
    common = sum(folded[word] > rare_count for word in ranked)
    return Vocabulary((PADDING, UNKNOWN, *ranked), lower, digits, 2 + common)
