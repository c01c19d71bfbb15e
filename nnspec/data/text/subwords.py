"""Subwords: texts cut into pieces of words by the library `tokenizers`, whose pieces are learned or read from a file.

Three steps, which a file `tokenizer.json` describes: a normalizer, a way to cut a text into words, and a model that
cuts each word into pieces. The first two need no training.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Protocol

from nnspec.data.errors import DataError, Remark
from nnspec.data.new_examples import remark
from nnspec.data.text.patience import Patience
from nnspec.quick_classes import dataclass
from nnspec.reading import parse_json, read_text

FILE = "tokenizer.json"
Kind = Literal["bpe", "wordpiece"]

# What the sources say of their arguments.
SUBWORDS = (
    "Cut words into pieces that are learned from the training part: `bpe`, as GPT-2's, or `wordpiece`, as BERT's; "
    "`max_size` (8,000) entries, `min_count` for each."
)
TOKENIZER = (
    "A file `tokenizer.json` of the library tokenizers, whose pieces are used as they are; it says itself what becomes "
    "lower case."
)

SIZE = 8000  # entries of a vocabulary that is learned, where `max_size` says nothing
MAX_BYTES = 1 << 28  # of a tokenizer.json
MOST_LETTERS = 1000  # of a word that WordPiece cuts: it takes the cube of them
MOST_GROWTH = 1000  # times as long as it was, or letters more, is what a tokenizer may make of a text
AT_ONCE = 10_000  # times a word is given to the library in one go
INSTALL = 'pip install "nnspec[subwords]"'
PREFIX = "##"  # of a piece within a word, WordPiece's
KEPT = ("version", "normalizer", "pre_tokenizer", "decoder", "model")  # of a tokenizer.json
# What the page of `Web` does as the library does it.
NORMALIZERS = frozenset({"Sequence", "Lowercase", "NFC", "NFD", "StripAccents", "Replace", "Prepend", "BertNormalizer"})
CUTS = frozenset({"Sequence", "WhitespaceSplit", "Whitespace", "BertPreTokenizer", "ByteLevel", "Metaspace"})


@dataclass(frozen=True)
class Subwords:
    """A tokenizer, as the text of its file: normalizer, cutter, model, decoder, and nothing that adds tokens."""

    text: str

    @cached_property
    def rules(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.text)
        return found

    @cached_property
    def tokenizer(self) -> Any:
        return opened(self.text)

    @cached_property
    def patience(self) -> Patience:
        return Patience(what="a pattern of the tokenizer")

    @property
    def unknown(self) -> str | None:
        """The piece that stands for what the model does not know; None where it knows all, or leaves it out."""
        model = self.rules["model"]
        if model["type"] == "Unigram":
            return None if model["unk_id"] is None else str(model["vocab"][model["unk_id"]][0])
        return None if model.get("unk_token") is None else str(model["unk_token"])

    @cached_property
    def pieces(self) -> tuple[str, ...]:
        """All pieces of the model in the order of their numbers there."""
        by_piece: dict[str, int] = self.tokenizer.get_vocab(with_added_tokens=False)
        return tuple(sorted(by_piece, key=by_piece.__getitem__))

    def words(self, text: str) -> list[str]:
        """A text as the words that the model cuts, each written as it takes them."""
        tokenizer = self.tokenizer
        with at_work(), self.patience.on(text):
            if tokenizer.normalizer is not None:
                text = tokenizer.normalizer.normalize_str(text)
            if tokenizer.pre_tokenizer is None:
                return [text] if text else []
            return [word for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(text) if word]

    def cut(self, word: str) -> list[str]:
        """The pieces of one of ``words``."""
        with at_work():
            return [token.value for token in self.tokenizer.model.tokenize(word)]

    def loses(self, word: str) -> bool:
        """Whether letters of one of ``words`` are in none of its pieces: BPE leaves out what it does not know."""
        model = self.rules["model"]
        if model["type"] != "BPE" or self.unknown is not None or model.get("byte_fallback"):
            return False
        with at_work():
            found = self.tokenizer.model.tokenize(word)
        return sum(int(token.offsets[1] - token.offsets[0]) for token in found) < len(word.encode())

    def joined(self, pieces: Sequence[str]) -> str:
        """Pieces, or words, as a text."""
        decoder = self.tokenizer.decoder
        with at_work():
            return " ".join(pieces) if decoder is None else str(decoder.decode(list(pieces)))

    def foreign_to_page(self) -> str | None:
        """The first part that a page cannot do exactly as the library; None: it can do all."""
        for part, key, known in (("normalizer", "normalizers", NORMALIZERS), ("pre_tokenizer", "pretokenizers", CUTS)):
            for rule in steps(self.rules[part], key):
                if rule["type"] not in known or "Regex" in (rule.get("pattern") or {}):
                    return f"`{part}: {rule['type']}`"
        return None


def told_of_losses(subwords: Subwords, words: Iterable[str], file: str) -> Iterator[DataError]:
    """What is to be said where letters of these words are left out."""
    lost = [word for word in words if subwords.loses(word)]
    if lost:
        message = f"of {len(lost):,} different words the tokenizer leaves out letters, {lost[0][:40]!r} for one"
        hint = "a tokenizer with all bytes among its pieces, or with `unk_token`, leaves none out"
        yield Remark("W0916", message, file=file, hint=hint)


def tell_losses(subwords: Subwords, words: Iterable[str], number: int) -> None:
    """Says where letters of a new example's words are left out: the network sees another text."""
    lost = next((word for word in words if subwords.loses(word)), None)
    if lost is not None:
        remark(f"example {number}: the tokenizer leaves out letters, of {lost[:40]!r} for one")


