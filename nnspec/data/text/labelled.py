"""Texts with a label, whatever they are read from: what the sources Text and TextFolder share."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from functools import cached_property
from itertools import islice, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, Self

from nnspec.data import split
from nnspec.data.errors import DataError, Remark
from nnspec.data.formats.origins import Place
from nnspec.data.given import check_texts
from nnspec.data.names import doubtful
from nnspec.data.new_examples import remark
from nnspec.data.protocol import VOCABULARY, Assets, Columns, Examples, Facts, Task, doc, labels_alone
from nnspec.data.table import Dense, FeatureSpec, Ragged, Table
from nnspec.data.text.corpus import Corpus
from nnspec.data.text.subwords import (
    SUBWORDS,
    TOKENIZER,
    Kind,
    Subwords,
    blank_of,
    described,
    learned_by,
    refuse,
    told_of_losses,
)
from nnspec.data.text.tokens import TokenSource
from nnspec.data.text.vocabulary import Vocabulary
from nnspec.quick_classes import dataclass

if TYPE_CHECKING:
    import numpy as np

LOOKED_AT = 200  # texts whose words are looked at
UNSPACED = 0.3  # the share of words that are no single ones, from which on it is told
SHOWN = 20
DECOMPOSED = "accents are characters of their own, so that words are other ones than the same words typed"


class LabelledText(NamedTuple):
    """A text: where it stands (a line of a file, or a file of its own), its label, its tokens, and as it is written."""

    file: Path
    line: int | None
    label: str
    tokens: list[str]
    text: str


@dataclass(frozen=True)
class LabelledTexts(TokenSource):
    """Texts of one class each, as numbers of words."""

    word_input = "text"

    tokenization: Literal["whitespace", "words", "characters"] = field(
        default="words",
        metadata=doc("Tokens of a text are what `pattern` matches, what white space separates, or single characters."),
    )
    lower: bool = field(default=True, metadata=doc("Look tokens up in lower case."))
    on_long: Literal["fail", "cut", "skip"] = field(
        default="cut", metadata=doc("What to do with a text over `max_length`.")
    )

    subwords: Kind | None = field(default=None, metadata=doc(SUBWORDS))
    tokenizer: str | None = field(default=None, metadata=doc(TOKENIZER, path=True))

    def __post_init__(self) -> None:
        """Raises DataError on arguments that do not go together."""
        of_words = ("tokenization", "pattern", "digits", "rare_count", "rare_to_unknown", "vectors")
        others = {name: getattr(self, name) != getattr(type(self), name) for name in of_words}
        refuse(self, {**others, "on_long: skip": self.on_long == "skip"})

    def at(self, base: Path) -> Self:
        """The source with the place of its tokenizer, whatever it is relative to."""
        return self if self.tokenizer is None else replace(self, tokenizer=str(base / self.tokenizer))

    @cached_property
    def blank(self) -> Subwords | None:
        return blank_of(self)

    def vocabulary(self, counts: Mapping[str, int]) -> Vocabulary:
        if self.blank is None:
            return super().vocabulary(counts)
        return Vocabulary.of(learned_by(self, self.blank, counts))

    def keep_words(self, length: int, where: Place, problems: list[DataError]) -> int:
        """As `keep`; of subwords all, since how many there are is known once they are learned."""
        return length if self.blank is not None else self.keep(length, where, problems)

    def located(self, given: Any) -> tuple[str, list[tuple[int, int]]] | None:
        return None if self.subwords or self.tokenizer else super().located(given)

    def preprocessing(self, feature: str, assets: Assets) -> Mapping[str, Any] | None:
        if assets.vocabulary is None or assets.vocabulary.subwords is None:
            return super().preprocessing(feature, assets)
        return described(VOCABULARY, self.length, self.limit)

    def encoded(self, corpus: Corpus, vocabulary: Vocabulary) -> Ragged:
        """The column of all texts: what is over the limit is cut."""
        if vocabulary.subwords is None:
            return self.words(corpus.flat(vocabulary.encode), corpus.starts(), vocabulary)
        return self.column(*cut(*corpus.cut(vocabulary.cut), self.limit))

    def tokenize(self, text: str) -> list[str]:
        """Raises DataError where the pattern is no regular expression."""
        if self.blank is not None:
            return self.blank.words(text)
        return [text[start:end] for start, end in self.places(text)]

    def without_files(self) -> Facts:
        return labels_alone()

    def encode(self, raw: Sequence[str], assets: Assets, base: Path) -> dict[str, Ragged]:
        """New texts."""
        assert assets.vocabulary is not None
        check_texts(raw, tokens=False)
        for number, text in enumerate(raw, 1):
            if decomposed(text):
                remark(f"example {number}: {DECOMPOSED}")
        by = assets.vocabulary.subwords
        return {"text": self.ragged(list(map(by.words if by else self.tokenize, raw)), assets.vocabulary)}


def too_long(corpus: Corpus, vocabulary: Vocabulary, limit: int | None) -> list[tuple[int, int]]:
    """The texts of more subwords than the limit: their numbers, and how many subwords each has."""
    if limit is None:
        return []
    sizes = [len(vocabulary.cut(word)) for word in corpus.tokens]
    ids, offsets = corpus.ids, corpus.offsets
    counts = (sum(sizes[number] for number in ids[start:end]) for start, end in pairwise(offsets))
    return [(index, count) for index, count in enumerate(counts) if count > limit]


def cut(flat: np.ndarray, offsets: np.ndarray, limit: int | None) -> tuple[np.ndarray, np.ndarray]:
    """Sequences, one after the other, of which each loses what is over the limit."""
    import numpy as np

    lengths = np.diff(offsets)
    if limit is None or lengths.max(initial=0) <= limit:
        return flat, offsets
    place = np.arange(len(flat)) - np.repeat(offsets[:-1], lengths)
    return flat[place < limit], np.concatenate([[0], np.cumsum(np.minimum(lengths, limit))])


def decomposed(text: str) -> bool:
    """Whether a text has letters with an accent as two characters, as macOS writes names of files."""
    return not text.isascii() and not unicodedata.is_normalized("NFC", text)


def unspaced(word: str) -> bool:
    """Whether this is more than a word, in a script without spaces: Chinese, Japanese, Thai, Lao, Khmer, Burmese."""
    letters = sum(
        "\u0e00" <= letter <= "\u0eff"
        or "\u1000" <= letter <= "\u109f"
        or "\u1780" <= letter <= "\u17ff"
        or "\u3040" <= letter <= "\u30ff"
        or "\u3400" <= letter <= "\u9fff"
        for letter in word
    )
    return letters >= 6


class Reads(Protocol):
    """Reads all texts from the start; what is left out or cut, by option, is appended to `problems`."""

    def __call__(self, problems: list[DataError]) -> Iterator[LabelledText]: ...


class TextExamples(Examples):
    """Texts as examples: `text` in, `label` out."""

    task: Task = "classification"
    tokens: Corpus

    def __init__(self, source: LabelledTexts, path: Path, files: Sequence[Path], rows: Reads) -> None:
        """Reads them. Raises DataError where there is none."""
        self.source, self.path, self.files, self.rows = source, path, files, rows
        self.tokens, self.labels = Corpus(), Corpus()  # a label is a sequence of one
        self.problems: list[DataError] = []
        self.looked_at = False  # for texts of too many subwords
        self.decomposed: list[str] = []  # texts whose accents are characters of their own: their places
        for row in rows(self.problems):
            if decomposed(row.text):
                self.decomposed.append(f"{row.file.name}:{row.line}" if row.line else row.file.name)
            self.tokens.append(row.tokens)
            self.labels.append((row.label,))
        self.tokens.close()
        self.labels.close()
        if not len(self):
            raise DataError("the file has no text" if path.is_file() else "the folder has no text", file=str(path))

    def __len__(self) -> int:
        return len(self.tokens)

    def doubts(self) -> Iterator[DataError]:
        """Remarks on labels that are likely mistakes, and on words that are cut within or are whole sentences."""
        if self.decomposed:
            message = f"{len(self.decomposed):,} texts, {self.decomposed[0]} for one: {DECOMPOSED}"
            hint = "save them in the form NFC: `unicodedata.normalize`"
            yield Remark("W0923", message, file=str(self.path), hint=hint)
        yield from doubtful(self.labels.counts(range(len(self))), str(self.path))
        if self.source.tokenization != "characters" and self.source.blank is None:
            words = [word for index in range(min(LOOKED_AT, len(self))) for word in self.tokens[index]]
            whole = [word for word in words if unspaced(word)]
            if len(whole) > UNSPACED * len(words):
                message = f"words such as {whole[0][:SHOWN]!r} are of a script that puts no space between words"
                hint = "`tokenization: characters` takes them one by one; or put spaces between the words"
                yield Remark("W0923", message, file=str(self.path), hint=hint)

    def split(self, fractions: Mapping[str, float], seed: int) -> dict[str, Sequence[int]]:
        return split.stratified(self.labels.ids, fractions, seed)

    def fit(self, train: Sequence[int], classes: Sequence[str] | None) -> Assets:
        found = classes or sorted(self.labels.counts(train))
        return Assets(classes=tuple(found), vocabulary=self.source.vocabulary(self.tokens.counts(train)))

    def columns(self, assets: Assets) -> Columns:
        self.numbers(assets)
        self.tell_long(assets)
        length = self.source.length
        text, label = FeatureSpec((length,), "int32"), FeatureSpec((), "int32")
        assert assets.vocabulary is not None
        ranges = {"text": (0.0, len(assets.vocabulary) - 1.0)}
        return Columns({"text": text}, {"label": label}, varies=length is None, ranges=ranges)

    def numbers(self, assets: Assets) -> dict[str, int]:
        """By label. Raises DataError on one that training never saw."""
        assert assets.classes is not None
        for label in self.labels.tokens:
            if label not in assets.classes:
                raise self.unseen(label, assets.classes)
        return {label: number for number, label in enumerate(assets.classes)}

    def table(self, assets: Assets) -> Table:
        """text, int32 [n, length] padded with 0; label, int32 [n]. DataError on a label that training never saw."""
        assert assets.vocabulary is not None
        numbers = self.numbers(assets)
        labels = self.labels.flat(lambda found: [numbers[label] for label in found])
        self.tell_long(assets)
        return Table(
            features={"text": self.source.encoded(self.tokens, assets.vocabulary)},
            targets={"label": Dense(labels, FeatureSpec((), "int32"))},
        )

    def unseen(self, label: str, classes: Sequence[str]) -> DataError:
        row = next(row for row in self.rows([]) if row.label == label)
        hint = f"training has {', '.join(classes)}"
        return DataError(f"the training part has no label {label!r}", file=str(row.file), line=row.line, hint=hint)

    def place(self, index: int) -> str:
        """File and line of a text."""
        row = next(islice(self.rows([]), index, None))
        return str(row.file) if row.line is None else f"{row.file}:{row.line}"

    def tell_long(self, assets: Assets) -> None:
        """Notes, once, letters without a piece and texts of more subwords than the limit.

        Raises DataError where no text may be cut.
        """
        limit, vocabulary = self.source.limit, assets.vocabulary
        if self.looked_at or vocabulary is None or vocabulary.subwords is None:
            return
        self.looked_at = True
        self.problems += told_of_losses(vocabulary.subwords, self.tokens.tokens, str(self.path))
        long = too_long(self.tokens, vocabulary, limit)
        if long:
            first, count = long[0]
            message = f"{len(long):,} texts have over {limit} subwords, that of {self.place(first)} {count}"
            if self.source.on_long == "fail":
                raise DataError(message, hint="say `on_long: cut`, or raise the limit")
            self.problems.append(DataError(f"{message}: they are cut", file=str(self.path)))

    def texts(self, indices: Sequence[int]) -> list[str]:
        if self.source.blank is not None:
            return [self.source.blank.joined(self.tokens[index]) for index in indices]
        return [" ".join(self.tokens[index]) for index in indices]

    def report(self, indices: Sequence[int], assets: Assets) -> dict[str, Any]:
        assert assets.vocabulary is not None
        return {"unknown_tokens": assets.vocabulary.unknown_rate(self.tokens.counts(indices))}
