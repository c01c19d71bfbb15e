"""Texts with a label, whatever they are read from: what the sources Text and TextFolder share."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

from nnspec.data import split
from nnspec.data.errors import DataError, Remark
from nnspec.data.given import check_texts
from nnspec.data.names import doubtful
from nnspec.data.new_examples import remark
from nnspec.data.protocol import Assets, Columns, Examples, Facts, Task, doc, labels_alone
from nnspec.data.table import Dense, FeatureSpec, Ragged, Table
from nnspec.data.text.corpus import Corpus
from nnspec.data.text.tokens import TokenSource

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

    def tokenize(self, text: str) -> list[str]:
        """Raises DataError where the pattern is no regular expression."""
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
        return {"text": self.ragged(list(map(self.tokenize, raw)), assets.vocabulary)}


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
        if self.source.tokenization != "characters":
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
        return Table(
            features={
                "text": self.source.words(
                    self.tokens.flat(assets.vocabulary.encode), self.tokens.starts(), assets.vocabulary
                )
            },
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

    def texts(self, indices: Sequence[int]) -> list[str]:
        return [" ".join(self.tokens[index]) for index in indices]

    def report(self, indices: Sequence[int], assets: Assets) -> dict[str, Any]:
        assert assets.vocabulary is not None
        return {"unknown_tokens": assets.vocabulary.unknown_rate(self.tokens.counts(indices))}
