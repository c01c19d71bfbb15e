"""Running text, to be continued: what stands before, and the token that comes next."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from nnspec.data import split
from nnspec.data.errors import DataError
from nnspec.data.files import several
from nnspec.data.given import check_texts
from nnspec.data.protocol import VOCABULARY, Assets, Columns, Examples, Facts, Goes, Source, Task, doc
from nnspec.data.table import Column, Dense, FeatureSpec, Table, Windows
from nnspec.data.text.corpus import Corpus, Spool, read_lines
from nnspec.data.text.subwords import (
    SUBWORDS,
    TOKENIZER,
    Kind,
    Subwords,
    blank_of,
    described,
    learned_by,
    refuse,
    tell_losses,
    told_of_losses,
)
from nnspec.data.text.vocabulary import UNKNOWN, Vocabulary, build

if TYPE_CHECKING:
    import numpy as np

BREAK = "↵"  # the token of a line break: a line of a vocabulary cannot be one
PATTERNS = {"characters": r"[\s\S]", "words": r"\w+(?:['’]\w+)*|[^\w\s]|\n", "whitespace": r"\S+|\n"}


@dataclass(frozen=True)
class RunningText(Source):
    """Windows over text files, for language models: the tokens before, and the next, at each step or after the last."""

    suffixes: ClassVar = (".txt",)
    takes_several: ClassVar = True
    written_as: ClassVar = "text"

    path: str | list[str] = field(metadata=doc("The file, several, or a pattern such as `books/*.txt`.", path=True))
    length: int = field(default=64, metadata=doc("How many tokens the network sees."))
    stride: int | None = field(
        default=None, metadata=doc("Tokens from the start of one window to that of the next; null: `length`.")
    )
    predict: Literal["each", "last"] = field(
        default="each",
        metadata=doc("The targets: the token after each one seen, int32 [length], or after the last alone, int32 []."),
    )
    tokenization: Literal["characters", "words", "whitespace"] = field(
        default="characters",
        metadata=doc("Tokens are characters, spaces too; words and marks; or what white space separates."),
    )
    lower: bool = field(default=False, metadata=doc("Read everything in lower case."))
    min_count: int = field(default=1, metadata=doc("Tokens that stand less often in the training part are unknown."))
    max_size: int | None = field(
        default=None, metadata=doc("At most so many entries of the vocabulary, padding and unknown included.")
    )
    encoding: str = field(default="utf-8", metadata=doc("The encoding of the files, as Python names it."))
    subwords: Kind | None = field(default=None, metadata=doc(SUBWORDS))
    tokenizer: str | None = field(default=None, metadata=doc(TOKENIZER, path=True))

    learned: ClassVar[Vocabulary | None] = None  # of an instance: the subwords of a training

    def __post_init__(self) -> None:
        own = type(self)
        refuse(self, {"tokenization": self.tokenization != own.tokenization})
        if self.tokenizer is not None and self.lower:
            raise DataError("`lower` does not go with `tokenizer`", hint="the file says what becomes lower case")
        if self.length < 1 or (self.stride or 1) < 1:
            raise DataError("`length` and `stride` are at least 1")

    def without_files(self) -> Facts:
        shape = (self.length,) if self.predict == "each" else ()
        return Facts(columns=Columns({}, {"next": FeatureSpec(shape, "int32")}))

    def for_part(self, path: str) -> RunningText:
        return replace(self, path=path)

    def taught(self, assets: Assets) -> Self:
        """With the subwords of a training: they decide how many windows there are."""
        if assets.vocabulary is None or assets.vocabulary.subwords is None:
            return self
        found = replace(self)
        object.__setattr__(found, "learned", assets.vocabulary)
        return found

    @cached_property
    def blank(self) -> Subwords | None:
        return blank_of(self) if self.learned is None else self.learned.subwords

    def load(self, base: Path) -> RunningExamples:
        source = self if self.tokenizer is None or self.learned else replace(self, tokenizer=str(base / self.tokenizer))
        return RunningExamples(source, several(base, self.path))

    def tokenize(self, text: str) -> list[str]:
        """The tokens of a text, a line break as `↵`; of subwords the words that they are cut from."""
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        if self.blank is not None:
            return self.blank.words(text)
        if self.lower:
            text = text.lower()
        return [token.replace("\n", BREAK) for token in re.findall(PATTERNS[self.tokenization], text)]

    def lines_of(self, path: Path) -> Iterable[str]:
        return read_lines(path, self.encoding)

    def examples_in(self, lines: Iterable[str]) -> list[Any]:
        """One beginning, however many lines it has."""
        text = "".join(lines).rstrip("\r\n")
        return [text] if text else []

    def encode(self, raw: Sequence[str], assets: Assets, base: Path) -> Mapping[str, Column]:
        """The last tokens of texts, which must have as many as the network sees."""
        import numpy as np

        assert assets.vocabulary is not None
        check_texts(raw, tokens=False)
        found = []
        for number, text in enumerate(raw, 1):
            words = self.taught(assets).tokenize(text)
            if assets.vocabulary.subwords is not None:
                tell_losses(assets.vocabulary.subwords, words, number)
            numbers = assets.vocabulary.encode(words)
            if len(numbers) < self.length:
                raise DataError(f"example {number}: {len(numbers)} tokens, but the network sees {self.length}")
            found.append(numbers[-self.length :])
        return {"text": Dense(np.array(found, np.int32), FeatureSpec((self.length,), "int32"))}

    def goes_on(self) -> Goes:
        return Goes(self.length, self.predict == "last", self.tokenize, self.joined)

    def joined(self, tokens: Sequence[str]) -> str:
        """Tokens as a text: of words a space between two, but none before a mark or beside a line break."""
        if self.blank is not None:
            return self.blank.joined(tokens)
        if self.tokenization == "characters":
            return "".join(tokens).replace(BREAK, "\n")
        text = ""
        for token in tokens:
            near = not text or text.endswith("\n") or token == BREAK
            mark = self.tokenization == "words" and len(token) == 1 and token in ".,;:!?)]}%…’"
            text += ("" if near or mark else " ") + token.replace(BREAK, "\n")
        return text

    def preprocessing(self, feature: str, assets: Assets) -> Mapping[str, Any] | None:
        if assets.vocabulary is not None and assets.vocabulary.subwords is not None:
            return described(VOCABULARY, self.length, self.length)
        return {
            "kind": "words",
            "meaning": f"the number of each token: its line in the vocabulary, counted from 0; a line break is {BREAK}",
            "vocabulary": VOCABULARY,
            "padding": 0,
            "unknown": 1,
            "lower": self.lower,
            "digits": False,
            "pattern": PATTERNS[self.tokenization],
            "length": self.length,
            "max_length": self.length,
        }


class RunningExamples(Examples):
    """Windows as examples: `text` in, `next` out. None runs from one file, or one part, into another."""

    task: Task = "unknown"

    def __init__(self, source: RunningText, files: Sequence[Path]) -> None:
        self.source, self.files = source, files
        self.problems: list[DataError] = []
        self.corpus = Corpus()
        for file in files:
            self.corpus.append(source.tokenize("".join(read_lines(file, source.encoding))))
        self.corpus.close()
        self.vocabulary, self.steps = source.learned, Steps(self.corpus)
        if source.blank is None:
            self.find_windows()
        elif source.subwords is None or source.learned is not None:
            self.know(source.learned or Vocabulary.of(source.blank))

    def know(self, vocabulary: Vocabulary) -> None:
        """Cuts the words into subwords, and the text into windows of these."""
        assert vocabulary.subwords is not None
        self.problems += told_of_losses(vocabulary.subwords, self.corpus.tokens, str(self.files[0]))
        self.vocabulary, self.steps = vocabulary, Steps(self.corpus, vocabulary)
        self.find_windows()

    def find_windows(self) -> None:
        source, files = self.source, self.files
        stride, extent = source.stride or source.length, source.length + 1
        self.starts = array("q")
        for (start, end), file in zip(pairwise(self.steps.offsets), files, strict=True):
            if end - start < extent:
                message = f"{end - start} tokens, too few for one window of {extent}: the file is left out"
                self.problems.append(DataError(message, file=str(file)))
            self.starts.extend(range(start, end - extent + 1, stride))
        if not self.starts:
            many = sum(end - start for start, end in pairwise(self.steps.offsets))
            message = f"{many} tokens are too few: a window has {source.length}, and one that comes next"
            raise DataError(message, file=str(files[0]))

    def __len__(self) -> int:
        return len(self.starts)

    def split(self, fractions: Mapping[str, float], seed: int) -> dict[str, Sequence[int]]:
        """The text from its start: training, then validation, then test. No token is in two parts."""
        count, extent = len(self.corpus.ids), self.source.length + 1
        parts = split.chronological(count, fractions)
        if self.vocabulary is None and self.source.blank is not None:
            known = learned_by(self.source, self.source.blank, self.corpus.counted(parts["train"]))
            self.know(Vocabulary.of(known))
        spans = {name: (self.steps.of(part[0]), self.steps.of(part[-1] + 1)) for name, part in parts.items()}
        found: dict[str, list[int]] = {name: [] for name in spans}
        for index, start in enumerate(self.starts):
            for name, (first, end) in spans.items():
                if first <= start and start + extent <= end:
                    found[name].append(index)
        return split.not_empty(found, len(self))

    def fit(self, train: Sequence[int], classes: Sequence[str] | None) -> Assets:
        """The vocabulary of the training part; its entries are the classes."""
        if classes:
            raise DataError("the classes of a running text are its tokens", hint="leave `classes` out")
        vocabulary = self.vocabulary or build(
            self.counted(train), min_count=self.source.min_count, max_size=self.source.max_size
        )
        return Assets(classes=vocabulary.words, vocabulary=vocabulary)

    def counted(self, indices: Sequence[int]) -> Mapping[str, int]:
        """How often each token stands within some windows; where these overlap, once."""
        from collections import Counter

        extent, end, found = self.source.length + 1, 0, Counter[int]()
        for index in indices:
            start = self.starts[index]
            found.update(self.steps.ids[max(start, end) : start + extent])
            end = max(end, start + extent)
        return {self.steps.tokens[number]: count for number, count in found.items()}

    def columns(self, assets: Assets) -> Columns:
        assert assets.vocabulary is not None
        last = (0.0, len(assets.vocabulary) - 1.0)
        target = self.source.without_files().columns
        assert target is not None
        text = {"text": FeatureSpec((self.source.length,), "int32")}
        return Columns(text, target.targets, ranges={"text": last, "next": last})

    def table(self, assets: Assets) -> Table:
        """text, int32 [n, length]; next, int32 [n, length] or [n]."""
        import numpy as np

        assert assets.vocabulary is not None
        flat, starts = self.steps.flat(assets.vocabulary), np.asarray(self.starts, np.int64)
        columns, steps = self.columns(assets), range(self.source.length)
        after = range(1, self.source.length + 1) if self.source.predict == "each" else (self.source.length,)
        return Table(
            {"text": Windows(flat, starts, steps, columns.features["text"])},
            {"next": Windows(flat, starts, after, columns.targets["next"])},
        )

    def texts(self, indices: Sequence[int]) -> list[str]:
        tokens, ids, length = self.steps.tokens, self.steps.ids, self.source.length
        starts = [self.starts[index] for index in indices]
        return [self.source.joined([tokens[number] for number in ids[at : at + length]]) for at in starts]

    def report(self, indices: Sequence[int], assets: Assets) -> dict[str, Any]:
        assert assets.vocabulary is not None
        counts = self.counted(indices)
        if self.vocabulary is not None:
            return {"unknown_tokens": counts.get(UNKNOWN, 0) / max(1, sum(counts.values()))}
        return {"unknown_tokens": assets.vocabulary.unknown_rate(counts)}


class Steps:
    """What the network takes step by step: the tokens of a corpus, or the subwords of its words.

    Attributes:
        tokens: the distinct ones. ids: numbers into them, of all files. offsets: where each file starts, and the end.
    """

    def __init__(self, corpus: Corpus, vocabulary: Vocabulary | None = None) -> None:
        self.corpus, self.vocabulary = corpus, vocabulary
        self.tokens, self.ids, self.offsets = corpus.tokens, corpus.ids, corpus.offsets
        if vocabulary is None:
            return
        pieces = [vocabulary.cut(word) for word in corpus.tokens]
        numbers, places = Spool("i"), Spool("q")  # places: where the subwords of each word start
        at = 0
        for number in corpus.ids:
            places.extend((at,))
            numbers.extend(pieces[number])
            at += len(pieces[number])
        places.extend((at,))
        self.tokens, self.ids, self.places = vocabulary.words, numbers.view(), places.view()
        self.offsets = memoryview(array("q", [self.places[offset] for offset in corpus.offsets]))

    def of(self, token: int) -> int:
        """Where the steps of a token of the corpus start."""
        return token if self.vocabulary is None else int(self.places[token])

    def flat(self, vocabulary: Vocabulary) -> np.ndarray:
        """The number of each step, int32."""
        if self.vocabulary is None:
            return self.corpus.flat(vocabulary.encode)
        import numpy as np

        return np.asarray(self.ids, np.int32)
