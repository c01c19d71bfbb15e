"""Word vectors trained elsewhere, from a text file of GloVe, word2vec or fastText: a word and its numbers a line.

word2vec and fastText begin with a line of two whole numbers, how many words and how many numbers each; GloVe doesn't.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from nnspec.data.errors import DataError
from nnspec.data.text.corpus import read_lines
from nnspec.data.text.vocabulary import Vocabulary, normalize


@dataclass(frozen=True)
class WordVectors:
    """The vectors of the words of a vocabulary, by their numbers in it.

    Attributes:
        path: the file; width: numbers of a vector; line: the first line of the file that has one.
        found: float32 arrays of `width`.
    """

    path: Path
    width: int
    line: int
    found: Mapping[int, array[float]]

    def coverage(self, vocabulary: Vocabulary, counts: Mapping[str, int]) -> float:
        """The share of tokens, given with their counts, whose word has a vector."""
        known = zip(vocabulary.encode(counts), counts.values(), strict=True)
        return sum(count for number, count in known if number in self.found) / max(1, sum(counts.values()))


def read_vectors(path: Path, vocabulary: Vocabulary, encoding: str = "utf-8") -> WordVectors:
    """The vectors of the words that the vocabulary has: as written, else in the form in which it looks words up.

    Raises DataError, with its line, where a vector has another width than the first, or holds what is no number.
    """
    width, first = 0, 0
    exact: dict[int, array[float]] = {}
    folded: dict[int, array[float]] = {}
    index = vocabulary.index
    for number, line in lines(path, encoding):
        if not width:
            width, first = len(line.split(" ")) - 1, number
        word, numbers = parts(path, number, line, width, first)
        place = index.get(word)
        if place is not None:
            exact[place] = floats(path, number, numbers)
            continue
        place = index.get(normalize(word, vocabulary.lower, vocabulary.digits))
        if place is not None and place not in folded:
            folded[place] = floats(path, number, numbers)
    if not width:
        raise DataError("the file has no vectors", file=str(path))
    return WordVectors(path, width, first, {place: found for place, found in (folded | exact).items() if place > 1})


def first_vector(path: Path, encoding: str = "utf-8") -> tuple[int, int]:
    """The width of the first vector of a file, and its line. Raises DataError where there is none."""
    for number, line in lines(path, encoding):
        width = len(line.split(" ")) - 1
        floats(path, number, parts(path, number, line, width, number)[1])
        return width, number
    raise DataError("the file has no vectors", file=str(path))


def lines(path: Path, encoding: str) -> Iterator[tuple[int, str]]:
    """The lines with a vector, without their ends, numbered from 1."""
    for number, line in enumerate(read_lines(path, encoding), 1):
        text = line.rstrip()
        cells = text.split(" ")
        if number == 1 and len(cells) == 2 and all(cell.isdecimal() for cell in cells):
            continue
        if text:
            yield number, text


def parts(path: Path, number: int, line: str, width: int, first: int) -> tuple[str, list[str]]:
    """Word and numbers of a line. A word may hold spaces, as a few in large GloVe files do."""
    word, *numbers = line.rsplit(" ", width)
    if width < 2 or len(numbers) != width or is_number(word.rpartition(" ")[2] if " " in word else ""):
        count = sum(map(is_number, line.split(" ")[1:]))
        message = f"{count} numbers" + (
            f", but {width} on line {first}" if width > 1 else ": this is no file of vectors"
        )
        raise DataError(message, file=str(path), line=number, hint="a line is a word and its numbers, parted by spaces")
    return word, numbers


def is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def floats(path: Path, line: int, numbers: list[str]) -> array[float]:
    try:
        return array("f", map(float, numbers))
    except ValueError:
        bad = next(text for text in numbers if not is_number(text))
        raise DataError(f"{bad!r} is no number", file=str(path), line=line) from None
