"""Sentences with a tag for every token, one token a line, in columns: the format of the CoNLL shared tasks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from nnspec.data import split, tags
from nnspec.data.characters import Characters
from nnspec.data.corpus import Corpus, read_lines
from nnspec.data.errors import DataError
from nnspec.data.protocol import Assets, Task, doc
from nnspec.data.table import FeatureSpec, Ragged, Table
from nnspec.data.tokens import TokenSource

if TYPE_CHECKING:
    import numpy as np

# White space between columns is space and tab: a no-break space may well be a token.
COLUMN = re.compile(r"[^ \t\r\n]+")
DOCUMENT = "-DOCSTART-"
EXAMPLES = 20  # so many illegal tags are listed


class Sentence(NamedTuple):
    lines: list[int]
    tokens: list[str]
    tags: list[str]


@dataclass(frozen=True)
class Conll(TokenSource):
    """Token and tag columns; a blank line ends a sentence, lines of `-DOCSTART-` are left out."""

    token_column: int = field(default=0, metadata=doc("The column of the tokens, from 0; -1 is the last."))
    tag_column: int = field(default=-1, metadata=doc("The column of the tags, from 0; -1 is the last."))
    separator: str | None = field(
        default=None, metadata=doc("What stands between columns; null: any run of spaces and tabs.")
    )
    scheme: Literal["BIO", "IOB2", "BIOES", "BMES", "none"] | None = field(
        default=None, metadata=doc("The tag scheme; null: told by the letters of the tags.")
    )
    characters: int | None = field(
        default=None,
        metadata=doc("Give the characters of each word too, so many, as a second input called `characters`."),
    )
    comment: str | None = field(default=None, metadata=doc("Lines that start with this are left out."))

    def load(self, base: Path) -> ConllExamples:
        path = base / self.path
        examples = ConllExamples(self, path)
        for sentence in self.sentences(path, examples.problems):
            examples.tokens.append(sentence.tokens)
            examples.tags.append(sentence.tags)
        examples.tokens.close()
        examples.tags.close()
        if not len(examples):
            raise DataError("the file has no sentence", file=str(path))
        return examples

    def sentences(self, path: Path, problems: list[DataError]) -> Iterator[Sentence]:
        """The sentences that are used. What is left out or cut, by option, is appended to `problems`."""
        for block in self.blocks(path):
            try:
                sentence = self.sentence(path, block)
            except DataError as error:
                self.tolerate(error, problems)
                continue
            kept = self.keep(len(block), path, sentence.lines[0], problems)
            if kept:
                yield Sentence(sentence.lines[:kept], sentence.tokens[:kept], sentence.tags[:kept])

    def blocks(self, path: Path) -> Iterator[list[tuple[int, list[str]]]]:
        """Runs of lines that are not blank, as columns with their line numbers."""
        columns = self.columns
        block: list[tuple[int, list[str]]] = []
        for number, line in enumerate(read_lines(path, self.encoding), 1):
            if not line.strip() or line.startswith(DOCUMENT):
                if block:
                    yield block
                    block = []
            elif not (self.comment and line.startswith(self.comment)):
                block.append((number, columns(line)))
        if block:
            yield block

    @property
    def columns(self) -> Callable[[str], list[str]]:
        separator = self.separator
        return COLUMN.findall if separator is None else lambda line: line.rstrip("\r\n").split(separator)

    def sentence(self, path: Path, block: list[tuple[int, list[str]]]) -> Sentence:
        """Raises DataError naming the line that does not fit."""
        first, columns = block[0]
        width = len(columns)
        token, tag = (index + width if index < 0 else index for index in (self.token_column, self.tag_column))
        if not (0 <= token < width and 0 <= tag < width) or token == tag:
            raise DataError(
                f"too few columns: {width}, for a token in column {self.token_column} "
                f"and a tag in column {self.tag_column}",
                file=str(path),
                line=first,
            )
        for number, columns in block:
            if len(columns) != width:
                raise DataError(
                    f"columns: {len(columns)}, but {width} on line {first} of the same sentence",
                    file=str(path),
                    line=number,
                    hint='if tokens hold spaces, name the separator: `separator: "\\t"`',
                )
            if not columns[token] or not columns[tag]:
                raise DataError("an empty token or tag", file=str(path), line=number)
        return Sentence(
            [number for number, _ in block],
            [columns[token] for _, columns in block],
            [columns[tag] for _, columns in block],
        )

    def encode(self, raw: Sequence[Any], assets: Assets, base: Path) -> dict[str, Ragged]:
        """New sentences: text, whose tokens white space separates, or lists of tokens."""
        assert assets.vocabulary is not None
        sentences = [text.split() if isinstance(text, str) else list(text) for text in raw]
        tokens = self.ragged(sentences, assets.vocabulary)
        if self.characters is None:
            return {"tokens": tokens}
        counts = (tokens.offsets[1:] - tokens.offsets[:-1]).tolist()
        words = [word for sentence, count in zip(sentences, counts, strict=True) for word in sentence[:count]]
        spelled = alphabet(assets, self.characters).encode(words)
        return {"tokens": tokens, "characters": self.spelled(spelled, tokens.offsets)}

    def spelled(self, flat: np.ndarray, offsets: np.ndarray) -> Ragged:
        """Characters by word: int32 [n, length, characters], padded with 0 both ways."""
        return Ragged(flat, offsets, FeatureSpec((self.length, self.characters), "int32"), 0, self.length)


class ConllExamples:
    """Sentences as examples: `tokens` in, `tags` out."""

    task: Task = "tagging"

    def __init__(self, source: Conll, path: Path) -> None:
        self.source, self.path = source, path
        self.files = (path,)
        self.tokens, self.tags = Corpus(), Corpus()
        self.problems: list[DataError] = []

    def __len__(self) -> int:
        return len(self.tokens)

    @property
    def scheme(self) -> str | None:
        scheme = self.source.scheme or tags.detect(self.tags.tokens)
        return None if scheme == "none" else scheme

    def split(self, fractions: Mapping[str, float], seed: int) -> dict[str, list[int]]:
        return split.shuffled(len(self), fractions, seed)

    def fit(self, train: Sequence[int], classes: Sequence[str] | None) -> Assets:
        """Tags in the order of `classes`, else O first, the others by text: so padding, 0, reads as O."""
        found = classes or sorted(self.tags.counts(train), key=lambda tag: (tag != tags.OUTSIDE, tag))
        counts = self.tokens.counts(train)
        width = self.source.characters
        extra = {} if width is None else {"characters": Characters.of(counts, width).alphabet}
        return Assets(classes=tuple(found), vocabulary=self.source.vocabulary(counts), extra=extra)

    def table(self, assets: Assets) -> Table:
        """tokens and tags, int32 [n, length], padded with 0. Raises DataError on a tag that training never saw."""
        assert assets.classes is not None and assets.vocabulary is not None
        numbers = {tag: number for number, tag in enumerate(assets.classes)}
        for tag in self.tags.tokens:
            if tag not in numbers:
                raise self.unseen(tag, assets.classes)
        column, offsets = self.source.column, self.tokens.starts()
        words = self.tokens.flat(assets.vocabulary.encode)
        features = {"tokens": self.source.words(words, offsets, assets.vocabulary)}
        if self.source.characters is not None:
            spell = alphabet(assets, self.source.characters).encode
            features["characters"] = self.source.spelled(self.tokens.rows(spell), offsets)
        return Table(
            features=features,
            targets={"tags": column(self.tags.flat(lambda found: [numbers[tag] for tag in found]), offsets)},
            lengths="tokens",
        )

    def unseen(self, tag: str, classes: Sequence[str]) -> DataError:
        # The same sentences again: only here does the line of a token matter.
        line = next(
            sentence.lines[sentence.tags.index(tag)]
            for sentence in self.source.sentences(self.path, [])
            if tag in sentence.tags
        )
        if "," in tag:
            hint = "it looks like labels joined by commas, but a token can have only one"
        else:
            hint = f"training has {', '.join(classes)}"
        return DataError(f"the training part has no tag {tag!r}", file=str(self.path), line=line, hint=hint)

    def texts(self, indices: Sequence[int]) -> list[str]:
        return [" ".join(self.tokens[index]) for index in indices]

    def report(self, indices: Sequence[int], assets: Assets) -> dict[str, Any]:
        """Unknown tokens, entities by type, and where tags break their scheme."""
        assert assets.vocabulary is not None
        found = {"unknown_tokens": assets.vocabulary.unknown_rate(self.tokens.counts(indices))}
        scheme, wanted = self.scheme, frozenset(indices)
        if scheme is None:
            return found
        entities: Counter[str] = Counter()
        illegal: list[dict[str, Any]] = []
        for number, sentence in enumerate(self.source.sentences(self.path, [])):
            if number in wanted:
                entities.update(entity.type for entity in tags.spans(sentence.tags))
                illegal += (
                    {"file": str(self.path), "line": sentence.lines[position], "tag": sentence.tags[position]}
                    for position in tags.illegal(sentence.tags, scheme)
                )
        return {
            **found,
            "scheme": scheme,
            "entities": dict(sorted(entities.items())),
            "illegal_tags": len(illegal),
            "illegal_examples": illegal[:EXAMPLES],
        }


def alphabet(assets: Assets, width: int) -> Characters:
    """The characters that a run's training part had.

    Raises:
        DataError: the run was trained without them.
    """
    found = assets.extra.get("characters")
    if found is None:
        raise DataError("the run was trained without `characters`", hint="train again, or leave `characters` out")
    return Characters(str(found), width)
