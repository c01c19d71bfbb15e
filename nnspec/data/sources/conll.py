"""Sentences with a tag for every token, one token a line, in columns: the format of the CoNLL shared tasks."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from functools import cached_property
from itertools import accumulate, chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

from nnspec.data.errors import DataError, Remark
from nnspec.data.files import several
from nnspec.data.formats.origins import Origins
from nnspec.data.formats.samples import some_of
from nnspec.data.given import check_texts
from nnspec.data.protocol import Assets, Columns, Examples, Facts, Task, doc, labels_alone
from nnspec.data.table import FeatureSpec, Ragged, Table
from nnspec.data.text import tags
from nnspec.data.text.casing import CASINGS, casing
from nnspec.data.text.characters import Characters
from nnspec.data.text.corpus import Corpus, Pair, read_lines
from nnspec.data.text.tag_notation import KNOWN, Notation, read_notation
from nnspec.data.text.tokens import TokenSource
from nnspec.quick_classes import dataclass

if TYPE_CHECKING:
    import numpy as np

# White space between columns is space and tab: a no-break space may well be a token.
COLUMN = re.compile(r"[^ \t\r\n]+")
DOCUMENT = "-DOCSTART-"
MOST_TOKENS = 100_000  # of a sentence
EXAMPLES = 20  # so many illegal tags are listed
LOOKED_AT = 50  # sentences whose words are looked at, or lines of a file of new ones
TAG = re.compile(r"O|[BIESLUM][-_].+|.+[-_][BIESLUM]")
MOST = 0.8  # of lines that are columns
# A line of CoNLL-U that is no word: `2-3` before the two words that it is written as, `4.1` for one that is not there.
NO_WORD = re.compile(r"\d+[-.]\d+")
COLUMNS_OF_CONLLU = 10


class Sentence(NamedTuple):
    file: Path
    lines: Sequence[int]
    tokens: list[str]
    tags: list[str]


@dataclass(frozen=True)
class Conll(TokenSource):
    """Token and tag columns; a blank line ends a sentence, lines of `-DOCSTART-` are left out."""

    suffixes: ClassVar = (".conll", ".iob", ".bio")

    takes_several: ClassVar = True

    word_input = "tokens"

    path: str | list[str] = field(  # type: ignore[assignment]
        metadata=doc("The file, a pattern of several, or a list of them.", path=True)
    )

    token_column: int = field(default=0, metadata=doc("The column of the tokens, from 0; -1 is the last."))
    tag_column: int = field(default=-1, metadata=doc("The column of the tags, from 0; -1 is the last."))
    separator: str | None = field(
        default=None, metadata=doc("What stands between columns; null: any run of spaces and tabs.")
    )
    scheme: Literal["BIO", "IOB2", "IOB1", "BIOES", "BILOU", "BMES", "IO", "none"] | None = field(
        default=None,
        metadata=doc(
            "The tag scheme of the file; null: told by the tags. IO: types alone, neighbours of a type are an entity."
        ),
    )
    convert_to: Literal["BIO", "IOB2", "BIOES", "BMES"] | None = field(
        default=None, metadata=doc("The scheme that the network learns; null: that of the file, of IOB1 BIO.")
    )
    on_illegal: Literal["keep", "repair", "fail"] = field(
        default="keep",
        metadata=doc("What to do with tags that break their scheme; conversion repairs them, as conlleval reads them."),
    )
    unit: Literal["word", "character"] = field(
        default="word",
        metadata=doc("What a step is: a token of the file, or each of its characters, for languages without spaces."),
    )
    characters: int | None = field(
        default=None,
        metadata=doc("Give the characters of each word too, so many, as a second input called `characters`."),
    )
    casing: bool = field(
        default=False,
        metadata=doc("Give how each word is written too, a number from 1 to 7, as an input called `casing`."),
    )
    comment: str | None = field(default=None, metadata=doc("Lines that start with this are left out."))

    def without_files(self) -> Facts:
        return labels_alone("tags", (self.length,))

    def load(self, base: Path) -> ConllExamples:
        examples = ConllExamples(self, some_of(several(base, self.path), sentences=True))
        for path in examples.files:
            before = len(examples.first_lines)
            examples.starts.append(before)
            for sentence in self.sentences(path, examples.problems):
                examples.append(sentence)
            if len(examples.first_lines) == before:
                raise DataError("the file has no sentence", file=str(path))
        examples.close()
        examples.settle()
        return examples

    def sentences(self, path: Path, problems: list[DataError]) -> Iterator[Sentence]:
        """The sentences that are used. What is left out or cut, by option, is appended to `problems`."""
        odd: list[tuple[int, list[str]]] = []
        for whole in self.blocks(read_lines(path, self.encoding), path):
            block = self.words_of(whole)
            odd += (row for row in whole if len(block) < len(whole) and not self.is_word(row[1]))
            if not block:
                continue
            try:
                sentence = self.sentence(path, block)
            except DataError as error:
                self.tolerate(error, problems)
                continue
            sizes = list(map(self.size, sentence.tokens))
            limit = self.keep(sum(sizes), Origins(str(path)).place(sentence.lines[0]), problems)
            kept = bisect_right(list(accumulate(sizes)), limit)
            if kept:
                yield Sentence(path, sentence.lines[:kept], sentence.tokens[:kept], sentence.tags[:kept])
        if odd:
            line, columns = odd[0]
            message = f"lines of CoNLL-U that are no word, such as `{columns[0]}`, are left out: {len(odd):,}"
            problems.append(DataError(message, file=str(path), line=line))

    def blocks(self, lines: Iterable[str], path: Path | None = None) -> Iterator[list[tuple[int, list[str]]]]:
        """Runs of lines that are not blank, as columns with their line numbers. Raises DataError on one without end."""
        columns = self.columns
        block: list[tuple[int, list[str]]] = []
        for number, line in enumerate(lines, 1):
            if not line.strip() or line.startswith(DOCUMENT):
                if block:
                    yield block
                    block = []
            elif not (self.comment and line.startswith(self.comment)):
                block.append((number, columns(line)))
                if len(block) > MOST_TOKENS:
                    message = f"a sentence of more than {MOST_TOKENS:,} tokens: are the lines between sentences blank?"
                    raise DataError(message, file=None if path is None else str(path), line=block[0][0])
        if block:
            yield block

    def words_of(self, block: list[tuple[int, list[str]]]) -> list[tuple[int, list[str]]]:
        """The lines of a block without those that CoNLL-U has beside its words."""
        return [row for row in block if self.is_word(row[1])]

    def is_word(self, columns: Sequence[str]) -> bool:
        """Whether a line is a token; where the first column is one, or its tag, it is no number of CoNLL-U."""
        numbered = len(columns) == COLUMNS_OF_CONLLU and 0 not in (self.token_column, self.tag_column)
        return not numbered or NO_WORD.fullmatch(columns[0]) is None

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
        if columns[0].startswith('{"') and columns[-1].endswith("}"):
            hint = "Conll reads a token a line, with its tag in a column; sentences end at an empty line"
            raise DataError("the line is a record of JSON, not a token", file=str(path), line=first, hint=hint)
        for number, columns in block:
            if len(columns) != width:
                comment = 'if lines of # are remarks, say so: `comment: "#"`'
                spaces = 'if tokens hold spaces, name the separator: `separator: "\\t"`'
                if path.suffix == ".csv" and self.separator is None:
                    spaces = 'columns are parted by white space, unless you say `separator: ","`'
                raise DataError(
                    f"columns: {len(columns)}, but {width} on line {first} of the same sentence",
                    file=str(path),
                    line=number,
                    hint=comment if block[0][1][0].startswith("#") else spaces,
                )
            if not columns[token] or not columns[tag].strip():
                raise DataError("an empty token or tag", file=str(path), line=number)
        return Sentence(
            path,
            [number for number, _ in block],
            [columns[token] for _, columns in block],
            [columns[tag].strip() for _, columns in block],
        )

    def size(self, token: str) -> int:
        """How many steps a token of the file is."""
        return 1 if self.unit == "word" else len(token)

    @cached_property
    def token_pattern(self) -> re.Pattern[str]:
        return super().token_pattern if self.unit == "word" else re.compile(r"\S")

    def tokenize(self, given: str | Sequence[str]) -> list[str]:
        """The steps of a new sentence: text, or a list of tokens."""
        if isinstance(given, str):
            return [given[start:end] for start, end in self.places(given)]
        return list(given) if self.unit == "word" else list("".join(given))

    def preprocessing(self, feature: str, assets: Assets) -> Mapping[str, Any] | None:
        if feature == "characters":
            return {
                "kind": "characters",
                "meaning": "the number of each character of each word: its place in the alphabet, counted from 2",
                "alphabet": assets.said("characters"),
                "padding": 0,
                "unknown": 1,
                "width": self.characters,
                "too_long": "the first half of `width`, rounded up, and the last characters are kept",
            }
        if feature == "casing":
            return {
                "kind": "casing",
                "meaning": "how each word is written: its place in the classes, counted from 0",
                "classes": list(CASINGS),
            }
        return super().preprocessing(feature, assets)

    def located(self, given: str | Sequence[str]) -> tuple[str, list[tuple[int, int]]]:
        """A new sentence as text, and where its steps start and end there, in characters.

        Tokens of a list are joined by spaces, and by nothing where each character is a step.
        """
        if isinstance(given, str):
            return given, self.places(given)
        joint = " " if self.unit == "word" else ""
        steps = self.tokenize(given)
        ends = list(accumulate(len(step) + len(joint) for step in steps))
        places = [(end - len(joint) - len(step), end - len(joint)) for step, end in zip(steps, ends, strict=True)]
        return joint.join(steps), places

    def examples_of(self, path: Path) -> list[Any]:
        """Sentences, one a line. Raises DataError on a file of tokens in columns, each line of which would be one."""
        lines = [line for line in islice(self.lines_of(path), LOOKED_AT) if line.strip()]
        rows = [columns for columns in map(self.columns, lines) if len(columns) > 1]
        tags = [columns[-1].strip() for columns in rows]
        if len(rows) > 1 and all(TAG.fullmatch(tag) for tag in tags) and len(rows) >= MOST * len(lines):
            raise DataError("the file has tokens in columns, as data to train on", file=str(path), hint="say `--conll`")
        return super().examples_of(path)

    def untagged(self, lines: Iterable[str], name: str) -> Iterator[list[str]]:
        """The tokens of each sentence of a new file in columns, which need not have tags.

        Raises DataError naming the line that lacks the column of the tokens, of the file of this name.
        """
        for block in map(self.words_of, self.blocks(lines)):
            for number, columns in block:
                if not -len(columns) <= self.token_column < len(columns):
                    raise DataError(f"no column {self.token_column}, that of the tokens", file=name, line=number)
            yield [columns[self.token_column] for _, columns in block]

    def encode(self, raw: Sequence[Any], assets: Assets, base: Path) -> dict[str, Ragged]:
        """New sentences: text, or lists of tokens."""
        check_texts(raw, tokens=True)
        corpus = Corpus()
        for number, given in enumerate(raw, 1):
            tokens = self.tokenize(given)
            corpus.append(self.shortened(tokens, number))
        return self.features(corpus.close(), assets)

    def features(self, corpus: Corpus, assets: Assets) -> dict[str, Ragged]:
        """`tokens`, int32 [n, length]; by option `characters`, int32 [n, length, characters], and `casing` as tokens.

        All are padded with 0.
        """
        assert assets.vocabulary is not None
        offsets = corpus.starts()
        found = {"tokens": self.words(corpus.flat(assets.vocabulary.encode), offsets, assets.vocabulary)}
        if self.characters is not None:
            spell = alphabet(assets, self.characters).encode
            found["characters"] = self.spelled(corpus.rows(spell), offsets)
        if self.casing:
            found["casing"] = self.column(corpus.flat(lambda tokens: list(map(casing, tokens))), offsets)
        return found

    def spelled(self, flat: np.ndarray, offsets: np.ndarray) -> Ragged:
        """Characters by word: int32 [n, length, characters], padded with 0 both ways."""
        return Ragged(flat, offsets, FeatureSpec((self.length, self.characters), "int32"), 0, self.length)


class ConllExamples(Examples):
    """Sentences as examples: `tokens` in, `tags` out."""

    task: Task = "tagging"
    tokens: Corpus

    def __init__(self, source: Conll, files: Sequence[Path]) -> None:
        self.source, self.files = source, files
        self.path = files[0]  # for what is said of all
        self.starts: list[int] = []  # the number of the first sentence of each file
        self.tokens, self.tags = self.written = Corpus(), Corpus()
        self.first_lines: array[int] = array("q")
        self.in_a_row = True  # no line within a sentence is left out
        self.problems: list[DataError] = []

    def append(self, sentence: Sentence) -> None:
        """A sentence of the file, as it writes it."""
        self.tokens.append(sentence.tokens)
        self.tags.append(sentence.tags)
        self.first_lines.append(sentence.lines[0])
        self.in_a_row = self.in_a_row and sentence.lines[-1] - sentence.lines[0] == len(sentence.lines) - 1

    @cached_property
    def notation(self) -> Notation:
        """How the file writes its tags."""
        return read_notation(self.tags.tokens, self.source.scheme)

    def as_written(self, numbers: Iterable[int] | None = None) -> Iterator[Sentence]:
        """The sentences of the file that are used, or those of these numbers in their order, as it writes them."""
        numbers = range(len(self.first_lines)) if numbers is None else numbers
        if not self.in_a_row:  # which line a token has is read again
            wanted = frozenset(numbers)
            read = enumerate(chain.from_iterable(self.source.sentences(file, []) for file in self.files))
            yield from (sentence for number, sentence in read if number in wanted)
            return
        words, marks = self.written
        for number in numbers:
            found, first = words[number], self.first_lines[number]
            file = self.files[bisect_right(self.starts, number) - 1]
            yield Sentence(file, range(first, first + len(found)), found, marks[number])

    def read(self, numbers: Iterable[int] | None = None) -> Iterator[Sentence]:
        """As `as_written`, with the tags as they are read, without the sentences that are left out for theirs."""
        read, strays = self.notation.tags, self.notation.strays
        for sentence in self.as_written(numbers):
            if strays.isdisjoint(sentence.tags):
                yield sentence._replace(tags=[read[tag] for tag in sentence.tags])

    @cached_property
    def pairs(self) -> Mapping[Pair, Collection[Pair]]:
        """By each two tags that follow each other, as they are read, the pairs as the file writes them."""
        if self.notation.strays:
            read = (sentence.tags for sentence in self.read())
            return {pair: () for tags in read for pair in zip((None, *tags), (*tags, None), strict=True)}
        as_read: dict[str | None, str | None] = {**self.notation.tags, None: None}  # type: ignore[dict-item]
        found: dict[Pair, list[Pair]] = {}
        for before, after in self.written[1].pairs():
            found.setdefault((as_read[before], as_read[after]), []).append((before, after))
        return found

    def close(self) -> None:
        self.tokens.close()
        self.tags.close()

    def __len__(self) -> int:
        return len(self.tokens)

    @cached_property
    def scheme(self) -> str | None:
        """The scheme of the tags as they are read; None: of none."""
        known = self.notation.known
        if known is None or self.source.scheme is not None:
            return known
        return tags.scheme_of_pairs(self.pairs)

    @property
    def learned(self) -> str | None:
        """The scheme of the tags that the network learns. IOB1 needs another's help to tell where an entity begins."""
        return self.source.convert_to or ("BIO" if self.scheme == "IOB1" else self.scheme)

    def settle(self) -> None:
        """Turns what the file holds into what the network learns: the unit, and the scheme of the tags.

        Raises DataError where tags of no scheme are to be converted, or illegal ones are refused.
        """
        source = self.source
        self.leave_out_strays()
        scheme = self.scheme
        self.tell_notation()
        if scheme is None and source.convert_to is not None:
            message = f"the tags are of no scheme, so that they cannot be converted to {source.convert_to}"
            raise DataError(message, file=str(self.path), hint=f"tags are {', '.join(self.tags.tokens[:5])}")
        if scheme is not None and source.on_illegal == "fail":
            self.refuse_illegal(scheme)
        converted = scheme is not None and (scheme != self.learned or source.on_illegal == "repair")
        stretched = source.unit != "word" and any(len(token) > 1 for token in self.tokens.tokens)
        if not converted and not stretched and not self.notation.respelled and not self.notation.strays:
            return
        tokens, found = Corpus(), Corpus()
        for sentence in self.read():
            words = sentence.tokens
            tokens.append(source.tokenize(words))
            plain = not converted and not stretched
            found.append(
                sentence.tags if plain else tags.stretched(sentence.tags, list(map(source.size, words)), self.learned)
            )
        self.tokens, self.tags = tokens, found
        self.close()

    def leave_out_strays(self) -> None:
        """Raises DataError on a tag that is not written as the others, unless what cannot be read is skipped."""
        strays = self.notation.strays
        if not strays:
            return
        count, first = 0, DataError("")
        for sentence in self.as_written():
            bad = next((position for position, tag in enumerate(sentence.tags) if tag in strays), None)
            if bad is None:
                continue
            count += 1
            if count == 1:
                first = self.stray(sentence.tags[bad], sentence.file, sentence.lines[bad])
        if self.source.on_error == "fail":
            raise first
        first.message += f": {count:,} sentences with such tags are left out"
        self.problems.append(first)
        if count == len(self):
            raise DataError("no sentence is left", file=str(self.path))

    def stray(self, tag: str, file: Path, line: int) -> DataError:
        others = sorted(tag for tag in self.notation.tags if tag not in self.notation.strays)
        hint = "mend it, leave such sentences out by `on_error: skip`, or say `scheme: none`"
        if "," in tag:
            hint = "it looks like labels joined by commas, but a token can have only one"
        elif line == 1:
            hint = "the first line seems to name the columns: take it out, and put a blank line behind each sentence"
        message = f"the tag {tag!r} is not written as the others, {', '.join(others[:6])}"
        return DataError(message, file=str(file), line=line, hint=hint)

    def tell_notation(self) -> None:
        """Remarks on tags that are read as something else than what is written, and on what is not read."""
        found = self.notation
        if found.respelled:
            some = ", ".join(f"{tag} as {read}" for tag, read in list(found.respelled.items())[:4])
            of = f"tags of {found.scheme}" if found.scheme else "tags"
            self.problems.append(Remark("W0926", f"{of} are read as nnspec writes them: {some}", file=str(self.path)))
        kinds: dict[str, str] = {}
        for _, kind in map(tags.split_tag, found.tags.values()):
            other = kinds.setdefault(kind.casefold(), kind)
            if other != kind:
                message = f"the types {other} and {kind} differ by case alone, and are two types"
                self.problems.append(Remark("W0926", message, file=str(self.path)))
        words = {word for index in range(min(LOOKED_AT, len(self))) for word in self.tokens[index]}
        if tags.detect(words) and not tags.detect(found.tags.values()):
            message = f"the words look like tags, {min(words)!r} for one, and the tags like words"
            hint = "say which columns are which: `token_column`, `tag_column`"
            self.problems.append(Remark("W0926", message, file=str(self.path), line=1, hint=hint))
        names = [tag for tag in found.tags.values() if tag != tags.OUTSIDE]
        if found.scheme is None and self.source.scheme is None and names and len(names) < len(found.tags):
            message = f"the tags {', '.join(names[:4])} do not say where an entity begins: entities are not scored"
            hint = "`scheme: IO` reads neighbours of one type as one entity, `scheme: none` says that there are none"
            self.problems.append(Remark("W0926", message, file=str(self.path), hint=hint))

    def refuse_illegal(self, scheme: str) -> None:
        for file, line, tag in self.illegal(scheme, range(len(self))):
            raise DataError(
                f"the tag {tag!r} breaks {scheme}",
                file=str(file),
                line=line,
                hint="say `on_illegal: repair`, or mend the file",
            )

    def illegal(self, scheme: str, indices: Sequence[int]) -> Iterator[tuple[Path, int, str]]:
        """Files, lines and tags where these examples break the scheme."""
        broken = [pair for pair in self.pairs if not tags.may_follow(*pair, scheme)]
        if not broken:
            return
        wanted = frozenset(indices)
        if self.notation.strays:  # sentences that are left out have no numbers
            found: Iterable[Sentence] = (one for number, one in enumerate(self.read()) if number in wanted)
        else:
            written = {pair for one in broken for pair in self.pairs[one]}
            found = self.read([number for number in self.written[1].with_pairs(written) if number in wanted])
        for sentence in found:
            for position in tags.illegal(sentence.tags, scheme):
                yield sentence.file, sentence.lines[position], sentence.tags[position]

    def fit(self, train: Sequence[int], classes: Sequence[str] | None) -> Assets:
        """Tags in the order of `classes`, else O first, the others by text: so padding, 0, reads as O."""
        found = classes or sorted(self.tags.counts(train), key=lambda tag: (tag != tags.OUTSIDE, tag))
        if len(found) == 1:
            hint = "is it the right `tag_column`?"
            message = f"there is one tag alone, {found[0]!r}"
            self.problems.append(Remark("W0907", message, file=str(self.path), hint=hint))
        counts = self.tokens.counts(train)
        width = self.source.characters
        extra = {} if width is None else {"characters": Characters.of(counts, width).alphabet}
        return Assets(classes=tuple(found), vocabulary=self.source.vocabulary(counts), extra=extra)

    def columns(self, assets: Assets) -> Columns:
        self.numbers(assets)
        assert assets.vocabulary is not None
        steps = FeatureSpec((self.source.length,), "int32")
        features, highest = {"tokens": steps}, {"tokens": len(assets.vocabulary) - 1}
        if self.source.characters is not None:
            features["characters"] = FeatureSpec((self.source.length, self.source.characters), "int32")
            highest["characters"] = len(assets.said("characters")) + 1
        if self.source.casing:
            features["casing"], highest["casing"] = steps, len(CASINGS) - 1
        ranges = {name: (0.0, float(most)) for name, most in highest.items()}
        return Columns(features, {"tags": steps}, padded=True, varies=self.source.length is None, ranges=ranges)

    def numbers(self, assets: Assets) -> dict[str, int]:
        """By tag. Raises DataError on one that training never saw."""
        assert assets.classes is not None
        for tag in self.tags.tokens:
            if tag not in assets.classes:
                raise self.unseen(tag, assets.classes)
        return {tag: number for number, tag in enumerate(assets.classes)}

    def table(self, assets: Assets) -> Table:
        """tokens and tags, int32 [n, length], padded with 0. Raises DataError on a tag that training never saw."""
        assert assets.vocabulary is not None
        numbers = self.numbers(assets)
        features = self.source.features(self.tokens, assets)
        flat = self.tags.flat(lambda found: [numbers[tag] for tag in found])
        return Table(
            features=features, targets={"tags": self.source.column(flat, features["tokens"].offsets)}, lengths="tokens"
        )

    def unseen(self, tag: str, classes: Sequence[str]) -> DataError:
        file, line = next(
            ((one.file, one.lines[one.tags.index(tag)]) for one in self.read() if tag in one.tags),
            (self.path, None),  # a tag that conversion made
        )
        if "," in tag:
            hint = "it looks like labels joined by commas, but a token can have only one"
        else:
            hint = f"training has {', '.join(classes)}"
        return DataError(f"the training part has no tag {tag!r}", file=str(file), line=line, hint=hint)

    def place(self, index: int) -> str:
        """File and line of a sentence."""
        sentence = next(islice(self.read(), index, None))
        return f"{sentence.file}:{sentence.lines[0]}"

    def texts(self, indices: Sequence[int]) -> list[str]:
        return [" ".join(self.tokens[index]) for index in indices]

    def report(self, indices: Sequence[int], assets: Assets) -> dict[str, Any]:
        """Unknown tokens, entities by type, and where tags break their scheme."""
        assert assets.vocabulary is not None
        found = {"unknown_tokens": assets.vocabulary.unknown_rate(self.tokens.counts(indices))}
        scheme = self.scheme
        if scheme is None:
            return found
        entities = Counter[str]()
        for pair, count in self.tags.pairs(indices).items():
            kind = tags.begins(*pair)
            if kind is not None:
                entities[kind] += count
        illegal = list(self.illegal(scheme, indices))
        own = self.notation.scheme
        written = own if own in KNOWN else scheme  # IOB1 is told by sentences alone
        return {
            **found,
            "scheme": written,
            **({"converted_to": self.learned} if self.learned != written else {}),
            "entities": dict(sorted(entities.items())),
            "illegal_tags": len(illegal),
            "illegal_examples": [
                {"file": str(file), "line": line, "tag": tag} for file, line, tag in illegal[:EXAMPLES]
            ],
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
