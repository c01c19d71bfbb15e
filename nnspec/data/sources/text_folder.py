"""A folder of texts for each class, a file each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from nnspec.data.errors import DataError
from nnspec.data.formats.class_folders import Wanted, class_of, list_folders
from nnspec.data.protocol import doc
from nnspec.data.text.corpus import read_lines
from nnspec.data.text.labelled import LabelledText, LabelledTexts, TextExamples

# Files of newsgroups have no ending. Movie reviews without an opinion lie beside the others in `unsup`.
WANTED = Wanted("text", "TextFolder", frozenset({".txt", ".text", ""}), frozenset({"unsup"}))

LONGEST = 1 << 22  # characters of a text: longer than the longest novels


@dataclass(frozen=True)
class TextFolder(LabelledTexts):
    """Files of text under `path/<class>/`; the classes are the names of the folders."""

    suffixes: ClassVar = ("/",)

    path: str = field(metadata=doc("The folder that holds a folder for each class.", path=True))

    def load(self, base: Path) -> TextExamples:
        root, source = base / self.path, self.at(base)
        problems: list[DataError] = []
        names = list_folders(root, WANTED, self.path, problems)
        examples = TextExamples(source, root, [root / name for name in names], partial(source.rows, root, names))
        examples.problems += [*problems, *examples.doubts()]
        return examples

    def rows(self, root: Path, names: Sequence[str], problems: list[DataError]) -> Iterator[LabelledText]:
        """The texts that are used. What is left out or cut, by option, is appended to `problems`."""
        for name in names:
            path = root / name
            try:
                text = self.content(path)
                tokens = self.tokenize(text)
                if not tokens:
                    raise DataError("a text without a token", file=str(path))
            except DataError as error:
                self.tolerate(error, problems)
                continue
            kept = self.keep_words(len(tokens), {"file": str(path), "line": None, "row": None}, problems)
            if kept:
                yield LabelledText(path, None, class_of(name), tokens[:kept], text)

    def content(self, path: Path) -> str:
        """The text of a file. Raises DataError where it cannot be read, or is longer than any text to classify."""
        lines: list[str] = []
        size = 0
        for line in read_lines(path, self.encoding):
            size += len(line)
            if size > LONGEST:
                hint = "a file is one text: for a text a line use the source Text"
                raise DataError(f"a text of more than {LONGEST:,} characters", file=str(path), hint=hint)
            lines.append(line)
        return "".join(lines)

    def examples_in(self, lines: Iterable[str]) -> list[Any]:
        """One: a file is a text, however many lines it has."""
        text = "".join(line if line.endswith(("\n", "\r")) else f"{line}\n" for line in lines).strip()
        return [text] if text else []