def refusal_of_page(subwords: Subwords) -> tuple[str, str] | None:
    """Why no page can be made with a tokenizer, and what one can do; None where it can."""
    foreign = subwords.foreign_to_page()
    if foreign is None:
        return None
    message = f"the page cannot cut texts exactly as this tokenizer: {foreign} is not among what it does"
    return message, f"page: {', '.join(sorted(NORMALIZERS | CUTS))}"


def described(vocabulary: str, length: int | None, limit: int | None) -> dict[str, Any]:
    """What an app does to a text, see `nnspec.export.preprocessing`."""
    return {
        "kind": "subwords",
        "meaning": "the number of each piece that the tokenizer cuts a text into: its line in the vocabulary, from 0",
        "tokenizer": FILE,
        "vocabulary": vocabulary,
        "padding": 0,
        "unknown": 1,
        "length": length,
        "max_length": limit,
    }


def steps(rule: Mapping[str, Any] | None, key: str) -> Iterator[Mapping[str, Any]]:
    """A rule, and those that it is made of."""
    if rule is not None:
        yield rule
        for one in rule.get(key, ()):
            yield from steps(one, key)


class Reads(Protocol):
    """A source whose texts may be cut into subwords."""

    @property
    def subwords(self) -> Kind | None: ...
    @property
    def tokenizer(self) -> str | None: ...
    @property
    def lower(self) -> bool: ...
    @property
    def min_count(self) -> int: ...
    @property
    def max_size(self) -> int | None: ...


def blank_of(source: Reads) -> Subwords | None:
    """What cuts the texts of a source into the words of which pieces are made; None: its tokens are words themselves.

    Raises DataError on a file that is no tokenizer, and where the library is not there.
    """
    if source.tokenizer is not None:
        return read(Path(source.tokenizer))
    return None if source.subwords is None else untrained(source.subwords, source.lower)


def learned_by(source: Reads, blank: Subwords, counts: Mapping[str, int]) -> Subwords:
    """The pieces of a source. Args: counts: how often each word stands in the training part."""
    if source.subwords is None:
        return blank
    return learned(
        source.subwords, blank, counts, SIZE if source.max_size is None else source.max_size, source.min_count
    )


