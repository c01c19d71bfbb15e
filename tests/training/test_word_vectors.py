"""`vectors` of a source are the first weights of the Embedding that reads the words, and of no other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from heard import Heard

from nnspec.frontend.diagnostics import SpecError
from nnspec.frontend.pipeline import load
from nnspec.training.prepare import Prepared, prepare

pytestmark = pytest.mark.tf

SPEC = """
nnspec: 1
name: tagger
inputs:
  tokens: {shape: [null], dtype: int32}
  casing: {shape: [null], dtype: int32}
layers:
  - Embedding: {input_dim: $data.vocabulary_size, output_dim: 2, mask_zero: true, trainable: false}
    name: words
    from: tokens
  - {Embedding: {input_dim: 8, output_dim: 2, mask_zero: true}, name: case, from: casing}
  - {Concatenate: , from: [words, case]}
  - LSTM: {units: 2, return_sequences: true}
  - Dense: {units: $data.classes, activation: softmax}
data:
  source: {Conll: {path: a.conll, casing: true, vectors: vectors.txt}}
train: {loss: SparseCategoricalCrossentropy}
"""


def prepared(folder: Path, vectors: str, spec: str = SPEC) -> tuple[Prepared, list[str]]:
    (folder / "a.conll").write_text("Ada B\nsleeps O\nhere O\n", encoding="utf-8")
    (folder / "vectors.txt").write_text(vectors, encoding="utf-8")
    (folder / "net.yaml").write_text(spec, encoding="utf-8")
    listener = Heard()
    return prepare(load(folder / "net.yaml"), listener), listener.said


def test_words_get_their_vectors_and_the_others_keep_theirs(tmp_path: Path) -> None:
    found, said = prepared(tmp_path, "Ada 7 8\nhere 1 2\nnowhere 3 4\n")
    vocabulary = found.dataset.vocabulary
    assert vocabulary is not None
    (table,) = found.model.get_layer("words").get_weights()
    assert table[vocabulary.index["Ada"]].tolist() == [7, 8] and table[vocabulary.index["here"]].tolist() == [1, 2]
    assert 0 < np.abs(table[vocabulary.index["sleeps"]]).max() < 0.1
    assert np.abs(found.model.get_layer("case").get_weights()[0]).max() < 0.1
    assert [weight.path for weight in found.model.trainable_weights if weight.path.startswith("words")] == []
    assert said == ["word vectors: 2 of 3 words, from vectors.txt"]


def test_another_width_is_named_with_file_and_line(tmp_path: Path) -> None:
    with pytest.raises(
        SpecError, match=r"(?s)vectors of 3 numbers, but the Embedding `words` has 2.*vectors.txt, line 2"
    ):
        prepared(tmp_path, "1 3\nAda 7 8 9\n")


def test_no_embedding_of_words(tmp_path: Path) -> None:
    spec = SPEC.replace("from: tokens\n", "from: casing\n").replace(
        "[words, case]}", "[words, case]}\n  - Activation: relu"
    )
    spec = spec.replace(
        "  - {Concatenate: ,", "  - {UnitNormalization: , from: tokens, name: unused}\n  - {Concatenate: ,"
    )
    with pytest.raises(SpecError, match="no Embedding reads the words"):
        prepared(tmp_path, "Ada 7 8\n", spec)
