"""Characters of words as a second input: the alphabet of the training part, padding both ways, long words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nnspec.data.config import DataConfig
from nnspec.data.dataset import load, open_encoder
from nnspec.data.errors import DataError
from nnspec.data.facts import facts
from nnspec.data.text.characters import Characters
from nnspec.layers.types import KindValue

TEXT = "Anna\tB-PER\nwent\tO\n\nBo\tB-PER\n\nAnnabella-Maria\tB-PER\nwent\tO\nto\tO\n\n"


def source(**more: object) -> KindValue:
    return KindValue("Conll", {"path": "words.conll", "characters": 6, **more})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "words.conll").write_text(TEXT, encoding="utf-8")
    return tmp_path


def test_frequent_characters_come_first_and_rare_ones_are_unknown() -> None:
    found = Characters.of({"aab": 2, "bz": 1}, 4)
    assert found.alphabet == "ab" and len(found) == 4
    assert found.encode(["abz", ""]).tolist() == [[2, 3, 1, 0], [0, 0, 0, 0]]
    assert found.encode(["A"]).tolist() == [[1, 0, 0, 0]]  # case is kept


def test_a_long_word_keeps_its_ends() -> None:
    assert Characters("", 5).fitted("immunoglobulin") == "immin"
    assert Characters("", 5).fitted("short") == "short"


def test_the_table_has_both_inputs(folder: Path) -> None:
    loaded = load(DataConfig(source()), folder)
    table = loaded.parts["train"].examples.table(loaded.assets)
    column = table.features["characters"]
    assert str(column.spec) == "int32 [?, 6]"
    found = column.take(np.array([0, 1]))
    assert found.shape == (2, 2, 6) and not found[1, 1].any()  # the shorter sentence is padded
    alphabet = Characters(loaded.assets.extra["characters"], 6)
    np.testing.assert_array_equal(found[0], alphabet.encode(["Anna", "went"]))
    assert facts(DataConfig(source()), folder).alphabet_size == len(alphabet)


def test_new_sentences_are_spelled_with_the_runs_alphabet(folder: Path) -> None:
    loaded = load(DataConfig(source(max_length=2, on_long="cut")), folder)
    loaded.assets.save(folder / "assets")
    encoder = open_encoder(DataConfig(source(max_length=2, on_long="cut")), folder, folder / "assets")
    columns = encoder.encode(["Anna went to", ["Bo"]])
    alphabet = Characters(loaded.assets.extra["characters"], 6)
    found = columns["characters"].take(np.array([0, 1]))
    assert found.shape == (2, 2, 6)  # cut like the words
    np.testing.assert_array_equal(found[0], alphabet.encode(["Anna", "went"]))
    np.testing.assert_array_equal(columns["tokens"].lengths(np.array([0, 1])), [2, 1])


def test_a_run_without_characters_says_so(folder: Path) -> None:
    plain = load(DataConfig(KindValue("Conll", {"path": "words.conll"})), folder)
    assert "characters" not in plain.assets.extra and list(
        plain.parts["train"].examples.table(plain.assets).features
    ) == ["tokens"]
    plain.assets.save(folder / "assets")
    with pytest.raises(DataError, match="without `characters`"):
        open_encoder(DataConfig(source()), folder, folder / "assets").encode(["Anna"])