def refuse(source: Reads, others: Mapping[str, bool]) -> None:
    """Raises DataError on arguments that do not go together.

    Args:
        others: arguments that are of whole words, and whether they say something.
    """
    given = {"subwords": source.subwords is not None, "tokenizer": source.tokenizer is not None}
    if not any(given.values()):
        return
    if all(given.values()):
        raise DataError("`subwords` are learned, and those of `tokenizer` are: one of them is enough")
    own = next(name for name, told in given.items() if told)
    learns = {"max_size": source.max_size is not None, "min_count": source.min_count != 1}
    for name, told in {**others, **(learns if own == "tokenizer" else {})}.items():
        if told:
            raise DataError(f"`{name}` does not go with `{own}`", hint=f"leave `{name}` out")


def library() -> Any:
    """Raises DataError where it is not installed."""
    try:
        import tokenizers
    except ImportError as error:
        raise DataError("subwords are cut by the library `tokenizers`, which is not installed", hint=INSTALL) from error
    return tokenizers


def opened(text: str) -> Any:
    """Raises DataError on a text that is no tokenizer."""
    found = library()
    with at_work("this is no file of a tokenizer", hint="the library writes it: `save`"):
        for refused in dangers(parse_json(text)):  # on some of which the library ends the process
            raise DataError(refused)
        return found.Tokenizer.from_str(text)


@contextmanager
def at_work(what: str = "the tokenizer cannot cut a text", hint: str | None = None) -> Iterator[None]:
    """Raises DataError on what the library raises, which has no classes of its own, or on where it panics."""
    try:
        yield
    except DataError:
        raise
    except BaseException as error:
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        raise DataError(f"{what}: {error}", hint=hint) from error


def read(path: Path) -> Subwords:
    """The tokenizer of a file, without what it puts around a text.

    Raises:
        DataError: the file cannot be read, or does what two readings of a text would not agree on.
    """
    try:
        tokenizer = opened(read_text(path, MAX_BYTES))
        found = json.loads(tokenizer.to_str())
    except DataError as error:
        raise DataError(error.message, file=str(path), hint=error.hint) from error
    except (OSError, ValueError) as error:
        raise DataError(f"cannot read the file: {error}", file=str(path)) from error
    for refused in doubts(found):
        raise DataError(refused, file=str(path))
    return Subwords(json.dumps({key: found[key] for key in KEPT}, ensure_ascii=False))


def doubts(rules: Mapping[str, Any]) -> Iterator[str]:
    """Why a tokenizer is not taken."""
    model = rules["model"]
    own = [token["content"] for token in rules["added_tokens"] or () if not token["special"]]
    if own:
        yield f"the token {own[0]!r} is added beside the model: put it into the model's vocabulary"
    if model.get("dropout"):
        yield f"`dropout: {model['dropout']}` cuts a word another way each time: it is for training, set it to null"
    vocabulary = (piece for piece, _ in model["vocab"]) if isinstance(model["vocab"], list) else model["vocab"]
    broken = next((piece for piece in vocabulary if "\n" in piece or "\r" in piece), None)
    if broken is not None:
        yield f"the piece {broken!r} has a line break: byte-level pieces write it as a letter"


def dangers(rules: Any) -> Iterator[str]:
    """What of a tokenizer, as anybody may have written it, takes more time or memory than there is."""
    parts = rules if isinstance(rules, dict) else {}
    model = parts.get("model")
    letters = model.get("max_input_chars_per_word") if isinstance(model, dict) else None
    if isinstance(letters, int) and letters > MOST_LETTERS:
        yield f"`max_input_chars_per_word` is more than {MOST_LETTERS:,}, whose words take too long"
    for part in ("normalizer", "decoder"):
        factor = 1
        for rule in _mappings(parts.get(part)):
            if rule.get("type") == "Precompiled" and not _is_charsmap(rule.get("precompiled_charsmap")):
                yield "`precompiled_charsmap` is damaged"
            pattern, new = rule.get("pattern"), rule.get("content") or rule.get("prepend")
            old = pattern.get("String") if isinstance(pattern, dict) else None
            if isinstance(new, str) and rule.get("type") in ("Replace", "Prepend"):
                factor *= 1 + len(new) // max(1, len(old) if isinstance(old, str) else 0)
        if factor > MOST_GROWTH:
            yield f"`{part}` makes texts more than {MOST_GROWTH:,} times as long"


