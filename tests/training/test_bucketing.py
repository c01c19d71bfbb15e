"""Batches by length under training: exact after a kill within an epoch, weighed token by token, told in the record."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from kill_at import KillAt, Killed
from training_specs import WriteSpec

from nnspec.console.progress import Reporter
from nnspec.runs.run_folder import RunFolder
from nnspec.training.distributed.strategy import restrictions
from nnspec.training.prepare import prepare
from nnspec.training.train import train

pytestmark = pytest.mark.tf

TAGGER = """
name: tagger
inputs: {tokens: {shape: [null], dtype: int32}}
layers:
  - Embedding: {input_dim: $data.vocabulary_size, output_dim: 4, mask_zero: true}
  - Dense: {units: $data.classes, activation: softmax}
data:
  source: {Conll: {path: sentences.conll}}
  split: {validation: sentences.conll}
  tokens_per_batch: 40
  batch_size: 8
train: {epochs: 3, checkpoint_every: 2, loss: SparseCategoricalCrossentropy, seed: 3}
"""


@pytest.fixture(autouse=True)
def sentences(folder: Path) -> None:
    """60 sentences of 1 to 12 words; half of the words stand once."""
    random = np.random.RandomState(0)
    blocks = []
    for number in range(60):
        words = [f"w{random.randint(20)}" if place % 2 else f"rare{number}_{place}" for place in range(number // 5 + 1)]
        blocks.append("".join(f"{word} {'B-X' if word.endswith('1') else 'O'}\n" for word in words))
    (folder / "sentences.conll").write_text("\n".join(blocks), encoding="utf-8")


@pytest.mark.long
def test_a_kill_within_an_epoch_changes_nothing(spec: WriteSpec) -> None:
    loaded = spec(TAGGER)
    whole = train(loaded)
    run = Path("runs/killed")
    for steps in (3, 12):
        with pytest.raises(Killed):
            train(loaded, run=run, reporter=KillAt(steps))
    resumed = train(loaded, run=run)
    assert resumed.resumed_from is not None and resumed.weights_sha256 == whole.weights_sha256
    assert resumed.steps == whole.steps == 3 * prepare(loaded, Reporter()).feed.steps
    assert 0 <= RunFolder(run).read_record()["padding"] < 0.1
    assert train(spec(TAGGER, "data.source.Conll.rare_to_unknown=0")).weights_sha256 != whole.weights_sha256


def test_every_token_counts_once_in_an_epoch(spec: WriteSpec) -> None:
    """The tokens of the batches of an epoch are those of the file, and the unknown ones among them are rare."""
    prepared = prepare(spec(TAGGER), Reporter())
    vocabulary = prepared.dataset.vocabulary
    assert vocabulary is not None
    weights, unknown = 0.0, 0
    for tokens, tags, weight in prepared.feed.training(0, 0).as_numpy_iterator():
        assert tokens.shape == tags.shape == weight.shape and tokens.size <= 40
        assert ((tokens > 0) == (weight > 0)).all()
        weights, unknown = weights + weight.sum(), unknown + int((tokens == 1).sum())
    counts = prepared.dataset.loaded.parts["train"].examples.tokens.counts(range(60))  # type: ignore[attr-defined]
    assert weights == sum(counts.values()) == 390
    once = sum(count == 1 for count in counts.values())
    assert 0.35 * once < unknown < 0.65 * once


def test_a_budget_of_tokens_is_for_one_device(spec: WriteSpec) -> None:
    (found,) = restrictions(spec(TAGGER), replicas=2)
    assert found.code == "E0710" and "tokens cannot be shared out" in found.message
    assert not list(restrictions(spec(TAGGER, "data.tokens_per_batch=", "data.bucket_by_length=true"), replicas=2))
