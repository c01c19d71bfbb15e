"""One labelled text a row: sentences or short documents to classify."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field, replace
from itertools import chain, islice
from pathlib import Path
from typing import Any, ClassVar

from nnspec.data.errors import DataError, Remark
from nnspec.data.formats.delimited_text import Dialect, body, column_names, records
from nnspec.data.formats.plain_table import origins_of
from nnspec.data.formats.table_files import parts_of, place_of
from nnspec.data.names import several
from nnspec.data.protocol import doc
from nnspec.data.text.labelled import LabelledText, LabelledTexts, TextExamples
from nnspec.quick_classes import dataclass

ROWS_LOOKED_AT = 100  # of a file of new texts
TABLES = (".csv", ".tsv", ".tab")
HEADERS = frozenset({"label", "class", "category", "target", "sentiment", "intent", "topic", "y", "text", "sentence"})


@dataclass(frozen=True)
class Text(LabelledTexts):
    """Rows with a label and a text. Without a header, `label TAB text`."""

    suffixes: ClassVar = (".txt",)
    takes_several: ClassVar = True

    path: str | list[str] = field(  # type: ignore[assignment]
        metadata=doc("The file, a pattern of several, or a list of them.", path=True)
    )
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

    @property
    def dialect(self) -> Dialect:
        return Dialect(self.separator, self.header, self.encoding, quotes=self.separator != "\t")

    def columns_there(self, base: Path) -> Sequence[str]:
        return column_names(self.parts(base)[0], self.dialect) if self.header else ()

    def parts(self, base: Path) -> list[Path]:
        """The files, in the order in which they are read."""
        return parts_of(place_of(base, self.path)) or [place_of(base, self.path)]

    def load(self, base: Path) -> TextExamples:
        source, files = self.at(base), self.parts(base)

        def rows(problems: list[DataError]) -> Iterator[LabelledText]:
            return chain.from_iterable(source.rows(file, problems) for file in files)

        examples = TextExamples(source, files[0], files, rows)
        examples.problems += self.doubts(examples)
        return examples

    def doubts(self, examples: TextExamples) -> Iterator[DataError]:
        """Remarks on labels that are likely mistakes: a header read as an example, columns exchanged, odd names."""
        file, counts = str(examples.path), examples.labels.counts(range(len(examples)))
        first = examples.labels[0][0]
        if not self.header and counts[first] == 1 and first.casefold() in HEADERS:
            message = f"the first row looks like a header, and is read as a text of the class {first!r}"
            yield Remark("W0923", message, file=file, line=1, hint="say `header: true`")
        if len(counts) > max(2, len(examples) / 2) and several(counts) is None:
            message = f"{len(examples):,} texts have {len(counts):,} labels, {first!r} for one: they are hardly classes"
            hint = "say which columns are which: `label_column`, `text_column`"
            yield Remark("W0923", message, file=file, hint=hint)
        else:
            yield from examples.doubts()

    def rows(self, path: Path, problems: list[DataError]) -> Iterator[LabelledText]:
        """The texts that are used. What is left out or cut, by option, is appended to `problems`."""
        dialect = self.dialect
        names = column_names(path, dialect)
        label, text = (position(column, names, path) for column in (self.label_column, self.text_column))
        if label == text:
            raise DataError("`label_column` and `text_column` are the same column", file=str(path))
        origins = origins_of(path)
        for line, cells in body(path, dialect):
            where = origins.place(line)
            try:
                if len(cells) < len(names) or any(cells[len(names) :]):
                    raise ValueError(f"{len(cells)} columns, but the first row has {len(names)}")
                row = LabelledText(path, line, " ".join(cells[label].split()), self.tokenize(cells[text]), cells[text])
                if not row.label or not row.tokens:
                    raise ValueError("an empty label" if row.tokens else "a text without a token")
            except ValueError as error:
                self.tolerate(DataError(str(error), **where), problems)
                continue
            kept = self.keep_words(len(row.tokens), where, problems)
            if kept:
                yield row._replace(tokens=row.tokens[:kept])

    def examples_of(self, path: Path) -> list[Any]:
        """The texts of a file: where it is written as that of the training, its column of texts; else a text a line."""
        column = self.text_column_of(path)
        if column is None:
            return super().examples_of(path)
        found = []
        for line, cells in body(path, self.dialect):
            if len(cells) <= column:
                raise DataError(f"{len(cells)} columns, and the text is in column {column}", file=str(path), line=line)
            found.append(cells[column])
        return found

    def text_column_of(self, path: Path) -> int | None:
        """Where the texts stand in the rows of a file of new texts; None where it has lines and no rows.

        Raises DataError on a table without that column.
        """
        if self.header and isinstance(self.text_column, str):
            names = column_names(path, self.dialect)
            is_table = len(names) > 1 and path.suffix.lower() in TABLES
            return position(self.text_column, names, path) if self.text_column in names or is_table else None
        try:
            first = [cells for _, cells in islice(records(path, replace(self.dialect, header=0)), ROWS_LOOKED_AT)]
        except DataError:  # quotation marks that are not closed: no rows
            return None
        widths = {len(cells) for cells in first}
        is_row = len(widths) == 1 and widths != {1} and (self.separator == "\t" or len(first) > 1)
        return position(self.text_column, first[0], path) if is_row else None


def position(column: int | str, names: Sequence[str], path: Path) -> int:
    """Where a column stands. Raises DataError if it is not there."""
    if isinstance(column, str) and column in names:
        return names.index(column)
    if isinstance(column, int) and -len(names) <= column < len(names):
        return column
    hint = None
    if len(names) == 1:
        hint = "say what stands between label and text: `separator`, `header: true` where the first row names them; "
        hint += "the source Table reads JSON lines"
    raise DataError(f"no column {column!r}: there are {', '.join(map(repr, names))}", file=str(path), line=1, hint=hint)