def _mappings(value: Any) -> Iterator[Mapping[str, Any]]:
    """A mapping, and all within it."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    for one in value if isinstance(value, list) else ():
        yield from _mappings(one)


def _is_charsmap(text: Any) -> bool:
    """Whether it is long enough for the tables that it begins with: the library does not look."""
    try:
        content = base64.b64decode(text or "", validate=True)
    except (ValueError, TypeError):
        return False
    size = int.from_bytes(content[:4], "little")
    return size % 4 == 0 and 1024 <= size <= len(content) - 4


def untrained(kind: Kind, lower: bool) -> Subwords:
    """What cuts texts into words before anything is learned.

    ``bpe`` is that of GPT-2: all bytes are pieces, so that nothing is unknown, and the text comes back with its spaces.
    ``wordpiece`` is that of BERT: words and marks without the spaces between them.
    """
    from_library = library()
    models, decoders, pre = from_library.models, from_library.decoders, from_library.pre_tokenizers
    if kind == "bpe":
        tokenizer = from_library.Tokenizer(models.BPE())
        tokenizer.pre_tokenizer, tokenizer.decoder = pre.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    else:
        tokenizer = from_library.Tokenizer(models.WordPiece(unk_token="<unk>", continuing_subword_prefix=PREFIX))
        tokenizer.pre_tokenizer, tokenizer.decoder = pre.Whitespace(), decoders.WordPiece(prefix=PREFIX)
    forms = [from_library.normalizers.NFC(), *([from_library.normalizers.Lowercase()] if lower else [])]
    tokenizer.normalizer = from_library.normalizers.Sequence(forms)
    found = json.loads(tokenizer.to_str())
    return Subwords(json.dumps({key: found[key] for key in KEPT}, ensure_ascii=False))


def learned(kind: Kind, blank: Subwords, counts: Mapping[str, int], size: int, min_count: int) -> Subwords:
    """A vocabulary of pieces: padding, unknown, single letters or bytes, and what is often together.

    Args:
        blank: what cut the words. counts: how often each of its words stands in the training part.
        size: so many entries at most, all included. min_count: rarer pairs are not put together.

    Raises:
        DataError: single letters alone are more than ``size``.
    """
    trainers = library().trainers
    special, words = ["<pad>", "<unk>"], sorted(counts)
    more: dict[str, Any] = {}
    if kind == "bpe":
        alphabet = sorted(library().pre_tokenizers.ByteLevel.alphabet())
        make = trainers.BpeTrainer
    else:
        # Where the library meets letters within words in the order of a hash, pieces would differ each time: listed
        # first, they have numbers.
        special += sorted({PREFIX + letter for word in words for letter in word[1:]})
        alphabet = sorted({letter for word in words for letter in word})
        make, more = trainers.WordPieceTrainer, {"continuing_subword_prefix": PREFIX}
    least = len(set(special) | set(alphabet))
    if size < least:
        hint = f"say `max_size: {max(SIZE, 2 * least)}`, or cut words"
        raise DataError(f"`max_size: {size}` is less than padding, unknown and the {least - 2} letters", hint=hint)
    trainer = make(
        vocab_size=size,
        min_frequency=min_count,
        special_tokens=special,
        initial_alphabet=alphabet,
        show_progress=False,
        **more,
    )
    tokenizer = opened(blank.text)
    tokenizer.normalizer = tokenizer.pre_tokenizer = None  # the words are cut already
    tokenizer.train_from_iterator(repeated(words, counts), trainer)
    model = json.loads(tokenizer.to_str())["model"]
    return Subwords(json.dumps({**blank.rules, "model": model}, ensure_ascii=False))


def repeated(words: Sequence[str], counts: Mapping[str, int]) -> Iterator[list[str]]:
    """Each word as often as it stands there: the library takes texts, not counts."""
    for word in words:
        for start in range(0, counts[word], AT_ONCE):
            yield [word] * min(AT_ONCE, counts[word] - start)
