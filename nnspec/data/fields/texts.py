"""Fields of texts: in the cells, or in files that the cells name. All of a table share one vocabulary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from nnspec.data.errors import DataError, Remark
from nnspec.data.fields.field import Field, Fitted, Read
from nnspec.data.fields.files import FileField
from nnspec.data.fields.settings import TableColumn, TextSettings
from nnspec.data.formats.delimited_text import Rows
from nnspec.data.protocol import Range
from nnspec.data.sources.text import Text as TextSource
from nnspec.data.table import Column, FeatureSpec
from nnspec.data.text.corpus import Corpus
from nnspec.data.text.labelled import too_long
from nnspec.data.text.subwords import told_of_losses
from nnspec.reading import read_text

if TYPE_CHECKING:
    from nnspec.data.text.vocabulary import Vocabulary

MAX_TEXT = 1 << 26  # bytes of a file of one text


START, END = "<start>", "<end>"  # the tokens of `mark`


def cutter(settings: TextSettings, told: TableColumn, tokenizer: Path | None = None) -> TextSource:
    """What cuts the texts of a field into tokens. Raises DataError on settings that do not go together."""
    given = {name: value for name, value in asdict(settings).items() if name != "pattern" or value is not None}
    path = None if tokenizer is None else str(tokenizer)
    if told.mark is not None and (settings.subwords is not None or path is not None):
        own = "tokenizer" if settings.subwords is None else "subwords"
        raise DataError(f"`mark` does not go with `{own}`", hint="its marks are words, not pieces of words")
    return TextSource(path="", length=told.length, max_length=told.max_length, tokenizer=path, **given)


def marks(told: TableColumn) -> tuple[list[str], list[str]]:
    """The tokens before a text and behind it."""
    return [START] * (told.mark in ("start", "both")), [END] * (told.mark in ("end", "both"))


@dataclass
class Texts(Field):
    """A text: int32 [tokens], or [length], of numbers into the vocabulary."""

    kind: ClassVar = "text"
    settings: TextSettings = field(default_factory=TextSettings)
    tokenizer: Path | None = None
    in_cells: ClassVar[bool] = False

    def __post_init__(self) -> None:
        self.source = cutter(self.settings, self.told, self.tokenizer)
        self.corpus = Corpus()
        self.looked_at = False  # for what is known of subwords once they are learned

    def texts(self, rows: Rows) -> list[str | None]:
        return rows.texts(self.column)

    def open(self, rows: Rows) -> dict[int, str]:
        cut: list[DataError] = []
        lacking = {}
        for row, text in enumerate(self.texts(rows)):
            tokens = self.source.tokenize(text or "")
            if not tokens and not self.empty(rows, row):
                lacking[row] = f"column {self.column!r}: a text without a token"
            tokens = self.marked(tokens)
            kept = self.source.keep_words(len(tokens), rows.place(row), cut)
            self.corpus.append(tokens[:kept])
        self.corpus.close()
        if cut:
            self.tell_cut(len(cut), rows, cut[0].file, cut[0].line, cut[0].row)
        return lacking

    def marked(self, tokens: list[str]) -> list[str]:
        before, after = marks(self.told)
        return [*before, *tokens, *after]

    def tell_cut(self, count: int, rows: Rows, file: str | None, line: int | None, row: int | None) -> None:
        what = "tokens" if self.source.blank is None else "subwords"
        message = f"column {self.column!r}: {count:,} of {len(rows):,} texts are cut to {self.source.limit} {what}"
        self.problems.append(Remark("W0922", message, file=file, line=line, row=row))

    def look_at_subwords(self, rows: Rows, vocabulary: Vocabulary) -> None:
        """Notes, once, letters without a piece and texts of more subwords than the limit.

        Raises DataError where no text may be cut.
        """
        if self.looked_at or vocabulary.subwords is None:
            return
        self.looked_at = True
        self.problems += told_of_losses(vocabulary.subwords, self.corpus.tokens, str(rows.file))
        long = too_long(self.corpus, vocabulary, self.source.limit)
        if not long:
            return
        first, count = long[0]
        place = rows.place(first)
        if self.source.on_long == "fail":
            message = f"column {self.column!r}: a text of {count} subwords, over the limit of {self.source.limit}"
            raise DataError(message, **place, hint="say `on_long: cut`, or raise the limit")
        self.tell_cut(len(long), rows, place.get("file"), place.get("line"), place.get("row"))

    def empty(self, rows: Rows, row: int) -> bool:
        """Whether a text without a token is one that counts: with a fixed length it is padding alone."""
        if self.told.length is not None:
            return True
        if self.told.missing != "skip":
            raise DataError(
                f"column {self.column!r}: a text without a token",
                **rows.place(row),
                hint="say `missing: skip` to leave such rows out, or `length` for texts that may be empty",
            )
        return False

    @property
    def ends_in_padding(self) -> bool:
        """Whether some texts are shorter than the length that all are given; of subwords this is taken for granted."""
        length, ends = self.told.length, self.corpus.offsets
        return length is not None and (
            self.source.blank is not None or any(end - start < length for start, end in pairwise(ends))
        )

    def keep(self, kept: Sequence[int]) -> None:
        whole, self.corpus = self.corpus, Corpus()
        for row in kept:
            self.corpus.append(whole[row])
        self.corpus.close()

    def counts(self, train: Sequence[int]) -> Mapping[str, int]:
        return self.corpus.counts(train)

    def fit(self, rows: Rows, train: Sequence[int], classes: Sequence[str] | None) -> Fitted:
        return {"type": self.kind, "columns": list(self.cells)}

    def spec(self, fitted: Fitted) -> FeatureSpec:
        return FeatureSpec((self.told.length,), "int32")

    def range(self, rows: Rows, fitted: Fitted, vocabulary: Vocabulary | None) -> Range | None:
        if vocabulary is None:
            return None
        self.look_at_subwords(rows, vocabulary)
        return (0.0, len(vocabulary) - 1.0)

    def read(self, rows: Rows, fitted: Fitted, vocabulary: Vocabulary | None) -> Read:
        assert vocabulary is not None
        self.look_at_subwords(rows, vocabulary)
        column = self.source.encoded(self.corpus, vocabulary)
        # Rare words are unknown by chance among the inputs alone.
        return Read(replace(column, rare=None) if self.is_target else column)

    def new(
        self, rows: Rows, raw: Sequence[Any], fitted: Fitted, vocabulary: Vocabulary | None, near: Sequence[Path]
    ) -> Column:
        assert vocabulary is not None
        for number, item in enumerate(raw, 1):
            if not isinstance(item, str):
                raise DataError(f"example {number}: {self.name} is a text, not {type(item).__name__}")
        words = self.source.tokenize if vocabulary.subwords is None else vocabulary.subwords.words
        return self.source.ragged([self.marked(words(item)) for item in raw], vocabulary)


@dataclass
class TextFiles(Texts, FileField):
    """A text in a file of its own, UTF-8."""

    kind: ClassVar = "text_file"

    def open(self, rows: Rows) -> dict[int, str]:
        self.lacking = FileField.open(self, rows)
        self.contents = [None if row in self.lacking else self.content(path) for row, path in enumerate(self.files())]
        return {**Texts.open(self, rows), **self.lacking}

    def empty(self, rows: Rows, row: int) -> bool:
        return row in self.lacking or Texts.empty(self, rows, row)

    def content(self, path: Path) -> str:
        try:
            return read_text(path, MAX_TEXT)
        except (OSError, ValueError) as error:
            raise DataError(f"the text cannot be read: {error}", file=str(path)) from error

    def texts(self, rows: Rows) -> list[str | None]:
        return self.contents

    def keep(self, kept: Sequence[int]) -> None:
        FileField.keep(self, kept)
        Texts.keep(self, kept)

    def new(
        self, rows: Rows, raw: Sequence[Any], fitted: Fitted, vocabulary: Vocabulary | None, near: Sequence[Path]
    ) -> Column:
        texts = [self.content(Path(self.place(item, folder))) for item, folder in zip(raw, near, strict=True)]
        return Texts.new(self, rows, texts, fitted, vocabulary, near)


def counted(fields: Sequence[Field], train: Sequence[int]) -> Counter[str]:
    """How often each token stands in the texts of the training part."""
    found: Counter[str] = Counter()
    for one in fields:
        found.update(one.counts(train))
    return found
