from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnspec.data.protocol import Assets
from nnspec.data.text.vocabulary import PADDING, UNKNOWN, Vocabulary, build

COUNTS = {"the": 5, "The": 2, "cat": 2, "1999": 1, "2024": 1, "ant": 2}


def test_order_is_by_count_then_text() -> None:
    assert build(COUNTS).words == (PADDING, UNKNOWN, "the", "The", "ant", "cat", "1999", "2024")


def test_folding_adds_counts_before_min_count() -> None:
    vocabulary = build(COUNTS, min_count=2, lower=True, digits=True)
    assert vocabulary.words == (PADDING, UNKNOWN, "the", "0000", "ant", "cat")
    assert vocabulary.encode(["THE", "1234", "cat", "dog"]) == [2, 3, 5, 1]


def test_max_size_counts_both_entries() -> None:
    assert len(build(COUNTS, max_size=4)) == 4
    assert build(COUNTS, max_size=1).words == (PADDING, UNKNOWN)


def test_entries_met_in_a_text_are_unknown_words() -> None:
    vocabulary = build({PADDING: 9, UNKNOWN: 9, "a": 1})
    assert vocabulary.words == (PADDING, UNKNOWN, "a")
    assert vocabulary.encode([PADDING, UNKNOWN, "a"]) == [1, 1, 2]


def test_words_that_a_line_cannot_hold_are_unknown() -> None:
    assert build({"a\nb": 3, "c": 1}).words == (PADDING, UNKNOWN, "c")


def test_the_file_is_one_word_a_line(tmp_path: Path) -> None:
    build({"b": 2, "a": 1}, lower=True).save(tmp_path / "vocabulary.txt")
    assert (tmp_path / "vocabulary.txt").read_text() == f"{PADDING}\n{UNKNOWN}\nb\na\n"


@pytest.mark.slow
@given(
    counts=st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), st.integers(1, 9)),
    lower=st.booleans(),
    digits=st.booleans(),
)
def test_a_saved_vocabulary_loads_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, counts: dict[str, int], lower: bool, digits: bool
) -> None:
    path = tmp_path_factory.mktemp("vocabulary") / "vocabulary.txt"
    vocabulary = build(counts, lower=lower, digits=digits)
    vocabulary.save(path)
    assert Vocabulary.load(path) == vocabulary
    assert vocabulary.encode(vocabulary.words[2:]) == list(range(2, len(vocabulary)))


def test_a_vocabulary_without_its_entries_is_refused() -> None:
    with pytest.raises(ValueError, match="starts with"):
        Vocabulary(("a", "b"))


def test_a_full_disk_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Words, labels and settings are replaced whole: a run that is opened meanwhile reads the old ones."""
    Assets(classes=("a", "b"), vocabulary=Vocabulary(("<pad>", "<unk>", "old"))).save(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    write = Path.write_bytes

    def full(path: Path, content: bytes) -> int:
        write(path, content[:1])
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(Path, "write_bytes", full)
    for assets in (Assets(classes=("c", "d")), Assets(vocabulary=Vocabulary(("<pad>", "<unk>", "new")))):
        with pytest.raises(OSError, match=r"No space left on device: '[^.]*\.txt'"):
            assets.save(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
