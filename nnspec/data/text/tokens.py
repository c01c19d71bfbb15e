"""What the sources of tokens, Conll and Text, share: their arguments, the length limit, the vocabulary."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from nnspec.data.errors import DataError
from nnspec.data.formats.origins import Origins, Place
from nnspec.data.new_examples import remark
from nnspec.data.protocol import VOCABULARY, Assets, Source, VectorFile, doc
from nnspec.data.table import FeatureSpec, Ragged
from nnspec.data.text.corpus import read_lines
from nnspec.data.text.patience import Patience
from nnspec.data.text.subwords import tell_losses
from nnspec.data.text.vocabulary import Vocabulary, build
from nnspec.data.text.word_dropout import Rare
from nnspec.quick_classes import dataclass

if TYPE_CHECKING:
    import numpy as np

PATTERNS = {"whitespace": r"\S+", "characters": r"\S"}


@dataclass(frozen=True)
class TokenSource(Source):
    path: str = field(metadata=doc("The file, relative to the spec.", path=True))
    encoding: str = field(default="utf-8", metadata=doc("The encoding of the file, as Python names it."))
    tokenization: Literal["whitespace", "words", "characters"] = field(
        default="whitespace",
        metadata=doc("Tokens of a text are what white space separates, what `pattern` matches, or single characters."),
    )
    pattern: str = field(
        default=r"\w+(?:['’]\w+)*|[^\w\s]",
        metadata=doc("The regular expression of a token; here words, with their apostrophes, and single marks."),
    )
    lower: bool = field(default=False, metadata=doc("Look tokens up in lower case."))
    digits: bool = field(default=False, metadata=doc("Look tokens up with every digit as 0."))
    min_count: int = field(default=1, metadata=doc("Tokens that stand less often in the training part are unknown."))
    max_size: int | None = field(
        default=None, metadata=doc("At most so many entries of the vocabulary, padding and unknown included.")
    )
    rare_to_unknown: float = field(
        default=0.5,
        metadata=doc(
            "How likely a rare word is unknown each time that training meets it; so unknown words are learnt."
        ),
    )
    rare_count: int = field(default=1, metadata=doc("Words that stand at most so often in the training part are rare."))
    vectors: str | None = field(
        default=None,
        metadata=doc(
            "A text file of word vectors, GloVe's, word2vec's or fastText's: first weights of the words' Embedding.",
            path=True,
        ),
    )
    max_length: int | None = field(default=None, metadata=doc("At most so many tokens in a sequence."))
    on_long: Literal["fail", "cut", "skip"] = field(
        default="fail", metadata=doc("What to do with a sequence over `max_length`.")
    )
    length: int | None = field(
        default=None, metadata=doc("Pad every batch to so many tokens, not to its longest; a limit, too.")
    )
    on_error: Literal["fail", "skip"] = field(
        default="fail", metadata=doc("Whether what cannot be read ends the loading or is skipped and reported.")
    )

    written_as: ClassVar = "text"
    word_input: ClassVar[str]  # the name of the feature that the words are

    def lines_of(self, path: Path) -> Iterable[str]:
        return read_lines(path, self.encoding)

    def vector_file(self) -> VectorFile | None:
        return None if self.vectors is None else VectorFile(self.vectors, "vectors", self.word_input, self.encoding)

    def located(self, given: Any) -> tuple[str, list[tuple[int, int]]] | None:
        """Raises DataError where the pattern is no regular expression."""
        return (given, self.places(given)) if isinstance(given, str) else None

    def preprocessing(self, feature: str, assets: Assets) -> Mapping[str, Any] | None:
        if assets.vocabulary is None:
            return None
        return {
            "kind": "words",
            "meaning": "the number of each word: its line in the vocabulary, counted from 0",
            "vocabulary": VOCABULARY,
            "padding": 0,
            "unknown": 1,
            "lower": assets.vocabulary.lower,
            "digits": assets.vocabulary.digits,
            "pattern": self.token_pattern.pattern,
            "length": self.length,
            "max_length": self.limit,
        }

    @property
    def limit(self) -> int | None:
        return min((limit for limit in (self.max_length, self.length) if limit is not None), default=None)

    @cached_property
    def token_pattern(self) -> re.Pattern[str]:
        """What matches a token of a text. Raises DataError where `pattern` is no regular expression."""
        try:
            return re.compile(PATTERNS.get(self.tokenization, self.pattern))
        except (re.error, OverflowError, RecursionError, MemoryError) as error:
            reason = "it is nested too deep" if isinstance(error, RecursionError) else error
            raise DataError(f"`pattern` is no regular expression: {reason}") from error

    def places(self, text: str) -> list[tuple[int, int]]:
        """The tokens of a text: where each starts and ends, in characters.

        Raises DataError on a pattern that takes too long.
        """
        pattern = self.token_pattern
        if self.tokenization in PATTERNS:
            return [match.span() for match in pattern.finditer(text) if match[0]]
        with self.patience.on(text):
            return [match.span() for match in pattern.finditer(text) if match[0]]

    @cached_property
    def patience(self) -> Patience:
        return Patience()

    def keep(self, length: int, where: Place, problems: list[DataError]) -> int:
        """How many tokens of a sequence of this length are used; a sequence over the limit is a problem.

        Raises DataError if `on_long` is "fail".
        """
        limit = self.limit
        if limit is None or length <= limit:
            return length
        error = DataError(
            f"a sequence of {length} tokens, over the limit of {limit}",
            **where,
            hint="say `on_long: cut` or `on_long: skip`, or raise the limit",
        )
        if self.on_long == "fail":
            raise error
        problems.append(error)
        return limit if self.on_long == "cut" else 0

    def tolerate(self, error: DataError, problems: list[DataError]) -> None:
        """Notes what could not be read, or raises it, as `on_error` says."""
        if self.on_error == "fail":
            raise error
        problems.append(error)

    def ragged(self, sequences: Sequence[Sequence[str]], vocabulary: Vocabulary) -> Ragged:
        """New sequences as the network takes them: int32 [n, length], padded with 0.

        Raises DataError on one over the limit, unless `on_long` lets it be cut.
        """
        import numpy as np

        if vocabulary.subwords is not None:
            for number, tokens in enumerate(sequences, 1):
                tell_losses(vocabulary.subwords, tokens, number)
        encoded = [self.shortened(vocabulary.encode(tokens), number) for number, tokens in enumerate(sequences, 1)]
        for number, found in enumerate(encoded, 1):
            if found and set(found) == {1}:  # every word that it does not know
                remark(f"example {number}: none of its {len(found):,} tokens occurred in training")
        flat = [number for found in encoded for number in found]
        offsets = np.cumsum([0, *map(len, encoded)], dtype=np.int64)
        return self.column(np.array(flat, np.int32), offsets)

    def shortened(self, tokens: Sequence[Any], number: int) -> Sequence[Any]:
        """A new sequence, cut to the limit, with a remark.

        Raises DataError where it must not be cut, and where there is none: no training has seen a batch of no steps.
        """
        if not tokens and self.length is None:
            raise DataError(f"example {number}: a text without a token", hint="leave it out")
        length = self.keep(len(tokens), Origins(None).place(number), []) or self.limit
        if length is not None and length < len(tokens):
            remark(f"example {number}: the network sees the first {length:,} of {len(tokens):,} tokens")
        return tokens[:length]

    def column(self, flat: np.ndarray, offsets: np.ndarray) -> Ragged:
        return Ragged(flat, offsets, FeatureSpec((self.length,), "int32"), 0, self.length)

    def vocabulary(self, counts: Mapping[str, int]) -> Vocabulary:
        return build(
            counts,
            min_count=self.min_count,
            max_size=self.max_size,
            lower=self.lower,
            digits=self.digits,
            rare_count=self.rare_count,
        )

    def words(self, flat: np.ndarray, offsets: np.ndarray, vocabulary: Vocabulary) -> Ragged:
        """A column of word numbers of which the rare ones are unknown now and then while training."""
        column = self.column(flat, offsets)
        if not self.rare_to_unknown or vocabulary.rare is None or vocabulary.rare == len(vocabulary):
            return column
        return replace(column, rare=Rare(vocabulary.rare, self.rare_to_unknown))
