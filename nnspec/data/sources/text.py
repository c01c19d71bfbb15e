"""One labelled text a row: sentences or short documents to classify."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple

from nnspec.data import split
from nnspec.data.errors import DataError
from nnspec.data.formats.delimited_text import Dialect, body, column_names
from nnspec.data.given import check_texts
from nnspec.data.names import doubtful
from nnspec.data.protocol import Assets, Columns, Examples, Facts, Task, doc, labels_alone
from nnspec.data.table import Dense, FeatureSpec, Ragged, Table
from nnspec.data.text.corpus import Corpus
from nnspec.data.text.tokens import TokenSource

HEADERS = frozenset({"label", "class", "category", "target", "sentiment", "intent", "topic", "y", "text", "sentence"})


class LabelledText(NamedTuple):
    line: int
    label: str
    tokens: list[str]


@dataclass(frozen=True)
class Text(TokenSource):
    """Rows with a label and a text. Without a header, `label TAB text`."""

    suffixes: ClassVar = (".txt",)

    word_input = "text"

    label_column: int | str = field(
        default=0, metadata=doc("The label's column: from 0, or its name in the header.", column=True)
    )
    text_column: int | str = field(
        default=1, metadata=doc("The text's column: from 0, or its name in the header.", column=True)
    )
    separator: str = field(
        default="\t", metadata=doc("What stands between columns; quoted cells are understood unless it is a tab.")
    )
    header: bool = field(default=False, metadata=doc("Whether the first row names the columns."))
    tokenization: Literal["whitespace", "words", "characters"] = field(
        default="words",
        metadata=doc("Tokens of a text are what `pattern` matches, what white space separates, or single characters."),
    )
    lower: bool = field(default=True, metadata=doc("Look tokens up in lower case."))
    on_long: Literal["fail", "cut", "skip"] = field(
        default="cut", metadata=doc("What to do with a text over `max_length`.")
    )

    def columns_there(self, base: Path) -> Sequence[str]:
        dialect = Dialect(self.separator, self.header, self.encoding, quotes=self.separator != "\t")
        return column_names(base / self.path, dialect) if self.header else ()

    def tokenize(self, text: str) -> list[str]:
        """Raises DataError where the pattern is no regular expression."""
        return [text[start:end] for start, end in self.places(text)]

    def without_files(self) -> Facts:
        return labels_alone()

    def listing(self, base: Path) -> TextExamples:
        return self.load(base)

    def load(self, base: Path) -> TextExamples:
        path = base / self.path
        examples = TextExamples(self, path)
        for row in self.rows(path, examples.problems):
            examples.append(row)
        examples.close()
        if not len(examples):
            raise DataError("the file has no text", file=str(path))
        examples.problems += examples.doubts()
        return examples

    def rows(self, path: Path, problems: list[DataError]) -> Iterator[LabelledText]:
        """The texts that are used. What is left out or cut, by option, is appended to `problems`."""
        dialect = Dialect(self.separator, self.header, self.encoding, quotes=self.separator != "\t")
        names = column_names(path, dialect)
        label, text = (position(column, names, path) for column in (self.label_column, self.text_column))
        for line, cells in body(path, dialect):
            try:
                if len(cells) < len(names) or any(cells[len(names) :]):
                    raise ValueError(f"{len(cells)} columns, but the first row has {len(names)}")
                row = LabelledText(line, " ".join(cells[label].split()), self.tokenize(cells[text]))
                if not row.label or not row.tokens:
                    raise ValueError("an empty label" if row.tokens else "a text without a token")
            except ValueError as error:
                self.tolerate(DataError(str(error), file=str(path), line=line), problems)
                continue
            kept = self.keep(len(row.tokens), path, line, problems)
            if kept:
                yield row._replace(tokens=row.tokens[:kept])

    def encode(self, raw: Sequence[str], assets: Assets, base: Path) -> dict[str, Ragged]:
        """New texts."""
        assert assets.vocabulary is not None
        check_texts(raw, tokens=False)
        return {"text": self.ragged(list(map(self.tokenize, raw)), assets.vocabulary)}


def position(column: int | str, names: Sequence[str], path: Path) -> int:
    """Where a column stands. Raises DataError if it is not there."""
    if isinstance(column, str) and column in names:
        return names.index(column)
    if isinstance(column, int) and -len(names) <= column < len(names):
        return column
    raise DataError(f"no column {column!r}: there are {', '.join(map(repr, names))}", file=str(path), line=1)


class TextExamples(Examples):
    """Texts as examples: `text` in, `label` out."""

    task: Task = "classification"
    tokens: Corpus

    def __init__(self, source: Text, path: Path) -> None:
        self.source, self.path = source, path
        self.files = (path,)
        self.tokens, self.labels = Corpus(), Corpus()  # a label is a sequence of one
        self.problems: list[DataError] = []

    def append(self, row: LabelledText) -> None:
        self.tokens.append(row.tokens)
        self.labels.append((row.label,))

    def close(self) -> None:
        self.tokens.close()
        self.labels.close()

    def __len__(self) -> int:
        return len(self.tokens)

    def doubts(self) -> Iterator[DataError]:
        """Remarks on labels that are likely mistakes: a header read as an example, columns exchanged, odd names."""
        source, counts = self.source, self.labels.counts(range(len(self)))
        first = self.labels[0][0]
        if not source.header and counts[first] == 1 and first.casefold() in HEADERS:
            message = f"the first row looks like a header, and is read as a text of the class {first!r}"
            yield DataError(message, file=str(self.path), line=1, hint="say `header: true`")
        if len(counts) > max(2, len(self) / 2):
            message = f"{len(self):,} texts have {len(counts):,} labels, {first!r} for one: they are hardly classes"
            hint = "say which columns are which: `label_column`, `text_column`"
            yield DataError(message, file=str(self.path), hint=hint)
        else:
            yield from doubtful(counts, str(self.path))

    def split(self, fractions: Mapping[str, float], seed: int) -> dict[str, list[int]]:
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
        line = next(row.line for row in self.source.rows(self.path, []) if row.label == label)
        return DataError(
            f"the training part has no label {label!r}",
            file=str(self.path),
            line=line,
            hint=f"training has {', '.join(classes)}",
        )

    def place(self, index: int) -> str:
        """File and line of a text."""
        row = next(islice(self.source.rows(self.path, []), index, None))
        return f"{self.path}:{row.line}"

    def texts(self, indices: Sequence[int]) -> list[str]:
        return [" ".join(self.tokens[index]) for index in indices]

    def report(self, indices: Sequence[int], assets: Assets) -> dict[str, Any]:
        assert assets.vocabulary is not None
        return {"unknown_tokens": assets.vocabulary.unknown_rate(self.tokens.counts(indices))}
