"""Steps that an output's mask leaves out count in no answer: not in the table, not in the gate of an export."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nnspec.api import evaluate
from nnspec.backend.signature import keras_run
from nnspec.evaluation.open_run import open_trained
from nnspec.frontend.pipeline import load
from nnspec.training.scoring import output_metrics
from nnspec.training.train import train

pytestmark = [pytest.mark.tf, pytest.mark.long]

SPEC = """
nnspec: 1
inputs: {words: {shape: [null], dtype: int32}}
layers:
  - {Embedding: {input_dim: 9, output_dim: 4, mask_zero: true}, name: e}
  - {Dense: {units: 3, activation: softmax}, name: tag, from: e}
  - {Dense: 2, name: amount, from: e}
  - {Embedding: {input_dim: 9, output_dim: 4, mask_zero: true}, name: f, from: words}
  - {MultiHeadAttention: {num_heads: 1, key_dim: 2}, name: a, from: [f, f]}
  - {Add: , name: b, from: [f, a]}
  - {Dense: {units: 3, activation: softmax}, name: seen}
outputs: [tag, amount, seen]
data:
  source: {Arrays: {path: d.npz, inputs: words, targets: [tag, amount, seen]}}
  split: {test: 0.4}
  batch_size: 4
train:
  epochs: 1
  loss: {tag: SparseCategoricalCrossentropy, amount: MeanSquaredError, seen: SparseCategoricalCrossentropy}
  metrics: {tag: [accuracy], amount: [mae], seen: [accuracy]}
"""


def test_masked_steps_count_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    drawn = np.random.default_rng(0)
    words = drawn.integers(1, 9, (20, 5)).astype("int32")
    words[np.arange(5)[None] >= drawn.integers(1, 6, 20)[:, None]] = 0
    amount = np.where(words[..., None] > 0, drawn.normal(size=(20, 5, 2)), 50.0).astype("float32")
    tags = np.where(words > 0, words % 3, 2).astype("int32")
    np.savez("d.npz", words=words, tag=tags, amount=amount, seen=tags)
    Path("spec.yaml").write_text(SPEC, encoding="utf-8")
    spec = load(Path("spec.yaml"))
    train(spec)
    found = evaluate(spec)
    (part,) = [found["results"]["outputs"]["tag"]["masks"]]
    trained = open_trained(spec)
    rows = trained.dataset.splits["test"].indices
    assert sum(row["support"] for row in part["classes"]) == (words[rows] > 0).sum()
    assert part["accuracy"] == pytest.approx(found["metrics"]["tag_accuracy"], abs=1e-6)
    (part,) = [found["results"]["outputs"]["seen"]["masks"]]  # Keras took the mask off: padding counts everywhere
    assert sum(row["support"] for row in part["classes"]) == words[rows].size
    assert part["accuracy"] == pytest.approx(found["metrics"]["seen_accuracy"], abs=1e-6)
    run = keras_run(trained.model)
    metrics = {name: metric(run) for name, metric in output_metrics(trained, trained.dataset.splits["test"]).items()}
    assert metrics["tag"] == pytest.approx(found["metrics"]["tag_accuracy"], abs=1e-6)
    assert metrics["amount"] == pytest.approx(found["metrics"]["amount_mae"], rel=1e-5) and metrics["amount"] < 10
