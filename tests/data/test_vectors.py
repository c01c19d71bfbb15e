"""Files of word vectors, in each of the formats they come in."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnspec.data.errors import DataError
from nnspec.data.text.vectors import WordVectors, read_vectors
from nnspec.data.text.vocabulary import Vocabulary

WORDS = Vocabulary(("<pad>", "<unk>", "the", "Ada", "00"), digits=True)


def read(folder: Path, content: str | bytes, vocabulary: Vocabulary = WORDS) -> WordVectors:
    path = folder / "some.txt"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_vectors(path, vocabulary)


@pytest.mark.parametrize(
    "content",
    [
        "the 1 2\nAda 0.5 -1e-1\nother 3 3\n",
        "3 2\nthe 1 2 \nAda 0.5 -1e-1 \nother 3 3 \n",
        ". . . 9 9\r\nthe 1 2\r\nAda 0.5 -1e-1\r\n".replace(". . . 9 9", "x 9 9\r\n. . . 9 9"),
    ],
)
def test_formats(tmp_path: Path, content: str) -> None:
    found = read(tmp_path, content)
    assert found.width == 2 and set(found.found) == {2, 3}
    assert list(found.found[2]) == [1, 2] and list(found.found[3]) == pytest.approx([0.5, -0.1])
    assert found.coverage(WORDS, {"the": 6, "Ada": 1, "who": 3}) == 0.7


def test_the_form_that_is_looked_up(tmp_path: Path) -> None:
    lower = Vocabulary(("<pad>", "<unk>", "the", "00"), lower=True, digits=True)
    found = read(tmp_path, "The 1 1\nthe 2 2\nTHE 3 3\n12 4 4\n34 5 5\n", lower)
    assert {place: list(numbers) for place, numbers in found.found.items()} == {2: [2, 2], 3: [4, 4]}


def test_padding_and_unknown_have_no_vector(tmp_path: Path) -> None:
    assert set(read(tmp_path, "<pad> 1 1\n<unk> 2 2\nthe 3 3\n").found) == {2}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("the 1 2\nAda 1\n", "some.txt:2: 1 numbers, but 2 on line 1"),
        ("the 1 2\nAda 1 2 3\n", "some.txt:2: 3 numbers, but 2 on line 1"),
        ("2 3\nthe 1 2 3\nAda 1 2\n", "some.txt:3: 2 numbers, but 3 on line 2"),
        ("the 1 2\nAda 1 x\n", "some.txt:2: 'x' is no number"),
        ("the,1,2\n", "some.txt:1: 0 numbers: this is no file of vectors"),
        ("", "some.txt: the file has no vectors"),
        (b"the 1 2\nA\xff 1 2\n", "some.txt:2: byte 0xff at column 2 is not utf-8"),
    ],
)
def test_bad_files_are_named(tmp_path: Path, content: str | bytes, message: str) -> None:
    with pytest.raises(DataError) as error:
        read(tmp_path, content)
    assert message in str(error.value)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot read the file"):
        read_vectors(tmp_path / "none.txt", WORDS)
