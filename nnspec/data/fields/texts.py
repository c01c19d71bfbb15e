"""Fields of texts: in the cells, or in files that the cells name. All of a table share one vocabulary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
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
from nnspec.reading import read_text

if TYPE_CHECKING:
    from nnspec.data.text.vocabulary import Vocabulary

MAX_TEXT = 1 << 26  # bytes of a file of one text


def cutter(settings: TextSettings, told: TableColumn) -> TextSource:
    """What cuts the texts of a field into tokens."""
    given = {name: value for name, value in asdict(settings).items() if name != "pattern" or value is not None}
    return TextSource(path="", length=told.length, max_length=told.max_length, **given)


@dataclass
class Texts(Field):
    """A text: int32 [tokens], or [length], of numbers into the vocabulary."""

    kind: ClassVar = "text"
    settings: TextSettings = field(default_factory=TextSettings)
    in_cells: ClassVar[bool] = False

    def __post_init__(self) -> None:
        self.source = cutter(self.settings, self.told)
        self.corpus = Corpus()

    def texts(self, rows: Rows) -> list[str | None]:
        return rows.texts(self.column)

    def open(self, rows: Rows) -> dict[int, str]:
        cut: list[DataError] = []
        lacking = {}
        for row, text in enumerate(self.texts(rows)):
            tokens = self.source.tokenize(text or "")
            if not tokens and not self.empty(rows, row):
                lacking[row] = f"column {self.column!r}: a text without a token"
            kept = self.source.keep(len(tokens), rows.place(row), cut)
            self.corpus.append(tokens[:kept])
        self.corpus.close()
        if cut:
            message = (
                f"column {self.column!r}: {len(cut):,} of {len(rows):,} texts are cut to {self.source.limit} tokens"
            )
            self.problems.append(Remark("W0922", message, file=cut[0].file, line=cut[0].line, row=cut[0].row))
        return lacking

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
        return None if vocabulary is None else (0.0, len(vocabulary) - 1.0)

    def read(self, rows: Rows, fitted: Fitted, vocabulary: Vocabulary | None) -> Read:
        assert vocabulary is not None
        flat, starts = self.corpus.flat(vocabulary.encode), self.corpus.starts()
        if self.is_target:  # rare words are unknown by chance among the inputs alone
            return Read(self.source.column(flat, starts))
        return Read(self.source.words(flat, starts, vocabulary))

    def new(
        self, rows: Rows, raw: Sequence[Any], fitted: Fitted, vocabulary: Vocabulary | None, near: Sequence[Path]
    ) -> Column:
        assert vocabulary is not None
        for number, item in enumerate(raw, 1):
            if not isinstance(item, str):
                raise DataError(f"example {number}: {self.name} is a text, not {type(item).__name__}")
        return self.source.ragged([self.source.tokenize(item) for item in raw], vocabulary)


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
