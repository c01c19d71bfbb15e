from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nnspec.data.errors import DataError
from nnspec.data.text import corpus
from nnspec.data.text.corpus import Corpus, Pair, allocate, read_lines

SENTENCES = [["a", "b", "a"], [], ["c"], ["b", "b"]]


def filled() -> Corpus:
    made = Corpus()
    for sentence in SENTENCES:
        made.append(sentence)
    return made.close()


@pytest.fixture(params=["memory", "file"])
def made(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Corpus:
    if request.param == "file":
        monkeypatch.setattr(corpus, "SPOOL_BYTES", 8)
        monkeypatch.setattr(corpus, "CHUNK", 2)
        monkeypatch.setenv("NNSPEC_CACHE", str(tmp_path / "cache"))
    made = filled()
    assert (made.id_spool.file is None) == (request.param == "memory")
    return made


def test_sequences_come_back(made: Corpus) -> None:
    assert [made[index] for index in range(len(made))] == SENTENCES
    assert made.lengths([3, 1, 0]) == [2, 0, 3]


def test_counts_of_some_sequences(made: Corpus) -> None:
    assert made.counts([0, 3]) == {"a": 2, "b": 3}


def test_flat_encodes_each_token_once(made: Corpus) -> None:
    seen = []

    def encode(tokens: tuple[str, ...]) -> list[int]:
        seen.extend(tokens)
        return [ord(token) for token in tokens]

    flat = made.flat(encode)
    assert "".join(map(chr, flat)) == "abacbb" and flat.dtype == np.int32
    assert made.starts().tolist() == [0, 3, 3, 4, 6]
    assert seen == ["a", "b", "c"]


def test_a_large_array_is_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NNSPEC_CACHE", str(tmp_path))
    assert not isinstance(allocate((3, 2), "float32"), np.memmap)
    monkeypatch.setattr(corpus, "SPOOL_BYTES", 1)
    array = allocate((3, 2), "float32")
    array[:] = 7
    assert isinstance(array, np.memmap) and array.sum() == 42
    assert list(tmp_path.iterdir()) == []  # nothing is left behind


def test_an_unwritable_cache_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("NNSPEC_CACHE", str(tmp_path / "file"))
    monkeypatch.setattr(corpus, "SPOOL_BYTES", 1)
    with pytest.raises(DataError, match=r"cannot write to the cache folder: .*NNSPEC_CACHE"):
        filled()
    with pytest.raises(DataError, match="cannot write to the cache folder"):
        allocate((3, 2), "float32")


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (b"\xef\xbb\xbfa\r\nb", ["a\r\n", "b"]),  # a byte order mark, no end on the last line
        ("a\u2028b\x85c\x0bd\n".encode(), ["a\u2028b\x85c\x0bd\n"]),  # line ends only to str.splitlines
        (b"", []),
    ],
)
def test_lines(tmp_path: Path, content: bytes, lines: list[str]) -> None:
    (tmp_path / "text").write_bytes(content)
    assert list(read_lines(tmp_path / "text", "utf-8")) == lines


def test_another_encoding_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "latin"
    path.write_bytes(b"fine\n" * 5000 + b"caf\xe9\n")
    with pytest.raises(DataError, match=r"byte 0xe9 at column 4 is not utf-8.*latin-1") as error:
        list(read_lines(path, "utf-8"))
    assert (error.value.file, error.value.line) == (str(path), 5001)
    assert list(read_lines(path, "latin-1"))[-1] == "café\n"


def test_utf16_is_guessed(tmp_path: Path) -> None:
    (tmp_path / "wide").write_text("a\nb\n", encoding="utf-16")
    with pytest.raises(DataError, match="encoding: utf-16"):
        list(read_lines(tmp_path / "wide", "utf-8"))
    assert list(read_lines(tmp_path / "wide", "utf-16")) == ["a\n", "b\n"]


@pytest.mark.parametrize(
    ("name", "encoding", "message"),
    [
        ("absent", "utf-8", "cannot read the file: No such file"),
        (".", "utf-8", "cannot read the file: this is a folder"),
        ("there", "klingon", "unknown encoding 'klingon'"),
    ],
)
def test_unreadable(tmp_path: Path, name: str, encoding: str, message: str) -> None:
    (tmp_path / "there").touch()
    with pytest.raises(DataError, match=message) as error:
        list(read_lines(tmp_path / name, encoding))
    assert error.value.file == str(tmp_path / name)


def test_very_many_tokens_are_counted_as_few(made: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = [[0, 1, 2, 3], [3, 0], [1], []]
    wanted: list[Pair] = [("b", "a"), (None, "c"), (None, None), ("b", "b")]
    found = []
    for many in (1 << 17, 0):
        monkeypatch.setattr(corpus, "MANY", many)
        counts = [list(made.counts(indices).items()) for indices in chosen]
        pairs = [made.pairs(), *map(made.pairs, chosen)]
        found.append((counts, pairs, [list(made.with_pairs([pair])) for pair in wanted], list(made.with_pairs(wanted))))
    assert found[0] == found[1]
    assert found[0][2:] == ([[0], [2], [1], [3]], [0, 1, 2, 3])
    assert made.pairs([0]) == {(None, "a"): 1, ("a", "b"): 1, ("b", "a"): 1, ("a", None): 1}
